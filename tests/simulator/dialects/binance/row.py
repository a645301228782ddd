"""Binance spot in the table of conformance."""

from decimal import Decimal

from simulator.dialects import binance
from simulator.dialects.binance import refusals
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.instrument import Instrument
from tests.simulator.dialects.row import BTC, ETH, NO_BOOK_TIME, Row, by_cancel_order, by_fetch_order

ROW = Row(
    name="binance",
    applications=binance.applications,
    instruments=(
        Instrument(
            symbol=BTC,
            base="BTC",
            quote="USDT",
            tick_size=Decimal("0.01"),
            lot_size=Decimal("0.00001"),
            min_quantity=Decimal("0.00001"),
            max_quantity=Decimal(9000),
            min_notional=Decimal(5),
        ),
        Instrument(
            symbol=ETH,
            base="ETH",
            quote="USDT",
            tick_size=Decimal("0.01"),
            lot_size=Decimal("0.0001"),
            min_quantity=Decimal("0.0001"),
            max_quantity=Decimal(9000),
            min_notional=Decimal(5),
        ),
    ),
    fees=FeeSchedule(maker_bps=Decimal(10), taker_bps=Decimal(10)),
    fee_asset_of_a_buy="base",
    refusals=refusals.REJECTIONS,
    find_open=by_fetch_order,
    find_closed=by_fetch_order,
    cancel_by_client_id=by_cancel_order,
    edit="new id",
    lacks=frozenset({"fetch_positions", "watch_positions", "watch_ticker_best_prices"}),
    left_out={
        "fetch_positions": "a spot exchange has none",
        "watch_positions": "a spot exchange has none",
    },
    ccxt_skips=NO_BOOK_TIME,
)
