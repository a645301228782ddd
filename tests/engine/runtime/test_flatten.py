"""Leaving a market, over the wire: at once, by what is ours alone, down a ladder, blind never, and until it is flat."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.domain.control import Control, ControlDone, Verb
from engine.domain.messages import AlertRaised, encode, message_id_of, subject_of
from engine.domain.safety import SafetyChanged, SafetyState
from simulator.dialects.gate import Rule
from simulator.exchange.orders import OrderStatus, Side
from simulator.services import BrokerClient
from simulator.storage import Disk
from tests.engine.runtime.stage import KEY
from tests.engine.runtime.trading_stage import BTC, INSTRUMENT, TradingStage

OWNED = Decimal(2)
"""What the owner had before the bot."""


@pytest.fixture
def stage() -> Iterator[TradingStage]:
    stage = TradingStage()
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.decide("0.02", 60)
    stage.run(10)
    assert stage.truth()["BTC"] > OWNED
    yield stage
    stage.world.close()


def flat(stage: TradingStage) -> bool:
    return abs(stage.truth()["BTC"] - OWNED) < Decimal("0.0001")


def order(stage: TradingStage, verb: Verb) -> None:
    """Have a person's order stored on the bus."""
    said = Control(bot="test-bot", verb=verb, by="anna", reason="try it", at_ns=stage.world.wall_ns())

    async def speak(bus: BrokerClient) -> None:
        await bus.enqueue(subject_of(said), encode(said), message_id=message_id_of(said))

    stage.speak(speak, "operator")


def states(stage: TradingStage) -> list[SafetyState]:
    return [said.state for said in stage.heard(SafetyChanged)]


def exits(stage: TradingStage) -> list[Decimal]:
    """Return the worst prices of the sales that reached the venue."""
    return [INSTRUMENT.price(one.price_ticks) for one in stage.orders() if one.side is Side.SELL and one.price_ticks]


def empty_the_book(stage: TradingStage) -> None:
    stage.quoting = False
    stage.exchange.quote(BTC, [], [])


def test_a_kill_sells_what_the_bot_bought_and_nothing_of_the_owner(stage: TradingStage) -> None:
    order(stage, Verb.KILL)
    stage.run(5)

    assert flat(stage)
    assert stage.truth()["BTC"] >= OWNED
    assert states(stage) == [SafetyState.KILLED]
    (done,) = stage.heard(ControlDone)
    assert (done.verb, done.node) == (Verb.KILL, "exec-a")
    assert stage.ledger() == stage.truth()


def test_a_killed_bot_enters_nothing_over_restarts_until_a_person_rearms_it(stage: TradingStage) -> None:
    order(stage, Verb.KILL)
    stage.run(20)
    stage.world.crash("exec-a")
    stage.run(5)
    stage.world.reboot("exec-a")
    stage.run(20)
    stage.decide("0.02", 120)
    stage.run(10)

    assert stage.handled()[-1].reason == "flatten: binance is being closed"
    assert flat(stage)

    order(stage, Verb.REARM)
    stage.run(5)
    stage.decide("0.02", 180)
    stage.run(10)
    assert not flat(stage)
    stage.world.crash("exec-a")
    stage.world.reboot("exec-a")
    stage.run(20)
    assert not flat(stage)


def test_a_pause_enters_nothing_and_lets_exits_pass_until_it_is_resumed(stage: TradingStage) -> None:
    order(stage, Verb.PAUSE)
    stage.run(5)
    stage.decide("0.04", 120)
    stage.run(10)
    assert stage.handled()[-1].reason.startswith("hold: pause: anna: try it")

    stage.decide("0.01", 180)
    stage.run(10)
    assert [one.side for one in stage.orders()] == [Side.BUY, Side.SELL]

    order(stage, Verb.RESUME)
    stage.run(5)
    stage.decide("0.04", 240)
    stage.run(10)
    assert stage.orders()[-1].side is Side.BUY


def test_an_order_that_comes_again_after_its_end_is_not_obeyed_again(stage: TradingStage) -> None:
    order(stage, Verb.KILL)
    stage.run(5)
    kill = stage.heard(Control)[0]
    order(stage, Verb.REARM)
    stage.run(5)

    async def again(bus: BrokerClient) -> None:
        await bus.enqueue(subject_of(kill), encode(kill), message_id="again")

    stage.speak(again, "operator")
    stage.run(5)

    assert states(stage)[-1] is SafetyState.NORMAL


