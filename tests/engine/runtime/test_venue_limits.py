"""What nodes know together of a venue's limits: bans outlive a crash, and are told; one node counts once."""

from collections.abc import Iterator

import pytest

from engine.domain.limits import BreakerChanged, VenueBanned
from engine.domain.messages import PriceSeen
from simulator.dialects.gate import Rule
from simulator.kernel import NS
from tests.engine.runtime.trading_stage import TradingStage

TOGETHER = {
    "core-a": {"zone": "a", "runs": ["feed", "signal", "execution", "monitor"]},
}


@pytest.fixture
def stage() -> Iterator[TradingStage]:
    stage = TradingStage()
    yield stage
    stage.world.close()


def requests_of(stage: TradingStage, node: str, *, after: int = 0) -> list[str]:
    return [request.path for request in stage.requests[after:] if request.peer == node]


def test_a_ban_is_honoured_by_the_process_that_comes_after_the_one_that_was_told(stage: TradingStage) -> None:
    """A restart must not begin with a request that makes the ban longer."""
    stage.boot("exec-a", "monitor-a")
    stage.run(60)
    stage.gate.ban("exec-a", 300 * NS)
    stage.run(30)
    (told, *_) = stage.heard(VenueBanned)
    seen = len(stage.requests)

    stage.world.crash("exec-a")
    stage.world.reboot("exec-a")
    left_s = (told.until_ns - stage.world.wall_ns()) / NS
    assert left_s > 200
    stage.run(left_s - 1)

    assert requests_of(stage, "exec-a", after=seen) == []
    stage.run(30)
    assert requests_of(stage, "exec-a", after=seen)
    assert all(request.outcome != "banned" for request in stage.requests[seen:])


def test_a_neighbour_that_may_share_the_address_is_told_of_a_ban(stage: TradingStage) -> None:
    """Its feed asks for no prices by REST while the ban lasts; the stream goes on."""
    stage.boot("exec-a", "feed-a")
    stage.run(60)
    stage.gate.ban("exec-a", 300 * NS)
    stage.run(30)
    (told, *_) = stage.heard(VenueBanned)
    assert (told.venue, told.by_address, told.node, told.zone) == ("binance", True, "exec-a", "a")
    seen = len(stage.requests)

    stage.gate.drop_streams("public")
    stage.quoting = False
    stage.run(60)

    assert [path for path in requests_of(stage, "feed-a", after=seen) if path.startswith("/api")] == []


def test_a_neighbour_that_starts_later_finds_the_ban_on_the_bus(stage: TradingStage) -> None:
    """Before its first request, not when it is told for the next time."""
    stage.boot("exec-a")
    stage.run(60)
    stage.gate.ban("exec-a", 300 * NS)
    stage.run(30)
    assert stage.heard(VenueBanned)

    stage.boot("feed-a")
    stage.run(60)

    assert [path for path in requests_of(stage, "feed-a") if path.startswith("/api")] == []


def test_the_bus_is_told_when_a_breaker_opens_and_closes(stage: TradingStage) -> None:
    stage.boot("exec-a")
    stage.run(30)
    stage.inject(Rule(kind="error", endpoints=frozenset({"account"})), 60)

    stage.run(180)

    changes = [(change.endpoint, change.state) for change in stage.heard(BreakerChanged)]
    assert changes[0] == ("account", "open")
    assert changes[-1] == ("account", "closed")
    assert {endpoint for endpoint, _ in changes} == {"account"}


def test_the_components_of_one_node_share_one_budget() -> None:
    """Feed and execution on one machine have one address: what either is told holds the other."""
    stage = TradingStage(nodes=TOGETHER)
    try:
        stage.boot("core-a")
        stage.run(30)
        stage.gate.ban("core-a", 120 * NS)
        stage.quoting = False
        stage.gate.drop_streams("public")
        stage.run(100)

        refused = [request for request in stage.requests if request.outcome == "banned"]
        assert len(refused) == 1
        stage.quoting = True
        stage.run(60)
        assert stage.heard(PriceSeen)
    finally:
        stage.world.close()
