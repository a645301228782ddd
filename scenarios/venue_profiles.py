"""The venues that a scenario may name: their fronts, their fees, and the grids of what they trade.

The figures are those of the public fee tables and instrument lists of Binance spot and Kraken spot in 2026, for an
account without discounts. A pair that is not listed here is traded on a plain grid.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, cast

from aiohttp import web

from simulator.dialects import binance, binanceusdm, bybit, coinbase, kraken, okx, polymarket
from simulator.dialects.gate import Gate
from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.instrument import Instrument
from simulator.exchange.perpetual.contract import Contract
from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.exchange.perpetual.venue import PerpetualVenue
from simulator.exchange.prediction.exchange import PredictionExchange
from simulator.exchange.prediction.market import PredictionMarket
from simulator.exchange.timeline import Timeline
from simulator.exchange.venue import ApiKey, Venue

Opened = Venue | PerpetualVenue
Applications = Callable[[Any, Gate], dict[str, web.Application]]
"""Takes the kind of venue that the profile opens."""

ORDERS_REMEMBERED_MAX, TRADES_REMEMBERED_MAX = 1_000, 2_000
"""Finished orders and trades that a venue can be asked for: some busy days, and not a month that fills the memory."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Steps and limits of one pair at one venue, as text so that they are exact."""

    tick: str
    lot: str
    least: str
    least_value: str
    most: str = "10000"


def shared_secret(account: str, random: random.Random) -> ApiKey:
    """Make up a key and a secret, as base64, that both sides sign with."""
    secret = base64.b64encode(random.getrandbits(512).to_bytes(64, "big")).decode()
    return ApiKey(account=account, key=f"{random.getrandbits(256):064x}", secret=secret)


def with_passphrase(account: str, random: random.Random) -> ApiKey:
    """Make up key and secret as above, and the passphrase that their owner chose."""
    return replace(shared_secret(account, random), passphrase=f"{random.getrandbits(64):016x}")


def private_key(account: str, random: random.Random) -> ApiKey:
    """Make up a private key, of which the venue knows the public half."""
    return coinbase.issued(account, f"{random.getrandbits(64):016x}")


def wallet(account: str, random: random.Random) -> ApiKey:
    """Make up a wallet, from which the venue derives what its owner signs requests with."""
    return polymarket.issued(account, f"{random.getrandbits(64):016x}")


def key_and_secret(key: ApiKey) -> dict[str, str]:
    """Return a key in the words of ccxt's configuration, with the passphrase where there is one."""
    told = {"apiKey": key.key, "secret": key.secret}
    return {**told, "password": key.passphrase} if key.passphrase else told


@dataclass(frozen=True, kw_only=True)
class VenueProfile:
    """One kind of venue: how it is spoken to, what it charges, what it trades, and how late its views are."""

    applications: Applications
    fees: FeeSchedule
    grids: Mapping[str, Grid]
    rest_lag_ns: int = 50_000_000
    public_lag_ns: int = 20_000_000
    private_lag_ns: int = 30_000_000
    issue: Callable[[str, random.Random], ApiKey] = shared_secret
    """How the venue issues a key for an account."""
    credentials: Callable[[ApiKey], dict[str, str]] = key_and_secret
    """A key in the words of ccxt's configuration."""
    follows_pairs: bool = True
    """Whether its prices are those of the pairs, and not of something else that depends on them."""

    takes_ids: bool = True
    """Whether an order carries its client's id there, by which it can be told whose intent it is."""

    def traded_as(self, symbol: str) -> str | None:
        """Return what this venue calls a pair, None where it does not trade it."""
        return symbol

    def lists(self, symbol: str) -> bool:
        """Tell whether a market of a scenario is one of this venue's: a pair, and no answer to a question."""
        return ":" not in symbol

    def market_of(self, instrument: str) -> str | None:
        """Return the market of a scenario whose price an instrument has here, None where it is not traded."""
        return instrument if self.lists(instrument) else None

    def known_by(self, key: ApiKey) -> str:
        """Return what stands in the bot's configuration as its key."""
        return key.key

    def key_of(self, account: str, known: str, secret: str, passphrase: str) -> ApiKey:
        """Return the key that the bot's configuration means."""
        return ApiKey(account=account, key=known, secret=secret, passphrase=passphrase)

    def instrument(self, symbol: str) -> Instrument:
        """Return the pair on this venue's grid."""
        return Instrument(symbol=symbol, **self.grid(symbol))

    def grid(self, symbol: str) -> dict[str, Any]:
        """Return the assets of a pair, and the steps and limits it is traded in."""
        base, quote = symbol.split("/")
        grid = self.grids.get(symbol, PLAIN)
        return {
            "base": base,
            "quote": quote,
            "tick_size": Decimal(grid.tick),
            "lot_size": Decimal(grid.lot),
            "min_quantity": Decimal(grid.least),
            "max_quantity": Decimal(grid.most),
            "min_notional": Decimal(grid.least_value),
        }

    @property
    def lags_ns(self) -> dict[str, int]:
        """How late its views are."""
        names = ("rest_lag_ns", "public_lag_ns", "private_lag_ns")
        return {name: getattr(self, name) for name in names}

    def open(self, name: str, symbols: Iterable[str], timeline: Timeline, random: random.Random) -> Opened:
        """Open the venue for these symbols, without accounts, keys or prices."""
        instruments = [self.instrument(symbol) for symbol in symbols]
        exchange = Exchange(name, instruments, timeline, fees=self.fees, random=random)
        exchange.truth.remember(orders_max=ORDERS_REMEMBERED_MAX, trades_max=TRADES_REMEMBERED_MAX)
        return Venue(exchange, timeline, **self.lags_ns)


