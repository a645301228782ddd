"""Mistakes about venues, prices and alarms: what a living socket proves, what a ban asks for, what wakes a person."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from engine.domain.errors import FeedFailed
from engine.domain.messages import AlertAcknowledged
from engine.domain.ticket import Accepted
from engine.resilience.budget import RateBudget
from engine.services import escalation, heartbeat_table, order_answers, order_driver
from engine.services.duty import let_go
from engine.services.escalation import Escalation
from engine.services.feed import VenueFeed
from engine.services.feed_lines import FeedLines
from engine.services.paging import Paging
from engine.services.price_board import PriceBoard
from engine.services.switchboard import Switchboard
from engine.venues.door import Door
from engine.venues.venue_clock import VenueClock
from tests.defects.defect import Defect

NEVER_NS = 86_400_000_000_000


def no_rest_fallback(patch: pytest.MonkeyPatch) -> None:
    """Wait for the stream to come back, and read no prices meanwhile."""

    async def wait_for_the_stream(_feed: VenueFeed) -> None:
        await asyncio.Event().wait()

    patch.setattr(VenueFeed, "_poll", wait_for_the_stream)


def silence_is_not_noticed(patch: pytest.MonkeyPatch) -> None:
    """Keep a table of heartbeats, and never ask it who is missing."""
    patch.setattr(heartbeat_table.HeartbeatTable, "silent", lambda _table, *, now_ns: ())


def liveness_is_the_sockets(patch: pytest.MonkeyPatch) -> None:
    """Keep a stream for as long as its socket lives, whether or not it brings anything."""
    real_init = VenueFeed.__init__

    def init(feed: VenueFeed, *args: Any, bounds: Any, **kwargs: Any) -> None:
        real_init(feed, *args, bounds=replace(bounds, stale_after_ns=NEVER_NS), **kwargs)

    patch.setattr(VenueFeed, "__init__", init)


def prices_have_no_age(patch: pytest.MonkeyPatch) -> None:
    """Act on a price that came lately, however old the venue says it is."""
    patch.setattr(FeedLines, "is_fresh", lambda _lines, _quote: True)
    patch.setattr(PriceBoard, "_oldest", lambda _board: (0, 0))


def a_lost_stream_is_not_dialled_again(patch: pytest.MonkeyPatch) -> None:
    """Read prices by REST for ever once the stream was lost."""

    async def stream(feed: VenueFeed, line: int) -> None:
        try:
            async with let_go(feed._open_line(line)) as quotes:
                async for quote in quotes:
                    await feed._take(line, quote)
        except FeedFailed:
            feed._lines.ended(line)
            feed._note_state()
        await asyncio.Event().wait()

    patch.setattr(VenueFeed, "_stream", stream)


def bans_are_ignored(patch: pytest.MonkeyPatch) -> None:
    """Go on asking a venue that has said until when not to."""
    patch.setattr(RateBudget, "hold", lambda _budget, _for_ns, *, spare_safe=False: None)


def only_a_ban_is_heard(patch: pytest.MonkeyPatch) -> None:
    """Take a request to slow down for any other refusal, and learn from the ban alone."""
    real_told = Door.told_to_wait

    def told_to_wait(door: Door, until_ns: int, *, banned: bool) -> None:
        if banned:
            real_told(door, until_ns, banned=banned)

    patch.setattr(Door, "told_to_wait", told_to_wait)


def a_refused_order_is_tried_at_once(patch: pytest.MonkeyPatch) -> None:
    """Repeat a request that failed up to ten times without a pause."""
    real_place = order_driver.OrderDriver._send

    async def send(driver: order_driver.OrderDriver) -> Any:
        venue = driver._account.venue
        event = await real_place(driver)
        for _ in range(9):
            if type(event).__name__ == "Acknowledged":
                break
            now_ns = venue.now_ns()
            outcome = await venue.place(driver.order.ticket(now_ns + venue.facts.request_window_ns))
            event = order_answers.outcome_event(outcome, at_ns=now_ns)
            if isinstance(outcome, Accepted):
                break
        return event

    patch.setattr(order_driver.OrderDriver, "_send", send)


def our_own_clock_is_right(patch: pytest.MonkeyPatch) -> None:
    """Stamp requests by the wall clock of the machine, whatever venues say the time is."""
    patch.setattr(VenueClock, "wall_ns", lambda clock: clock._clock.wall_ns())


def a_page_is_tried_once(patch: pytest.MonkeyPatch) -> None:
    """Count a page as sent when it was tried, whether or not the pager took it."""

    async def bring_up_to_date(paging: Paging) -> bool:
        for page in paging.board.to_open(now_ns=paging._clock.monotonic_ns()):
            await paging._pager.trigger(page)
            paging.board.opened(page.key)
        return True

    patch.setattr(Paging, "_bring_up_to_date", bring_up_to_date)


def every_late_heartbeat_pages(patch: pytest.MonkeyPatch) -> None:
    """Wake a person when a heartbeat is a second late."""
    real_init = heartbeat_table.HeartbeatTable.__init__

    def init(table: heartbeat_table.HeartbeatTable, expected: Any, **bounds: Any) -> None:
        real_init(table, expected, **{**bounds, "missed_after_ns": 9_000_000_000})

    patch.setattr(heartbeat_table.HeartbeatTable, "__init__", init)


def what_somebody_has_in_hand_rings_all_the_same(patch: pytest.MonkeyPatch) -> None:
    """Hear that somebody has something in hand, and make nothing of it."""
    real_take = Switchboard.take

    def take(board: Switchboard, message: Any, *, now_ns: int) -> bool:
        return isinstance(message, AlertAcknowledged) or real_take(board, message, now_ns=now_ns)

    patch.setattr(Switchboard, "take", take)


def what_may_wait_waits_for_ever(patch: pytest.MonkeyPatch) -> None:
    """Tell quietly what may pass, and never wake anybody when it does not."""
    rows = [
        (key, Escalation.NEVER if when is Escalation.UNACKNOWLEDGED else when, why)
        for key, when, why in escalation.TABLE
    ]
    patch.setattr(escalation, "TABLE", tuple(rows))


VENUE_DEFECTS = (
    Defect(
        name="what somebody has in hand rings all the same",
        incident="mission U15",
        breaks="no_false_pages",
        plant=what_somebody_has_in_hand_rings_all_the_same,
        weather="in_hand",
    ),
    Defect(
        name="what may wait waits for ever",
        incident="mission U11",
        breaks="paged_in_time",
        plant=what_may_wait_waits_for_ever,
        weather="in_hand",
    ),
    Defect(
        name="there is no REST fallback when the stream is gone",
        incident="Kraken 2026-02-24",
        breaks="recovered_in_time",
        plant=no_rest_fallback,
        weather="lost_answers",
    ),
    Defect(
        name="the heartbeat of a dead component is not missed",
        incident="freqtrade#6009",
        breaks="paged_in_time",
        plant=silence_is_not_noticed,
        weather="lost_answers",
    ),
    Defect(
        name="a stream lives as long as its socket",
        incident="ccxt#22662",
        breaks="recovered_in_time",
        plant=liveness_is_the_sockets,
        weather="prices",
    ),
    Defect(
        name="prices have no age",
        incident="nautilus#4255",
        breaks="no_action_on_stale_data",
        plant=prices_have_no_age,
        weather="prices",
    ),
    Defect(
        name="a lost stream is not dialled again",
        incident="hummingbot#7230",
        breaks="recovered_in_time",
        plant=a_lost_stream_is_not_dialled_again,
        weather="prices",
    ),
    Defect(
        name="a ban is ignored",
        incident="OctoBot#2108",
        breaks="bans_honoured",
        plant=bans_are_ignored,
        weather="limits",
    ),
    Defect(
        name="only a ban is heard",
        incident="ccxt#23970",
        breaks="bans_honoured",
        plant=only_a_ban_is_heard,
        weather="limits",
    ),
    Defect(
        name="what failed is tried again at once",
        incident="jesse#354",
        breaks="attempts_bounded",
        plant=a_refused_order_is_tried_at_once,
        weather="limits",
    ),
    Defect(
        name="the machine's own clock is right",
        incident="OctoBot#1883",
        breaks="exits_stay_open",
        plant=our_own_clock_is_right,
        weather="clocks",
    ),
    Defect(
        name="a page is tried once",
        incident="passivbot#420",
        breaks="paged_in_time",
        plant=a_page_is_tried_once,
        weather="services",
    ),
    Defect(
        name="a late heartbeat wakes a person",
        incident="Coinbase 2020-05-09",
        breaks="no_false_pages",
        plant=every_late_heartbeat_pages,
        weather="services",
    ),
)
