"""What the exchange does by its clock: orders that expire, switches that go off, a market that reopens."""

import random
from decimal import Decimal

import pytest
from msgspec.structs import replace

from simulator.exchange import reasons
from simulator.exchange.exchange import Exchange, TradingMode
from simulator.exchange.fees import ChargedIn
from simulator.exchange.orders import OrderStatus, Side
from simulator.exchange.rejections import RejectCode, Rejected, UnknownAccount
from tests.simulator.exchange.hand_clock import SECOND_NS, SYMBOL, HandClock, limit, market, small_exchange

BUY, SELL = Side.BUY, Side.SELL


def modes_of(exchange: Exchange, clock: HandClock, seconds: int) -> list[TradingMode]:
    modes = []
    for _ in range(seconds):
        modes.append(exchange.mode)
        clock.turn(SECOND_NS)
    return modes


def test_an_order_good_till_a_time_expires_then_and_frees_its_money() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    request = replace(limit("ann", BUY, "59000", "1"), expires_ns=clock.wall_ns() + SECOND_NS)
    record = exchange.submit(request)

    clock.turn(SECOND_NS - 1)
    assert exchange.truth.open_orders("ann") == [record]
    clock.turn(1)

    after = exchange.truth.order("ann", order_id=record.order_id)
    assert (after.status, after.reason) == (OrderStatus.EXPIRED, reasons.TIME_PASSED)
    assert exchange.truth.balances("ann")["USDT"].locked == 0


def test_one_that_is_filled_or_cancelled_before_its_time_stays_so() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    request = replace(limit("ann", BUY, "59000", "1"), expires_ns=clock.wall_ns() + SECOND_NS)
    filled, cancelled = exchange.submit(request), exchange.submit(request)
    exchange.submit(limit("ben", SELL, "59000", "1"))
    exchange.cancel("ann", order_id=cancelled.order_id)

    clock.turn(10 * SECOND_NS)

    assert exchange.truth.order("ann", order_id=filled.order_id).status is OrderStatus.FILLED
    assert exchange.truth.order("ann", order_id=cancelled.order_id).status is OrderStatus.CANCELED


def test_a_time_that_has_passed_and_an_order_that_never_waits_are_refused() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    late = replace(limit("ann", BUY, "59000", "1"), expires_ns=clock.wall_ns())
    hasty = replace(market("ann", BUY, "1"), expires_ns=clock.wall_ns() + SECOND_NS)

    for request in (late, hasty):
        with pytest.raises(Rejected) as refusal:
            exchange.submit(request)
        assert refusal.value.code is RejectCode.EXPIRY


def test_reduce_only_is_refused_where_there_are_no_positions() -> None:
    with pytest.raises(Rejected) as refusal:
        small_exchange().submit(replace(limit("ann", BUY, "59000", "1"), reduce_only=True))

    assert refusal.value.code is RejectCode.REDUCE_ONLY


def test_a_dead_mans_switch_cancels_unless_its_owner_lives() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    record = exchange.submit(limit("ann", BUY, "59000", "1"))
    others = exchange.submit(limit("ben", BUY, "59000", "1"))

    for _ in range(5):
        due_ns = exchange.cancel_all_after("ann", 2 * SECOND_NS)
        assert due_ns == clock.wall_ns() + 2 * SECOND_NS
        clock.turn(SECOND_NS)
    assert exchange.truth.open_orders("ann") == [record]
    clock.turn(SECOND_NS)

    after = exchange.truth.order("ann", order_id=record.order_id)
    assert (after.status, after.reason) == (OrderStatus.CANCELED, reasons.BY_SWITCH)
    assert exchange.truth.open_orders("ben") == [others]


def test_switches_of_symbols_run_beside_that_of_the_account_and_can_be_disarmed() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    bitcoin = exchange.submit(limit("ann", BUY, "59000", "1"))
    ether = exchange.submit(limit("ann", BUY, "0.04", "1", symbol="ETH/BTC"))
    exchange.cancel_all_after("ann", 3 * SECOND_NS)
    exchange.cancel_all_after("ann", SECOND_NS, SYMBOL)

    assert exchange.cancel_all_after("ann", None) is None
    clock.turn(10 * SECOND_NS)

    assert exchange.truth.order("ann", order_id=bitcoin.order_id).status is OrderStatus.CANCELED
    assert exchange.truth.open_orders("ann") == [ether]


