"""What chaos may do to an exchange of perpetuals is felt there, as on a spot exchange."""

from __future__ import annotations

import pytest

from simulator.exchange.orders import OrderStatus
from simulator.exchange.rejections import RejectCode, Rejected
from tests.simulator.exchange.perpetual.floor import BUY, SELL, Pit


def test_a_cancel_that_lags_lets_the_order_fill_meanwhile() -> None:
    pit = Pit()
    early, late = pit.order("ann", BUY, "0.1", "49000"), pit.order("ann", BUY, "0.1", "48000")
    pit.exchange.cancel_lag_ns = 3_000_000_000

    for order in (early, late):
        answered = pit.exchange.cancel("ann", order_id=order.order_id)
        assert answered.status is OrderStatus.NEW
    pit.move("48500")
    pit.clock.turn(4_000_000_000)

    ends = [pit.exchange.truth.order("ann", order_id=order.order_id).status for order in (early, late)]
    assert ends == [OrderStatus.FILLED, OrderStatus.CANCELED]
    pit.check()


def test_orders_are_refused_as_a_fault_has_it() -> None:
    pit = Pit()
    pit.exchange.refuses = lambda request: RejectCode.TERMS if request.side is SELL else None

    pit.order("ann", BUY, "0.1")
    with pytest.raises(Rejected):
        pit.order("ann", SELL, "0.1")

    assert pit.position("ann").lots == 100


def test_stops_that_sleep_are_set_off_when_they_wake() -> None:
    pit = Pit()
    pit.order("ann", BUY, "0.1")
    pit.stop("ann", SELL, "49500", "0.1")
    pit.exchange.stops_asleep = True

    pit.move("49000")
    assert pit.position("ann").lots == 100

    pit.exchange.stops_asleep = False
    pit.move("48900")
    assert pit.position("ann").lots == 0
    pit.check()
