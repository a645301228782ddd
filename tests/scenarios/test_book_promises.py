"""Books that agree and exposure within its limit: judged on stories told by hand."""

from __future__ import annotations

from decimal import Decimal

from scenarios.finding import Status
from scenarios.promises.exposure import exposure_within_limit
from scenarios.promises.ledger import ledger_equals_venue
from scenarios.schema import Expect
from tests.scenarios.stories import Story


def opened() -> Story:
    """A story in which both venues' books agree at the beginning."""
    story = Story()
    for venue in ("binance", "kraken"):
        story.owned(0, venue, BTC="0", USDT="100000")
        story.believed(5, venue, BTC="0", USDT="100000")
    return story


def test_books_that_follow_the_venue_agree() -> None:
    """Held: a change, and the bot's word of it a few seconds later."""
    story = opened()
    story.owned(100, BTC="0.00999", USDT="99400")
    story.believed(107, BTC="0.00999", USDT="99400")

    found = story.judged_by(ledger_equals_venue)

    assert (found.status, found.exercised) == (Status.HELD, 1)


def test_books_may_differ_for_a_bound_and_no_longer() -> None:
    """Broken after sixty seconds in good weather."""
    story = opened()
    story.owned(100, BTC="0.01", USDT="99400")
    story.believed(161, BTC="0.01", USDT="99400")

    found = story.judged_by(ledger_equals_venue)

    assert found.status is Status.BROKEN
    assert "BTC: held 0.01, believed 0" in found.detail
    assert found.at_ns == 100_000_000_000


def test_a_digit_that_differs_is_a_difference() -> None:
    """Broken: money is exact."""
    story = opened()
    story.owned(100, BTC="0.00999000", USDT="99400")
    story.believed(107, BTC="0.00999001", USDT="99400")

    assert story.judged_by(ledger_equals_venue).status is Status.BROKEN


def test_a_trailing_zero_is_no_difference() -> None:
    """Held: amounts are compared, not texts."""
    story = opened()
    story.owned(100, BTC="0.00999000", USDT="99400.00")
    story.believed(107, BTC="0.00999", USDT="99400")

    assert story.judged_by(ledger_equals_venue).status is Status.HELD


def test_the_clock_does_not_run_while_a_fault_hides_the_venue_and_for_the_recovery_after_it() -> None:
    """Held: nobody can read what is not served."""
    story = opened()
    story.fault("outage", "binance", 90, 300, "rest", "stream")
    story.owned(100, BTC="0.01", USDT="99400")
    story.believed(500, BTC="0.01", USDT="99400")

    assert story.judged_by(ledger_equals_venue).status is Status.HELD


def test_a_fault_of_another_venue_excuses_nothing() -> None:
    """Broken: Kraken's outage does not hide Binance."""
    story = opened()
    story.fault("outage", "kraken", 90, 300, "rest", "stream")
    story.owned(100, BTC="0.01", USDT="99400")
    story.believed(500, BTC="0.01", USDT="99400")

    assert story.judged_by(ledger_equals_venue).status is Status.BROKEN


def test_books_that_never_agree_again_are_broken_at_the_end() -> None:
    """Broken: converging is part of the promise."""
    story = opened()
    story.owned(100, BTC="0.01", USDT="99400")

    assert story.judged_by(ledger_equals_venue).status is Status.BROKEN


def test_a_bot_that_never_says_what_it_owns_is_not_believed() -> None:
    """Broken: silence is no agreement."""
    story = Story()
    story.owned(0, BTC="0", USDT="100000")
    story.owned(100, BTC="0.01", USDT="99400")

    found = story.judged_by(ledger_equals_venue)

    assert found.status is Status.BROKEN
    assert "never said" in found.detail


def test_without_a_change_nothing_is_known_about_the_books() -> None:
    """Unknown: equal at the beginning proves nothing."""
    assert opened().judged_by(ledger_equals_venue).status is Status.UNKNOWN


