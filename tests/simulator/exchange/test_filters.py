"""What an order must be like to be looked at, and that no number a stranger sends breaks anything."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as revised

from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import OrderRequest, OrderType, Side, TimeInForce
from simulator.exchange.rejections import ExchangeRefusal, RejectCode, Rejected
from tests.simulator.exchange.hand_clock import BTC, limit, small_exchange

GOOD = limit("ann", Side.BUY, "59000", "0.1")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"symbol": "DOGE/USDT"}, RejectCode.UNKNOWN_SYMBOL),
        ({"price": None}, RejectCode.PRICE_MISSING),
        ({"price": Decimal("59000.001")}, RejectCode.PRICE_FILTER),
        ({"price": Decimal(0)}, RejectCode.PRICE_FILTER),
        ({"price": Decimal(-59_000)}, RejectCode.PRICE_FILTER),
        ({"price": Decimal("NaN")}, RejectCode.PRICE_FILTER),
        ({"price": Decimal("1e999999")}, RejectCode.PRICE_FILTER),
        ({"price": Decimal("1000000.01")}, RejectCode.PRICE_FILTER),
        ({"quantity": Decimal("0.100001")}, RejectCode.LOT_SIZE),
        ({"quantity": Decimal("0.000001")}, RejectCode.LOT_SIZE),
        ({"quantity": Decimal(0)}, RejectCode.LOT_SIZE),
        ({"quantity": Decimal(-1)}, RejectCode.LOT_SIZE),
        ({"quantity": Decimal("Infinity")}, RejectCode.LOT_SIZE),
        ({"quantity": Decimal(9001)}, RejectCode.LOT_SIZE),
        ({"quantity": Decimal("0.00008")}, RejectCode.MIN_NOTIONAL),
        ({"type": OrderType.MARKET, "post_only": True}, RejectCode.POST_ONLY_NOT_LIMIT),
        ({"time_in_force": TimeInForce.IOC, "post_only": True}, RejectCode.POST_ONLY_NOT_LIMIT),
        ({"quantity": Decimal(17)}, RejectCode.INSUFFICIENT_BALANCE),
        ({"side": Side.SELL, "quantity": Decimal("10.00001")}, RejectCode.INSUFFICIENT_BALANCE),
    ],
)
def test_each_filter_names_what_is_wrong_and_nothing_changes(change: dict[str, object], code: RejectCode) -> None:
    exchange = small_exchange()
    before = exchange.truth.balances("ann")

    with pytest.raises(Rejected) as refusal:
        exchange.submit(revised(GOOD, **change))

    assert refusal.value.code is code
    assert exchange.truth.balances("ann") == before
    assert exchange.truth.orders("ann") == []


def test_the_largest_order_that_the_balance_covers_is_accepted() -> None:
    exchange = small_exchange()

    record = exchange.submit(limit("ann", Side.BUY, "50000", "20"))

    assert record.is_open
    assert exchange.truth.balances("ann")["USDT"].free == 0


@given(
    price=st.one_of(st.none(), st.decimals()),
    quantity=st.decimals(),
    side=st.sampled_from(Side),
    kind=st.sampled_from(OrderType),
    time_in_force=st.sampled_from(TimeInForce),
    post_only=st.booleans(),
)
def test_no_number_breaks_the_exchange(
    price: Decimal | None, quantity: Decimal, side: Side, kind: OrderType, time_in_force: TimeInForce, post_only: bool
) -> None:
    exchange = small_exchange()
    request = OrderRequest(
        account="ann",
        symbol=BTC.symbol,
        side=side,
        type=kind,
        price=price,
        quantity=quantity,
        time_in_force=time_in_force,
        post_only=post_only,
    )

    try:
        record = exchange.submit(request)
    except ExchangeRefusal:
        assert exchange.truth.orders("ann") == []
    else:
        assert BTC.quantity(record.quantity_lots) == quantity


@pytest.mark.parametrize(
    "change",
    [
        {"tick_size": Decimal(0)},
        {"lot_size": Decimal("-0.1")},
        {"max_quantity": Decimal("NaN")},
        {"min_quantity": Decimal("0.000015")},
        {"min_quantity": Decimal(9001)},
    ],
)
def test_an_instrument_whose_grid_makes_no_sense_is_refused(change: dict[str, Decimal]) -> None:
    with pytest.raises(ValueError, match="BTC/USDT"):
        replace(BTC, **change)  # type: ignore[arg-type]


def test_a_grid_converts_both_ways_exactly() -> None:
    fine = Instrument(
        symbol="X/Y",
        base="X",
        quote="Y",
        tick_size=Decimal("0.25"),
        lot_size=Decimal("1e-8"),
        min_quantity=Decimal("1e-8"),
        max_quantity=Decimal(1_000_000),
        min_notional=Decimal(0),
    )

    assert fine.ticks(Decimal("10.75")) == 43
    assert fine.price(43) == Decimal("10.75")
    assert fine.cost(43, 1) == Decimal("1.075e-7")
    with pytest.raises(ValueError, match="tick size"):
        fine.ticks(Decimal("10.8"))
