"""When an order may be called absent: when every view that could show it was silent, long enough, and none before."""

from __future__ import annotations

import pytest

from engine.domain.evidence import NotSeen, VenueStatus, View, ViewFailed
from engine.domain.messages import OrderState
from engine.domain.money import Quantity
from engine.domain.order_events import (
    Acknowledged,
    Cancel,
    Contradicted,
    OutcomeLost,
)
from engine.domain.order_learning import LISTS_READ_LEAST
from engine.domain.order_views import views_to_read
from engine.domain.trouble import Trouble, TroubleKind
from engine.domain.venue_facts import NS
from tests.engine.domain.orders import (
    BINANCE,
    EXPIRES,
    KRAKEN,
    NOW,
    after,
    seen,
    sent,
    silence,
    story,
)

ACK = Acknowledged(at_ns=NOW + NS, venue_order_id="7")
LOST = OutcomeLost(at_ns=NOW + NS, reason="timed out")
LONG_AFTER = EXPIRES + 10 * NS


def test_what_the_venue_has_named_is_not_absent_before_it_was_asked_for_by_that_name() -> None:
    """Lists left out a living order for long (binance-api-postman#102), and it was called absent."""
    order = after(sent(), ACK, facts=KRAKEN)
    assert order.venue_order_id == "7"
    lists = silence(KRAKEN, LONG_AFTER, LONG_AFTER + 9 * NS)

    doubted = after(order, *lists, facts=KRAKEN)
    assert doubted.state is OrderState.OPEN
    assert views_to_read(doubted, KRAKEN) == (View.LOOK_UP, *KRAKEN.views)

    asked = [NotSeen(view=View.LOOK_UP, at_ns=at_ns) for at_ns in (LONG_AFTER, LONG_AFTER + 9 * NS)]
    assert after(doubted, *asked, facts=KRAKEN).state is OrderState.UNKNOWN


def test_an_unknown_order_is_absent_after_every_view_was_silent_long_enough_after_expiry() -> None:
    """The one way to be rid of an unknown without having seen it."""
    readings = silence(BINANCE, EXPIRES + NS, EXPIRES + 4 * NS)
    order = after(sent(), LOST, *readings)
    assert order.state is OrderState.ABSENT
    assert not order.worst


def test_where_only_lists_can_be_read_they_must_be_silent_more_often() -> None:
    """A row that each of them leaves out more often than not is still there (Kraken, with the answer lost)."""
    times = [LONG_AFTER + 4 * NS * number for number in range(LISTS_READ_LEAST)]

    assert after(sent(), LOST, *silence(KRAKEN, *times[:-1]), facts=KRAKEN).state is OrderState.UNKNOWN
    assert after(sent(), LOST, *silence(KRAKEN, *times), facts=KRAKEN).state is OrderState.ABSENT


@pytest.mark.parametrize(
    ("why", "times"),
    [
        ("one reading is never enough", (LONG_AFTER,)),
        ("readings before the request expired do not count", (NOW + NS, NOW + 4 * NS)),
        ("one reading before and one after count as one", (NOW + NS, LONG_AFTER)),
        ("two readings within the lag may both be too old", (EXPIRES + NS, EXPIRES + 2 * NS)),
    ],
)
def test_too_little_silence_proves_nothing(why: str, times: tuple[int, ...]) -> None:
    """A flaky list, a lagging view: the order stays unknown."""
    assert after(sent(), LOST, *silence(BINANCE, *times)).state is OrderState.UNKNOWN, why


def test_a_view_that_was_not_read_keeps_an_order_unknown() -> None:
    """Every declared view must speak."""
    readings = [r for r in silence(BINANCE, EXPIRES + NS, LONG_AFTER) if r.view is not View.FILLS]
    failed = ViewFailed(view=View.FILLS, trouble=Trouble(kind=TroubleKind.UNKNOWN, venue="binance", operation="fills"))
    assert after(sent(), LOST, *readings, failed).state is OrderState.UNKNOWN


def test_a_positive_reading_between_negative_ones_starts_the_count_anew() -> None:
    """A list that forgets a row and finds it again is no proof."""
    first, second = silence(BINANCE, EXPIRES + NS), silence(BINANCE, LONG_AFTER)
    order = after(sent(), LOST, *first, seen(), *second)
    assert order.state is OrderState.OPEN


def test_an_absent_order_that_shows_up_resting_is_cancelled_and_reported() -> None:
    """Absent was wrong; its state stays, its money counts, its rest is ended."""
    absent = after(sent(), LOST, *silence(BINANCE, EXPIRES + NS, EXPIRES + 4 * NS))
    order, commands = story(absent, [seen(VenueStatus.OPEN, "0.3")])

    assert (order.state, order.filled) == (OrderState.ABSENT, Quantity("0.3"))
    assert Cancel() in commands
    assert any(isinstance(command, Contradicted) for command in commands)


def test_an_order_that_vanishes_is_unknown_before_it_is_absent() -> None:
    """It needs a second full round of silence."""
    vanished = after(sent(), ACK, *silence(BINANCE, EXPIRES + NS, EXPIRES + 4 * NS))
    assert vanished.state is OrderState.UNKNOWN
    again = silence(BINANCE, EXPIRES + 5 * NS, EXPIRES + 8 * NS)
    assert after(vanished, *again[:-1]).state is OrderState.UNKNOWN
    assert after(vanished, *again).state is OrderState.ABSENT
