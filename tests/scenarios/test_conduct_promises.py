"""How the bot behaves towards venues and time: each promise held, broken and unknown, on records written by hand."""

from __future__ import annotations

from scenarios.finding import Status
from scenarios.promises.attempts import attempts_bounded
from scenarios.promises.bans import bans_honoured
from scenarios.promises.executor import one_active_executor
from scenarios.promises.optional import optional_services_optional
from scenarios.promises.restart import restart_idempotent
from scenarios.promises.stale import no_action_on_stale_data
from scenarios.schema import Expect
from tests.scenarios.stories import BTC, EPOCH_S, Story

HELD, BROKEN, UNKNOWN = Status.HELD, Status.BROKEN, Status.UNKNOWN


def test_a_position_entered_on_young_prices_is_held_and_on_old_ones_broken() -> None:
    story = Story()
    story.price(10)
    story.placed(12)
    assert story.judged_by(no_action_on_stale_data).status is HELD

    story.placed(100, "d2", order_id=2)

    found = story.judged_by(no_action_on_stale_data)
    assert found.status is BROKEN
    assert "on prices 90 s old" in found.detail


def test_a_stream_that_lives_and_brings_old_prices_is_stale_all_the_same() -> None:
    """Counted from when the venue says that the price was true."""
    story = Story()
    story.price(10)
    story.price(99, age_s=300)
    story.placed(100)

    assert story.judged_by(no_action_on_stale_data).status is BROKEN


def test_leaving_a_position_asks_no_price() -> None:
    """And a record without an entry tells nothing."""
    story = Story()
    story.at_venue(500, "NEW", side="sell")

    assert story.judged_by(no_action_on_stale_data).status is UNKNOWN


def test_a_ban_is_honoured_by_silence_until_its_end() -> None:
    """Requests already on their way are no offence."""
    story = Story()
    story.shut_out(10, 130)
    story.shut_out(10.2, 130)
    story.asked(131)

    found = story.judged_by(bans_honoured)

    assert found.status is HELD
    assert found.exercised == 1


def test_who_knocks_while_banned_breaks_the_promise() -> None:
    story = Story()
    story.shut_out(10, 130)
    story.shut_out(60, 130)

    found = story.judged_by(bans_honoured)

    assert found.status is BROKEN
    assert "70 s before its ban ended" in found.detail


def test_who_earns_a_ban_after_a_warning_breaks_the_promise() -> None:
    """Another machine's warning is not its own."""
    story = Story()
    story.shut_out(10, 40, "throttled", sender="exec-a")
    story.shut_out(20, 140, sender="feed-a")
    assert story.judged_by(bans_honoured).status is HELD

    story.shut_out(21, 140, sender="exec-a")

    assert "went on after a warning" in story.judged_by(bans_honoured).detail
    assert Story().judged_by(bans_honoured).status is UNKNOWN


def test_an_order_may_be_asked_for_three_times() -> None:
    """Once more is a loop."""
    story = Story()
    for second in (1, 2, 3):
        story.asked_for(second, status=400)
    assert story.judged_by(attempts_bounded).status is HELD

    story.asked_for(4, status=400)

    assert "more than 3 times" in story.judged_by(attempts_bounded).detail
    assert Story().judged_by(attempts_bounded).status is UNKNOWN


def test_a_venue_that_fails_is_not_stormed() -> None:
    """Two failures a second are many, more are too many."""
    slow, fast = Story(), Story()
    for number in range(121):
        slow.shut_out(10 + 0.51 * number, 0, "error")
        fast.shut_out(10 + 0.49 * number, 0, "error")

    assert slow.judged_by(attempts_bounded).status is HELD
    assert fast.judged_by(attempts_bounded).status is BROKEN


def restarted() -> Story:
    """Return a story in which an executor sent an order, lost power, and booted."""
    story = Story()
    story.beat(1, "exec-a")
    story.powered(2, "exec-a", up=True)
    story.placed(10)
    story.powered(20, "exec-a", up=False)
    story.powered(30, "exec-a", up=True)
    return story


