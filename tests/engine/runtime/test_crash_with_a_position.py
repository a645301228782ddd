"""The executor of a perpetual dies wherever it waits, long or short, and is started again: nothing twice, nothing lost.

The same story and the same deaths as in `test_crash_at_every_await`; what may be wrong with a position is another list.
"""

import os
from collections import Counter
from decimal import Decimal
from random import Random

import pytest

from simulator.exchange.orders import Side
from simulator.exchange.perpetual.records import WaitingStatus
from tests.engine.runtime.test_crash_at_every_await import SAMPLE, Where, die_at, points
from tests.engine.runtime.trading_stage import TradingStage

HERE = Where("binanceusdm", 0.05, "0")
LATE = Where("binanceusdm", 8, "-0.02")
"""Views that are late, and a second decision that turns the position."""
EACH = pytest.mark.parametrize("where", [HERE, LATE], ids=lambda where: f"{where.lag_s}")


MAY_BE = tuple(map(Decimal, ("0", "0.02", "-0.02")))
"""What may be held in the end: an intent that never got there is not sent again, the next decision is as good."""


def wrong(stage: TradingStage) -> list[str]:
    """Say what is wrong at the end of a story."""
    orders, stops, found = stage.orders(), stage.exchange.truth.waiting_orders("main"), []
    names = Counter([*(order.client_order_id for order in orders), *(stop.client_id for stop in stops)])
    found += [f"{name} was sent {count} times" for name, count in names.items() if count > 1]
    if stage.ledger() != stage.truth():
        found.append(f"the ledger says {stage.ledger()}, and the account has {stage.truth()}")
    if stage.held() not in MAY_BE:
        found.append(f"{stage.held()} is held")
    living = [stop for stop in stops if stop.status is WaitingStatus.WAITING]
    closing = sum(stop.request.quantity * (1 if stop.request.side is Side.SELL else -1) for stop in living)
    if closing != stage.held():
        found.append(f"{stage.held()} is held, and what waits would close {closing}")
    return found + [f"{order.client_order_id} rests" for order in orders if order.is_open]


@EACH
def test_the_story_without_a_death_ends_as_it_should(where: Where) -> None:
    """Otherwise the deaths would prove nothing; and it has dozens of points at which it waits."""
    stage = die_at(10**15, where)

    assert wrong(stage) == []
    assert str(stage.held()) == {"0": "0.000", "-0.02": "-0.020"}[where.left]
    assert len(points(where)) >= 60
    stage.world.close()


@EACH
@pytest.mark.parametrize("number", range(SAMPLE))
def test_wherever_the_executor_dies_nothing_is_done_twice_and_nothing_is_lost(number: int, where: Where) -> None:
    """And what is held is protected, and no exit has turned it round."""
    every = points(where)
    for at_ns in every[number::SAMPLE] if os.environ.get("EVERY_AWAIT") else [Random(number).choice(every)]:
        stage = die_at(at_ns, where)
        assert wrong(stage) == [], f"death at {at_ns} ns, point {every.index(at_ns)} of {len(every)}"
        stage.world.close()
