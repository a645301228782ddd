"""Nodes in virtual time: replicas decide once, prices that are old decide nothing, and silence becomes one page."""

import asyncio
from collections.abc import Iterator

import pytest

from engine.domain.messages import AlertRaised, Component, Decision, Heartbeat, Status, encode, subject_of
from engine.domain.money import ZERO, Quantity
from engine.runtime.mistakes import ConfigRefused
from engine.runtime.node import run_node
from simulator.kernel import NS
from simulator.services import BrokerClient
from tests.engine.runtime.stage import Stage, price


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.world.close()


def quote(stage: Stage, *, from_s: int, until_s: int, step: int = 10, late_ns: int = 0) -> None:
    """Publish a rising price every five seconds."""

    async def speak(bus: BrokerClient) -> None:
        await asyncio.sleep(from_s)
        last = 60000 + from_s
        for _ in range(from_s, until_s, 5):
            last += step
            await price(bus, str(last), venue="binance", wall_ns=stage.world.wall_ns() - late_ns)
            await asyncio.sleep(5)

    stage.speak(speak)


def test_two_replicas_decide_the_same_thing_once_at_each_end_of_a_bar(stage: Stage) -> None:
    stage.boot("signal-a", "signal-b")
    quote(stage, from_s=1, until_s=200)

    stage.run(200)

    decisions = stage.heard(Decision)
    start_s = stage.world.epoch_ns // NS
    assert [int(decision.decision) - start_s for decision in decisions] == [120, 180]
    assert {decision.target for decision in decisions} == {Quantity("0.02")}
    assert stage.broker.streams.duplicates == 2


def test_a_replica_that_dies_is_not_missed(stage: Stage) -> None:
    stage.boot("signal-a", "signal-b")
    quote(stage, from_s=1, until_s=200)
    stage.run(100)

    stage.world.crash("signal-a")
    stage.run(100)

    assert len(stage.heard(Decision)) == 2


LOOKS_BACK = {"name": "momentum", "bar": "60s", "lookback": 3}


@pytest.fixture
def patient() -> Iterator[Stage]:
    """A stage whose strategy needs four bars."""
    stage = Stage(strategy=LOOKS_BACK)
    yield stage
    stage.world.close()


