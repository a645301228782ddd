"""The kill that needs no engine, over the wire: beside a dead, a hung and a live one, with a venue down, to the end."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.domain.control import Control, ControlDone, Verb
from engine.domain.messages import AlertRaised, OrderChanged, OrderState
from engine.recovery.kill import KillReport
from engine.runtime.config import bot_config
from engine.runtime.kill import kill, rearm
from engine.runtime.mistakes import ConfigRefused
from simulator.dialects.gate import Rule
from simulator.exchange.orders import OrderStatus, Side
from simulator.kernel import NS
from simulator.storage import Disk
from tests.engine.runtime.stage import BOT
from tests.engine.runtime.trading_stage import BTC, TradingStage

OWNED = Decimal(2)
"""What the owner had before the bot."""


class Operator:
    """A person's machine, from which bots are killed and re-armed."""

    def __init__(self, stage: TradingStage) -> None:
        self.stage = stage
        self.config = stage.config
        self.host = stage.world.host("operator")
        self.reports: list[KillReport] = []
        self.rearmed: list[bool] = []

    def kill(self, disk_of: str = "", *, give_up_after_s: int = 120) -> None:
        """Kill the bot, with the disk of a machine at hand, or with an empty one."""
        self.stage.disks["operator"] = self.stage.disks[disk_of] if disk_of else Disk(self.host)

        async def act() -> None:
            surroundings = self.stage.surroundings(self.host)
            give_up_after_ns = give_up_after_s * NS
            report = await kill(
                self.config, surroundings, by="anna", reason="it burns", give_up_after_ns=give_up_after_ns
            )
            self.reports.append(report)

        self.host.spawn(act())

    def rearm(self) -> None:
        """Let the bot trade again."""

        async def act() -> None:
            order = await rearm(self.config, self.stage.surroundings(self.host), by="anna", reason="it is out")
            self.rearmed.append(order is not None)

        self.host.spawn(act())


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
    return abs(stage.truth()["BTC"] - OWNED) < Decimal("0.0001") and not any(one.is_open for one in stage.orders())


def test_a_dead_engine_is_killed_from_outside_and_the_owners_coins_stay(stage: TradingStage) -> None:
    stage.world.crash("exec-a")
    operator = Operator(stage)
    operator.kill("exec-a")
    stage.run(60)

    (report,) = operator.reports
    assert report.flat
    assert (report.left, report.lease_taken, report.latched_on_bus, report.latched_in_file) == ((), True, True, True)
    assert flat(stage)
    assert stage.truth()["BTC"] >= OWNED


def test_a_bot_whose_strategy_does_not_load_any_more_is_killed_and_rearmed(stage: TradingStage) -> None:
    data = {**BOT, "strategy": {"name": "lost", "use": "./gone.py:Lost", "bar": "60s"}}
    with pytest.raises(ConfigRefused, match="gone"):
        bot_config(data)
    stage.world.crash("exec-a")
    operator = Operator(stage)
    operator.config = bot_config(data, plugins=False)
    operator.kill()
    stage.run(60)
    operator.rearm()
    stage.run(10)

    assert operator.reports[0].flat
    assert flat(stage)
    assert operator.rearmed == [True]


def test_it_needs_nobodys_disk(stage: TradingStage) -> None:
    stage.world.crash("exec-a")
    operator = Operator(stage)
    operator.kill()
    stage.run(60)

    assert operator.reports[0].flat
    assert flat(stage)
    assert stage.truth()["BTC"] >= OWNED
    stage.world.reboot("exec-a")
    stage.run(40)
    assert stage.ledger() == stage.truth()
    assert not any("orphan" in alert.key for alert in stage.heard(AlertRaised))


