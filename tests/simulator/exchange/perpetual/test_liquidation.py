"""Liquidation, insurance, funding and waiting orders of perpetuals."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from simulator.exchange.events import Event, FundingPaid, MarkChanged, PositionChanged
from simulator.exchange.orders import OrderStatus, OrderType
from simulator.exchange.perpetual.contract import HOUR_NS
from simulator.exchange.perpetual.exchange import INSURANCE
from simulator.exchange.perpetual.records import WaitingStatus
from simulator.exchange.perpetual.venue import PerpetualVenue
from simulator.exchange.rejections import RejectCode, Rejected
from tests.simulator.exchange.perpetual.floor import BTC, BUY, SELL, Pit


def test_who_has_no_margin_left_is_closed_by_the_venue_and_the_rest_of_his_money_stays_his() -> None:
    pit = Pit()
    pit.order("ann", BUY, "3.9")
    pit.order("ann", BUY, "0.01", "40000")

    pit.move("47700")

    (order,) = [one for one in pit.exchange.truth.closed_orders("ann") if one.type is OrderType.LIQUIDATION]
    assert (order.status, order.filled_lots) == (OrderStatus.FILLED, 3_900)
    assert order.client_order_id.startswith("autoclose-")
    assert pit.exchange.truth.open_orders("ann") == []
    assert pit.position("ann").lots == 0
    left = 10_000 - Decimal("3.9") * (Decimal(50_050) - Decimal("47652.3"))
    assert pit.wallet("ann") == max(Decimal(0), left - order.quote_filled * Decimal("0.0125"))
    pit.check()


def test_what_the_book_does_not_give_the_insurance_takes_over() -> None:
    pit = Pit()
    pit.order("ann", BUY, "3.9")

    pit.move("40000")  # nobody bids where ann's money would last

    insured = pit.position(INSURANCE)
    assert insured.lots == 3_900
    assert 0 <= pit.wallet("ann") < 1
    assert pit.position("ann").lots == 0
    assert insured.cost > Decimal("3.9") * 47_000
    pit.check()


def test_a_short_is_liquidated_by_a_rise() -> None:
    pit = Pit()
    pit.order("ben", SELL, "3.9")

    pit.move("52400")

    assert pit.position("ben").lots == 0
    assert pit.exchange.truth.balances("ben")["USDT"].total >= 0
    pit.check()


def test_funding_moves_from_longs_to_shorts_at_eight_hours_of_the_wall_clock() -> None:
    pit = Pit()
    paid: list[Event] = []
    pit.exchange.events.subscribe(lambda event: paid.append(event) if isinstance(event, FundingPaid) else None)
    pit.order("ann", BUY, "0.1")
    pit.exchange.set_funding_rate(BTC, Decimal("0.0001"))

    pit.clock.turn(8 * HOUR_NS - 1)
    early = len(paid)
    pit.clock.turn(1)

    assert early == 0
    assert pit.wallet("ann") == 10_000 - Decimal("0.5")
    assert pit.exchange.truth.fundings("ann")[0].amount == Decimal("-0.5")
    assert pit.wallet("house") == Decimal("0.5")
    assert pit.position("ann").funding == Decimal("-0.5")
    pit.check()


def test_a_rate_follows_the_premium_and_is_bounded() -> None:
    pit = Pit()
    at_par = pit.exchange.truth.mark(BTC).funding_rate

    pit.exchange.set_index(BTC, Decimal(10_000))

    assert at_par == Decimal("0.0001")
    assert pit.exchange.truth.mark(BTC).funding_rate == Decimal("0.003")


def test_a_waiting_order_is_set_off_by_the_mark_and_closes_what_there_is() -> None:
    pit = Pit()
    pit.order("ann", BUY, "0.1")
    stop = pit.stop("ann", SELL, "49000", "0.1", close_position=True, client_id="stop")

    with pytest.raises(Rejected) as twice:
        pit.stop("ann", SELL, "48000", "0.1", client_id="stop")
    with pytest.raises(Rejected) as reached:
        pit.stop("ann", SELL, "51000", "0.1")
    pit.move("48900")

    assert twice.value.code is RejectCode.DUPLICATE_CLIENT_ORDER_ID
    assert reached.value.code is RejectCode.STOP_WOULD_TRIGGER
    done = pit.exchange.truth.waiting_order("ann", waiting_id=stop.waiting_id)
    assert done.status is WaitingStatus.TRIGGERED
    assert pit.exchange.truth.order("ann", order_id=done.order_id).status is OrderStatus.FILLED
    assert pit.position("ann").lots == 0


def test_a_waiting_order_that_can_place_nothing_is_rejected_and_one_that_left_is_not_set_off() -> None:
    pit = Pit()
    idle = pit.stop("ann", SELL, "49000", "0.1", reduce_only=True)
    gone = pit.stop("ann", SELL, "49000", "0.1", client_id="gone")

    pit.exchange.stop_waiting("ann", client_id="gone")
    pit.move("48900")

    truth = pit.exchange.truth
    assert truth.waiting_order("ann", waiting_id=idle.waiting_id).status is WaitingStatus.REJECTED
    assert truth.waiting_order("ann", waiting_id=gone.waiting_id).status is WaitingStatus.CANCELED
    assert truth.orders("ann") == []


def test_views_show_positions_and_marks_as_late_as_everything_else() -> None:
    pit = Pit()
    venue = PerpetualVenue(pit.exchange, pit.clock, rest_lag_ns=5, private_lag_ns=3)
    told: list[Event] = []
    venue.private.subscribe(told.append)
    venue.public.subscribe(told.append)

    pit.order("ann", BUY, "0.1")
    pit.exchange.set_index(BTC, Decimal(51_000))
    early = venue.seen.positions("ann"), venue.seen.mark(BTC).index_ticks
    pit.clock.turn(5)

    assert early == ([], 500_000)
    assert venue.seen.positions("ann")[0].lots == 100
    assert venue.seen.mark(BTC).index_ticks == 510_000
    assert {type(event) for event in told} >= {PositionChanged, MarkChanged}


def test_in_a_halt_nothing_is_liquidated_set_off_or_cancelled_and_all_of_it_follows() -> None:
    pit = Pit()
    pit.order("ann", BUY, "3.9")
    pit.order("ben", BUY, "0.1", "40000")
    stop = pit.stop("ben", BUY, "60000", "0.1")
    pit.exchange.cancel_all_after("ben", 5, BTC)

    pit.exchange.reopen(halted_ns=10)
    pit.exchange.set_index(BTC, Decimal(61_000))
    pit.exchange.set_index(BTC, Decimal(40_000))
    pit.clock.turn(9)
    held = pit.position("ann").lots, len(pit.exchange.truth.open_orders("ben"))
    pit.clock.turn(1)

    assert held == (3_900, 1)
    assert pit.position("ann").lots == 0
    assert pit.exchange.truth.open_orders("ben") == []
    assert pit.exchange.truth.waiting_order("ben", waiting_id=stop.waiting_id).status is WaitingStatus.WAITING
    pit.check()


def test_a_restart_cancels_orders_and_keeps_positions() -> None:
    pit = Pit()
    pit.order("ann", BUY, "0.1")
    pit.order("ann", SELL, "0.1", "51000", reduce_only=True)

    (lost,) = pit.exchange.restart(keep=0, random=random.Random(1))

    assert lost.status is OrderStatus.CANCELED
    assert pit.position("ann").lots == 100
    pit.check()
