"""An executor that lost its lease leaves a position by itself: it can, and it never sells what a successor has sold."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from simulator.dialects.gate import Rule
from simulator.kernel import NS
from tests.engine.runtime.test_failover import TwoExecutors, bought, sold

OWNED = Decimal(2)


@pytest.fixture
def stage() -> Iterator[TwoExecutors]:
    stage = TwoExecutors(execution={"entry_ttl": "60s", "not_after": "60s"})
    stage.want("0.02")
    stage.run(20)
    yield stage
    stage.world.close()


def fill_the_disk(stage: TwoExecutors, node: str) -> None:
    """Take the journal away: after a minute, by two readings, that closes what is open."""
    stage.disks[node].trouble.full = True


def owners(stage: TwoExecutors) -> bool:
    """Tell whether the account holds what its owner had, but for fees."""
    return abs(stage.truth()["BTC"] - OWNED) < Decimal("0.0001")


def test_with_the_bus_away_for_all_the_last_leader_can_still_leave(stage: TwoExecutors) -> None:
    stage.world.crash("bus")
    stage.run(20)
    fill_the_disk(stage, "exec-a")
    stage.run(100)

    assert sold(stage) == pytest.approx(bought(stage), abs=1e-4)
    assert owners(stage)


def test_a_leader_that_is_cut_off_sells_nothing_that_its_successor_has_sold(stage: TwoExecutors) -> None:
    stage.cut_from_bus("exec-a")
    stage.run(20)
    stage.want("0")
    stage.run(10)
    assert owners(stage)

    fill_the_disk(stage, "exec-a")
    stage.run(100)

    assert sold(stage) == pytest.approx(bought(stage), abs=1e-4)
    assert owners(stage)


@pytest.mark.parametrize("told_to_wait_s", [5, 8, 9, 10, 12, 15])
def test_an_exit_that_both_sides_of_a_partition_have_in_hand_is_made_once(
    stage: TwoExecutors, told_to_wait_s: int
) -> None:
    have_it_wait(stage, told_to_wait_s)
    stage.run(60)
    stage.join_to_bus("exec-a")
    stage.run(60)

    assert sold(stage) == pytest.approx(bought(stage), abs=1e-4)
    assert stage.intents_doubled() == {}
    assert owners(stage)


def test_an_exit_that_waited_while_the_successor_made_another_is_not_sent(stage: TwoExecutors) -> None:
    """The account shows it: there is less than the books of the one that is cut off say."""
    have_it_wait(stage, 40)
    stage.run(15)
    stage.want("0")
    stage.run(23)
    assert owners(stage)

    stage.run(30)

    assert sold(stage) == pytest.approx(bought(stage), abs=1e-4)
    assert owners(stage)
    assert any("somebody else has sold" in line for line in stage.lines)


def have_it_wait(stage: TwoExecutors, seconds: int) -> None:
    """Decide for an exit that the venue has wait, and cut whoever leads off from the bus."""
    busy = Rule(kind="throttle", endpoints=frozenset({"orders"}), retry_after_ns=seconds * NS)
    stage.inject(busy, seconds=1)
    stage.want("0")
    stage.run(0.1)
    stage.cut_from_bus("exec-a")