def test_a_restart_that_sends_only_what_is_new_is_idempotent() -> None:
    """The first boot of all is no restart."""
    story = restarted()
    story.placed(40, "d2", order_id=2)

    found = story.judged_by(restart_idempotent)

    assert found.status is HELD
    assert found.exercised == 1


def test_a_cold_machine_that_sends_again_what_the_venue_had_is_no_better_than_a_restarted_one() -> None:
    """It had never been on before."""
    story = restarted()
    story.beat(50, "spare-b")
    story.powered(45, "spare-b", up=True)
    story.asked_for(51, sender="spare-b", status=400)

    found = story.judged_by(restart_idempotent)

    assert (found.status, found.exercised) == (BROKEN, 2)


def test_a_restart_that_sends_again_what_the_venue_had_is_not() -> None:
    """Even when the venue refuses the second request."""
    story = restarted()
    story.asked_for(31, status=400)

    assert "again after a restart" in story.judged_by(restart_idempotent).detail
    assert Story().judged_by(restart_idempotent).status is UNKNOWN


def test_a_takeover_is_uncontested_when_the_former_leader_is_quiet_for_a_while() -> None:
    story = Story()
    story.placed(10, "d1", sender="exec-a", order_id=1)
    story.placed(50, "d2", sender="exec-b", order_id=2)
    story.placed(110, "d3", sender="exec-a", order_id=3)

    found = story.judged_by(one_active_executor)

    assert found.status is HELD
    assert found.exercised == 2


def test_an_order_of_a_deposed_leader_breaks_the_promise_and_a_refused_one_does_not() -> None:
    """That is what the expiry of requests is for."""
    story = Story()
    story.placed(10, "d1", sender="exec-a", order_id=1)
    story.placed(50, "d2", sender="exec-b", order_id=2)
    story.asked_for(52, "d3", sender="exec-a", status=400)
    assert story.judged_by(one_active_executor).status is HELD

    story.placed(54, "d4", sender="exec-a", order_id=4)

    assert "4.0 s after exec-b had taken over" in story.judged_by(one_active_executor).detail


def test_a_leader_that_loses_power_is_succeeded_by_whoever_it_deposed() -> None:
    """Nobody else is left; one that only stood still would come back to find two."""
    story = Story()
    story.placed(10, "d1", sender="exec-a", order_id=1)
    story.placed(50, "d2", sender="exec-b", order_id=2)
    story.placed(65, "d3", sender="exec-a", order_id=3)
    assert story.judged_by(one_active_executor).status is BROKEN

    story.powered(55, "exec-b", up=False)

    assert story.judged_by(one_active_executor).status is HELD


def test_with_one_machine_nothing_is_known_of_takeovers() -> None:
    story = Story()
    story.placed(10)

    assert story.judged_by(one_active_executor).status is UNKNOWN


def minute_by_minute(ends_s: int, *, but: int | None = None) -> Story:
    """Return a story in which a decision is made and handled each minute, but for one that is not handled."""
    story = Story(ends_s=ends_s)
    for at in range(60, ends_s, 60):
        name = str(EPOCH_S + at)
        story.price(at - 1)
        story.decided(at + 1, name)
        if at != but:
            story.handled(at + 2, name)
    return story


def test_trading_goes_on_without_what_is_optional() -> None:
    expect = Expect.model_validate({"exposure": {BTC: "0.05"}, "warm_up": "0s"})
    story = minute_by_minute(900)
    story.fault("sentiment_down", "sentiment", 200, 300, "service")

    found = story.judged_by(optional_services_optional, expect)

    assert found.status is HELD
    assert found.exercised >= 8


def test_a_decision_left_lying_while_only_sentiment_was_down_breaks_the_promise() -> None:
    """Were something else down as well, it would not be known why."""
    story = minute_by_minute(900, but=300)
    story.fault("sentiment_down", "sentiment", 200, 300, "service")
    found = story.judged_by(optional_services_optional)
    assert found.status is BROKEN
    assert "nothing was wrong but sentiment_down" in found.detail

    story.fault("crash", "exec-a", 250, 100, "component")

    assert story.judged_by(optional_services_optional).status is HELD
    assert minute_by_minute(900).judged_by(optional_services_optional).status is UNKNOWN
