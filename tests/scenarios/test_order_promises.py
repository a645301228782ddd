"""No order twice, and none lost: judged on stories told by hand."""

from __future__ import annotations

import pytest

from engine.domain.identity import Identity
from scenarios.finding import Status
from scenarios.intents import client_order_id, namespace
from scenarios.promises.duplicates import no_duplicate_orders
from scenarios.promises.lost import no_lost_orders
from tests.scenarios.stories import BOT, Story, own_id

NAMESPACE = namespace(BOT)


def test_orders_that_follow_from_one_decision_each_are_no_duplicates() -> None:
    """Held, and exercised once for each order at a venue."""
    story = Story()
    story.whole_life(10)
    story.whole_life(70, "d2", "kraken")

    found = story.judged_by(no_duplicate_orders)

    assert (found.status, found.exercised) == (Status.HELD, 2)


def test_a_timeout_sent_again_under_a_new_id_is_a_duplicate() -> None:
    """Broken: the second order follows from no decision, whatever id it carries."""
    story = Story()
    story.whole_life(10)
    story.at_venue(25, "NEW", client_order_id="spabcdnewidnewidne", order_id=2)

    found = story.judged_by(no_duplicate_orders)

    assert found.status is Status.BROKEN
    assert "follows from no decision" in found.detail
    assert found.at_ns == 25_000_000_000


def a_position(story: Story) -> None:
    """A hundredth of a coin was bought by a decision."""
    story.whole_life(10)
    story.traded(11, "buy")


def test_a_stop_of_the_bots_own_accord_is_no_duplicate_while_it_closes_what_nothing_else_does() -> None:
    """Held: the second comes when the first is gone."""
    story = Story()
    a_position(story)
    story.at_venue(12, "UNTRIGGERED", client_order_id=NAMESPACE + "stop1", order_id=2, side="sell", is_stop=True)
    story.at_venue(20, "CANCELED", client_order_id=NAMESPACE + "stop1", order_id=2, side="sell", is_stop=True)
    story.at_venue(21, "UNTRIGGERED", client_order_id=NAMESPACE + "stop2", order_id=3, side="sell", is_stop=True)

    assert story.judged_by(no_duplicate_orders).status is Status.HELD


def test_a_second_stop_over_the_same_coins_is_a_duplicate() -> None:
    """Broken, whatever it is called."""
    story = Story()
    a_position(story)
    story.at_venue(12, "UNTRIGGERED", client_order_id=NAMESPACE + "stop1", order_id=2, side="sell", is_stop=True)
    story.at_venue(21, "UNTRIGGERED", client_order_id=NAMESPACE + "stop2", order_id=3, side="sell", is_stop=True)

    found = story.judged_by(no_duplicate_orders)

    assert found.status is Status.BROKEN
    assert "closes more than is held" in found.detail


def test_an_exit_repeated_after_it_was_filled_is_a_duplicate() -> None:
    """Broken: hummingbot#7294, the second sale is of somebody else's coins."""
    story = Story()
    a_position(story)
    story.at_venue(20, "NEW", client_order_id=NAMESPACE + "exit1", order_id=2, side="sell")
    story.traded(20, "sell", order_id=2)
    story.at_venue(20, "FILLED", client_order_id=NAMESPACE + "exit1", order_id=2, side="sell", filled="0.01")
    story.at_venue(25, "NEW", client_order_id=NAMESPACE + "exit2", order_id=3, side="sell")

    assert story.judged_by(no_duplicate_orders).status is Status.BROKEN


def test_a_stop_that_rests_for_hours_is_not_lost() -> None:
    """Held: its life is as long as its position's."""
    story = Story(ends_s=20_000)
    a_position(story)
    story.reported(12, "waiting", client_order_id=NAMESPACE + "stop1")
    story.at_venue(12, "UNTRIGGERED", client_order_id=NAMESPACE + "stop1", order_id=2, side="sell", is_stop=True)

    assert story.judged_by(no_lost_orders).status is Status.HELD


def test_a_second_order_under_the_same_id_is_a_duplicate() -> None:
    """Broken: the venue forgot the finished order, and the id protected nothing."""
    story = Story()
    story.whole_life(10)
    story.at_venue(25, "NEW", order_id=2)

    found = story.judged_by(no_duplicate_orders)

    assert found.status is Status.BROKEN
    assert "second one of its intent" in found.detail
    assert found.violations == 1


