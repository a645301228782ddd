"""The venues that the engine can trade at, each behind the one port `engine.ports.venue.Venue`.

ccxt takes half a second to load, so it is imported when the first venue is connected, behind `ccxt_venue` and by no
other module of ours. Everything that differs between venues is data or a pure function in the venue's own files: what
its answers mean (`<venue>_signs`), what its facts and limits are (`<venue>_facts`), how it is spoken to
(`<venue>`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from engine.domain.trouble import Trouble
from engine.ports.clock import Clock
from engine.ports.connectors import Connectors
from engine.ports.venue import Venue
from engine.resilience.breaker import BreakerState

if TYPE_CHECKING:
    from engine.venues.dialects import Dialect
    from engine.venues.door import Door

VENUES = ("binance", "binanceusdm", "kraken", "okx", "bybit", "coinbase", "polymarket")

TESTNETS = ("binance", "okx", "bybit")
"""Venues with a test network of their own, as ccxt reaches it."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A venue's API key; its secret is never shown. `passphrase` is what OKX asks for besides.

    Polymarket's is the address of the wallet that holds the money, and its secret the private key of its owner.
    """

    api_key: str = field(repr=False)
    secret: str = field(repr=False)
    passphrase: str = field(repr=False, default="")


def open_door(
    name: str,
    clock: Clock,
    *,
    on_breaker: Callable[[str, BreakerState], None] | None = None,
    on_wait: Callable[[int, bool], None] | None = None,
) -> Door:
    """Return what all connections of one node to one account of a venue share; raise `KeyError` for another name."""
    from engine.venues.door import Door

    return Door(_dialect(name), clock, on_breaker=on_breaker, on_wait=on_wait)


def connect(
    name: str,
    *,
    door: Door,
    credentials: Credentials | None,
    connectors: Connectors,
    random: Random,
    on_call: Callable[[str, int, Trouble | None], None] | None = None,
    testnet: bool = False,
) -> Venue:
    """Return a venue of `VENUES`, not yet opened; raise `KeyError` for another name.

    Without credentials only prices can be had. `random` must be this venue's own stream. `on_call` is told each
    request that left us: its operation, how long it took in nanoseconds, and what went wrong. `testnet` reaches the
    venue's test network, where it has one (`TESTNETS`).
    """
    from engine.venues.ccxt_venue import CcxtVenue  # late: it imports ccxt

    return CcxtVenue(
        _dialect(name),
        credentials=credentials,
        door=door,
        connectors=connectors,
        random=random,
        on_call=on_call,
        testnet=testnet,
    )


def by_address(name: str) -> bool:
    """Tell whether a ban of this venue shuts out an address rather than an account."""
    return _dialect(name).facts.bans_address


def _dialect(name: str) -> Dialect:
    from engine.venues.binance import Binance
    from engine.venues.binanceusdm import BinanceUsdm
    from engine.venues.bybit import Bybit
    from engine.venues.coinbase import Coinbase
    from engine.venues.kraken import Kraken
    from engine.venues.okx import Okx
    from engine.venues.polymarket import Polymarket

    dialects: dict[str, Callable[[], Dialect]] = {
        "binance": Binance,
        "binanceusdm": BinanceUsdm,
        "kraken": Kraken,
        "okx": Okx,
        "bybit": Bybit,
        "coinbase": Coinbase,
        "polymarket": Polymarket,
    }
    return dialects[name]()
