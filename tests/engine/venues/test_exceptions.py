"""No class of exception gets past the guard, and none of them keeps an exit from being sent."""

from __future__ import annotations

import asyncio
import decimal
import ssl
from collections.abc import Iterator

import aiohttp
import ccxt
import pytest
from msgspec.structs import replace

from engine.domain.errors import VenueTrouble
from engine.domain.instrument import Side
from engine.domain.safety import Purpose
from engine.domain.ticket import Accepted
from engine.domain.trouble import NEVER_SENT, TroubleKind
from engine.ports.venue import Venue
from engine.resilience.budget import Lane
from engine.venues.ccxt_venue import CcxtVenue
from engine.venues.guard import Errand
from tests.engine.venues.stage import VENUES, a_stage, a_ticket, place


def classes() -> Iterator[Exception]:
    """One of every class that ccxt defines, and of those that come from below and beside it."""
    for name, kind in sorted(vars(ccxt).items()):
        if isinstance(kind, type) and issubclass(kind, ccxt.BaseError):
            yield kind(f"{name} {{}} of a venue")
    yield from (kind("said the venue") for kind in (ValueError, TypeError, KeyError, AttributeError, IndexError))
    yield from (kind("said the machine") for kind in (OSError, ConnectionResetError, BrokenPipeError, RecursionError))
    yield from (kind("said the loop") for kind in (TimeoutError, RuntimeError, AssertionError, StopAsyncIteration))
    yield from (aiohttp.ClientError("gone"), aiohttp.ClientPayloadError("cut"), aiohttp.ServerDisconnectedError())
    yield from (aiohttp.ClientConnectionError("none"), ssl.SSLError("no trust"), decimal.InvalidOperation("NaN"))
    yield UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no text")
    yield asyncio.IncompleteReadError(b"half", 10)
    yield ExceptionGroup("several", [ValueError("one"), OSError("another")])


def test_the_list_holds_every_class_of_ccxt() -> None:
    """A list that shrank would prove less and less."""
    assert len([each for each in classes() if isinstance(each, ccxt.BaseError)]) >= 35


@pytest.mark.parametrize("name", VENUES)
def test_every_class_becomes_one_kind_of_trouble_and_exits_are_still_sent(name: str) -> None:
    """After more failures than any breaker stands, an exit is asked for at once, and is accepted."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            assert isinstance(venue, CcxtVenue)
            if venue.facts.holds_positions:
                await place(venue, a_ticket(venue, "70000"))  # only what is held can be left
            for lane in Lane:
                for problem in classes():
                    await refused(venue, lane, problem)
            loop = asyncio.get_running_loop()
            began = loop.time()
            exit_ticket = replace(a_ticket(venue, side=Side.SELL, price="70000"), purpose=Purpose.EXIT)
            assert isinstance(await venue.place(exit_ticket), Accepted)
            assert loop.time() - began < 1

        async def refused(venue: CcxtVenue, lane: Lane, problem: Exception) -> None:
            asked = []

            async def request() -> None:
                asked.append(problem)
                raise problem

            errand = Errand(operation="place", breaker="orders", lane=lane, costs={})
            with pytest.raises(VenueTrouble) as caught:
                await venue._guard.run(errand, request)
            kind = caught.value.trouble.kind
            assert kind in (TroubleKind.UNKNOWN, TroubleKind.MALFORMED) if asked else kind in NEVER_SENT
            assert asked or lane is not Lane.SAFE, "an exit was held back"
            assert "?" not in caught.value.trouble.text

        stage.tell(story, within_s=24 * 3600)
