"""OKX's names and numbers: `BTC-USDT`, and decimal text without trailing zeros."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from decimal import Decimal

from simulator.dialects.figures import Scale, decimals
from simulator.exchange.instrument import Instrument

SPOT = "SPOT"
TYPES = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS")
DOLLARS = ("USDT", "USDC", "USD")
NAMES = {"BTC": "Bitcoin", "ETH": "Ethereum", "SOL": "Solana", "USDT": "Tether", "USDC": "USD Coin"}
CHAINS = {"BTC": "BTC-Bitcoin", "ETH": "ETH-ERC20", "SOL": "SOL-Solana", "USDT": "USDT-ERC20", "USDC": "USDC-ERC20"}
ID_BASE = 2_497_000_000_000_000_000
"""Order ids are the exchange's own numbers, lifted to the nineteen digits that OKX's have."""
ALGO_ID_BASE = 1_836_000_000_000_000_000
"""The same for algo orders: what waits has another number than the order that it becomes."""
ID_DIGITS_MAX = 24


class Plain(Scale):
    """Whole steps of a grid as the shortest decimal text."""

    __slots__ = ()

    def written(self, steps: int) -> str:
        """Write `steps` (not negative) as decimal text, which `text` then keeps."""
        text = super().written(steps)
        return text.rstrip("0").rstrip(".") if self.places else text

    def or_empty(self, steps: int | None) -> str:
        """Return `steps` as decimal text, nothing where there are none."""
        return "" if steps is None else self.text(steps)


class Pair:
    """One instrument under OKX's name."""

    __slots__ = ("id", "instrument", "prices", "quantities", "symbol")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.id = f"{instrument.base}-{instrument.quote}"
        self.prices = Plain(instrument.tick_size, decimals(instrument.tick_size))
        self.quantities = Plain(instrument.lot_size, decimals(instrument.lot_size))


class Listing:
    """Every instrument of a venue, by OKX's name and by the exchange's."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        pairs = [Pair(one) for one in instruments]
        self.by_id = {pair.id: pair for pair in pairs}
        self.by_symbol = {pair.symbol: pair for pair in pairs}
        named = (asset for pair in pairs for asset in (pair.instrument.base, pair.instrument.quote))
        self.assets = tuple(dict.fromkeys(named))

    def __iter__(self) -> Iterator[Pair]:
        """Yield what is listed, in the venue's order."""
        return iter(self.by_id.values())


def plain(amount: Decimal) -> str:
    """Return an amount as the shortest decimal text."""
    if not amount:
        return "0"
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def order_id(number: int) -> str:
    """Return OKX's id of an order (or bill) of the exchange."""
    return str(ID_BASE + number)


def order_number(text: str) -> int:
    """Return the exchange's number behind an id, -1 if it cannot be one."""
    return _number(text, ID_BASE)


def algo_id(number: int) -> str:
    """Return OKX's id of an algo order of the exchange."""
    return str(ALGO_ID_BASE + number)


def algo_number(text: str) -> int:
    """Return the exchange's number behind the id of an algo order, -1 if it cannot be one."""
    return _number(text, ALGO_ID_BASE)


def _number(text: str, base: int) -> int:
    if len(text) > ID_DIGITS_MAX or not (text.isascii() and text.isdecimal()):
        return -1
    return max(-1, int(text) - base)


def user_id(account: str) -> str:
    """Return OKX's number of an account."""
    return str(10**17 + int.from_bytes(hashlib.sha256(account.encode()).digest()[:7], "big"))
