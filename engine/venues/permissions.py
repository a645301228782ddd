"""What a key may do, as each venue tells it: a bot's key must trade, and must never be able to withdraw.

Sources: Binance `GET /sapi/v1/account/apiRestrictions`, Kraken `GetApiKeyInfo`, OKX `account/config` (`perm`), Bybit
`GET /v5/user/query-api`, Coinbase `key_permissions`. ccxt has no method for Kraken's, so it is asked for by its name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from engine.ports.venue import KeyPermissions
from engine.venues.unified import member, rows, text

UNTOLD_BY_TESTNETS = frozenset({"binance", "binanceusdm"})
"""Whose test networks have no such endpoint; there nothing can be withdrawn that is worth anything."""

Reader: TypeAlias = Callable[[Any], Awaitable[KeyPermissions]]


async def _binance(ex: Any) -> KeyPermissions:
    said = await ex.sapiGetAccountApiRestrictions()
    return KeyPermissions(trades=_flag(said, "enableSpotAndMarginTrading"), withdraws=_flag(said, "enableWithdrawals"))


async def _binanceusdm(ex: Any) -> KeyPermissions:
    said = await ex.sapiGetAccountApiRestrictions()
    return KeyPermissions(trades=_flag(said, "enableFutures"), withdraws=_flag(said, "enableWithdrawals"))


async def _kraken(ex: Any) -> KeyPermissions:
    said = await ex.request("GetApiKeyInfo", ["private"], "POST", {})
    granted = _words(member(said, "result", "permissions"))
    return KeyPermissions(trades="modify-trades" in granted, withdraws="withdraw-funds" in granted)


async def _okx(ex: Any) -> KeyPermissions:
    (account,) = rows(member(await ex.privateGetAccountConfig(), "data"))
    granted = text(account["perm"]).split(",")
    return KeyPermissions(trades="trade" in granted, withdraws="withdraw" in granted)


async def _bybit(ex: Any) -> KeyPermissions:
    said = member(await ex.privateGetV5UserQueryApi(), "result")
    granted = member(said, "permissions")
    trades = str(said["readOnly"]) == "0" and "SpotTrade" in _words(granted["Spot"])
    return KeyPermissions(trades=trades, withdraws="Withdraw" in _words(granted["Wallet"]))


async def _coinbase(ex: Any) -> KeyPermissions:
    said = await ex.v3PrivateGetBrokerageKeyPermissions()
    return KeyPermissions(trades=_flag(said, "can_trade"), withdraws=_flag(said, "can_transfer"))


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "binance": _binance,
        "binanceusdm": _binanceusdm,
        "kraken": _kraken,
        "okx": _okx,
        "bybit": _bybit,
        "coinbase": _coinbase,
    }
)
"""How each venue is asked."""


def _flag(said: Any, name: str) -> bool:
    value = member(said, name)
    if not isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}, neither true nor false")
    return value


def _words(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(f"a list of permissions was due, not {type(value).__name__}")
    return [text(word) for word in value]
