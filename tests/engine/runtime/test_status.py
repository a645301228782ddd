"""What a person is told of a bot, and what becomes of an order that a person gives; over the bus, in virtual time."""

from collections.abc import Iterator

import pytest

from engine.domain.control import Control, ControlDone, Verb
from engine.domain.messages import AlertAcknowledged, Component, Status, encode, message_id_of, subject_of
from engine.domain.safety import Loss, SafetyState
from engine.ops.status import BotStatus, Expected, look
from engine.runtime.commands import give
from engine.services.duty import NS
from simulator.dialects.gate import Rule
from simulator.services import BrokerClient
from tests.engine.runtime.trading_stage import TradingStage

EXPECTED = Expected(
    beating=((Component.EXECUTION, "exec-a"), (Component.INGESTION, "feed-a")),
    venues=("binance",),
    alert_forget_after_ns=150 * NS,
)
PATIENCE_NS = 12 * NS


@pytest.fixture
def stage() -> Iterator[TradingStage]:
    stage = TradingStage()
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.decide("0.02", 60)
    stage.run(10)
    yield stage
    stage.world.close()


def status(stage: TradingStage) -> BotStatus:
    found: list[BotStatus] = []
    host = stage.world.hosts.get("person") or stage.world.host("person")

    async def ask(bus: BrokerClient) -> None:
        found.append(await look("test-bot", bus, host, expected=EXPECTED, patience_ns=PATIENCE_NS))

    stage.speak(ask, "person")
    stage.run(15)
    return found[0]


def order(stage: TradingStage, verb: Verb) -> ControlDone | None:
    answers: list[ControlDone | None] = []
    host = stage.world.hosts.get("person") or stage.world.host("person")

    async def tell(bus: BrokerClient) -> None:
        said = Control(bot="test-bot", verb=verb, by="anna", reason="a look", at_ns=stage.world.wall_ns())
        answers.append(await give(said, bus, host, patience_ns=5 * NS))

    stage.speak(tell, "person")
    stage.run(8)
    return answers[0]


def test_a_bot_that_is_well_is_told_as_it_is(stage: TradingStage) -> None:
    told = status(stage)

    assert told.answered
    assert {(beat.component, beat.node): beat.status for beat in told.beats} == {
        (Component.EXECUTION, "exec-a"): Status.OK,
        (Component.INGESTION, "feed-a"): Status.OK,
    }
    assert all(beat.age_ns is not None and beat.age_ns <= 10 * NS for beat in told.beats)
    assert told.leader is not None
    assert (told.leader.node, told.leader.token, told.leader.renewed) == ("exec-a", 1, True)
    assert (told.safety, told.latches, told.untold, told.alerts) == ((), (), (), ())
    assert str(told.ledgers[0].positions["BTC/USDT"]) == "0.01998000"


def test_it_listens_no_longer_than_until_everybody_has_spoken(stage: TradingStage) -> None:
    assert status(stage).listened_ns <= 10 * NS + NS // 2


def test_a_dead_bot_is_told_as_dead_with_the_lease_that_nobody_renews(stage: TradingStage) -> None:
    stage.world.crash("exec-a")
    stage.world.crash("feed-a")
    stage.run(10)
    told = status(stage)

    assert not told.answered
    assert {beat.age_ns for beat in told.beats} == {None}
    assert told.untold == ("binance",)
    assert told.leader is not None
    assert (told.leader.node, told.leader.renewed) == ("exec-a", False)


def test_what_is_lost_and_what_rings_is_told_until_it_is_back(stage: TradingStage) -> None:
    stage.inject(Rule(kind="error", status=503), seconds=90)
    stage.run(60)
    told = status(stage)

    assert [(said.scope, said.losses) for said in told.safety] == [("venue/binance", (Loss.VENUE,))]
    assert any(alert.key.startswith("venue") for alert in told.alerts)
    stage.run(90)
    assert (status(stage).safety, status(stage).alerts) == ((), ())


def test_an_alert_that_a_person_has_in_hand_says_whose(stage: TradingStage) -> None:
    stage.inject(Rule(kind="error", status=503), seconds=120)
    stage.run(60)
    (alert, *_) = status(stage).alerts

    async def take(bus: BrokerClient) -> None:
        said = AlertAcknowledged(key=alert.key, by="anna", at_ns=stage.world.wall_ns())
        await bus.enqueue(subject_of(said), encode(said), message_id=message_id_of(said))

    stage.speak(take)
    stage.run(1)

    assert {one.key: one.in_hand_of for one in status(stage).alerts}[alert.key] == "anna"


def test_a_pause_is_seen_to_be_obeyed_and_stands_until_its_end(stage: TradingStage) -> None:
    done = order(stage, Verb.PAUSE)
    told = status(stage)

    assert done is not None
    assert (done.node, done.verb) == ("exec-a", Verb.PAUSE)
    assert [latch.loss for latch in told.latches] == [Loss.PAUSE]
    assert [(said.scope, said.state) for said in told.safety] == [("bot", SafetyState.HOLD)]
    assert order(stage, Verb.RESUME) is not None
    assert (status(stage).latches, status(stage).safety) == ((), ())


def test_what_a_leader_said_in_a_former_life_does_not_count(stage: TradingStage) -> None:
    stage.inject(Rule(kind="error", status=503), seconds=40)
    stage.run(35)
    assert status(stage).safety
    stage.world.crash("exec-a")
    stage.run(20)
    stage.world.reboot("exec-a")
    stage.run(40)

    assert status(stage).safety == ()


def test_an_order_that_nobody_obeys_is_known_as_that_and_obeyed_later(stage: TradingStage) -> None:
    stage.world.crash("exec-a")
    assert order(stage, Verb.PAUSE) is None

    stage.world.reboot("exec-a")
    stage.run(20)

    assert [latch.loss for latch in status(stage).latches] == [Loss.PAUSE]
