"""What the bot can do without: used while it is there; without it nobody trades less, and nobody is woken."""

from collections.abc import Iterator
from typing import Any

import apsw
import pytest

from engine.domain.limits import BreakerChanged
from engine.domain.messages import Decision, Heartbeat, Status
from engine.domain.opinions import SentimentSeen, SignalRefused
from engine.runtime.config import bot_config
from engine.runtime.mistakes import ConfigRefused
from simulator.kernel import NS
from simulator.services import Analytics, SentimentSource
from tests.engine.runtime.stage import BOT
from tests.engine.runtime.trading_stage import BTC, TradingStage

NODES = {
    "feed-a": {"zone": "a", "runs": ["feed"]},
    "signal-a": {"zone": "a", "runs": ["signal"]},
    "exec-a": {"zone": "a", "runs": ["execution"]},
    "monitor-a": {"zone": "a", "runs": ["monitor"]},
    "extra-a": {"zone": "a", "runs": ["sentiment", "analytics", "history"]},
}
WANTED: dict[str, dict[str, Any]] = {
    "sentiment": {"url": "https://sentiment.test/v1", "every": "5s", "fresh_for": "60s"},
    "analytics": {"url": "https://analytics.test/v1", "every": "5s", "buffer_max": 20},
    "history": {},
}

FAST = {"name": "momentum", "bar": "10s", "lookback": 1}


class RichStage(TradingStage):
    """A bot with everything that it can do without."""

    def __init__(self, **sentiment: Any) -> None:
        wanted = {**WANTED, "sentiment": {**WANTED["sentiment"], **sentiment}}
        super().__init__(nodes=NODES, dependencies=wanted, strategy=FAST)
        self.source = SentimentSource(self.world, self.internet, name="sentiment.test", symbols=[BTC])
        self.collector = Analytics(self.world, self.internet, name="analytics.test")

    def decisions(self, *, since_s: float = 0) -> int:
        """Return how many were made since a time."""
        return sum(1 for at_ns, said in self.said if isinstance(said, Decision) and at_ns > since_s * NS)

    def rows(self) -> list[tuple[str, str]]:
        """Return the history, as a person would read it once its machine is off."""
        self.world.crash("extra-a")
        return self.asked("history.sqlite", "SELECT id, kind FROM events ORDER BY written_ns")

    def asked(self, file: str, sql: str) -> list[Any]:
        """Return what a file of the machine says once that is off."""
        connection = apsw.Connection(file, vfs=self.disks["extra-a"].vfs)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            return list(connection.execute(sql))
        finally:
            connection.close()


@pytest.fixture
def rich() -> Iterator[RichStage]:
    stage = RichStage()
    stage.boot(*NODES)
    yield stage
    stage.world.close()


def pages(stage: RichStage) -> list[tuple[str, str]]:
    return [page for page in stage.pages() if page[0] == "trigger"]


def test_with_everything_there_sentiment_is_told_and_events_are_handed_over(rich: RichStage) -> None:
    rich.run(120)

    told = rich.heard(SentimentSeen)
    assert 20 <= len(told) <= 25
    assert all(-1 <= said.score <= 1 for said in told)
    kinds = {event["event"]["type"] for event in rich.collector.taken}
    assert {"Decision", "DecisionHandled"} <= kinds
    assert pages(rich) == []


def test_trading_goes_on_while_all_of_it_is_gone_and_nobody_is_woken(rich: RichStage) -> None:
    rich.run(60)
    for host in ("sentiment", "analytics"):
        rich.world.crash(host)
    rich.run(600)

    assert rich.decisions(since_s=70) == 59
    assert pages(rich) == []
    beat = [said for said in rich.heard(Heartbeat) if said.node == "extra-a"][-1]
    assert beat.component == "optional"
    assert "no sentiment for" in beat.detail
    assert "20 events wait; " in beat.detail

    breakers = {said.subject: said.state for said in rich.heard(BreakerChanged)}
    assert set(breakers) == {"breaker.sentiment.service", "breaker.analytics.service"}
    taken = len(rich.collector.taken)
    for host in ("sentiment", "analytics"):
        rich.world.reboot(host)
    rich.run(90)
    assert rich.source.asked > 4
    assert {said.venue for said in rich.heard(BreakerChanged) if said.state == "closed"} == {"sentiment", "analytics"}
    later = rich.collector.taken[taken:]
    ids = [event["id"] for event in rich.collector.taken]
    assert len(later) >= 20
    assert len(ids) == len(set(ids))


