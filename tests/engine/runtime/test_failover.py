"""Two executors over one account: one leads, the other takes over, and nothing is done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from engine.domain.control import Control, Verb
from engine.domain.messages import AlertRaised, OrderChanged, OrderState, encode, message_id_of, subject_of
from engine.domain.recovery import RecoveryReported
from simulator.exchange.orders import Side
from simulator.kernel import NS
from simulator.services import BrokerClient
from simulator.storage import Disk
from tests.engine.runtime.trading_stage import BTC, TradingStage

NODES = {
    "exec-a": {"zone": "a", "runs": ["execution"]},
    "exec-b": {"zone": "b", "runs": ["execution"]},
    "feed-a": {"zone": "a", "runs": ["feed"]},
    "signal-a": {"zone": "a", "runs": ["signal"]},
    "monitor-a": {"zone": "a", "runs": ["monitor"]},
}
LOTS = 100_000


class TwoExecutors(TradingStage):
    """One account and two that may trade on it; decisions are numbered."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(nodes=NODES, **changes)
        self.boot("feed-a", "exec-a")
        self.run(5)
        self.boot("exec-b")
        self.run(25)
        self.decided = 0

    def want(self, target: str) -> None:
        self.decided += 1
        self.decide(target, self.decided)

    def fill(self, node: str) -> None:
        """Leave no room on a node's disk."""
        self.disks[node].trouble.full = True

    def reports(self) -> list[RecoveryReported]:
        return self.heard(RecoveryReported)

    def intents_doubled(self) -> dict[str, int]:
        """Return the client order ids that the venue has executed more than once."""
        counts = Counter(order.client_order_id for order in self.orders() if order.filled_lots)
        return {cid: count for cid, count in counts.items() if count > 1}

    def cut_from_bus(self, node: str) -> None:
        """Hold up everything between a node and the bus; what is held arrives when they are joined again."""
        for one, other in ((node, "bus"), ("bus", node)):
            self.internet.link(one, other).black_hole()

    def join_to_bus(self, node: str) -> None:
        for one, other in ((node, "bus"), ("bus", node)):
            self.internet.link(one, other).repair()


@pytest.fixture
def stage() -> Iterator[TwoExecutors]:
    stage = TwoExecutors()
    yield stage
    stage.world.close()


def bought(stage: TwoExecutors) -> float:
    return sum(order.filled_lots for order in stage.orders() if order.side is Side.BUY) / LOTS


def sold(stage: TwoExecutors) -> float:
    return sum(order.filled_lots for order in stage.orders() if order.side is Side.SELL) / LOTS


def ends(stage: TwoExecutors) -> list[OrderState]:
    """Return what each order was last said to be."""
    return list({said.client_order_id: said.state for said in stage.heard(OrderChanged)}.values())


def test_one_of_two_executors_trades_and_the_other_stands_by(stage: TwoExecutors) -> None:
    stage.want("0.02")
    stage.run(20)

    assert len(stage.orders()) == 1
    assert [report.node for report in stage.reports()] == ["exec-a"]


def test_a_standby_takes_over_within_seconds_with_the_books_of_the_one_that_died(stage: TwoExecutors) -> None:
    stage.want("0.02")
    stage.run(20)
    stage.world.crash("exec-a")
    died_ns = stage.world.wall_ns()

    stage.run(15)
    stage.want("0")
    stage.run(20)

    report = stage.reports()[-1]
    assert report.node == "exec-b"
    assert report.at_ns - died_ns < 15 * NS
    assert (bought(stage), sold(stage)) == pytest.approx((0.02, 0.02), abs=1e-4)


def test_an_empty_disk_is_as_good_a_successor(stage: TwoExecutors) -> None:
    stage.want("0.02")
    stage.run(70)  # a snapshot lies between
    stage.want("0.01")
    stage.run(10)
    for name in ("exec-a", "exec-b"):
        stage.world.crash(name)
        stage.disks[name] = Disk(stage.world.hosts[name])
    stage.run(5)
    began_ns = stage.world.wall_ns()
    stage.world.reboot("exec-b")
    stage.run(30)

    stage.want("0")
    stage.run(20)

    report = stage.reports()[-1]
    assert (report.node, report.from_snapshot, report.holes) == ("exec-b", True, 0)
    assert report.at_ns - began_ns < 60 * NS
    assert report.point_ns > began_ns - 120 * NS
    assert (bought(stage), sold(stage)) == pytest.approx((0.02, 0.02), abs=1e-4)


@pytest.mark.parametrize("after_ms", [8, 17, 20, 21, 22, 24, 27, 30, 31, 32, 33, 35, 38, 44])
@pytest.mark.parametrize("asleep_s", [9.5, 12, 30])
def test_a_leader_that_sleeps_at_any_point_of_a_submit_and_wakes_later_does_no_harm(
    stage: TwoExecutors, after_ms: int, asleep_s: float
) -> None:
    stage.want("0.02")
    stage.run(after_ms / 1000)
    stage.world.pause("exec-a")

    stage.run(asleep_s)  # the successor is about to lead, leads, or has had the decision again
    taken = bought(stage)
    stage.world.resume("exec-a")
    stage.run(60)

    assert [report.node for report in stage.reports()][-1] == "exec-b"
    assert stage.intents_doubled() == {}
    assert bought(stage) == taken or asleep_s < 30
    assert ends(stage) == [OrderState.FILLED if bought(stage) else OrderState.ABSENT]
    assert any("deposed" in line for line in stage.lines)


