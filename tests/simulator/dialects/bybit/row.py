"""Bybit spot in the table of conformance."""

from decimal import Decimal
from typing import Any

from simulator.dialects import bybit
from simulator.dialects.bybit import errors
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.instrument import Instrument
from tests.simulator.dialects.row import BTC, ETH, Row


async def among_open(exchange: Any, symbol: str, client_order_id: str) -> Any:
    """Look an order up where ccxt can: only Bybit's own name of the id gets through."""
    (order,) = await exchange.fetch_open_orders(symbol, None, None, {"orderLinkId": client_order_id})
    return order


async def among_closed(exchange: Any, symbol: str, client_order_id: str) -> Any:
    """Look a finished order up."""
    params = {"orderLinkId": client_order_id}
    (order,) = await exchange.fetch_canceled_and_closed_orders(symbol, None, None, params)
    return order


async def cancel(exchange: Any, symbol: str, client_order_id: str) -> Any:
    """Cancel an order by its client id."""
    return await exchange.cancel_order(None, symbol, {"orderLinkId": client_order_id})


ROW = Row(
    name="bybit",
    applications=bybit.applications,
    instruments=(
        Instrument(
            symbol=BTC,
            base="BTC",
            quote="USDT",
            tick_size=Decimal("0.01"),
            lot_size=Decimal("0.000001"),
            min_quantity=Decimal("0.000048"),
            max_quantity=Decimal("71.739562"),
            min_notional=Decimal(5),
        ),
        Instrument(
            symbol=ETH,
            base="ETH",
            quote="USDT",
            tick_size=Decimal("0.01"),
            lot_size=Decimal("0.00001"),
            min_quantity=Decimal("0.00062"),
            max_quantity=Decimal("1229.23578"),
            min_notional=Decimal(5),
        ),
    ),
    fees=FeeSchedule(maker_bps=Decimal(10), taker_bps=Decimal(10)),
    fee_asset_of_a_buy="base",
    refusals=errors.REJECTIONS,
    config={"options": {"fetchOrder": {"acknowledged": True}, "defaultType": "spot"}},
    find_open=among_open,
    find_closed=among_closed,
    cancel_by_client_id=cancel,
    drops_time_in_force=True,
    opens_with=frozenset({"ticker"}),
    lacks=frozenset({"fetch_positions", "watch_positions", "watch_ticker_best_prices"}),
    left_out={
        "fetch_positions": "there are no perpetuals yet",
        "watch_positions": "there are no perpetuals yet",
    },
)