def test_a_switch_that_is_due_in_a_halt_goes_off_when_the_halt_ends() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    record = exchange.submit(limit("ann", BUY, "59000", "1"))
    exchange.cancel_all_after("ann", SECOND_NS)

    exchange.reopen(halted_ns=5 * SECOND_NS, cancel_only_ns=SECOND_NS)
    clock.turn(4 * SECOND_NS)
    assert exchange.truth.open_orders("ann") == [record]
    clock.turn(SECOND_NS)

    assert exchange.truth.open_orders("ann") == []


def test_a_switch_needs_an_account_and_a_delay_that_exist() -> None:
    exchange = small_exchange()

    with pytest.raises(UnknownAccount):
        exchange.cancel_all_after("eve", SECOND_NS)
    with pytest.raises(ValueError, match="switch"):
        exchange.cancel_all_after("ann", -1)


def test_a_market_reopens_stage_by_stage() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)

    exchange.reopen(halted_ns=2 * SECOND_NS, cancel_only_ns=SECOND_NS, post_only_ns=SECOND_NS)

    halted, cancel_only, post_only, full = (
        TradingMode.HALTED,
        TradingMode.CANCEL_ONLY,
        TradingMode.POST_ONLY,
        TradingMode.FULL,
    )
    assert modes_of(exchange, clock, 5) == [halted, halted, cancel_only, post_only, full]


def test_a_stage_of_no_time_is_left_out_and_a_negative_one_refused() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)

    exchange.reopen(post_only_ns=SECOND_NS)

    assert modes_of(exchange, clock, 2) == [TradingMode.POST_ONLY, TradingMode.FULL]
    with pytest.raises(ValueError, match="stage"):
        exchange.reopen(halted_ns=-1)


def test_a_reopening_ends_by_its_undo_by_hand_or_by_the_next() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)

    undo = exchange.reopen(halted_ns=SECOND_NS)
    undo()
    assert exchange.mode is TradingMode.FULL
    exchange.reopen(halted_ns=SECOND_NS)
    exchange.mode = TradingMode.CANCEL_ONLY
    assert modes_of(exchange, clock, 3) == [TradingMode.CANCEL_ONLY] * 3
    exchange.reopen(halted_ns=SECOND_NS)
    undo()
    assert exchange.mode is TradingMode.HALTED


@pytest.mark.parametrize(("keep", "left"), [(0.0, 0), (1.0, 40)])
def test_a_restart_loses_the_share_of_orders_that_it_is_told_to(keep: float, left: int) -> None:
    exchange = small_exchange()
    for number in range(40):
        exchange.submit(limit("ann", BUY, f"{50_000 + number}", "0.01"))
    exchange.mode = TradingMode.HALTED

    lost = exchange.restart(keep=keep, random=random.Random(3))

    assert len(exchange.truth.open_orders("ann")) == left
    assert len(lost) == 40 - left
    assert {record.reason for record in lost} <= {reasons.BY_RESTART}


def test_which_orders_a_restart_loses_is_drawn_from_the_stream_it_is_handed() -> None:
    def lost_by(seed: int) -> list[int]:
        exchange = small_exchange()
        for number in range(40):
            exchange.submit(limit("ann", BUY, f"{50_000 + number}", "0.01"))
        return [record.price_ticks or 0 for record in exchange.restart(keep=0.5, random=random.Random(seed))]

    assert lost_by(1) == lost_by(1) != lost_by(2)


@pytest.mark.parametrize("charged", ChargedIn)
def test_a_rebate_is_paid_out_of_what_the_exchange_collects(charged: ChargedIn) -> None:
    exchange = small_exchange(maker_bps="-2", taker_bps="10", charged_in=charged)
    exchange.submit(limit("ann", SELL, "60000", "1"))

    exchange.submit(limit("ben", BUY, "60000", "1"))

    assert exchange.truth.trades("ann")[0].fee == Decimal(-12)
    assert exchange.truth.balances("ann")["USDT"].free == 1_060_012
    assert exchange.fees_collected["USDT"] == (-12 if charged is ChargedIn.RECEIVED else 48)
