"""Clocks that are wrong, requests that are late, machines that are booted again, over real HTTP bytes."""

from __future__ import annotations

import asyncio

import pytest

from engine.domain.errors import VenueTrouble
from engine.domain.ticket import Accepted, Refused
from engine.domain.trouble import TroubleKind
from engine.domain.venue_facts import NS
from engine.ports.venue import Venue
from simulator.dialects.gate import Rule
from simulator.network.toxics import LinkSpeed
from tests.engine.venues.stage import VENUES, a_stage, a_ticket, place, ref_of

EACH_VENUE = pytest.mark.parametrize("name", VENUES)


@EACH_VENUE
def test_a_request_that_arrives_too_late_dies_at_the_venue(name: str) -> None:
    """The zombie fence: bytes that were held up for longer than they may live."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue, lives_ns=3 * NS)
            stage.internet.link("engine", name).speed = LinkSpeed(delay_ns=4 * NS)
            outcome = await venue.place(ticket)
            assert not isinstance(outcome, Accepted)

        stage.tell(story)
        assert stage.orders() == []


@EACH_VENUE
@pytest.mark.parametrize("after_ms", [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20])
def test_a_machine_that_sleeps_at_any_point_of_a_submit_and_wakes_later_has_nothing_executed(
    name: str, after_ms: int
) -> None:
    """A leader that a successor has replaced meanwhile: what it had not sent before it slept is refused."""
    with a_stage(name) as stage:
        facts = stage.venue.facts
        asleep: list[int] = []

        async def story(venue: Venue) -> None:
            stage.later(after_ms / 1000, lambda: stage.world.pause("engine"))
            stage.later(after_ms / 1000 + 4, lambda: asleep.append(len(stage.orders())))
            dead_s = (facts.request_window_ns + facts.zombie_ns) / NS + 5
            stage.later(dead_s, lambda: stage.world.resume("engine"))
            await venue.place(a_ticket(venue))
            await asyncio.sleep(10)

        stage.tell(story)
        assert asleep == [len(stage.orders())]


@EACH_VENUE
def test_a_ticket_whose_time_is_over_is_not_sent(name: str) -> None:
    """Less than the venue's shortest window is left."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            seen = len(stage.seen)
            outcome = await venue.place(a_ticket(venue, lives_ns=NS // 4))
            assert isinstance(outcome, Refused)
            assert not outcome.final
            assert outcome.trouble.kind is TroubleKind.BUDGET_SPENT
            assert len(stage.seen) == seen

        stage.tell(story)


@EACH_VENUE
@pytest.mark.parametrize("step_s", [-3600, -2, 2, 3600])
def test_a_step_of_our_clock_does_not_stop_trading(name: str, step_s: int) -> None:
    """OctoBot#1883, freqtrade#9404: signatures go by the venue's clock, not by ours."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            stage.engine.step_clock(step_s * NS)
            await place(venue, a_ticket(venue))

        stage.tell(story)


@EACH_VENUE
def test_a_clock_that_was_wrong_from_the_start_is_set_by_the_venue(name: str) -> None:
    """Opening asks for the time before anything is signed."""
    with a_stage(name) as stage:
        stage.engine.step_clock(500 * NS)

        async def story(venue: Venue) -> None:
            offset_ns = await venue.measure_clock()
            assert abs(offset_ns + 500 * NS) <= NS
            await place(venue, a_ticket(venue))

        stage.tell(story)


@EACH_VENUE
def test_concurrent_requests_keep_their_nonces_in_order(name: str) -> None:
    """Kraken refuses a nonce that comes after a higher one."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            tickets = [a_ticket(venue, decision=str(number)) for number in range(12)]
            outcomes = await asyncio.gather(*(venue.place(ticket) for ticket in tickets))
            assert all(isinstance(outcome, Accepted) for outcome in outcomes)

        stage.tell(story)


@EACH_VENUE
def test_a_second_life_of_the_machine_trades_on(name: str) -> None:
    """Nothing of the first survives in a module."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            await place(venue, a_ticket(venue))

        stage.tell(story)
        stage.world.crash("engine")
        stage.world.reboot("engine")
        again = stage.connected()

        async def told() -> None:
            await again.open()
            await place(again, a_ticket(again, decision="2"))
            await again.close()

        stage.world.complete(stage.engine.spawn(told()))
        assert len(stage.orders()) == 2


@EACH_VENUE
def test_the_same_seed_sends_the_same_bytes(name: str) -> None:
    """Ids, nonces and times are ours, whatever the machine below is doing."""

    def run() -> list[object]:
        with a_stage(name) as stage:

            async def story(venue: Venue) -> None:
                await place(venue, a_ticket(venue, "61000"))
                await venue.look_up(ref_of(a_ticket(venue)), venue.facts.views)

            stage.tell(story)
            return list(stage.seen)

    assert run() == run()


@EACH_VENUE
def test_a_venue_that_is_away_at_the_start_can_be_opened_later(name: str) -> None:
    """freqtrade#8378: maintenance at start ends the process."""
    with a_stage(name) as stage:
        rule = Rule(kind="error", status=503)
        stage.gate.add(rule)
        stage.later(60, lambda: stage.gate.remove(rule))

        async def story(venue: Venue) -> None:
            for _ in range(20):
                try:
                    await venue.open()
                except VenueTrouble:
                    await asyncio.sleep(10)
                else:
                    break
            await place(venue, a_ticket(venue))
            await venue.close()

        stage.tell(story, opened=False)
