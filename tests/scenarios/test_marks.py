"""Marks: what must happen at least once, and how often it did."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scenarios.marks import CALLED, MARKS, RUNBOOKS, count_mark, marks_for
from scenarios.record import AlertSeen, OpinionSeen, PowerSeen
from tests.scenarios.stories import Story, ns

BOOKS = tuple(CALLED + runbook for runbook in RUNBOOKS)


def test_marks_count_what_happened() -> None:
    """One of each, told by hand."""
    story = Story()
    story.whole_life(10, "d1", "kraken")
    story.reported(12, "unknown", "d2")
    story.reported(15, "open", "d2")
    story.at_venue(13, "NEW", "d2", order_id=2)
    story.at_venue(14, "PARTIALLY_FILLED", "d2", order_id=2, filled="0.001")
    story.at_venue(16, "REJECTED", "d2", order_id=2, filled="0.001")
    story.asked(17, status=0, refused=True)
    story.asked(18, status=429, refused=True)
    story.price(20, source="rest")
    story.paged(21, "x")
    story.did(21, "acknowledge", "x")
    powers = (
        PowerSeen(at_ns=ns(2), host="exec-a", up=True),
        PowerSeen(at_ns=ns(22), host="exec-a", up=False),
        PowerSeen(at_ns=ns(30), host="exec-a", up=True),
    )
    opinions = (
        OpinionSeen(at_ns=ns(5), instrument="BTC/USDT", node="signal-a", refused="late"),
        OpinionSeen(at_ns=ns(6), instrument="BTC/USDT", node="signal-a", refused=None),
    )
    story.at_venue(40, "FILLED", "d3", order_id=3, side="sell")
    story.at_venue(41, "NEW", "d4", order_id=4, filled="0.002")
    story.at_venue(42, "CANCELED", "d4", order_id=4, filled="0.001")
    story.at_venue(43, "UNTRIGGERED", "d5", order_id=5)
    story.at_venue(44, "NEW", "d5", order_id=5)
    story.traded(45, "buy")
    story.traded(46, "sell", takes_back=True)
    story.traded(47, "sell")
    story.at_venue(48, "FILLED", "d6", order_id=6, side="sell", is_stop=True)
    story.owned(1, "kraken", USDT="1000")
    story.owned(49, "kraken", USDT="1001")
    alerts = (
        AlertSeen(at_ns=ns(7), key="clock/exec-a", raised=True, node="exec-a", runbook="clock-wrong"),
        AlertSeen(at_ns=ns(8), key="clock/exec-a", raised=False, node="exec-a", runbook="clock-wrong"),
    )
    record = replace(story.record(), powers=powers, opinions=opinions, alerts=alerts)

    counted = {name: count_mark(name, record) for name in marks_for(record.venues)}

    filled = {"order_filled_binance": 2, "order_filled_kraken": 1}
    assert counted == {**dict.fromkeys(MARKS, 1), **filled, **dict.fromkeys(BOOKS, 0), "called_clock-wrong": 1}


def test_an_order_that_stays_in_doubt_is_not_resolved() -> None:
    """Only leaving doubt counts."""
    story = Story()
    story.reported(12, "unknown")
    story.reported(13, "unknown")

    assert count_mark("order_unknown_resolved", story.record()) == 0


def test_a_name_that_is_no_mark_is_an_error() -> None:
    """Never a mark that silently cannot come."""
    with pytest.raises(KeyError):
        count_mark("order_teleported", Story().record())