def test_with_an_empty_book_prices_go_down_a_ladder_at_a_bounded_rate_until_somebody_buys(stage: TradingStage) -> None:
    empty_the_book(stage)
    order(stage, Verb.KILL)
    stage.run(62)

    assert not flat(stage)
    prices = exits(stage)
    assert prices == sorted(prices, reverse=True)
    assert min(prices) == INSTRUMENT.price(INSTRUMENT.ticks(Decimal(60_000) * Decimal("0.95")))
    assert 8 < len(prices) <= 31
    assert "flatten/binance/BTC/USDT" in {alert.key for alert in stage.heard(AlertRaised)}

    stage.quoting = True
    stage.run(15)
    assert flat(stage)


def test_in_a_thin_book_it_goes_on_until_all_is_sold(stage: TradingStage) -> None:
    empty_the_book(stage)
    ticks, lots = INSTRUMENT.ticks(Decimal(59_900)), INSTRUMENT.lots(Decimal("0.004"))
    order(stage, Verb.KILL)
    for _ in range(8):
        stage.exchange.quote(BTC, [(ticks, lots)], [])
        stage.run(3)

    assert flat(stage)
    assert len([one for one in stage.orders() if one.side is Side.SELL and one.filled_lots]) >= 5


def test_an_entry_whose_fate_is_unknown_and_that_fills_later_is_closed_as_well(stage: TradingStage) -> None:
    stage.quoting = False
    stage.middle = 59_000
    stage.inject(Rule(kind="ack_lost", endpoints=frozenset({"orders"})), seconds=2)
    stage.decide("0.04", 120)
    stage.run(1)
    order(stage, Verb.KILL)
    stage.inject(Rule(kind="error", endpoints=frozenset({"orders"}), status=500), seconds=15)
    stage.run(6)
    stage.middle, stage.quoting = 60_000, True
    stage.run(60)

    assert flat(stage)
    assert stage.ledger() == stage.truth()


def test_a_venue_that_is_away_is_left_as_soon_as_it_is_back(stage: TradingStage) -> None:
    stage.inject(Rule(kind="error", status=500), seconds=100)
    order(stage, Verb.KILL)
    stage.run(95)
    assert not flat(stage)
    assert SafetyState.KILLED in states(stage)

    stage.run(40)
    assert flat(stage)


def test_a_journal_that_is_gone_for_a_minute_by_two_readings_closes_everything_and_ends_with_its_cause(
    stage: TradingStage,
) -> None:
    stage.disk_is_broken = True
    stage.decide("0.04", 120)
    stage.run(50)
    assert states(stage) == [SafetyState.HOLD]
    assert not flat(stage)

    stage.run(30)
    assert states(stage) == [SafetyState.HOLD, SafetyState.FLATTEN]
    assert flat(stage)

    stage.disk_is_broken = False
    stage.run(30)
    assert states(stage)[-1] is SafetyState.NORMAL
    assert stage.ledger() == stage.truth()
    stage.decide("0.02", 240)
    stage.run(10)
    assert not flat(stage)


def test_coins_that_somebody_else_has_sold_already_are_not_sold_again(stage: TradingStage) -> None:
    stage.own_order(Side.SELL, "0.02", client_order_id="by-hand")
    stage.run(1)
    order(stage, Verb.KILL)
    stage.run(30)

    assert abs(stage.truth()["BTC"] - OWNED) < Decimal("0.0001")
    assert len([one for one in stage.orders() if one.side is Side.SELL]) == 1


def test_when_balances_cannot_be_read_for_long_the_books_alone_decide(stage: TradingStage) -> None:
    stage.inject(Rule(kind="error", endpoints=frozenset({"account"}), status=500), seconds=120)
    order(stage, Verb.KILL)
    stage.run(25)
    assert not flat(stage)

    stage.run(30)
    assert flat(stage)


def test_a_resting_entry_is_cancelled_when_the_bot_is_killed(stage: TradingStage) -> None:
    stage.quoting = False
    stage.middle = 59_000
    stage.decide("0.04", 120)
    stage.run(2)
    assert stage.orders()[-1].status is OrderStatus.NEW

    order(stage, Verb.KILL)
    stage.run(6)
    assert [one.status for one in stage.orders() if one.side is Side.BUY][-1] is OrderStatus.CANCELED


def test_a_venue_that_is_gone_for_long_is_left_when_it_is_back_and_then_traded_again(stage: TradingStage) -> None:
    stage.inject(Rule(kind="error", status=500), seconds=360)
    stage.run(350)
    assert SafetyState.FLATTEN in states(stage)
    assert not flat(stage)

    stage.run(60)
    assert flat(stage)
    assert {said.scope: said.state for said in stage.heard(SafetyChanged)} == {"venue/binance": SafetyState.NORMAL}
    stage.decide("0.02", 480)
    stage.run(10)
    assert not flat(stage)