@dataclass(frozen=True, kw_only=True)
class FuturesProfile(VenueProfile):
    """A venue of perpetuals, margined in one asset: `BTC/USDT` is traded there as `BTC/USDT:USDT`."""

    margin_asset: str = "USDT"

    def traded_as(self, symbol: str) -> str | None:
        """Return the perpetual of a pair, None where its quote asset is not the margin asset."""
        return f"{symbol}:{self.margin_asset}" if symbol.endswith(f"/{self.margin_asset}") else None

    def market_of(self, instrument: str) -> str | None:
        """Return the pair that a perpetual follows."""
        pair = instrument.removesuffix(f":{self.margin_asset}")
        return pair if self.traded_as(pair) == instrument else None

    def lists(self, symbol: str) -> bool:
        """Tell whether a market of a scenario is a pair that a perpetual follows here."""
        return super().lists(symbol) and self.traded_as(symbol) is not None

    def instrument(self, symbol: str) -> Contract:
        """Return the perpetual of a pair on this venue's grid."""
        return Contract(symbol=f"{symbol}:{self.margin_asset}", **self.grid(symbol))

    def open(self, name: str, symbols: Iterable[str], timeline: Timeline, random: random.Random) -> Opened:
        """Open the venue for the perpetuals of these pairs, without accounts, keys, prices or index."""
        contracts = [self.instrument(symbol) for symbol in symbols if self.traded_as(symbol)]
        exchange = PerpetualExchange(name, contracts, timeline, fees=self.fees, random=random)
        exchange.truth.remember(orders_max=ORDERS_REMEMBERED_MAX, trades_max=TRADES_REMEMBERED_MAX)
        return PerpetualVenue(exchange, timeline, **self.lags_ns)


@dataclass(frozen=True, kw_only=True)
class PredictionProfile(VenueProfile):
    """A venue of questions: of each pair it asks whether it trades above the price at which it opened."""

    follows_pairs: bool = False
    takes_ids: bool = False

    def traded_as(self, symbol: str) -> str | None:
        """Return the token that stands for yes."""
        return self.question(symbol).yes

    def lists(self, symbol: str) -> bool:
        """Tell whether a market of a scenario is the answer yes to a question."""
        return symbol.endswith(YES)

    def known_by(self, key: ApiKey) -> str:
        """Return the address of the wallet that holds the money."""
        return self.credentials(key)["walletAddress"]

    def key_of(self, account: str, known: str, secret: str, passphrase: str) -> ApiKey:
        """Return the key that the venue derives from the wallet."""
        return polymarket.of_wallet(account, secret)

    def question(self, symbol: str) -> PredictionMarket:
        """Return the question that a symbol answers, or what is asked of a pair."""
        grid = self.grids[PROBABILITY]
        name = symbol.removesuffix(YES)
        asked = name != symbol
        return PredictionMarket(
            condition=name if asked else f"Will {symbol} trade above its opening price?",
            yes=symbol if asked else f"{symbol} above/yes",
            no=f"{name}{NO}" if asked else f"{symbol} above/no",
            tick_size=Decimal(grid.tick),
            lot_size=Decimal(grid.lot),
            min_quantity=Decimal(grid.least),
        )

    def instrument(self, symbol: str) -> Instrument:
        """Return the token that stands for yes on this venue's grid."""
        return self.question(symbol).instruments()[0]

    def open(self, name: str, symbols: Iterable[str], timeline: Timeline, random: random.Random) -> Opened:
        """Open the venue for questions about these pairs, without accounts, keys or prices."""
        questions = [self.question(symbol) for symbol in symbols]
        exchange = PredictionExchange(name, questions, timeline, random=random)
        exchange.truth.remember(orders_max=ORDERS_REMEMBERED_MAX, trades_max=TRADES_REMEMBERED_MAX)
        return Venue(exchange, timeline, **self.lags_ns)


