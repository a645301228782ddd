"""Throttles, bans, breakers and budgets, over real HTTP bytes."""

from __future__ import annotations

import asyncio

import pytest

from engine.domain.evidence import View
from engine.domain.ticket import CancelAccepted, Refused, Unknown
from engine.domain.trouble import TroubleKind
from engine.domain.venue_facts import NS
from engine.ports.venue import Venue
from engine.resilience.breaker import BreakerState
from simulator.dialects.call import EndpointKind
from simulator.dialects.gate import Rule
from tests.engine.venues.stage import VENUES, a_stage, a_ticket, kinds, place, ref_of

EACH_VENUE = pytest.mark.parametrize("name", VENUES)
ORDERS: frozenset[EndpointKind] = frozenset({"orders"})


@EACH_VENUE
def test_a_throttle_stops_everything_until_it_is_over(name: str) -> None:
    """Queries, entries and cancels alike: one more request could become a ban."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> tuple[int, int]:
            rule = Rule(kind="throttle", retry_after_ns=20 * NS)
            stage.gate.add(rule)
            outcome = await venue.place(a_ticket(venue))
            assert isinstance(outcome, Refused)
            assert outcome.trouble.kind is TroubleKind.THROTTLED
            stage.gate.remove(rule)
            told_ns = outcome.trouble.until_ns
            assert told_ns is not None
            began = len(stage.seen)
            cancel = venue.cancel(ref_of(a_ticket(venue)), expires_ns=venue.now_ns() + 60 * NS)
            quote = venue.look_up(ref_of(a_ticket(venue)), [View.OPEN_ORDERS])
            entry = venue.place(a_ticket(venue))
            await asyncio.gather(cancel, quote, entry)
            return told_ns, began

        told_ns, began = stage.tell(story)
        late = stage.seen[began:]
        assert late
        assert all(request.at_ns + stage.world.epoch_ns >= told_ns for request in late)


def test_a_ban_is_honoured_to_the_second() -> None:
    """Not one request before it ends, and trading again right after."""
    with a_stage("binance") as stage:

        async def story(venue: Venue) -> None:
            for peer in dict.fromkeys(request.peer for request in stage.seen):
                stage.gate.ban(peer, 120 * NS)
            outcome = await venue.place(a_ticket(venue))
            assert isinstance(outcome, Refused)
            assert outcome.trouble.kind is TroubleKind.BANNED
            until_ns = outcome.trouble.until_ns
            assert until_ns is not None
            assert stage.waits == [(until_ns, True)]
            seen = len(stage.seen)
            while venue.now_ns() < until_ns - 10 * NS:
                await venue.look_up(ref_of(a_ticket(venue)), [View.LOOK_UP])
                await venue.cancel(ref_of(a_ticket(venue)), expires_ns=venue.now_ns() + 5 * NS)
                await asyncio.sleep(1)
            assert len(stage.seen) == seen
            await asyncio.sleep(11)
            await place(venue, a_ticket(venue, decision="after the ban"))

        stage.tell(story)


@EACH_VENUE
def test_a_successor_can_be_told_of_a_ban(name: str) -> None:
    """It was imposed on the account, not on a process."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            seen = len(stage.seen)
            venue.hold(venue.now_ns() + 60 * NS)
            assert isinstance(await venue.place(a_ticket(venue)), Refused)
            assert isinstance(await venue.cancel(ref_of(a_ticket(venue)), expires_ns=venue.now_ns() + 5 * NS), Refused)
            assert len(stage.seen) == seen
            await asyncio.sleep(61)
            await place(venue, a_ticket(venue))

        stage.tell(story)


@EACH_VENUE
def test_three_failures_refuse_the_fourth_at_once_but_not_a_cancel(name: str) -> None:
    """The safe set needs no closed breaker, and its success closes it."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            resting = a_ticket(venue, decision="resting")
            await place(venue, resting)
            rule = Rule(kind="error", endpoints=ORDERS)
            stage.gate.add(rule)
            for number in range(3):
                assert isinstance(await venue.place(a_ticket(venue, decision=str(number))), Unknown)
            seen = len(stage.seen)
            fourth = await venue.place(a_ticket(venue, decision="4"))
            assert isinstance(fourth, Refused)
            assert (fourth.trouble.kind, fourth.final) == (TroubleKind.BREAKER_OPEN, False)
            assert len(stage.seen) == seen
            assert kinds(await venue.look_up(ref_of(resting), [View.LOOK_UP])) == ["Seen"]

            stage.gate.remove(rule)
            assert isinstance(await venue.cancel(ref_of(resting), expires_ns=venue.now_ns() + 5 * NS), CancelAccepted)
            await place(venue, a_ticket(venue, decision="5"))

        stage.tell(story)
        assert stage.breakers == [(f"{name}/orders", BreakerState.OPEN), (f"{name}/orders", BreakerState.CLOSED)]


@EACH_VENUE
def test_cancels_pass_while_queries_have_used_up_their_share(name: str) -> None:
    """A flood of polling never stands between us and a cancel."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            resting = a_ticket(venue)
            await place(venue, resting)

            async def poll() -> None:
                while True:
                    await venue.look_up(ref_of(resting), [View.CLOSED_ORDERS])

            polls = [asyncio.get_running_loop().create_task(poll()) for _ in range(5)]
            await asyncio.sleep(20)
            began_ns = stage.world.now_ns()
            outcome = await venue.cancel(ref_of(resting), expires_ns=venue.now_ns() + 5 * NS)
            assert isinstance(outcome, CancelAccepted)
            assert stage.world.now_ns() - began_ns < NS
            for task in polls:
                task.cancel()
            await asyncio.gather(*polls, return_exceptions=True)

        stage.tell(story)
        assert all(request.outcome == "answered" for request in stage.seen), "polling never met the venue's limit"
