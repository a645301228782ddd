"""The switchboard: pages follow what holds, whatever was lost, repeated or reordered on the way."""

from engine.domain.messages import AlertAcknowledged, AlertRaised, AlertResolved
from engine.services.switchboard import Page, Switchboard

FORGET_NS = 150
ESCALATE_NS = 300


def board(*told: str, pages_max: int = 10) -> Switchboard:
    return Switchboard(told, now_ns=0, forget_after_ns=FORGET_NS, escalate_after_ns=ESCALATE_NS, pages_max=pages_max)


def raised(key: str = "stream/kraken/lost", *, node: str = "feed-a", at_ns: int = 1) -> AlertRaised:
    return AlertRaised(
        key=key,
        severity="warning",
        summary="no prices",
        component="ingestion",
        runbook="stream-lost",
        node=node,
        at_ns=at_ns,
    )


def resolved(key: str = "stream/kraken/lost", *, node: str = "feed-a", at_ns: int = 2) -> AlertResolved:
    return AlertResolved(key=key, component="ingestion", node=node, at_ns=at_ns)


def keys(pages: tuple[Page, ...]) -> list[str]:
    return [page.key for page in pages]


def test_an_alert_is_opened_once_and_closed_when_it_is_over() -> None:
    table = board()

    table.take(raised(), now_ns=1)
    assert keys(table.to_open(now_ns=1000)) == ["stream/kraken/lost"]
    table.opened("stream/kraken/lost")
    table.take(raised(at_ns=60), now_ns=60)
    assert table.to_open(now_ns=1000) == ()
    assert table.to_close(now_ns=60) == ()

    table.take(resolved(at_ns=61), now_ns=61)
    assert table.to_close(now_ns=61) == ("stream/kraken/lost",)
    table.closed("stream/kraken/lost")
    assert table.to_close(now_ns=62) == ()


def test_a_page_stays_open_while_one_of_several_announcers_still_holds_it() -> None:
    table = board()
    table.take(raised(node="feed-a"), now_ns=1)
    table.take(raised(node="feed-b"), now_ns=1)
    table.opened("stream/kraken/lost")

    table.take(resolved(node="feed-a"), now_ns=2)
    assert table.to_close(now_ns=2) == ()
    table.take(resolved(node="feed-b"), now_ns=3)
    assert table.to_close(now_ns=3) == ("stream/kraken/lost",)


def test_who_falls_silent_is_taken_to_have_nothing_to_say() -> None:
    table = board()
    table.take(raised(), now_ns=1)
    table.opened("stream/kraken/lost")

    table.forget(now_ns=1 + FORGET_NS)
    assert table.to_close(now_ns=1 + FORGET_NS) == ()
    table.forget(now_ns=2 + FORGET_NS)
    assert table.to_close(now_ns=2 + FORGET_NS) == ("stream/kraken/lost",)


def test_an_old_announcement_that_comes_again_opens_nothing() -> None:
    table = board()
    table.take(raised(at_ns=1), now_ns=1)
    table.take(resolved(at_ns=2), now_ns=2)

    table.take(raised(at_ns=1), now_ns=40)

    assert table.to_open(now_ns=1000) == ()


def test_a_page_from_before_the_start_is_not_opened_again_and_closes_when_nobody_announces_it() -> None:
    table = board("stream/kraken/lost", "drift/kraken/BTC")

    table.take(raised(at_ns=60), now_ns=60)

    assert table.to_open(now_ns=1000) == ()
    assert table.to_close(now_ns=60) == ()
    assert table.to_close(now_ns=FORGET_NS) == ("drift/kraken/BTC",)


def test_a_page_from_before_the_start_closes_at_once_when_its_end_is_told() -> None:
    table = board("stream/kraken/lost")

    table.take(resolved(at_ns=5), now_ns=5)

    assert table.to_close(now_ns=5) == ("stream/kraken/lost",)


def test_beyond_its_bound_the_board_refuses_new_alerts_and_keeps_the_old_ones() -> None:
    table = board(pages_max=1)

    assert table.take(raised("a"), now_ns=1)
    assert not table.take(raised("b"), now_ns=1)
    assert keys(table.to_open(now_ns=1000)) == ["a"]


def test_what_may_wait_is_told_quietly_and_pages_when_nobody_has_acknowledged_it() -> None:
    table = board()
    table.take(raised("latency/kraken/place", at_ns=1), now_ns=1)

    assert table.to_open(now_ns=1 + ESCALATE_NS - 1) == ()
    assert keys(table.to_tell_quietly()) == ["latency/kraken/place"]
    table.told_quietly("latency/kraken/place")
    assert table.to_tell_quietly() == ()
    assert keys(table.to_open(now_ns=1 + ESCALATE_NS)) == ["latency/kraken/place"]


def test_what_somebody_has_in_hand_does_not_become_a_page_until_it_comes_anew() -> None:
    table = board()
    table.take(raised("latency/kraken/place", at_ns=1), now_ns=1)
    table.take(AlertAcknowledged(key="latency/kraken/place", by="ana", at_ns=2), now_ns=2)

    assert table.to_open(now_ns=10 * ESCALATE_NS) == ()

    table.take(resolved("latency/kraken/place", at_ns=3), now_ns=3)
    table.take(raised("latency/kraken/place", at_ns=4), now_ns=4)
    assert keys(table.to_open(now_ns=4 + ESCALATE_NS)) == ["latency/kraken/place"]


def test_what_is_optional_never_pages() -> None:
    table = board()
    table.take(raised("optional/sentiment", at_ns=1), now_ns=1)

    assert table.to_open(now_ns=10 * ESCALATE_NS) == ()
    assert keys(table.to_tell_quietly()) == ["optional/sentiment"]