def test_an_order_older_than_its_decision_follows_from_none() -> None:
    """Broken: cause comes before effect."""
    story = Story()
    story.at_venue(5, "NEW")
    story.decided(10)

    assert story.judged_by(no_duplicate_orders).status is Status.BROKEN


def test_an_order_at_the_wrong_venue_follows_from_no_decision() -> None:
    """Broken: an id of the Binance leg used at Kraken is a leg too many."""
    story = Story()
    story.decided(10)
    story.at_venue(11, "NEW", venue="kraken", client_order_id=own_id("d1", "binance"))

    assert story.judged_by(no_duplicate_orders).status is Status.BROKEN


def test_without_an_order_nothing_is_known_about_duplicates() -> None:
    """Unknown: a bot that does nothing proves nothing."""
    story = Story()
    story.decided(10)

    found = story.judged_by(no_duplicate_orders)

    assert (found.status, found.exercised) == (Status.UNKNOWN, 0)


def test_the_referee_works_out_the_only_id_of_an_intent() -> None:
    """By its own hand, and with the figures fixed here once; the engine's own function agrees."""
    own = client_order_id("first-light", "momentum", "BTC/USDT", "1772323260", "binance")
    identity = Identity(
        bot="first-light", strategy="momentum", instrument="BTC/USDT", decision="1772323260", leg="binance"
    )

    assert own == "sp5l6ju4tv7sfbukil"
    assert own == identity.client_order_id
    assert own != client_order_id("first-light", "momentum", "BTC/USDT", "1772323260", "kraken")


def test_a_whole_life_is_not_lost() -> None:
    """Held: decision, intent and venue order are each accounted for."""
    story = Story()
    story.whole_life(10)

    found = story.judged_by(no_lost_orders)

    assert (found.status, found.exercised) == (Status.HELD, 3)


def test_a_decision_that_nobody_handles_is_lost() -> None:
    """Broken: the bus lost it with the consumer."""
    story = Story()
    story.whole_life(10)
    story.decided(70, "d2")

    found = story.judged_by(no_lost_orders)

    assert found.status is Status.BROKEN
    assert "d2 on BTC/USDT was never handled" in found.detail


def test_a_decision_may_wait_for_a_machine_that_is_down_and_no_longer() -> None:
    """A fault met on the way adds its time and the recovery bound."""
    story = Story()
    story.fault("crash", "exec-a", 65, 300, "component")
    story.decided(70, "d2", not_after_s=600)
    story.handled(480, "d2")
    assert story.judged_by(no_lost_orders).status is Status.HELD

    story.handled_.clear()
    story.handled(490, "d2")
    assert story.judged_by(no_lost_orders).status is Status.BROKEN


def test_a_decision_that_was_due_after_the_end_is_not_judged() -> None:
    """The run may end in the middle of something."""
    story = Story(ends_s=100)
    story.whole_life(10)
    story.decided(90, "d2")

    found = story.judged_by(no_lost_orders)

    assert (found.status, found.exercised) == (Status.HELD, 3)


def test_an_intent_that_comes_to_no_end_is_lost() -> None:
    """Broken: unknown for ever is lost."""
    story = Story()
    story.decided(10)
    story.handled(10.1, legs=("binance",))
    story.reported(10.1, "intended")
    story.reported(12, "unknown")

    found = story.judged_by(no_lost_orders)

    assert found.status is Status.BROKEN
    assert "came to no end (unknown)" in found.detail


def test_an_intent_that_was_announced_and_never_spoken_of_again_is_lost() -> None:
    """Broken: the journal forgot it."""
    story = Story()
    story.decided(10)
    story.handled(10.1, legs=("binance",))

    found = story.judged_by(no_lost_orders)

    assert found.status is Status.BROKEN
    assert "never reported" in found.detail