def test_a_dead_machine_is_a_dead_machine_whatever_it_ran(rich: RichStage) -> None:
    """What it does can be done without; that it is gone, somebody must know."""
    rich.run(30)
    rich.world.crash("extra-a")
    rich.run(200)

    assert rich.decisions(since_s=40) == 19
    assert pages(rich) == [("trigger", "test-bot/heartbeat/optional/extra-a")]


def test_events_wait_on_the_bus_while_the_database_is_down_and_none_is_missing_afterwards(rich: RichStage) -> None:
    rich.run(40)
    rich.disk_is_broken = True
    rich.run(60)
    rich.disk_is_broken = False
    rich.run(30)
    rich.world.crash("extra-a")
    rich.run(60)
    rich.world.reboot("extra-a")
    rich.run(60)

    rows = rich.rows()
    assert sum(1 for _, kind in rows if kind == "Decision") == rich.decisions()
    assert len({event for event, _ in rows}) == len(rows)


@pytest.mark.parametrize("nonsense", [float("nan"), 7, "good", None, True])
def test_what_makes_no_sense_is_dropped(rich: RichStage, nonsense: object) -> None:
    rich.source.nonsense = nonsense if nonsense is not None else [1]
    rich.run(90)

    assert rich.heard(SentimentSeen) == []
    assert rich.decisions() > 5


def test_what_is_declared_to_be_needed_stops_decisions_while_it_is_gone() -> None:
    stage = RichStage(needed="hard")
    stage.boot(*NODES)
    stage.run(60)
    assert stage.decisions() > 2
    stage.world.crash("sentiment")
    stage.run(150)

    assert stage.decisions(since_s=130) == 0
    assert {said.why for said in stage.heard(SignalRefused)} == {"missing"}
    stage.world.reboot("sentiment")
    stage.run(90)
    assert stage.decisions(since_s=290) == 1
    assert Status.OK in {said.status for said in stage.heard(Heartbeat) if said.node == "extra-a"}
    stage.world.close()


def test_events_for_analysis_can_go_into_a_database_that_machines_share() -> None:
    stage = RichStage()
    changed = {**WANTED, "analytics": {"url_env": "SHARED", "every": "5s"}, "history": {"url_env": "SHARED"}}
    stage.config = bot_config({**BOT, "nodes": NODES, "dependencies": changed, "strategy": FAST})
    stage.secrets["SHARED"] = "postgresql://database.internal/shared"
    stage.boot(*NODES)
    stage.run(120)
    stage.world.crash("extra-a")

    both = "SELECT bot, event FROM {} WHERE subject LIKE 'decision.%' ORDER BY id"
    analysed, happened = (stage.asked("shared", both.format(table)) for table in ("analytics", "events"))
    assert 10 <= len(analysed) <= len(happened) == stage.decisions()
    assert {bot for bot, _ in analysed} == {"test-bot"}
    assert set(analysed) <= set(happened)
    assert stage.collector.taken == []
    stage.world.close()


def test_analytics_that_go_nowhere_or_to_two_places_are_refused() -> None:
    for wanted in ({}, {"url": "https://analytics.test/v1", "url_env": "SHARED"}):
        with pytest.raises(ConfigRefused) as refused:
            bot_config({**BOT, "nodes": NODES, "dependencies": {**WANTED, "analytics": wanted}})
        assert [mistake.path for mistake in refused.value.mistakes] == [("dependencies", "analytics")]


def test_a_part_without_its_dependency_and_a_dependency_without_its_part_are_refused() -> None:
    with pytest.raises(ConfigRefused) as refused:
        bot_config({**BOT, "nodes": {**NODES, "more": {"zone": "a", "runs": ["history"]}}, "dependencies": {}})
    assert {mistake.path[0] for mistake in refused.value.mistakes} == {"nodes"}
    with pytest.raises(ConfigRefused) as refused:
        bot_config({**BOT, "dependencies": {"history": {}}})
    assert [mistake.path for mistake in refused.value.mistakes] == [("dependencies", "history")]