def test_a_killed_bot_does_not_trade_when_its_engine_is_started_until_it_is_rearmed(stage: TradingStage) -> None:
    stage.world.crash("exec-a")
    operator = Operator(stage)
    operator.kill("exec-a")
    stage.run(60)

    stage.world.reboot("exec-a")
    stage.run(20)
    stage.decide("0.02", 120)
    stage.run(10)
    assert flat(stage)
    assert stage.handled()[-1].reason == "flatten: binance is being closed"

    operator.rearm()
    stage.run(10)
    stage.decide("0.02", 180)
    stage.run(10)
    assert operator.rearmed == [True]
    assert not flat(stage)
    assert stage.ledger() == stage.truth()


def test_an_entry_of_unknown_fate_that_fills_during_the_kill_is_closed_too(stage: TradingStage) -> None:
    stage.quoting = False
    stage.middle = 59_000
    stage.inject(Rule(kind="ack_lost", endpoints=frozenset({"orders"})), seconds=2)
    stage.decide("0.04", 120)
    stage.run(0.2)
    stage.world.crash("exec-a")
    assert [one.status for one in stage.orders()][-1] is OrderStatus.NEW

    operator = Operator(stage)
    stage.inject(Rule(kind="error", endpoints=frozenset({"orders"}), status=500), seconds=10)
    operator.kill("exec-a")
    stage.run(4)
    stage.middle, stage.quoting = 60_000, True
    stage.run(90)

    (report,) = operator.reports
    assert report.flat
    assert flat(stage)
    assert stage.truth()["BTC"] >= OWNED


def test_a_venue_that_is_down_is_left_when_it_is_back_and_until_then_said_to_be_not_flat(stage: TradingStage) -> None:
    stage.world.crash("exec-a")
    stage.inject(Rule(kind="error", status=500), seconds=100)
    operator = Operator(stage)
    operator.kill("exec-a", give_up_after_s=60)
    stage.run(70)

    (report,) = operator.reports
    assert not report.flat
    (left,) = report.left
    assert (left.venue, left.instrument, left.problem) == ("binance", BTC, "the venue does not answer")
    assert left.position.value > Decimal("0.0199")

    operator.kill("exec-a")
    stage.run(120)
    assert operator.reports[-1].flat
    assert flat(stage)


def test_a_kill_that_does_not_know_what_was_there_before_sells_nothing_and_says_so(stage: TradingStage) -> None:
    stage.world.crash("exec-a")
    stage.world.crash("bus")
    operator = Operator(stage)
    operator.kill(give_up_after_s=20)
    stage.run(40)

    (report,) = operator.reports
    assert not report.flat
    assert report.left[0].problem == "nobody knows what this account held before the bot"
    assert [one.side for one in stage.orders()] == [Side.BUY]


def test_a_resting_entry_of_a_dead_engine_is_cancelled(stage: TradingStage) -> None:
    stage.quoting = False
    stage.middle = 59_000
    stage.decide("0.04", 120)
    stage.run(2)
    stage.world.crash("exec-a")
    assert stage.orders()[-1].status is OrderStatus.NEW

    operator = Operator(stage)
    operator.kill("exec-a")
    stage.run(5)
    assert [one.status for one in stage.orders() if one.side is Side.BUY][-1] is OrderStatus.CANCELED


def test_what_a_live_engine_still_sent_after_its_lease_was_seized_comes_to_an_end_in_the_books(
    stage: TradingStage,
) -> None:
    """The one before may act until its lease runs out, and nobody else's books hold what it then began."""
    stage.quoting = False
    stage.middle = 59_000
    operator = Operator(stage)
    operator.kill()
    stage.run(0.1)
    stage.decide("0.04", 120)
    stage.run(3)
    late = stage.orders()[-1]
    assert late.status is OrderStatus.NEW, "it was sent too late, or early enough to be inherited"

    stage.run(60)

    ends = {said.client_order_id: said.state for said in stage.heard(OrderChanged)}
    assert ends[late.client_order_id] is OrderState.CANCELLED


def test_the_engine_is_told_and_answers(stage: TradingStage) -> None:
    stage.world.crash("exec-a")
    operator = Operator(stage)
    operator.kill("exec-a")
    stage.run(60)
    stage.world.reboot("exec-a")
    stage.run(10)

    assert [said.verb for said in stage.heard(Control)] == [Verb.KILL]
    assert [said.node for said in stage.heard(ControlDone)] == ["exec-a"]