@pytest.mark.parametrize(
    ("said", "filled", "truth", "held"),
    [
        ("filled", "0.01", "FILLED", "0.004"),
        ("filled", "0.01", "CANCELED", "0.01"),
        ("cancelled", "0", "CANCELED", "0.004"),
        ("cancelled", "0", "NEW", "0"),
        ("rejected", "0", "FILLED", "0.01"),
        ("absent", "0", "NEW", "0"),
        ("absent", "0", "CANCELED", "0"),
        ("refused", "0", "FILLED", "0.01"),
        ("expired", "0", "FILLED", "0.01"),
    ],
)
def test_an_end_that_the_venue_knows_otherwise_is_a_loss(said: str, filled: str, truth: str, held: str) -> None:
    """Broken: a 200 taken as a fill, a timeout taken as a failure, a fill that belongs to nobody."""
    story = Story()
    story.decided(10)
    story.handled(10.1, legs=("binance",))
    story.reported(10.1, "intended")
    story.at_venue(10.3, "NEW")
    story.at_venue(12, truth, filled=held)
    story.reported(20, said, filled=filled)

    found = story.judged_by(no_lost_orders)

    assert found.status is Status.BROKEN
    assert f"called {said}" in found.detail


@pytest.mark.parametrize(
    ("said", "filled", "truth", "held"),
    [
        ("filled", "0.01", "FILLED", "0.01"),
        ("cancelled", "0.004", "CANCELED", "0.004"),
        ("rejected", "0", "REJECTED", "0"),
        ("expired", "0", "EXPIRED", "0"),
    ],
)
def test_an_end_that_the_venue_confirms_is_none(said: str, filled: str, truth: str, held: str) -> None:
    """Held: also a silent rejection, once it is found out."""
    story = Story()
    story.decided(10)
    story.handled(10.1, legs=("binance",))
    story.reported(10.1, "intended")
    story.at_venue(10.3, "NEW")
    story.at_venue(12, truth, filled=held)
    story.reported(20, said, filled=filled)

    assert story.judged_by(no_lost_orders).status is Status.HELD


@pytest.mark.parametrize("said", ["absent", "refused", "rejected"])
def test_an_order_that_never_reached_the_venue_may_be_called_so(said: str) -> None:
    """Held: there is nothing to contradict it."""
    story = Story()
    story.decided(10)
    story.handled(10.1, legs=("binance",))
    story.reported(10.1, "intended")
    story.reported(60, said)

    assert story.judged_by(no_lost_orders).status is Status.HELD


def test_fills_may_be_heard_of_late_and_the_last_word_counts() -> None:
    """Held: cancelled first, and the fill that came before the cancel a moment later."""
    story = Story()
    story.decided(10)
    story.handled(10.1, legs=("binance",))
    story.at_venue(10.3, "NEW")
    story.at_venue(12, "CANCELED", filled="0.004")
    story.reported(20, "cancelled")
    story.reported(22, "cancelled", filled="0.004")

    assert story.judged_by(no_lost_orders).status is Status.HELD


def test_that_an_order_never_was_may_not_be_said_even_once() -> None:
    """Broken: called absent, and corrected when it filled."""
    story = Story()
    story.decided(10)
    story.handled(10.1, legs=("binance",))
    story.reported(20, "absent")
    story.at_venue(25, "FILLED", filled="0.01")
    story.reported(30, "filled", filled="0.01")

    found = story.judged_by(no_lost_orders)

    assert found.status is Status.BROKEN
    assert found.violations == 1


def test_a_filled_order_that_the_venue_never_had_is_an_invention() -> None:
    """Broken: the bot believes in a trade that never existed."""
    story = Story()
    story.decided(10)
    story.handled(10.1, legs=("binance",))
    story.reported(20, "filled", filled="0.01")

    assert "the venue never had it" in story.judged_by(no_lost_orders).detail


def test_a_venue_order_that_the_bot_never_speaks_of_is_lost() -> None:
    """Broken: it rests there, and nobody watches it."""
    story = Story()
    story.decided(10)
    story.handled(10.1)
    story.at_venue(10.3, "NEW")

    found = story.judged_by(no_lost_orders)

    assert found.status is Status.BROKEN
    assert "never spoke of" in found.detail


def test_without_a_decision_nothing_is_known_about_losses() -> None:
    """Unknown."""
    assert Story().judged_by(no_lost_orders).status is Status.UNKNOWN
