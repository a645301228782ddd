"""Polymarket in the table of conformance: two questions, whose affirmative tokens stand for bitcoin and ether.

Prices are probabilities and orders are at least five shares, so the stories' figures are scaled. ccxt's class for it is
the one of `ccxt.prediction`; that of `ccxt.pro` is another venue of the same vendor.
"""

from decimal import Decimal
from typing import Any

import ccxt

from simulator.dialects import polymarket
from simulator.dialects.polymarket import errors
from simulator.dialects.polymarket.wallets import credentials
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.prediction.exchange import PredictionExchange
from simulator.exchange.prediction.market import PredictionMarket
from simulator.exchange.venue import ApiKey
from simulator.kernel import World
from tests.simulator.dialects.row import ACCOUNT, Row

MARKETS = tuple(
    PredictionMarket(
        condition=f"{name} up",
        yes=f"{name}-up/yes",
        no=f"{name}-up/no",
        tick_size=Decimal("0.0001"),
        min_quantity=Decimal("0.01"),
    )
    for name in ("Bitcoin", "Ether")
)
KEY = polymarket.issued(ACCOUNT)


def exchange(row: Row, world: World) -> PredictionExchange:
    """Return the venue's truth."""
    return PredictionExchange(row.name, MARKETS, world, random=world.randomness.stream("exchange/polymarket"))


def fund(opened: Any, account: str) -> None:
    """Give an account pairs of tokens, for which it pays."""
    for market in MARKETS:
        opened.split(account, market.condition, Decimal(2_000))


ROW = Row(
    name="polymarket",
    client="ccxt.prediction",
    applications=polymarket.applications,
    instruments=tuple(market.instruments()[0] for market in MARKETS),
    fees=FeeSchedule(maker_bps=Decimal(0), taker_bps=Decimal(0)),
    refusals=errors.REJECTIONS,
    symbols=("BITCOIN_UP:YES", "ETHER_UP:YES"),
    market_ids=("BITCOIN_UP", "ETHER_UP"),
    key=KEY.key,
    secret=KEY.secret,
    wrong_secret=polymarket.issued("somebody else").secret,
    credentials=lambda key, secret, passphrase: credentials(ApiKey(account=ACCOUNT, key=key, secret=secret)),
    exchange=exchange,
    fund=fund,
    holds=(),
    price_scales=(Decimal("0.00001"), Decimal("0.0001")),
    size_scale=Decimal(1_000),
    names_orders={"salt": "1772323200123", "timestamp": "1772323200123"},
    market_limits=(0.9, 0.1),
    least_quantity=5,
    refusal_error=ccxt.ExchangeNotAvailable,
    ended_order_error=None,
    drops_time_in_force=True,
    opens_with=frozenset({"ticker"}),
    lacks=frozenset(
        {
            *("edit_order", "edit_order_by_client_id", "cancel_by_client_id", "client_order_id", "fetch_closed_orders"),
            *("balance_used", "trade_fees", "order_average", "amount_precision", "ccxt_suite", "fetch_ohlcv"),
            *("watch_ohlcv", "watch_balance", "watch_bids_asks", "watch_positions", "fetch_positions"),
            *("market_buy_with_cost", "silent_reject_is_rejected"),
        }
    ),
    left_out={
        "fetch_ohlcv": "the venue tells prices at intervals and no highs or lows; tried in test_quirks.py",
        "fetch_positions": "ccxt reads no plain list, which is what the venue sends; tried in test_quirks.py",
    },
)
