"""An order that is accepted and then gone: the acknowledgement was true, and nothing came of it."""

from simulator.exchange.events import Event, OrderChanged
from simulator.exchange.orders import OrderStatus, Side
from tests.simulator.exchange.hand_clock import SYMBOL, HandClock, limit, small_exchange


def test_it_is_acknowledged_then_rejected_and_no_balance_moves() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    exchange.silent_reject = lambda request: request.account == "ann"
    heard: list[Event] = []
    exchange.events.subscribe(heard.append)
    before = exchange.truth.balances("ann")

    record = exchange.submit(limit("ann", Side.BUY, "59000", "0.1", client_order_id="gone"))
    clock.turn(exchange.matching_delay_ns - 1)
    waiting = exchange.truth.order("ann", order_id=record.order_id)
    clock.turn(1)
    after = exchange.truth.order("ann", client_order_id="gone")

    assert record == waiting
    assert (record.status, after.status) == (OrderStatus.NEW, OrderStatus.REJECTED)
    assert exchange.truth.balances("ann") == before
    assert exchange.truth.book(SYMBOL).bids == ()
    assert [type(event) for event in heard] == [OrderChanged, OrderChanged]


def test_others_and_later_orders_are_spared() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    exchange.silent_reject = lambda request: request.account == "ann"
    spared = exchange.submit(limit("ben", Side.BUY, "59000", "0.1"))
    exchange.silent_reject = None
    later = exchange.submit(limit("ann", Side.BUY, "59000", "0.1"))

    clock.turn(10**12)

    assert exchange.truth.open_orders("ben") == [spared]
    assert exchange.truth.open_orders("ann") == [later]


def test_a_cancel_that_comes_before_the_rejection_wins() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    exchange.silent_reject = lambda request: True
    record = exchange.submit(limit("ann", Side.BUY, "59000", "0.1"))

    exchange.cancel("ann", order_id=record.order_id)
    clock.turn(10**12)

    assert exchange.truth.order("ann", order_id=record.order_id).status is OrderStatus.CANCELED
