"""Kraken spot in the table of conformance."""

from decimal import Decimal
from typing import Any

from simulator.dialects import kraken
from simulator.dialects.kraken import errors
from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.instrument import Instrument
from tests.simulator.dialects.row import BTC, ETH, NO_BOOK_TIME, ORDER_FEES_ARE_TEXT, Row, by_cancel_order


async def among_open(exchange: Any, symbol: str, client_order_id: str) -> Any:
    """Look an order up where ccxt can: its fetch_order sends a client id under a name that Kraken does not know."""
    (order,) = await exchange.fetch_open_orders(symbol, None, None, {"clientOrderId": client_order_id})
    return order


async def among_closed(exchange: Any, symbol: str, client_order_id: str) -> Any:
    """Look a finished order up."""
    (order,) = await exchange.fetch_closed_orders(symbol, None, None, {"clientOrderId": client_order_id})
    return order


ZERO_STOP = "Kraken tells a stop price of 0 where there is none, and ccxt passes it on"

ROW = Row(
    name="kraken",
    applications=kraken.applications,
    instruments=(
        Instrument(
            symbol=BTC,
            base="BTC",
            quote="USDT",
            tick_size=Decimal("0.1"),
            lot_size=Decimal("0.00000001"),
            min_quantity=Decimal("0.00005"),
            max_quantity=Decimal(10_000),
            min_notional=Decimal("0.5"),
        ),
        Instrument(
            symbol=ETH,
            base="ETH",
            quote="USDT",
            tick_size=Decimal("0.01"),
            lot_size=Decimal("0.00000001"),
            min_quantity=Decimal("0.002"),
            max_quantity=Decimal(100_000),
            min_notional=Decimal("0.5"),
        ),
    ),
    fees=FeeSchedule(maker_bps=Decimal(25), taker_bps=Decimal(40), charged_in=ChargedIn.QUOTE),
    refusals=errors.REJECTIONS,
    find_open=among_open,
    find_closed=among_closed,
    cancel_by_client_id=by_cancel_order,
    edit="no id",  # AmendOrder answers with the id of the amendment, which ccxt takes for the order's
    opens_with=frozenset({"ticker", "ohlcv", "balance"}),
    lacks=frozenset({"fetch_positions", "watch_positions", "silent_reject_is_rejected"}),
    left_out={
        "fetch_positions": "a spot exchange has none",
        "watch_positions": "a spot exchange has none",
    },
    ccxt_skips={
        **NO_BOOK_TIME,
        "test_load_markets": {"currencyIdAndCode": "a pair's `base` is XXBT, and ccxt gives the market another id"},
        **ORDER_FEES_ARE_TEXT,
        "test_watch_orders": {"fee": "text", "fees": "text", "stopPrice": ZERO_STOP, "triggerPrice": ZERO_STOP},
        "test_watch_balance": "the channel tells no free amounts, and ccxt makes none up",
        "test_watch_my_trades": {"fees": "ccxt reads one fee and makes no list of it"},
    },
)
