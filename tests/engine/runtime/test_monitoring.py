"""Monitoring end to end: who is told of what, when, and by which way, in a world with a pager, a room and a switch."""

from typing import Any

import pytest

from engine.domain.messages import (
    AlertAcknowledged,
    AlertRaised,
    AlertResolved,
    CallsSeen,
    encode,
    message_id_of,
    subject_of,
)
from engine.runtime.mistakes import ConfigRefused
from engine.runtime.node import run_node
from simulator.dialects.gate import Rule
from simulator.kernel import NS
from simulator.services import BrokerClient, ChatRoom, DeadMansSwitch
from simulator.services.outside import CHAT_NAME, CHAT_PATH, SWITCH_NAME, SWITCH_PATH
from tests.engine.runtime.stage import Stage
from tests.engine.runtime.trading_stage import TradingStage

PAGER = {"routing_key_env": "PAGERDUTY_KEY", "webhook_url_env": "CHAT_URL", "bell_url_env": "BELL_URL"}
SECRETS = {"CHAT_URL": f"https://{CHAT_NAME}{CHAT_PATH}", "BELL_URL": f"https://{SWITCH_NAME}{SWITCH_PATH}"}


class Watched(Stage):
    """A stage whose monitor has every way to a person."""

    def __init__(self, *names: str, **changes: Any) -> None:
        super().__init__(pager=PAGER, **changes)
        self.secrets |= SECRETS
        self.room = ChatRoom(self.world, self.internet)
        self.switch = DeadMansSwitch(self.world, self.internet, self.pager, period_ns=60 * NS, grace_ns=60 * NS)
        nodes = {name: self.config.nodes[name] for name in names}
        self.config = self.config.model_copy(update={"nodes": nodes})
        self.boot(*names)

    def say(self, message: AlertRaised | AlertResolved | AlertAcknowledged) -> None:
        """Put a message on the bus."""

        async def speak(bus: BrokerClient) -> None:
            await bus.enqueue(subject_of(message), encode(message), message_id=message_id_of(message))

        self.speak(speak)

    def raised(self, key: str) -> AlertRaised:
        return AlertRaised(
            key=key,
            severity="warning",
            summary="slow",
            component="execution",
            runbook="latency-high",
            node="exec-a",
            at_ns=self.world.wall_ns(),
        )

    def keep_raising(self, key: str, seconds: int) -> None:
        """Let an alert hold for a time: whoever raised it repeats it."""
        for _ in range(seconds // 60):
            self.say(self.raised(key))
            self.run(60)


def test_a_latency_is_told_quietly_at_once_and_pages_after_five_minutes() -> None:
    stage = Watched("monitor-a")
    stage.run(20)

    stage.keep_raising("latency/binance/place", 240)
    assert stage.pages() == []
    assert len(stage.room.notices) == 1

    stage.keep_raising("latency/binance/place", 120)
    assert stage.pages() == [("trigger", "test-bot/latency/binance/place")]
    assert len(stage.room.notices) == 1
    stage.world.close()


def test_a_latency_that_somebody_has_in_hand_does_not_page() -> None:
    stage = Watched("monitor-a")
    stage.run(20)
    stage.keep_raising("latency/binance/place", 60)

    stage.say(AlertAcknowledged(key="latency/binance/place", by="ana", at_ns=stage.world.wall_ns()))
    stage.keep_raising("latency/binance/place", 600)

    assert stage.pages() == []
    stage.world.close()


def test_what_somebody_has_in_hand_stays_so_over_a_restart_until_it_is_over() -> None:
    stage = Watched("monitor-a")
    stage.run(20)
    key = "latency/binance/place"
    stage.keep_raising(key, 60)
    stage.say(AlertAcknowledged(key=key, by="ana", at_ns=stage.world.wall_ns()))
    stage.run(5)
    stage.world.crash("monitor-a")
    stage.run(2)
    stage.world.reboot("monitor-a")
    stage.keep_raising(key, 600)
    assert stage.pages() == []

    stage.say(AlertResolved(key=key, component="execution", node="exec-a", at_ns=stage.world.wall_ns()))
    stage.keep_raising(key, 420)

    assert stage.pages() == [("trigger", f"test-bot/{key}")]
    stage.world.close()


def test_a_page_that_somebody_has_in_hand_is_acknowledged_at_the_pager() -> None:
    stage = Watched("monitor-a")
    stage.run(20)
    stage.say(stage.raised("venue/binance/unreachable"))
    stage.run(5)

    stage.say(AlertAcknowledged(key="venue/binance/unreachable", by="ana", at_ns=stage.world.wall_ns()))
    stage.run(5)

    key = "test-bot/venue/binance/unreachable"
    assert stage.pages() == [("trigger", key), ("acknowledge", key)]
    stage.world.close()


def test_what_is_optional_is_told_quietly_and_never_pages() -> None:
    stage = Watched("monitor-a")
    stage.run(20)
    stage.keep_raising("optional/sentiment", 1200)

    assert stage.pages() == []
    assert len(stage.room.notices) == 1
    stage.world.close()


def test_when_the_pager_is_down_the_next_channel_is_told_and_the_pager_when_it_is_back() -> None:
    stage = Watched("monitor-a")
    stage.run(20)
    stage.world.crash("pagerduty")
    stage.say(stage.raised("venue/binance/unreachable"))

    stage.run(55)
    assert [text for _, text in stage.room.notices if "THE PAGER IS DOWN" in text and "slow" in text]
    stage.world.reboot("pagerduty")
    stage.run(20)

    assert ("trigger", "test-bot/venue/binance/unreachable") in stage.pages()
    stage.world.close()


def test_the_silence_of_everything_is_paged_from_outside() -> None:
    stage = Watched("monitor-a", "signal-a")
    stage.run(300)
    assert stage.pages() == []
    assert len(stage.switch.pings_ns) >= 5

    stage.world.crash("monitor-a")
    stage.world.crash("signal-a")
    stage.run(130)
    assert stage.pages() == [("trigger", "switch/silent")]

    stage.world.reboot("monitor-a")
    stage.world.reboot("signal-a")
    stage.run(30)
    assert ("resolve", "switch/silent") in stage.pages()
    stage.world.close()


def test_one_monitor_watches_the_other_and_the_pages_of_both_are_one() -> None:
    nodes = {name: {"zone": "a", "runs": ["monitor"]} for name in ("monitor-a", "monitor-b")}
    nodes |= {"other": {"zone": "a", "runs": ["feed", "signal", "execution"]}}
    stage = Watched("monitor-a", "monitor-b", nodes=nodes)
    stage.run(60)
    stage.say(stage.raised("venue/binance/unreachable"))
    stage.run(5)
    assert sorted(stage.pager.open) == ["test-bot/venue/binance/unreachable"]

    stage.world.crash("monitor-a")
    stage.run(30)

    assert "test-bot/heartbeat/monitoring/monitor-a" in stage.pager.open
    stage.world.close()


@pytest.mark.parametrize("asleep_s", [27.0 + 0.5 * step for step in range(20)])
def test_a_monitor_that_slept_calls_nobody_silent_whom_it_has_not_heard_yet(asleep_s: float) -> None:
    """What was said meanwhile is still on its way when it looks; who is really silent is told after the whole bound."""
    stage = Watched("monitor-a", "signal-a", "feed-a")
    stage.run(60)
    stage.world.pause("monitor-a")
    stage.run(asleep_s)
    stage.world.resume("monitor-a")
    stage.run(20)
    assert [page for page in stage.pages() if "heartbeat" in page[1]] == []

    stage.world.crash("signal-a")
    stage.run(60)
    assert ("trigger", "test-bot/heartbeat/signal/signal-a") in stage.pages()
    stage.world.close()


@pytest.mark.parametrize("variable", sorted(SECRETS))
def test_a_way_to_a_person_that_is_named_must_be_set(variable: str) -> None:
    stage = Stage(pager=PAGER)
    stage.secrets |= {name: url for name, url in SECRETS.items() if name != variable}
    host = stage.world.host("monitor-a")

    task = host.spawn(run_node("monitor-a", stage.config, stage.surroundings(host)))
    with pytest.raises(ConfigRefused, match=f"names {variable}, which is not set here"):
        stage.world.complete(task)
    stage.world.close()


def test_every_kind_of_request_is_told_with_its_p99() -> None:
    stage = TradingStage()
    stage.boot("exec-a", "monitor-a")
    stage.run(200)

    seen: list[CallsSeen] = stage.heard(CallsSeen)
    balances = [one for one in seen if one.operation == "balances"]
    assert balances
    assert all(one.venue == "binance" and one.node == "exec-a" for one in seen)
    assert all(0 < one.p50_ns <= one.p99_ns < NS and one.failures == 0 for one in balances)
    stage.world.close()


def test_more_failures_than_usual_are_told_and_end() -> None:
    stage = TradingStage()
    stage.boot("exec-a", "monitor-a")
    stage.run(420)
    assert not [alert for alert in stage.heard(AlertRaised) if alert.key.startswith("errors/")]

    stage.inject(Rule(kind="error"), 70)
    stage.run(125)
    assert {alert.key for alert in stage.heard(AlertRaised) if alert.key.startswith("errors/")} == {"errors/binance"}
    stage.run(240)

    assert "errors/binance" in [alert.key for alert in stage.heard(AlertResolved)]
    stage.world.close()


def test_a_pager_that_is_down_is_not_waited_for_and_is_rung_soon_after_it_is_back() -> None:
    """Three failures open its breaker; what holds is paged within a quarter of a minute of its return."""
    stage = Watched("monitor-a")
    stage.run(20)
    stage.world.crash(stage.pager.host.name)
    stage.keep_raising("venue/binance/unreachable", 200)
    stage.run(100)
    refused = sum("post_not_tried" in line for line in stage.lines)
    assert stage.pages() == []

    stage.world.reboot(stage.pager.host.name)
    stage.run(25)
    pages = stage.pages()
    stage.world.close()

    assert refused >= 1
    assert ("trigger", "venue/binance/unreachable") in [(action, key.split("/", 1)[-1]) for action, key in pages]
