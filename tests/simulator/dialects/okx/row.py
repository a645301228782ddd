"""OKX spot in the table of conformance."""

from decimal import Decimal

from simulator.dialects import okx
from simulator.dialects.okx import errors
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.instrument import Instrument
from tests.simulator.dialects.row import BTC, ETH, Row, by_cancel_order, by_fetch_order

PASSPHRASE = "open sesame"

ROW = Row(
    name="okx",
    applications=okx.applications,
    instruments=(
        Instrument(
            symbol=BTC,
            base="BTC",
            quote="USDT",
            tick_size=Decimal("0.1"),
            lot_size=Decimal("0.00000001"),
            min_quantity=Decimal("0.0001"),
            max_quantity=Decimal(1_000_000),
            min_notional=Decimal(0),
        ),
        Instrument(
            symbol=ETH,
            base="ETH",
            quote="USDT",
            tick_size=Decimal("0.01"),
            lot_size=Decimal("0.000001"),
            min_quantity=Decimal("0.001"),
            max_quantity=Decimal(1_000_000),
            min_notional=Decimal(0),
        ),
    ),
    fees=FeeSchedule(maker_bps=Decimal(8), taker_bps=Decimal(10)),
    fee_asset_of_a_buy="base",
    refusals=errors.REJECTIONS,
    passphrase=PASSPHRASE,
    find_open=by_fetch_order,
    find_closed=by_fetch_order,
    cancel_by_client_id=by_cancel_order,
    drops_time_in_force=True,
    opens_with=frozenset({"ticker", "ohlcv", "balance"}),
    lacks=frozenset({"fetch_positions", "watch_positions", "cancel_all_orders", "silent_reject_is_rejected"}),
    ccxt_skips={"test_create_order": "it asks for a least cost, and OKX has none"},
    left_out={
        "fetch_positions": "a spot exchange has none",
        "watch_positions": "a spot exchange has none",
        "cancel_all_orders": "ccxt refuses it here: there is no such endpoint",
    },
)
