"""Coinbase in the table of conformance."""

from decimal import Decimal

import ccxt

from simulator.dialects import coinbase
from simulator.dialects.coinbase import errors
from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.instrument import Instrument
from tests.simulator.dialects.row import ACCOUNT, BTC, ETH, ORDER_FEES_ARE_TEXT, Row

ROW = Row(
    name="coinbase",
    applications=coinbase.applications,
    instruments=(
        Instrument(
            symbol=BTC,
            base="BTC",
            quote="USDT",
            tick_size=Decimal("0.01"),
            lot_size=Decimal("0.00000001"),
            min_quantity=Decimal("0.00000001"),
            max_quantity=Decimal(3_400),
            min_notional=Decimal(1),
        ),
        Instrument(
            symbol=ETH,
            base="ETH",
            quote="USDT",
            tick_size=Decimal("0.01"),
            lot_size=Decimal("0.00000001"),
            min_quantity=Decimal("0.00000001"),
            max_quantity=Decimal(42_000),
            min_notional=Decimal(1),
        ),
    ),
    fees=FeeSchedule(maker_bps=Decimal(25), taker_bps=Decimal(40), charged_in=ChargedIn.QUOTE),
    refusals=errors.REJECTIONS,
    secret=coinbase.issued(ACCOUNT).secret,
    wrong_secret=coinbase.issued("somebody else").secret,
    config={"options": {"fetchBalance": "v3PrivateGetBrokerageAccounts"}},
    client_order_id_parameter="client_order_id",
    duplicate="same order",
    ended_order_error=ccxt.BadRequest,
    opens_with=frozenset({"ticker", "trades"}),
    quiet_s=60,
    drops_time_in_force=True,
    ccxt_skips=ORDER_FEES_ARE_TEXT,
    lacks=frozenset(
        {
            *("fetch_status", "cancel_all_orders", "edit_order", "edit_order_by_client_id", "cancel_by_client_id"),
            *("watch_ohlcv", "watch_balance", "watch_my_trades", "watch_bids_asks"),
            *("fetch_positions", "watch_positions", "silent_reject_is_rejected"),
        }
    ),
    left_out={
        "edit_order": "ccxt returns no id; amending is tried in coinbase/test_orders.py",
        "fetch_positions": "a spot exchange has none",
    },
)
