"""Execution against a venue: one decision is one order, whatever is lost, repeated, late or broken on the way."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.domain.messages import (
    AlertRaised,
    Component,
    Decision,
    Heartbeat,
    OrderChanged,
    OrderState,
    Outcome,
    Status,
)
from simulator.dialects.gate import Rule
from simulator.exchange.orders import OrderStatus
from simulator.kernel import NS
from tests.engine.runtime.trading_stage import BTC, INSTRUMENT, TradingStage, identity


@pytest.fixture
def stage() -> Iterator[TradingStage]:
    stage = TradingStage()
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    yield stage
    stage.world.close()


def states(stage: TradingStage) -> list[OrderState]:
    """Return the states that the bus was told of, without repetitions."""
    found: list[OrderState] = []
    for change in stage.heard(OrderChanged):
        if not found or found[-1] is not change.state:
            found.append(change.state)
    return found


def test_a_decision_becomes_one_order_that_is_told_at_each_step_and_ends_in_the_ledger(stage: TradingStage) -> None:
    stage.decide("0.02", 60)
    stage.run(30)

    (order,) = stage.orders()
    assert order.client_order_id == identity(60).client_order_id
    assert order.status is OrderStatus.FILLED
    (handled,) = stage.handled()
    assert (handled.outcome, handled.intents) == (Outcome.INTENTS, (order.client_order_id,))
    assert states(stage) == [OrderState.INTENDED, OrderState.SUBMITTING, OrderState.OPEN, OrderState.FILLED]
    assert stage.ledger() == stage.truth()


def test_the_intent_is_journalled_and_told_before_it_reaches_the_venue(stage: TradingStage) -> None:
    stage.decide("0.02", 60)
    stage.run(30)

    intended = next(at_ns for at_ns, said in stage.said if isinstance(said, OrderChanged))
    arrived = next(seen.at_ns for seen in stage.requests if seen.endpoint == "orders" and seen.method == "POST")
    handled_ns = next(at_ns for at_ns, said in stage.said if said in stage.handled())
    assert intended - 20_000_000 < arrived
    assert handled_ns - arrived < NS


def test_a_decision_that_comes_again_is_recognised(stage: TradingStage) -> None:
    made = stage.decide("0.02", 60)
    stage.run(5)
    stage.broker.streams._ids.clear()
    stage.decide("0.02", 60)
    stage.run(30)

    assert len(stage.orders()) == 1
    assert {handled.decision for handled in stage.handled()} == {made.decision}


def test_an_old_backlog_is_refused_not_executed(stage: TradingStage) -> None:
    stage.decide("0.02", 60, late_ns=61 * NS)
    stage.run(10)

    assert stage.orders() == []
    (handled,) = stage.handled()
    assert handled.outcome is Outcome.REFUSED
    assert handled.reason.startswith("late: ")


def test_the_position_follows_the_targets_and_is_flat_in_the_end(stage: TradingStage) -> None:
    for number, target in enumerate(("0.02", "0.02", "0.01", "0")):
        stage.decide(target, 60 * number)
        stage.run(60)

    assert [order.side.name for order in stage.orders()] == ["BUY", "SELL", "SELL"]
    assert stage.ledger() == stage.truth()
    assert abs(stage.truth()["BTC"] - 2) < Decimal("0.0001")


def test_a_lost_acknowledgement_is_resolved_by_look_up_not_by_sending_again(stage: TradingStage) -> None:
    stage.inject(Rule(kind="ack_lost", endpoints=frozenset({"orders"})), seconds=20)
    stage.decide("0.02", 60)
    stage.run(60)

    (order,) = stage.orders()
    assert order.status is OrderStatus.FILLED
    assert OrderState.UNKNOWN in states(stage)
    assert states(stage)[-1] is OrderState.FILLED
    assert stage.ledger() == stage.truth()


def test_an_order_accepted_and_then_silently_rejected_is_found(stage: TradingStage) -> None:
    stage.exchange.silent_reject = lambda request: True
    stage.decide("0.02", 60)
    stage.run(30)
    stage.exchange.silent_reject = None

    assert states(stage)[-1] is OrderState.REJECTED
    stage.decide("0.02", 120)
    stage.run(30)
    assert [order.status for order in stage.orders()] == [OrderStatus.REJECTED, OrderStatus.FILLED]
    assert stage.ledger() == stage.truth()


def test_a_decision_to_leave_waits_for_an_earlier_exit_in_doubt_and_leaves_when_that_came_to_nothing(
    stage: TradingStage,
) -> None:
    """The exit was never executed, but for all one knows it was: nothing is sold twice, and nothing stays for good."""
    stage.decide("0.02", 60)
    stage.run(10)
    stage.inject(Rule(kind="error", status=503), 8)
    stage.decide("0", 120)
    stage.run(2)
    stage.decide("0", 180)
    stage.run(3)
    assert [handled.decision for handled in stage.handled()] == ["60", "120"]

    stage.run(50)

    bought, *sold = stage.orders()
    assert [order.client_order_id for order in sold] == [identity(180).client_order_id]
    assert sold[0].filled_lots == bought.filled_lots - bought.filled_lots // 1000  # the fee was taken in coins
    assert stage.handled()[-1].outcome is Outcome.INTENTS
    assert stage.ledger() == stage.truth()


def test_an_entry_that_is_not_filled_in_its_time_is_cancelled(stage: TradingStage) -> None:
    stage.quoting = False
    stage.middle = 59_000
    stage.decide("0.02", 60)
    stage.run(25)
    (order,) = stage.orders()
    assert order.status is OrderStatus.NEW

    stage.run(15)

    assert stage.orders()[0].status is OrderStatus.CANCELED
    assert states(stage)[-1] is OrderState.CANCELLED


def test_a_fill_on_the_stream_does_not_wait_for_a_look_up_that_hangs(stage: TradingStage) -> None:
    stage.quoting = False
    stage.middle = 59_000
    stage.decide("0.02", 60)
    stage.run(5)
    stage.inject(Rule(kind="hang"), seconds=60)
    stage.run(1.5)  # a look-up hangs by now, and will for seven seconds
    stage.exchange.quote(BTC, [], [(INSTRUMENT.ticks(Decimal(59_000)), INSTRUMENT.lots(Decimal(1)))])
    stage.run(1)

    assert [order.status for order in stage.orders()] == [OrderStatus.FILLED]
    assert states(stage)[-1] is OrderState.FILLED


def test_a_working_entry_is_cancelled_when_the_next_decision_wants_nothing(stage: TradingStage) -> None:
    stage.quoting = False
    stage.middle = 59_000
    stage.decide("0.02", 60)
    stage.run(5)

    stage.decide("0", 120)
    stage.run(5)

    assert [order.status for order in stage.orders()] == [OrderStatus.CANCELED]


def test_an_order_lives_on_while_the_bus_is_away_and_is_told_afterwards(stage: TradingStage) -> None:
    stage.decide("0.02", 60)
    stage.run(0.02)
    assert stage.heard(Decision)
    stage.world.crash("bus")
    stage.run(20)
    stage.world.reboot("bus")
    stage.run(20)

    assert [order.status for order in stage.orders()] == [OrderStatus.FILLED]
    assert states(stage)[-1] is OrderState.FILLED
    assert len(stage.handled()) == 1
    assert stage.ledger() == stage.truth()


def test_nothing_new_is_sent_while_the_journal_takes_nothing_and_a_person_is_told(stage: TradingStage) -> None:
    stage.disk_is_broken = True
    stage.decide("0.02", 60)
    stage.run(40)

    assert stage.orders() == []
    assert [alert.key for alert in stage.heard(AlertRaised)] == ["journal/unavailable"]
    beats = [beat for beat in stage.heard(Heartbeat) if beat.component is Component.EXECUTION]
    assert beats[-1].status is Status.DEGRADED

    stage.disk_is_broken = False
    stage.run(20)
    assert [order.status for order in stage.orders()] == [OrderStatus.FILLED]
    assert stage.ledger() == stage.truth()


def test_an_exit_is_sent_although_the_journal_takes_nothing_and_is_written_when_it_does(stage: TradingStage) -> None:
    stage.decide("0.02", 60)
    stage.run(30)
    stage.disk_is_broken = True
    stage.decide("0", 120)
    stage.run(10)

    assert [order.side.name for order in stage.orders()] == ["BUY", "SELL"]
    assert stage.orders()[1].status is OrderStatus.FILLED

    stage.disk_is_broken = False
    stage.run(30)
    assert [handled.decision for handled in stage.handled()] == ["60", "120"]
    assert stage.handled()[-1].intents == (identity(120).client_order_id,)
    stage.world.crash("exec-a")
    stage.world.reboot("exec-a")
    stage.run(30)
    assert stage.ledger() == stage.truth()


@pytest.mark.parametrize("after_ms", range(0, 60, 3))
@pytest.mark.parametrize("kind", ["answered", "ack_lost"])
def test_a_crash_at_any_moment_neither_loses_nor_doubles_an_order(after_ms: int, kind: str) -> None:
    stage = TradingStage()
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    if kind == "ack_lost":
        stage.inject(Rule(kind="ack_lost", endpoints=frozenset({"orders"})), seconds=1)

    stage.decide("0.02", 60)
    stage.run(after_ms / 1000)
    stage.world.crash("exec-a")
    stage.run(5)
    stage.world.reboot("exec-a")
    stage.run(60)

    assert [order.client_order_id for order in stage.orders()] in ([], [identity(60).client_order_id])
    assert {handled.decision for handled in stage.handled()} == {"60"}
    assert stage.ledger() == stage.truth()
    told = stage.heard(OrderChanged)
    assert not told or told[-1].state in (OrderState.FILLED, OrderState.ABSENT, OrderState.CANCELLED)
    stage.decide("0.02", 120)
    stage.run(60)
    assert sum(order.filled_lots for order in stage.orders()) == 2000
    stage.world.close()
