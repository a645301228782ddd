"""A node that is asked to end, as by a deploy: it finishes what it has begun, and leaves nothing that needs a look."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.domain.lease import read_lease
from engine.domain.order import Order
from engine.recovery.journal import Journal
from engine.runtime.sqlite import SqliteStore
from engine.services.leadership import lease_name
from simulator.exchange.orders import OrderStatus
from simulator.kernel import NS
from simulator.services import BrokerClient
from tests.engine.runtime.test_failover import TwoExecutors
from tests.engine.runtime.trading_stage import BTC, TradingStage


@pytest.fixture
def stage() -> Iterator[TradingStage]:
    stage = TradingStage(protection={"stop": "3%", "within": "5s", "grace": "10s"})
    stage.boot("feed-a", "exec-a")
    stage.run(20)
    yield stage
    stage.world.close()


def lease_ttl_ns(stage: TradingStage) -> int:
    """Return how long the lease on the bus is counted on."""
    found: list[int] = []

    async def look(bus: BrokerClient) -> None:
        entry = await bus.get(lease_name("test-bot"))
        assert entry is not None
        found.append(read_lease(entry.value).ttl_ns)

    stage.speak(look)
    stage.run(1)
    return found[0]


def journalled(stage: TradingStage) -> list[Order]:
    """Switch the executor's machine off, and return what is on its disk."""
    stage.world.crash("exec-a")
    store = SqliteStore("execution.sqlite", vfs=stage.disks["exec-a"].vfs)
    orders = stage.world.complete(stage.world.host("a-hand").spawn(Journal(store).orders(changed_after_ns=0)))
    store.close()
    return orders


def test_an_entry_that_rests_is_cancelled_before_nobody_is_left_to_protect_its_fill(stage: TradingStage) -> None:
    stage.quoting = False
    instrument = stage.exchange.instrument(BTC)
    stage.exchange.quote(BTC, [(instrument.ticks(Decimal(59_000)), instrument.lots(Decimal(1)))], [])
    stage.decide("0.02", 1)
    stage.run(3)
    assert [order.status for order in stage.orders()] == [OrderStatus.NEW]

    stage.ask_to_leave("exec-a")
    began_ns = stage.world.now_ns()
    stage.run(16)

    assert [order.status for order in stage.orders()] == [OrderStatus.CANCELED]
    assert stage.left["exec-a"] - began_ns < 10 * NS
    assert lease_ttl_ns(stage) == 0


def test_a_stop_stays_at_the_venue_and_nothing_new_is_entered(stage: TradingStage) -> None:
    stage.decide("0.02", 1)
    stage.run(10)
    stage.ask_to_leave("exec-a")
    stage.decide("0.04", 2)
    stage.run(20)

    assert [order.status for order in stage.orders()] == [OrderStatus.FILLED, OrderStatus.UNTRIGGERED]
    assert "exec-a" in stage.left


@pytest.mark.parametrize("after_s", [0.15, 0.3, 0.6, 1.2])
def test_the_fills_of_an_exit_are_waited_for(after_s: float) -> None:
    """Without a stream an order's end is known before its fills are, and the books count fills."""
    stage = TradingStage(at="kraken")
    stage.boot("feed-a", "exec-a")
    stage.run(20)
    stage.decide("0.02", 1)
    stage.run(10)
    stage.gate.streams_refused = True
    stage.gate.drop_streams("private")
    stage.decide("0", 2)
    stage.run(after_s)
    stage.ask_to_leave("exec-a")
    stage.run(20)

    assert "exec-a" in stage.left
    assert all(order.settled for order in journalled(stage))
    stage.world.close()


def test_a_venue_that_answers_nothing_does_not_keep_a_node(stage: TradingStage) -> None:
    stage.quoting = False
    stage.exchange.quote(BTC, [], [])
    for one, other in (("exec-a", "binance"), ("binance", "exec-a")):
        stage.internet.link(one, other).black_hole()
    stage.decide("0.02", 1)
    stage.run(1)

    stage.ask_to_leave("exec-a")
    stage.run(25)

    assert "exec-a" in stage.left


def test_the_other_executor_leads_at_once() -> None:
    stage = TwoExecutors()
    stage.want("0.02")
    stage.run(10)
    stage.ask_to_leave("exec-a")
    asked_ns = stage.world.wall_ns()
    stage.run(10)

    assert "exec-a" in stage.left
    assert stage.reports()[-1].node == "exec-b"
    assert stage.reports()[-1].at_ns - asked_ns < 5 * NS
    stage.world.close()