def test_a_venue_that_is_gone_for_a_minute_is_only_held(stage: TradingStage) -> None:
    stage.inject(Rule(kind="error", status=500), seconds=60)
    stage.run(120)

    assert {said.state for said in stage.heard(SafetyChanged)} == {SafetyState.HOLD, SafetyState.NORMAL}
    assert not flat(stage)


def test_a_key_that_is_refused_holds_the_venue_and_pages_and_sells_nothing(stage: TradingStage) -> None:
    stage.venue.revoke_key(KEY)
    stage.run(60)

    assert {said.scope: said.state for said in stage.heard(SafetyChanged)} == {"venue/binance": SafetyState.HOLD}
    assert {alert.key for alert in stage.heard(AlertRaised)} == {"safety/venue/binance/key"}
    assert not flat(stage)


def test_a_market_without_prices_is_not_sold_blind_but_at_the_first_price(stage: TradingStage) -> None:
    stage.world.crash("feed-a")
    stage.inject(Rule(kind="error", endpoints=frozenset({"public"}), status=500), seconds=330)
    stage.run(325)
    assert not flat(stage)
    assert states(stage)[-1] is SafetyState.FLATTEN

    stage.run(30)
    assert flat(stage)
    stage.world.reboot("feed-a")
    stage.run(60)
    assert states(stage)[-1] is SafetyState.NORMAL


def test_a_disk_that_hangs_does_not_keep_an_exit_waiting(stage: TradingStage) -> None:
    stage.disk_takes_s = 600
    order(stage, Verb.KILL)
    stage.run(20)

    assert flat(stage)


@pytest.fixture(params=["binance", "okx", "bybit"])
def protected(request: pytest.FixtureRequest) -> Iterator[TradingStage]:
    stage = TradingStage(at=request.param, protection={"stop": "3%"}, feed={"books": True})
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.decide("0.02", 60)
    stage.run(10)
    yield stage
    stage.world.close()


def stops(stage: TradingStage) -> list[OrderStatus]:
    return [one.status for one in stage.orders() if one.stop_ticks]


def test_a_stop_is_cancelled_only_once_there_is_a_price_to_sell_at_and_nothing_is_left(protected: TradingStage) -> None:
    stage = protected
    assert stops(stage) == [OrderStatus.UNTRIGGERED]
    stage.world.crash("feed-a")
    stage.inject(Rule(kind="error", endpoints=frozenset({"public"}), status=500), seconds=60)
    stage.run(25)
    order(stage, Verb.KILL)
    stage.run(20)
    assert stops(stage) == [OrderStatus.UNTRIGGERED]

    stage.run(40)
    assert flat(stage)
    assert not any(one.is_open for one in stage.orders())
    assert stage.truth()["BTC"] >= OWNED


def test_a_kill_is_found_on_the_bus_by_a_node_that_lost_its_disk(stage: TradingStage) -> None:
    order(stage, Verb.KILL)
    stage.run(10)
    stage.world.crash("exec-a")
    stage.disks["exec-a"] = Disk(stage.world.hosts["exec-a"])
    stage.run(5)
    stage.world.reboot("exec-a")
    stage.run(20)

    stage.decide("0.04", 120)
    stage.run(10)
    assert stage.handled()[-1].reason == "flatten: binance is being closed"
    assert flat(stage)


def test_until_the_latches_on_the_bus_are_read_nothing_is_entered(stage: TradingStage) -> None:
    stage.world.crash("exec-a")
    stage.world.crash("bus")
    stage.world.reboot("exec-a")
    stage.run(20)
    stage.world.reboot("bus")
    stage.run(20)

    *held, last = [said.state for said in stage.heard(SafetyChanged) if said.scope == "bot"]
    assert {*held} == {SafetyState.HOLD}
    assert last is SafetyState.NORMAL


def test_the_lead_is_laid_down_when_a_person_asks_and_taken_up_again_where_nobody_else_wants_it(
    stage: TradingStage,
) -> None:
    order(stage, Verb.STANDBY)
    stage.run(30)
    assert [done.verb for done in stage.heard(ControlDone)] == [Verb.STANDBY]

    stage.decide("0.04", 120)
    stage.run(20)
    assert stage.handled()[-1].intents
    assert [done.verb for done in stage.heard(ControlDone)] == [Verb.STANDBY]


def test_a_locked_journal_does_not_disable_the_kill(stage: TradingStage) -> None:
    stage.disk_is_broken = True
    order(stage, Verb.KILL)
    stage.run(10)
    assert flat(stage)

    stage.disk_is_broken = False
    stage.run(20)
    assert stage.ledger() == stage.truth()
    assert [done.verb for done in stage.heard(ControlDone)] == [Verb.KILL]