@pytest.mark.parametrize("after_ms", [6, 16, 18, 20, 21, 22, 25, 29, 31, 33, 35, 38, 42, 50])
def test_a_leader_that_dies_at_any_point_of_a_submit_leaves_no_order_twice_and_none_unknown(
    stage: TwoExecutors, after_ms: int
) -> None:
    stage.want("0.02")
    stage.run(after_ms / 1000)
    stage.world.crash("exec-a")
    stage.disks["exec-a"] = Disk(stage.world.hosts["exec-a"])

    stage.run(90)

    assert stage.intents_doubled() == {}
    assert ends(stage) == [OrderState.FILLED if bought(stage) else OrderState.ABSENT]


def test_a_leader_that_is_cut_off_from_the_bus_enters_nothing_and_its_successor_does(stage: TwoExecutors) -> None:
    stage.cut_from_bus("exec-a")
    stage.run(20)
    stage.want("0.02")
    stage.run(20)
    stage.join_to_bus("exec-a")
    stage.run(30)
    stage.want("0")  # it must not come to the one that was deposed
    stage.run(20)

    assert (bought(stage), sold(stage)) == pytest.approx((0.02, 0.02), abs=1e-4)
    assert [report.node for report in stage.reports()] == ["exec-a", "exec-b"]


def test_an_intent_that_the_bus_does_not_have_is_not_sent(stage: TwoExecutors) -> None:
    stage.want("0.02")
    stage.run(0.018)  # decided, and on its way to the executor
    stage.world.crash("bus")
    stage.run(5)

    assert stage.orders() == []


def test_a_person_has_another_node_lead(stage: TwoExecutors) -> None:
    stage.want("0.02")
    stage.run(20)
    order = Control(bot="test-bot", verb=Verb.STANDBY, by="operator", reason="deploy", at_ns=stage.world.wall_ns())

    async def speak(bus: BrokerClient) -> None:
        await bus.enqueue(subject_of(order), encode(order), message_id=message_id_of(order))

    stage.speak(speak)
    asked_ns = stage.world.wall_ns()
    stage.run(15)
    stage.want("0")
    stage.run(20)

    assert stage.reports()[-1].node == "exec-b"
    assert stage.reports()[-1].at_ns - asked_ns < 6 * NS
    assert (bought(stage), sold(stage)) == pytest.approx((0.02, 0.02), abs=1e-4)


def test_a_leader_with_a_full_disk_makes_room_for_whoever_can_write(stage: TwoExecutors) -> None:
    stage.want("0.02")
    stage.run(20)
    stage.fill("exec-a")
    full_ns = stage.world.wall_ns()
    stage.run(40)
    stage.want("0")
    stage.run(20)

    assert stage.reports()[-1].node == "exec-b"
    assert stage.reports()[-1].at_ns - full_ns < 40 * NS
    assert (bought(stage), sold(stage)) == pytest.approx((0.02, 0.02), abs=1e-4)


def test_a_leader_with_a_full_disk_stays_while_nobody_else_could_write(stage: TwoExecutors) -> None:
    """Positions would be left alone; what can be done without a journal is done."""
    stage.want("0.02")
    stage.run(20)
    stage.fill("exec-b")
    stage.run(15)
    stage.fill("exec-a")
    stage.run(60)

    assert [report.node for report in stage.reports()] == ["exec-a"]
    assert "journal/unavailable" in {said.key for said in stage.heard(AlertRaised) if said.node == "exec-b"}


@pytest.mark.parametrize("after_s", [0.0, 2.5, 5.0, 7.5])
def test_what_takes_both_disks_at_once_leaves_a_leader(after_s: float) -> None:
    """Whenever it comes between two looks of the standby at its disk, and however soon a leader would go."""
    stage = TwoExecutors(lease={"unwritten": "1s"})
    stage.want("0.02")
    stage.run(20 + after_s)
    stage.fill("exec-a")
    stage.fill("exec-b")
    stage.run(60)

    assert not [line for line in stage.lines if "stepping_down" in line]
    stage.world.close()


def test_what_a_sleeper_still_writes_to_the_bus_counts_for_nobody(stage: TwoExecutors) -> None:
    for round_ in range(4):
        leader, other = ("exec-a", "exec-b") if round_ % 2 == 0 else ("exec-b", "exec-a")
        stage.want("0.02" if round_ % 2 == 0 else "0.01")
        stage.run(0.031)
        stage.world.pause(leader)
        stage.run(25)
        stage.world.resume(leader)
        stage.run(15)
        assert stage.reports()[-1].node == other
    stage.want("0")
    stage.run(30)

    assert stage.intents_doubled() == {}
    assert bought(stage) == pytest.approx(sold(stage), abs=1e-4)
    assert all(report.holes == 0 for report in stage.reports())
    assert stage.exchange.truth.open_orders("main", BTC) == []