def decided_s(stage: Stage) -> list[int]:
    """Return the ends of the bars that were decided on, in seconds of the world."""
    return [int(one.decision) - stage.world.epoch_ns // NS for one in stage.heard(Decision)]


def restart(stage: Stage, *names: str, down_s: float = 5) -> None:
    for name in names:
        stage.world.crash(name)
    stage.run(down_s)
    for name in names:
        stage.world.reboot(name)


def test_replicas_that_are_restarted_in_turn_miss_no_bar(patient: Stage) -> None:
    """Each finds on the bus what the others have seen, so none has to see all its bars again."""
    patient.boot("signal-a", "signal-b")
    quote(patient, from_s=1, until_s=500)
    patient.run(250)

    restart(patient, "signal-a")
    patient.run(45)
    restart(patient, "signal-b")
    patient.run(190)

    assert decided_s(patient) == [240, 300, 360, 420, 480]


def test_a_replica_alone_knows_after_a_restart_what_it_knew_also_when_the_bus_is_late(patient: Stage) -> None:
    """One bar is missed while nobody ran; the bars before it are taken as soon as the bus is back."""
    patient.boot("signal-a")
    quote(patient, from_s=1, until_s=290)
    quote(patient, from_s=335, until_s=500)
    patient.run(295)

    patient.world.crash("bus")
    restart(patient, "signal-a", down_s=20)
    patient.run(10)
    patient.world.reboot("bus")
    patient.run(170)

    assert decided_s(patient) == [240, 360, 420, 480]


def test_a_replica_that_knows_little_takes_nothing_from_those_that_come_later(patient: Stage) -> None:
    """It takes before it leaves, and bars of long ago are no use to anybody."""
    patient.boot("signal-a")
    quote(patient, from_s=1, until_s=260)
    quote(patient, from_s=800, until_s=1120)
    patient.run(255)

    restart(patient, "signal-a", down_s=545)
    patient.run(310)

    assert decided_s(patient) == [240, 1020, 1080]


def test_nothing_is_decided_on_prices_that_are_silent_or_old(stage: Stage) -> None:
    stage.boot("signal-a")
    quote(stage, from_s=1, until_s=130)
    quote(stage, from_s=135, until_s=300, late_ns=60 * NS)

    stage.run(300)

    start_s = stage.world.epoch_ns // NS
    assert [int(decision.decision) - start_s for decision in stage.heard(Decision)] == [120]
    assert any("no fresh price" in beat.detail for beat in stage.heard(Heartbeat))


def test_a_falling_price_wants_nothing(stage: Stage) -> None:
    stage.boot("signal-a")
    quote(stage, from_s=1, until_s=130, step=-10)

    stage.run(125)

    assert [decision.target for decision in stage.heard(Decision)] == [ZERO]


def test_decisions_made_while_the_bus_is_away_arrive_when_it_is_back_and_those_too_old_do_not(stage: Stage) -> None:
    stage.boot("signal-a")
    quote(stage, from_s=1, until_s=400)
    stage.run(119)

    stage.world.crash("bus")
    stage.run(5)
    stage.world.reboot("bus")
    stage.run(50)
    start_s = stage.world.epoch_ns // NS
    arrived = [int(decision.decision) - start_s for decision in stage.heard(Decision)]

    assert arrived == [120]


def test_every_node_is_heard_every_ten_seconds(stage: Stage) -> None:
    stage.boot("signal-a", "monitor-a")

    stage.run(61)

    beats = stage.heard(Heartbeat)
    for component in (Component.SIGNAL, Component.MONITORING):
        assert len([beat for beat in beats if beat.component is component]) == 7
    assert all(beat.status is Status.OK for beat in beats)


def only(*names: str) -> Stage:
    """Return a stage whose monitor expects just these nodes to be alive, and runs beside them."""
    stage = Stage()
    stage.config = stage.config.model_copy(update={"nodes": {name: stage.config.nodes[name] for name in names}})
    stage.boot(*names)
    return stage


def test_a_node_that_dies_is_paged_within_half_a_minute_and_resolved_when_it_is_back() -> None:
    stage = only("signal-a", "monitor-a")
    stage.run(60)
    assert stage.pages() == []

    stage.world.crash("signal-a")
    stage.run(30)
    assert stage.pages() == [("trigger", "test-bot/heartbeat/signal/signal-a")]

    stage.world.reboot("signal-a")
    stage.run(10)
    assert stage.pages()[1:] == [("resolve", "test-bot/heartbeat/signal/signal-a")]
    stage.world.close()


def test_a_short_absence_is_not_paged() -> None:
    stage = only("signal-a", "monitor-a")
    stage.run(60)

    stage.world.crash("signal-a")
    stage.run(8)
    stage.world.reboot("signal-a")
    stage.run(60)

    assert stage.pages() == []
    stage.world.close()


def test_a_silent_bus_is_one_page_and_not_one_for_each_component() -> None:
    stage = only("signal-a", "signal-b", "monitor-a")
    stage.run(65)

    stage.world.crash("bus")
    stage.run(60)
    assert stage.pages() == [("trigger", "test-bot/bus/silent")]

    stage.world.reboot("bus")
    stage.run(30)
    assert stage.pages()[1:] == [("resolve", "test-bot/bus/silent")]
    stage.world.close()


def raise_alert(stage: Stage, key: str) -> None:
    async def speak(bus: BrokerClient) -> None:
        alert = AlertRaised(
            key=key,
            severity="critical",
            summary="something",
            component="execution",
            runbook="venue-unreachable",
            node="exec-a",
            at_ns=stage.world.wall_ns(),
        )
        await bus.enqueue(subject_of(alert), encode(alert), message_id=f"{key}-{stage.world.now_ns()}")

    stage.speak(speak)


def test_an_alert_that_came_while_the_monitor_was_dead_is_paged_when_it_is_back() -> None:
    stage = only("monitor-a")
    stage.run(20)

    stage.world.crash("monitor-a")
    raise_alert(stage, "venue/kraken/unreachable")
    stage.run(20)
    assert stage.pages() == []
    stage.world.reboot("monitor-a")
    stage.run(20)

    assert stage.pages() == [("trigger", "test-bot/venue/kraken/unreachable")]
    stage.world.close()


def test_a_page_that_was_open_before_the_monitor_died_is_neither_opened_twice_nor_left_open() -> None:
    stage = only("monitor-a")
    raise_alert(stage, "venue/kraken/unreachable")
    stage.run(20)

    stage.world.crash("monitor-a")
    stage.world.reboot("monitor-a")
    stage.run(100)
    raise_alert(stage, "venue/kraken/unreachable")
    stage.run(100)
    assert stage.pages() == [("trigger", "test-bot/venue/kraken/unreachable")]
    stage.run(100)

    assert stage.pages()[1:] == [("resolve", "test-bot/venue/kraken/unreachable")]
    stage.world.close()


def test_a_pager_that_is_down_is_told_when_it_is_back() -> None:
    stage = only("monitor-a")
    stage.run(20)
    stage.world.crash("pagerduty")
    raise_alert(stage, "venue/kraken/unreachable")
    stage.run(60)

    stage.world.reboot("pagerduty")
    stage.run(20)

    assert ("trigger", "test-bot/venue/kraken/unreachable") in stage.pages()
    stage.world.close()


def test_a_node_without_its_secrets_does_not_start(stage: Stage) -> None:
    host = stage.world.host("exec-a")
    surroundings = stage.surroundings(host)
    bare = type(surroundings)(**{**surroundings.__dict__, "secrets": {}})

    task = host.spawn(run_node("exec-a", stage.config, bare))
    with pytest.raises(ConfigRefused, match=r"venues\.binance\.key_env: names KEY, which is not set here"):
        stage.world.complete(task)


def test_a_node_that_the_configuration_does_not_know_does_not_start(stage: Stage) -> None:
    host = stage.world.host("exec-z")

    task = host.spawn(run_node("exec-z", stage.config, stage.surroundings(host)))

    with pytest.raises(ConfigRefused, match="there is no node 'exec-z'"):
        stage.world.complete(task)
