"""Lines of one feed: one leads, another stands in at once when it ends and soon when it is silent."""

from engine.domain.money import Price
from engine.ports.venue import Quote
from engine.services.feed_lines import FeedLines
from tests.engine.resilience.hand_clock import HandClock

S = 1_000_000_000
A, B = "A/USDT", "B/USDT"


def lines(clock: HandClock) -> FeedLines:
    return FeedLines(
        (A, B), 2, clock, venue_now_ns=clock.wall_ns, steady_ns=5 * S, speak_up_ns=1 * S, stale_after_ns=15 * S
    )


def quote(clock: HandClock, symbol: str = A, *, age_s: int = 0) -> Quote:
    at_ms = (clock.wall_ns() - age_s * S) // 1_000_000
    return Quote(instrument=symbol, bid=None, ask=None, last=Price(1), venue_time_ms=at_ms)


def test_what_two_lines_bring_is_told_once() -> None:
    clock = HandClock()
    feed = lines(clock)
    told = []
    for _ in range(10):
        told.append((feed.heard(0, quote(clock)), feed.heard(1, quote(clock))))
        clock.pass_s(0.5)

    assert told == [(True, False)] * 10


def test_another_line_takes_the_lead_at_once_when_the_leader_ends() -> None:
    clock = HandClock()
    feed = lines(clock)
    feed.heard(0, quote(clock))
    feed.ended(0)

    assert feed.heard(1, quote(clock))
    assert not feed.heard(0, quote(clock))


def test_another_line_takes_the_lead_soon_when_the_leader_is_silent_in_one_instrument() -> None:
    clock = HandClock()
    feed = lines(clock)
    feed.heard(0, quote(clock))
    feed.heard(0, quote(clock, B))
    clock.pass_s(1)

    assert feed.heard(1, quote(clock))
    assert not feed.heard(0, quote(clock))
    assert feed.heard(0, quote(clock, B))


def test_a_line_that_stands_in_never_tells_an_older_price() -> None:
    clock = HandClock()
    feed = lines(clock)
    clock.pass_s(60)
    feed.heard(0, quote(clock))
    clock.pass_s(2)

    assert not feed.heard(1, quote(clock, age_s=3))


def test_streams_count_once_they_are_steady_and_a_blink_begins_anew() -> None:
    clock = HandClock()
    feed = lines(clock)
    feed.heard(0, quote(clock))
    feed.heard(0, quote(clock, B))
    assert not feed.up
    clock.pass_s(4)
    feed.ended(0)
    feed.heard(0, quote(clock))
    feed.heard(0, quote(clock, B))
    clock.pass_s(4)
    assert not feed.up
    clock.pass_s(1)
    assert feed.up


def test_one_steady_line_is_enough_and_old_prices_make_none_steady() -> None:
    clock = HandClock()
    feed = lines(clock)
    clock.pass_s(60)
    for symbol in (A, B):
        feed.heard(0, quote(clock, symbol, age_s=16))
        feed.heard(1, quote(clock, symbol))
    feed.ended(0)
    clock.pass_s(5)
    assert feed.up
    assert feed.lost == (0,)

    feed.ended(1)
    for _ in range(10):
        clock.pass_s(1)
        for symbol in (A, B):
            feed.heard(0, quote(clock, symbol, age_s=16))
    assert not feed.up
