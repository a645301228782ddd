"""The service of safety: losses combine, patience and second readings come first, what began is carried through."""

import pytest

from engine.domain.safety import TABLE, Loss, Purpose, SafetyChanged, SafetyState
from engine.services.alarms import Severity
from engine.services.control import ENDED_BY
from engine.services.safety import Safety
from tests.engine.resilience.hand_clock import HandClock

MARKETS = (("binance", "BTC/USDT"), ("binance", "ETH/USDT"), ("kraken", "BTC/USDT"))
BTC_AT_BINANCE = "market/binance/BTC/USDT"


class Pages:
    """The pages that are open."""

    def __init__(self) -> None:
        self.open: dict[str, str] = {}

    def raise_alert(self, key: str, *, severity: Severity, summary: str, runbook: str) -> None:
        self.open[key] = runbook

    def resolve_alert(self, key: str) -> None:
        self.open.pop(key, None)


class Lines:
    """A log that nobody reads."""

    def info(self, event: str, **fields: object) -> None: ...
    def warning(self, event: str, **fields: object) -> None: ...
    def error(self, event: str, **fields: object) -> None: ...


class Scene:
    """A safety service with a clock that moves by hand."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.pages = Pages()
        self.told: list[SafetyChanged] = []
        self.safety = Safety(
            MARKETS, node="exec-a", alarms=self.pages, tell=self.told.append, clock=self.clock, log=Lines()
        )

    def states(self) -> list[str]:
        return [self.safety.state(*market).value for market in MARKETS]

    def pass_s(self, seconds: int) -> None:
        self.clock.pass_s(seconds)
        self.safety._look()


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_loss_holds_in_its_scope_until_it_is_back(scene: Scene) -> None:
    scene.safety.lost(Loss.DRIFT, scope=BTC_AT_BINANCE, reason="0.1 BTC more")

    assert scene.states() == ["hold", "normal", "normal"]
    assert scene.safety.refusal(Purpose.ENTRY, "binance", "BTC/USDT") == "hold: drift: 0.1 BTC more"
    assert scene.safety.refusal(Purpose.EXIT, "binance", "BTC/USDT") is None
    assert scene.safety.refusal(Purpose.ENTRY, "binance", "ETH/USDT") is None

    scene.safety.regained(Loss.DRIFT, scope=BTC_AT_BINANCE)
    assert scene.states() == ["normal"] * 3
    assert [said.state for said in scene.told] == [SafetyState.HOLD, SafetyState.NORMAL]


def test_the_state_of_a_market_is_the_worst_that_reaches_it(scene: Scene) -> None:
    scene.safety.lost(Loss.KILL, scope="bot", reason="a person")
    scene.safety.lost(Loss.VENUE, scope="venue/kraken", reason="silent")

    assert scene.states() == ["killed"] * 3
    scene.safety.rearm([Loss.KILL])
    assert scene.states() == ["normal", "normal", "hold"]


def test_a_failure_sells_only_once_it_has_lasted_and_a_second_reading_says_so(scene: Scene) -> None:
    scene.safety.lost(Loss.VENUE, scope="venue/kraken", reason="silent", reading="orders")
    scene.pass_s(600)
    assert scene.states()[2] == "hold"

    scene.safety.lost(Loss.VENUE, scope="venue/kraken", reason="silent", reading="account")
    assert scene.states()[2] == "flatten"
    assert scene.states()[:2] == ["normal"] * 2


def test_two_readings_do_not_shorten_patience(scene: Scene) -> None:
    for reading in ("orders", "account"):
        scene.safety.lost(Loss.VENUE, scope="venue/kraken", reason="silent", reading=reading)

    scene.pass_s(299)
    assert scene.states()[2] == "hold"
    scene.pass_s(1)
    assert scene.states()[2] == "flatten"


def test_a_flattening_that_has_begun_ends_when_the_scope_is_flat_and_its_cause_is_over(scene: Scene) -> None:
    for reading in ("decision", "probe"):
        scene.safety.lost(Loss.JOURNAL, scope="bot", reason="disk full", reading=reading)
    scene.pass_s(60)
    assert scene.states() == ["flatten"] * 3

    scene.safety.regained(Loss.JOURNAL, scope="bot")
    scene.safety.flat(*MARKETS[0])
    scene.safety.flat(*MARKETS[1])
    assert scene.states() == ["flatten"] * 3
    scene.safety.flat(*MARKETS[2])
    assert scene.states() == ["normal"] * 3


def test_a_flat_market_stays_closed_while_the_cause_lasts(scene: Scene) -> None:
    for reading in ("decision", "probe"):
        scene.safety.lost(Loss.JOURNAL, scope="bot", reason="disk full", reading=reading)
    scene.pass_s(60)
    for market in MARKETS:
        scene.safety.flat(*market)

    assert scene.states() == ["flatten"] * 3
    scene.safety.regained(Loss.JOURNAL, scope="bot")
    scene.safety.flat(*MARKETS[0])
    assert scene.states() == ["normal"] * 3


def test_a_loss_that_comes_back_during_its_flattening_is_the_same_loss(scene: Scene) -> None:
    for reading in ("orders", "account"):
        scene.safety.lost(Loss.VENUE, scope="venue/kraken", reason="silent", reading=reading)
    scene.pass_s(300)
    scene.safety.regained(Loss.VENUE, scope="venue/kraken")
    assert not scene.safety.holds(Loss.VENUE, scope="venue/kraken")

    scene.safety.lost(Loss.VENUE, scope="venue/kraken", reason="silent again", reading="orders")
    scene.safety.flat("kraken", "BTC/USDT")
    assert scene.states()[2] == "flatten"
    assert scene.safety.holds(Loss.VENUE, scope="venue/kraken")


def test_what_a_person_must_end_is_not_ended_by_the_cause_being_gone(scene: Scene) -> None:
    for reading in ("ledger", "balances"):
        scene.safety.lost(Loss.LIMIT, scope="bot", reason="loss of the day", reading=reading)
    assert scene.states() == ["flatten"] * 3
    assert scene.pages.open == {"safety/bot/limit": "limit-broken"}

    scene.safety.regained(Loss.LIMIT, scope="bot")
    assert scene.states() == ["flatten"] * 3
    assert [held.loss for held in scene.safety.latched()] == [Loss.LIMIT]

    scene.safety.rearm([Loss.LIMIT, Loss.KILL])
    assert scene.states() == ["normal"] * 3
    assert scene.pages.open == {}


def test_one_reading_of_a_broken_limit_ends_by_itself(scene: Scene) -> None:
    scene.safety.lost(Loss.LIMIT, scope="bot", reason="loss of the day", reading="ledger")
    assert scene.states() == ["exit_only"] * 3
    assert scene.pages.open == {}

    scene.safety.regained(Loss.LIMIT, scope="bot")
    assert scene.states() == ["normal"] * 3


def test_a_state_is_told_once_however_often_a_loss_is(scene: Scene) -> None:
    for _ in range(5):
        scene.safety.lost(Loss.PAUSE, scope="bot", reason="a person")

    assert len(scene.told) == 1


def test_a_loss_is_not_told_wider_than_it_can_reach(scene: Scene) -> None:
    with pytest.raises(ValueError, match="drift is told of one market"):
        scene.safety.lost(Loss.DRIFT, scope="bot", reason="?")


def test_whatever_only_a_person_ends_there_is_a_verb_to_end_it_with() -> None:
    """A latch without one would be for ever."""
    ended = {loss for losses in ENDED_BY.values() for loss in losses}

    assert ended == {loss for loss, response in TABLE.items() if response.by_a_person}
