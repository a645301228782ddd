"""A fill that its venue takes back: the books, the orders and whoever leads next know that it never was."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from engine.domain.messages import AlertRaised, OrderChanged, OrderState
from engine.domain.money import Quantity
from engine.domain.order_fills import TAKEN_BACK
from engine.recovery.journal import Journal
from engine.runtime.sqlite import SqliteStore
from engine.services.order_desk import contradicted_key
from simulator.exchange.orders import OrderStatus
from tests.engine.runtime.answer_stage import ANSWER, SHARE, AnswerStage


@pytest.fixture
def stage() -> Iterator[AnswerStage]:
    stage = AnswerStage()
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    yield stage
    stage.world.close()


def buy(stage: AnswerStage) -> None:
    """Buy a hundred shares, and have them: the order is filled and settled, and nobody looks at it any more."""
    stage.decide("100", 60)
    stage.run(3)
    assert stage.truth()[SHARE] > 99
    assert stage.heard(OrderChanged)[-1].state is OrderState.FILLED


def lose(stage: AnswerStage) -> None:
    """Let the chain lose again what was just mined."""
    stage.exchange.settlement_undone = lambda _halves: True
    stage.run(10)
    stage.exchange.settlement_undone = None
    assert SHARE not in stage.truth()


def taken_back(stage: AnswerStage) -> list[OrderChanged]:
    return [told for told in stage.heard(OrderChanged) if told.reason == TAKEN_BACK]


def alerts(stage: AnswerStage) -> set[str]:
    return {alert.key for alert in stage.heard(AlertRaised)}


def test_it_counts_no_more_as_soon_as_the_stream_tells(stage: AnswerStage) -> None:
    """Once, however often it is told."""
    buy(stage)
    lose(stage)

    (told,) = taken_back(stage)
    assert (told.state, told.filled) == (OrderState.CANCELLED, Quantity(0))
    assert stage.ledger() == stage.truth()


def test_it_is_found_in_the_history_when_the_stream_was_silent(stage: AnswerStage) -> None:
    """The balance differs from the books, so the fills are read."""
    buy(stage)
    stage.gate.silence_streams("private")
    lose(stage)
    assert stage.ledger() != stage.truth()
    stage.run(30)

    assert len(taken_back(stage)) == 1
    assert stage.ledger() == stage.truth()
    assert not alerts(stage)


def test_it_is_found_at_the_start_by_whoever_was_down_meanwhile(stage: AnswerStage) -> None:
    """What the journal knows of the order is not true any more."""
    buy(stage)
    stage.world.crash("exec-a")
    lose(stage)
    stage.world.reboot("exec-a")
    stage.run(60)

    assert len(taken_back(stage)) == 1
    assert stage.ledger() == stage.truth()


def test_the_journal_holds_what_was_taken_back(stage: AnswerStage) -> None:
    """The next start counts the fill and its opposite, and does not begin again."""
    buy(stage)
    lose(stage)
    stage.world.crash("exec-a")
    stage.world.reboot("exec-a")
    stage.run(60)

    assert len(taken_back(stage)) == 1
    assert stage.ledger() == stage.truth()
    assert not alerts(stage)


def test_what_was_lost_is_bought_again_by_the_next_decision(stage: AnswerStage) -> None:
    """It is a position that the bot has not, whatever the order once was."""
    buy(stage)
    lose(stage)
    stage.decide("100", 120)
    stage.run(10)

    assert stage.truth()[SHARE] > 99
    assert stage.ledger() == stage.truth()


@pytest.mark.parametrize("policy", ["page", "cancel"])
def test_our_own_order_is_no_strangers_although_it_carries_no_name(policy: str) -> None:
    """A new process knows it by what the journal says that the venue calls it, even if it believes that it is over."""
    stage = AnswerStage(reconcile={"foreign": policy}, execution={"entry_ttl": "600s"})
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.stop_quoting()
    stage.decide("100", 60)
    stage.run(5)
    (resting,) = stage.orders()
    stage.world.crash("exec-a")
    believe_it_over(stage)
    stage.world.reboot("exec-a")
    stage.run(60)
    (ended,), found = stage.orders(), alerts(stage)
    stage.world.close()

    assert (resting.status, ended.status) == (OrderStatus.NEW, OrderStatus.CANCELED)
    assert contradicted_key("polymarket", ANSWER) in found
    assert "orders/polymarket/foreign" not in found


def believe_it_over(stage: AnswerStage) -> None:
    """Write into the journal of a machine without power that its orders were cancelled."""
    store = SqliteStore("execution.sqlite", vfs=stage.disks["exec-a"].vfs)

    async def story() -> None:
        journal = Journal(store)
        for order in await journal.orders(changed_after_ns=0):
            await journal.write(orders=[replace(order, state=OrderState.CANCELLED)])

    stage.world.complete(stage.world.host("a-hand").spawn(story()))
    store.close()
