"""Binance USD-M futures in the table of conformance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.dialects import binanceusdm
from simulator.dialects.binanceusdm.refusals import REJECTIONS
from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.perpetual.contract import Contract
from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.exchange.perpetual.venue import PerpetualVenue
from simulator.kernel import World
from tests.simulator.dialects.row import Row, by_cancel_order, by_fetch_order

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
FEES = FeeSchedule(maker_bps=Decimal(2), taker_bps=Decimal(5), charged_in=ChargedIn.QUOTE)
CONTRACTS = (
    Contract(
        symbol=BTC,
        base="BTC",
        quote="USDT",
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(1000),
        min_notional=Decimal(50),
    ),
    Contract(
        symbol=ETH,
        base="ETH",
        quote="USDT",
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(10_000),
        min_notional=Decimal(20),
    ),
)


def exchange(row: Row, world: World) -> PerpetualExchange:
    """Return an exchange of perpetuals for the row."""
    chance = world.randomness.stream(f"exchange/{row.name}")
    return PerpetualExchange(row.name, CONTRACTS, world, fees=row.fees, random=chance)


def follow(exchange: Any, symbol: str, price: Decimal) -> None:
    """Let the index be where the house quotes."""
    exchange.set_index(symbol, price)


ROW = Row(
    name="binanceusdm",
    applications=binanceusdm.applications,
    instruments=CONTRACTS,
    fees=FEES,
    refusals=REJECTIONS,
    symbols=(BTC, ETH),
    exchange=exchange,
    venue=PerpetualVenue,
    holds=(),
    follow=follow,
    find_open=by_fetch_order,
    find_closed=by_fetch_order,
    cancel_by_client_id=by_cancel_order,
    edit="same id",
    leverage=20,
    config={"options": {"watchPositions": {"fetchPositionsSnapshot": False}}},
    lacks=frozenset(
        {
            "ticker_best_prices",
            "watch_ticker_best_prices",
            "market_buy_with_cost",
            "watch_balance",
            "market_fee_in_order",
        }
    ),
    left_out={"watch_balance": "ccxt tells the wallet there, and wallet and unrealised profit in fetch_balance"},
    ccxt_skips={
        "test_create_order": "it looks for the base asset in the balance, which nobody owns here",
        "test_watch_balance": {"free": "not told", "used": "not told"},
    },
)
