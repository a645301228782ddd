"""The heartbeat table: silence is counted from the last beat, and everybody is expected from the start."""

from engine.domain.messages import Component, Heartbeat, Status
from engine.services.heartbeat_table import HeartbeatTable

SIGNAL = (Component.SIGNAL, "signal-a")
FEED = (Component.INGESTION, "feed-a")


def table() -> HeartbeatTable:
    return HeartbeatTable([SIGNAL, FEED], now_ns=0, missed_after_ns=25, degraded_after_ns=30)


def beat(component: Component, node: str, status: Status = Status.OK, detail: str = "") -> Heartbeat:
    return Heartbeat(component=component, node=node, at_ns=0, status=status, detail=detail)


def test_who_never_came_up_is_missing_like_one_that_died() -> None:
    heard = table()
    heard.hear(beat(*FEED), now_ns=20)

    assert heard.silent(now_ns=25) == ()
    (missing,) = heard.silent(now_ns=26)
    assert (missing.component, missing.node, missing.silent_for_ns) == (*SIGNAL, 26)


def test_a_component_is_unwell_when_it_has_said_so_for_long_without_a_break() -> None:
    heard = table()
    for at_ns in range(0, 40, 10):
        heard.hear(beat(*SIGNAL, Status.DEGRADED, "no journal"), now_ns=at_ns)
        heard.hear(beat(*FEED, Status.DEGRADED if at_ns != 20 else Status.OK), now_ns=at_ns)

    (unwell,) = heard.unwell(now_ns=31)

    assert (unwell.node, unwell.detail) == ("signal-a", "no journal")


def test_who_is_silent_is_not_also_unwell() -> None:
    heard = table()
    heard.hear(beat(*SIGNAL, Status.DEGRADED), now_ns=0)

    assert heard.unwell(now_ns=100) == ()


def test_what_is_off_by_design_is_missed_only_after_it_was_heard() -> None:
    spare = (Component.EXECUTION, "spare-b")
    heard = HeartbeatTable([FEED], later=[spare], now_ns=0, missed_after_ns=25, degraded_after_ns=30)
    assert [one.node for one in heard.silent(now_ns=100)] == ["feed-a"]

    heard.hear(beat(*spare), now_ns=100)

    assert [one.node for one in heard.silent(now_ns=125)] == ["feed-a"]
    assert [one.node for one in heard.silent(now_ns=126)] == ["feed-a", "spare-b"]


def test_strangers_are_passed_over() -> None:
    heard = table()

    heard.hear(beat(Component.EXECUTION, "elsewhere"), now_ns=90)

    assert heard.nobody_since_ns() == 0