def test_position_and_open_orders_within_the_limit_are_fine() -> None:
    """Held: over both venues together, at every change."""
    story = Story()
    story.whole_life(10, venue="binance")
    story.whole_life(70, "d2", "kraken", order_id=9)

    found = story.judged_by(exposure_within_limit)

    assert (found.status, found.exercised) == (Status.HELD, 4)


def test_open_orders_count_as_filled() -> None:
    """Broken: four open buys of 0.015 would hold 0.06."""
    story = Story()
    for number, venue in enumerate(["binance", "kraken", "binance", "kraken"]):
        story.at_venue(10 + number, "NEW", f"d{number}", venue, order_id=number, quantity="0.015")

    found = story.judged_by(exposure_within_limit)

    assert found.status is Status.BROKEN
    assert found.at_ns == 13_000_000_000
    assert "0.060 at the worst, where 0.05 is allowed" in found.detail


def test_what_a_venue_kept_as_its_fee_is_not_held() -> None:
    """Held: of 0.03 that were bought 0.02 came, and a soak of weeks pays a position in fees."""
    story = Story()
    story.at_venue(10, "FILLED", order_id=1, quantity="0.03", filled="0.03")
    story.traded(10, "buy", "0.03", fee="0.01", fee_asset="BTC")
    story.at_venue(11, "NEW", "d2", order_id=2, quantity="0.03")
    assert story.judged_by(exposure_within_limit).status is Status.HELD

    story.traded(12, "buy", "0.03", order_id=2, fee="0.01", fee_asset="USDT")
    story.at_venue(12, "FILLED", "d2", order_id=2, quantity="0.03", filled="0.03")
    story.at_venue(13, "NEW", "d3", order_id=3, quantity="0.01")
    assert story.judged_by(exposure_within_limit).status is Status.BROKEN


def test_a_cancelled_order_counts_no_longer_and_its_fills_do() -> None:
    """Held: 0.04 bought in part, the rest cancelled, 0.04 more is still within the limit."""
    story = Story()
    story.at_venue(10, "NEW", order_id=1, quantity="0.04")
    story.at_venue(11, "PARTIALLY_FILLED", order_id=1, quantity="0.04", filled="0.01")
    story.at_venue(12, "CANCELED", order_id=1, quantity="0.04", filled="0.01")
    story.at_venue(13, "NEW", "d2", order_id=2, quantity="0.04")
    assert story.judged_by(exposure_within_limit).status is Status.HELD

    story.at_venue(14, "NEW", "d3", order_id=3, quantity="0.01")
    assert story.judged_by(exposure_within_limit).status is Status.BROKEN


def test_selling_more_than_is_held_is_exposure_too() -> None:
    """Broken: short by more than the limit."""
    story = Story()
    story.at_venue(10, "NEW", side="sell", quantity="0.051")

    assert story.judged_by(exposure_within_limit).status is Status.BROKEN


def test_without_a_bound_exposure_is_not_judged() -> None:
    """Unknown: the referee does not borrow the bot's own limit."""
    story = Story()
    story.whole_life(10)

    found = story.judged_by(exposure_within_limit, Expect())

    assert found.status is Status.UNKNOWN
    assert "sets no exposure for BTC/USDT" in found.detail


def test_without_an_order_nothing_is_known_about_exposure() -> None:
    """Unknown."""
    assert Story().judged_by(exposure_within_limit).status is Status.UNKNOWN


def test_amounts_stay_exact() -> None:
    """Three tenths are three tenths."""
    story = Story()
    for number in range(3):
        story.at_venue(10 + number, "FILLED", f"d{number}", order_id=number, quantity="0.1", filled="0.1")

    limit = Expect.model_validate({"exposure": {"BTC/USDT": "0.3"}})
    assert story.judged_by(exposure_within_limit, limit).status is Status.HELD
    assert limit.exposure["BTC/USDT"] == Decimal("0.3")
