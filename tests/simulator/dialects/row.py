"""A venue's row in the table of conformance: what ccxt supports there, and how, so that one suite fits all.

Each dialect has its row in `<venue>/row.py` as `ROW`; it is found by its file, so a new dialect adds one and edits
nothing. What a row does not say is as at Binance. The facts are those of the venue fact sheet, section 2.2 to 2.5.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import ccxt
from aiohttp import web

from simulator.exchange.fees import FeeSchedule
from simulator.exchange.instrument import Instrument
from simulator.exchange.rejections import RejectCode
from simulator.exchange.venue import Venue
from simulator.kernel import World

ACCOUNT = "main"
KEY = "the-key"
SECRET = base64.b64encode(b"a secret that nobody knows").decode()
BTC, ETH = "BTC/USDT", "ETH/USDT"
CID = "spabcd0123456789ab"

Credentials = Callable[[str, str, str], dict[str, Any]]
"""How ccxt is told who it is: (key, secret, passphrase) to its configuration."""

LookUp = Callable[[Any, str, str], Awaitable[Any]]
"""How ccxt finds an order by its client id: (exchange, symbol, client id) to the order."""

Feature = Literal[
    "ticker_best_prices",
    "fetch_time", "fetch_status", "fetch_tickers", "fetch_trading_fee", "fetch_trades", "fetch_ohlcv",
    "fetch_closed_orders", "fetch_order", "cancel_all_orders", "edit_order", "edit_order_by_client_id",
    "fetch_positions", "market_buy_with_cost", "cancel_by_client_id", "post_only", "market_fee_in_order",
    "watch_bids_asks", "watch_ohlcv", "watch_balance", "watch_my_trades", "watch_positions",
    "watch_ticker_best_prices", "silent_reject_is_rejected",
    "client_order_id", "balance_used", "trade_fees", "order_average", "amount_precision", "ccxt_suite",
]  # fmt: skip
Opening = Literal["ticker", "trades", "ohlcv", "balance"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What the suite must know of one venue."""

    name: str
    """Of the dialect; also ccxt's name of the venue."""
    applications: Callable[..., dict[str, web.Application]]
    instruments: tuple[Instrument, ...]
    """Bitcoin first, then ether; their symbols are those of the exchange core."""
    fees: FeeSchedule
    refusals: Mapping[RejectCode, object]
    """The dialect's table from refusals of the core to its own words."""
    symbols: tuple[str, str] = (BTC, ETH)
    """Bitcoin and ether as ccxt names them."""
    client: str = "ccxt.pro"
    """The module of ccxt that has the venue's class."""
    credentials: Credentials = lambda key, secret, passphrase: {"apiKey": key, "secret": secret, "password": passphrase}
    key: str = KEY
    secret: str = SECRET
    wrong_secret: str = "bm90IHRoZSBzZWNyZXQ="
    passphrase: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    """What ccxt's constructor needs besides key and secret."""
    names_orders: Mapping[str, str] | None = None
    """The parameters that make two orders the same, None where that is a client order id."""
    market_limits: tuple[float, float] | None = None
    """The worst price to buy and to sell at, where ccxt's market orders need one."""
    least_quantity: float | None = None
    """The least quantity that ccxt tells of, None where it is that of the instrument."""
    refusal_error: type[Exception] = ccxt.ExchangeError
    """What ccxt raises for refusals that it does not know."""
    client_order_id: str = CID
    client_order_id_parameter: str = "clientOrderId"
    find_open: LookUp | None = None
    """How an open order is found by client id, None where ccxt cannot."""
    find_closed: LookUp | None = None
    cancel_by_client_id: LookUp | None = None
    duplicate: Literal["refused", "same order"] = "refused"
    """What a client id that is in use by an open order leads to."""
    ended_order_error: type[Exception] | None = ccxt.OrderNotFound
    """What ccxt raises for a cancel of an order that is not open any more, None where it says it by the status."""
    drops_time_in_force: bool = False
    """Whether ccxt leaves out a time in force that it does not know, so that the order is a plain one."""
    edit: Literal["same id", "new id", "no id"] = "same id"
    """Whether an amended order keeps its id; "no id" where it does and ccxt returns something else for it."""
    timeframe: str = "1m"
    lacks: frozenset[Feature] = frozenset()
    """What the venue or ccxt has not: the suite passes over it."""
    left_out: Mapping[Feature, str] = field(default_factory=dict)
    """Of what it lacks, what ccxt would have: with the reason."""
    opens_with: frozenset[Opening] = frozenset()
    """Streams that begin with a snapshot, which wakes a watcher before anything has happened."""
    watched_depth: int | None = None
    """The depth to watch a book with, as ccxt takes it."""
    quiet_s: float = 3_000
    """How long a stream may be silent in the venue's rules, as long as pings are answered."""
    fee_asset_of_a_buy: Literal["base", "quote"] = "quote"
    ccxt_skips: Mapping[str, Mapping[str, Any] | str] = field(default_factory=dict)
    """What the functions of ccxt's own suite may pass over, by function: fields, or all of it where it is a text."""
    exchange: Callable[[Row, World], Any] | None = None
    """What makes the exchange behind the dialect, where it is not a spot exchange."""
    venue: Callable[..., Any] = Venue
    """What makes the venue of the exchange, the world and the lags."""
    leverage: int = 1
    """By how much less than its value an order needs."""
    holds: tuple[str, ...] = ("BTC", "ETH")
    """What accounts hold besides the quote asset."""
    fund: Callable[[Any, str], None] | None = None
    """What else accounts are given: (exchange, account)."""
    price_scales: tuple[Decimal, Decimal] = (Decimal(1), Decimal(1))
    """What the stories' prices of bitcoin and ether are multiplied by, where such prices cannot be."""
    size_scale: Decimal = Decimal(1)
    """What the stories' quantities are multiplied by."""
    market_ids: tuple[str, str] | None = None
    """What ccxt calls the two markets, where those are not what it trades."""
    follow: Callable[[Any, str, Decimal], None] | None = None
    """What else has to know when the house quotes around a price."""
    settings: Any = None

    @property
    def btc(self) -> str:
        """Bitcoin as ccxt names it."""
        return self.symbols[0]

    def price(self, figure: float) -> float:
        """Return a story's price of bitcoin as it is here."""
        return _scaled(figure, self.price_scales[0])

    def size(self, figure: float) -> float:
        """Return a story's quantity as it is here."""
        return _scaled(figure, self.size_scale)

    def has(self, feature: Feature) -> bool:
        """Say whether ccxt has a feature at this venue."""
        return feature not in self.lacks


