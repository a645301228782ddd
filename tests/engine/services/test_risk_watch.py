"""The watch over what is held, against a venue: results are exact, and nothing is sold on one price alone."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.domain.control import Control, Verb
from engine.domain.messages import AlertRaised, encode
from engine.domain.profit import ProfitSeen
from engine.domain.safety import Loss, SafetyChanged, SafetyState
from simulator.exchange.orders import Side
from simulator.services import BrokerClient
from tests.engine.runtime.stage import price
from tests.engine.runtime.trading_stage import TradingStage, identity

ANOMALY = "profit/binance/BTC/USDT/anomaly"


@pytest.fixture
def stage() -> Iterator[TradingStage]:
    stage = TradingStage()
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    yield stage
    stage.world.close()


def holding(stage: TradingStage, quantity: str = "0.02") -> None:
    """Let the bot buy."""
    stage.decide(quantity, 60)
    stage.run(30)
    assert stage.orders()


def say(stage: TradingStage, last: str) -> None:
    """Let a feed publish one price that is not the market's."""

    async def speak(bus: BrokerClient) -> None:
        await price(bus, last, venue="binance", wall_ns=stage.world.wall_ns())

    stage.speak(speak)


def limits_lost(stage: TradingStage) -> list[SafetyState]:
    """Return the states that the loss of a limit led to, in order."""
    return [said.state for said in stage.heard(SafetyChanged) if Loss.LIMIT in said.losses]


def worth(stage: TradingStage, at: int) -> Decimal:
    """Return what the account is worth at a price, in dollars."""
    owned = stage.truth()
    return owned["USDT"] + owned["BTC"] * at


def test_the_result_of_the_day_is_the_change_of_what_the_account_is_worth(stage: TradingStage) -> None:
    before = stage.truth()
    holding(stage)
    stage.middle = 61_000
    stage.run(30)

    seen: ProfitSeen = stage.heard(ProfitSeen)[-1]
    now = stage.truth()
    won = now["USDT"] - before["USDT"] + (now["BTC"] - before["BTC"]) * seen.price.value
    assert seen.result.value == won
    assert seen.price.value == 61_000
    assert won > 15


def test_a_day_s_loss_beyond_the_limit_ends_entries_and_then_the_position(stage: TradingStage) -> None:
    """At 46,000 what is lost is above a tenth of what may be held; the venue says so too when it is asked."""
    holding(stage)

    stage.middle = 46_000
    stage.run(30)

    assert limits_lost(stage)[-1] is SafetyState.FLATTEN


def test_one_price_alone_sells_nothing(stage: TradingStage) -> None:
    """A stream that prints 40,000 while the venue, asked, says 60,000 ends entries for the moment, and no more."""
    holding(stage)
    stage.quoting = False
    stage.run(6)
    for _ in range(5):
        say(stage, "40000")
        stage.run(2)
    assert limits_lost(stage) == [SafetyState.EXIT_ONLY]

    stage.quoting = True
    stage.run(20)

    assert stage.heard(SafetyChanged)[-1].state is SafetyState.NORMAL
    assert limits_lost(stage) == [SafetyState.EXIT_ONLY]
    assert [order.side for order in stage.orders()] == [Side.BUY]
    assert not [alert for alert in stage.heard(AlertRaised) if alert.key == ANOMALY]


@pytest.mark.parametrize(("middle", "word"), [(70_000, "gained"), (50_000, "lost")])
def test_a_result_that_jumps_either_way_is_paged_when_a_second_price_says_so(
    stage: TradingStage, middle: int, word: str
) -> None:
    holding(stage)

    stage.middle = middle
    stage.run(30)

    (alert, *_) = [alert for alert in stage.heard(AlertRaised) if alert.key == ANOMALY]
    assert word in alert.summary
    assert alert.runbook == "profit-anomaly"


def test_a_position_beyond_its_limit_is_a_broken_limit_once_the_balances_say_so(stage: TradingStage) -> None:
    """Fills that carry our name, and that no rule ever saw: two processes under one journal's name."""
    holding(stage)
    stage.own_order(Side.BUY, "0.05", client_order_id=identity(999).client_order_id)

    stage.run(120)

    assert limits_lost(stage)[:1] == [SafetyState.EXIT_ONLY]
    assert limits_lost(stage)[-1] is SafetyState.FLATTEN


def test_a_restart_does_not_begin_a_new_day(stage: TradingStage) -> None:
    """What is carried over midnight is measured from the day's first price, before and after a crash."""
    holding(stage)
    day_ns = 86_400 * 10**9
    left_s = (day_ns - stage.world.wall_ns() % day_ns) / 10**9
    stage.quoting = False
    stage.world.crash("exec-a")
    stage.world.crash("feed-a")
    stage.run(left_s + 5)
    stage.quoting = True
    stage.world.reboot("exec-a")
    stage.world.reboot("feed-a")
    stage.run(40)
    stage.middle = 59_000
    stage.run(30)
    seen: ProfitSeen = stage.heard(ProfitSeen)[-1]
    assert seen.result.value == Decimal("-0.01998") * 1000  # a thousandth of the coins went as fee

    stage.world.crash("exec-a")
    stage.world.reboot("exec-a")
    stage.run(40)

    again: ProfitSeen = stage.heard(ProfitSeen)[-1]
    assert again.at_ns > seen.at_ns
    assert (again.day, again.result) == (seen.day, seen.result)


def test_that_a_new_day_begins_at_nothing_is_no_gain(stage: TradingStage) -> None:
    """Two hundred are lost when midnight comes: the day's result is nothing then, and nobody is woken for it."""
    holding(stage)
    day_ns = 86_400 * 10**9
    left_s = (day_ns - stage.world.wall_ns() % day_ns) / 10**9
    stage.quoting = False
    stage.world.crash("exec-a")
    stage.world.crash("feed-a")
    stage.run(left_s - 50)
    stage.quoting, stage.middle = True, 50_000
    stage.world.reboot("exec-a")
    stage.world.reboot("feed-a")

    stage.run(100)

    before, after = (
        [seen for seen in stage.heard(ProfitSeen) if (seen.at_ns >= stage.world.wall_ns() // day_ns * day_ns) is late]
        for late in (False, True)
    )
    assert before[-1].result.value < -190
    assert abs(after[0].result.value) < 1
    assert not [alert for alert in stage.heard(AlertRaised) if alert.key == ANOMALY]


def test_a_person_who_re_arms_accepts_what_was_lost_and_a_restart_does_not_forget_it(stage: TradingStage) -> None:
    holding(stage)
    stage.middle = 46_000
    stage.run(60)
    assert limits_lost(stage)[-1] is SafetyState.FLATTEN
    rearm(stage)
    stage.run(15)
    told = len(limits_lost(stage))

    stage.world.crash("exec-a")
    stage.world.reboot("exec-a")
    stage.run(30)
    stage.decide("0.02", 600)
    stage.run(30)

    assert stage.handled()[-1].intents
    assert len(limits_lost(stage)) == told


def rearm(stage: TradingStage) -> None:
    """Let a person say that the bot may go on."""
    order = Control(bot="test-bot", verb=Verb.REARM, by="ann", reason="looked at it", at_ns=stage.world.wall_ns())

    async def speak(bus: BrokerClient) -> None:
        await bus.enqueue(order.subject, encode(order), message_id=order.name)

    stage.speak(speak, "person")