def test_a_live_engine_is_fenced_off_and_nothing_is_sold_twice(stage: TradingStage) -> None:
    operator = Operator(stage)
    operator.kill()
    stage.run(10)
    stage.decide("0.04", 120)
    stage.run(5)
    assert [handled.decision for handled in stage.handled()] == ["60"]
    stage.run(75)

    (report,) = operator.reports
    assert report.flat
    assert flat(stage)
    assert stage.truth()["BTC"] >= OWNED
    assert len([one for one in stage.orders() if one.side is Side.SELL]) == 1

    stage.decide("0.02", 240)
    stage.run(20)
    assert stage.handled()[-1].reason == "flatten: binance is being closed"
    assert flat(stage)


def test_a_hung_engine_is_killed_and_does_no_harm_when_it_wakes(stage: TradingStage) -> None:
    operator = Operator(stage)
    stage.decide("0.04", 120)
    stage.run(0.003)
    stage.world.pause("exec-a")
    stage.run(5)
    operator.kill()
    stage.run(60)
    assert operator.reports[0].flat

    stage.world.resume("exec-a")
    stage.run(60)
    assert flat(stage)
    assert stage.truth()["BTC"] >= OWNED
    stage.decide("0.02", 240)
    stage.run(20)
    assert flat(stage)


def test_a_kill_without_the_bus_still_closes_and_says_that_it_is_latched_in_the_file_alone(stage: TradingStage) -> None:
    stage.world.crash("exec-a")
    stage.world.crash("bus")
    operator = Operator(stage)
    operator.kill("exec-a", give_up_after_s=90)
    stage.run(100)

    (report,) = operator.reports
    assert flat(stage)
    assert (report.flat, report.lease_taken, report.latched_on_bus, report.latched_in_file) == (
        True,
        False,
        False,
        True,
    )


@pytest.fixture
def doubled() -> Iterator[TradingStage]:
    """A bot with a second executor that stands by."""
    nodes = {**BOT["nodes"], "exec-b": {"zone": "b", "runs": ["execution"]}}
    stage = TradingStage(nodes=nodes)
    stage.boot("exec-a", "feed-a")
    stage.run(5)
    stage.boot("exec-b")
    stage.run(15)
    stage.decide("0.02", 60)
    stage.run(10)
    assert stage.truth()["BTC"] > OWNED
    yield stage
    stage.world.close()


@pytest.mark.parametrize("after_s", [1, 7, 8, 9, 10, 12])
def test_a_kill_during_a_takeover_leaves_nothing_and_sells_nothing_twice(doubled: TradingStage, after_s: int) -> None:
    stage = doubled
    stage.world.crash("exec-a")
    stage.run(after_s)
    operator = Operator(stage)
    operator.kill()
    stage.run(90)

    assert operator.reports[0].flat
    assert flat(stage)
    assert stage.truth()["BTC"] >= OWNED
    stage.world.reboot("exec-a")
    stage.run(20)
    stage.decide("0.02", 240)
    stage.run(20)
    assert stage.handled()[-1].reason == "flatten: binance is being closed"
    assert stage.truth()["BTC"] >= OWNED
    assert flat(stage)


@pytest.fixture(params=["binance", "okx", "bybit"])
def protected(request: pytest.FixtureRequest) -> Iterator[TradingStage]:
    """A bot whose position has a stop at its venue."""
    stage = TradingStage(at=request.param, protection={"stop": "3%"}, feed={"books": True})
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.decide("0.02", 60)
    stage.run(10)
    yield stage
    stage.world.close()


def test_the_stop_stays_until_the_one_before_can_do_nothing_more(protected: TradingStage) -> None:
    stage = protected
    operator = Operator(stage)
    operator.kill()
    stage.run(5)
    assert [one.status for one in stage.orders() if one.stop_ticks] == [OrderStatus.UNTRIGGERED]

    stage.run(60)
    assert operator.reports[0].flat
    assert flat(stage)