def _scaled(figure: float, scale: Decimal) -> float:
    return figure if scale == 1 else float(Decimal(str(figure)) * scale)


NO_BOOK_TIME: Mapping[str, Mapping[str, Any] | str] = {
    name: {"timestamp": "the venue tells no time", "datetime": "the venue tells no time"}
    for name in ("test_fetch_order_book", "test_watch_order_book")
}
"""What ccxt's own suite must pass over where books have no time."""

ORDER_FEES_ARE_TEXT: Mapping[str, Mapping[str, Any] | str] = {
    name: {"fee": "ccxt passes the venue's text on", "fees": "ccxt passes the venue's text on"}
    for name in ("test_create_order", "test_fetch_open_orders", "test_fetch_closed_orders", "test_watch_orders")
}
"""What it must pass over where ccxt does not make a number of an order's fee."""


async def by_fetch_order(exchange: Any, symbol: str, client_order_id: str) -> Any:
    """Look an order up as ccxt's documents say."""
    return await exchange.fetch_order(None, symbol, {"clientOrderId": client_order_id})


async def by_cancel_order(exchange: Any, symbol: str, client_order_id: str) -> Any:
    """Cancel an order as ccxt's documents say."""
    return await exchange.cancel_order(None, symbol, {"clientOrderId": client_order_id})
