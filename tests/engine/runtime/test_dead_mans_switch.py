"""The dead man's switch of a venue: it ends entries that nobody watches any more, and never a stop."""

from collections.abc import Iterator

import pytest

from engine.domain.money import Quantity
from engine.domain.safety import Purpose
from engine.runtime.config import bot_config
from engine.runtime.mistakes import ConfigRefused
from engine.services.dead_mans_switch import may_be_armed
from simulator.exchange.orders import OrderStatus, Trigger
from tests.engine.domain.orders import a_stop, an_order
from tests.engine.runtime.stage import BOT
from tests.engine.runtime.trading_stage import TradingStage

PROTECTION = {"stop": "3%", "switch": "60s"}


@pytest.fixture(params=["kraken", "okx"])
def stage(request: pytest.FixtureRequest) -> Iterator[TradingStage]:
    """A bot whose entry has rested for twenty seconds, below a market that is too dear."""
    made = TradingStage(at=request.param, protection=PROTECTION, execution={"entry_ttl": "600s"})
    made.middle = 61_000
    made.boot("feed-a", "exec-a")
    made.run(12)
    made.middle = 60_000
    made.decide("0.02", 1)
    made.middle = 61_000
    made.run(20)
    yield made
    made.world.close()


def test_an_entry_does_not_rest_for_ever_when_its_executor_is_dead(stage: TradingStage) -> None:
    """As long as it lives the switch is refreshed; a minute after its last word the venue cancels."""
    stage.run(120)
    (entry,) = stage.orders()
    assert entry.status is OrderStatus.NEW

    stage.world.crash("exec-a")
    stage.run(40)
    assert stage.orders()[0].status is OrderStatus.NEW
    stage.run(25)
    assert stage.orders()[0].status is OrderStatus.CANCELED


def test_a_stop_outlives_the_switch_because_that_was_taken_back_before_it(stage: TradingStage) -> None:
    """The executor dies right after the stop rests, and nobody comes for minutes."""
    stage.middle = 60_000
    stage.run(8)
    assert [order.status for order in stage.orders() if order.trigger is Trigger.STOP] == [OrderStatus.UNTRIGGERED]

    stage.world.crash("exec-a")
    stage.run(300)
    assert [order.status for order in stage.orders() if order.trigger is Trigger.STOP] == [OrderStatus.UNTRIGGERED]


def test_what_a_predecessor_has_armed_is_taken_back_where_nothing_rests(stage: TradingStage) -> None:
    """Nobody knows after a start, so it is asked: an owner's own order would be cancelled with ours."""
    stage.exchange.cancel("main", order_id=stage.orders()[0].order_id)
    stage.world.crash("exec-a")
    stage.world.reboot("exec-a")
    own = stage.own_order(stage.orders()[0].side, "0.01", price="50000")
    stage.run(200)

    assert stage.exchange.truth.order("main", order_id=own.order_id).status is OrderStatus.NEW


def test_it_is_armed_only_while_an_entry_rests_and_nothing_depends_on_a_stop() -> None:
    """The rule itself."""
    entry, stop = an_order(), a_stop()
    assert stop.purpose is Purpose.PROTECT

    assert may_be_armed([entry], [])
    assert not may_be_armed([], [])
    assert not may_be_armed([entry, stop], [])
    assert not may_be_armed([entry], [Quantity("0.01")])


def test_a_switch_that_goes_off_before_a_successor_could_take_over_is_refused() -> None:
    """Lease, then takeover, then switch."""
    with pytest.raises(ConfigRefused, match="could take over"):
        bot_config({**BOT, "protection": {"stop": "3%", "switch": "10s"}})


def test_a_switch_that_a_venue_would_not_take_is_refused() -> None:
    """OKX has two minutes at most, and would refuse it once a second."""
    with pytest.raises(ConfigRefused, match="switch"):
        bot_config({**BOT, "protection": {"stop": "3%", "switch": "3m"}})