PROBABILITY = "probability"
YES, NO = ":YES/USDC", ":NO/USDC"
"""How a scenario, and the bot, call the answers to a question."""
PLAIN = Grid(tick="0.01", lot="0.0001", least="0.0001", least_value="5")

PROFILES: Mapping[str, VenueProfile] = {
    "binance": VenueProfile(
        applications=binance.applications,
        fees=FeeSchedule(maker_bps=Decimal(10), taker_bps=Decimal(10)),
        grids={
            "BTC/USDT": Grid(tick="0.01", lot="0.00001", least="0.00001", least_value="5", most="9000"),
            "ETH/USDT": Grid(tick="0.01", lot="0.0001", least="0.0001", least_value="5", most="9000"),
            "SOL/USDT": Grid(tick="0.01", lot="0.001", least="0.001", least_value="5", most="90000"),
        },
    ),
    "kraken": VenueProfile(
        applications=kraken.applications,
        fees=FeeSchedule(maker_bps=Decimal(25), taker_bps=Decimal(40), charged_in=ChargedIn.QUOTE),
        grids={
            "BTC/USDT": Grid(tick="0.1", lot="0.00000001", least="0.00005", least_value="0.5"),
            "ETH/USDT": Grid(tick="0.01", lot="0.00000001", least="0.001", least_value="0.5"),
            "SOL/USDT": Grid(tick="0.01", lot="0.00000001", least="0.02", least_value="0.5"),
        },
        rest_lag_ns=100_000_000,
    ),
    "okx": VenueProfile(
        applications=okx.applications,
        fees=FeeSchedule(maker_bps=Decimal(8), taker_bps=Decimal(10)),
        grids={
            "BTC/USDT": Grid(tick="0.1", lot="0.00000001", least="0.0001", least_value="0", most="1000000"),
            "ETH/USDT": Grid(tick="0.01", lot="0.000001", least="0.001", least_value="0", most="1000000"),
        },
        issue=with_passphrase,
    ),
    "bybit": VenueProfile(
        applications=bybit.applications,
        fees=FeeSchedule(maker_bps=Decimal(10), taker_bps=Decimal(10)),
        grids={
            "BTC/USDT": Grid(tick="0.01", lot="0.000001", least="0.000048", least_value="5", most="71.739562"),
            "ETH/USDT": Grid(tick="0.01", lot="0.00001", least="0.00062", least_value="5", most="1229.23578"),
        },
    ),
    "coinbase": VenueProfile(
        applications=coinbase.applications,
        fees=FeeSchedule(maker_bps=Decimal(25), taker_bps=Decimal(40), charged_in=ChargedIn.QUOTE),
        grids={
            "BTC/USDT": Grid(tick="0.01", lot="0.00000001", least="0.00000001", least_value="1", most="3400"),
            "ETH/USDT": Grid(tick="0.01", lot="0.00000001", least="0.00000001", least_value="1", most="42000"),
        },
        issue=private_key,
    ),
    "binanceusdm": FuturesProfile(
        applications=binanceusdm.applications,
        fees=FeeSchedule(maker_bps=Decimal(2), taker_bps=Decimal(5), charged_in=ChargedIn.QUOTE),
        grids={
            "BTC/USDT": Grid(tick="0.1", lot="0.001", least="0.001", least_value="50", most="1000"),
            "ETH/USDT": Grid(tick="0.01", lot="0.001", least="0.001", least_value="20"),
        },
    ),
    "polymarket": PredictionProfile(
        applications=polymarket.applications,
        fees=FeeSchedule(maker_bps=Decimal(0), taker_bps=Decimal(0)),
        grids={PROBABILITY: Grid(tick="0.001", lot="0.01", least="0.01", least_value="0")},
        rest_lag_ns=100_000_000,
        issue=wallet,
        credentials=polymarket.credentials,
    ),
}


def open_venue(name: str, symbols: Iterable[str], timeline: Timeline, random: random.Random) -> Venue:
    """Open a venue of one of the `PROFILES` for these symbols, without accounts, keys or prices.

    One of perpetuals is no `Venue` by name, but has all of it that a world touches.
    """
    return cast(Venue, PROFILES[name].open(name, symbols, timeline, random))
