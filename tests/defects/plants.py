"""Defects to plant in the engine, one at a time: each is a mistake that real bots have made.

A plant changes the engine's own code for as long as its context lasts, the way a bad commit would; the world and the
referee stay as they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from engine.domain.evidence import Seen, VenueStatus, View
from engine.domain.order_events import Acknowledged, OrderEvent, RefusedByVenue
from engine.domain.ticket import PlaceOutcome, Ticket, Unknown
from engine.services import execution, heartbeat_table, listening, order_driver
from engine.services.feed import VenueFeed


@dataclass(frozen=True, kw_only=True)
class Defect:
    """One mistake: what it is, where it was made for real, which promise it breaks, and how to make it."""

    name: str
    incident: str
    breaks: str
    plant: Callable[[pytest.MonkeyPatch], None]


def timeout_is_failure(patch: pytest.MonkeyPatch) -> None:
    """Book an order whose acknowledgement was lost as failed, and send it again under a new id."""
    real_send = order_driver.OrderDriver._send
    real_event = order_driver.outcome_event

    def outcome_event(outcome: PlaceOutcome, *, at_ns: int) -> OrderEvent:
        if isinstance(outcome, Unknown):
            return RefusedByVenue(at_ns=at_ns, reason=f"failed: {outcome.trouble}", final=True)
        return real_event(outcome, at_ns=at_ns)

    async def send_again(driver: order_driver.OrderDriver) -> OrderEvent:
        event = await real_send(driver)
        if isinstance(event, RefusedByVenue) and event.reason.startswith("failed"):
            again: Ticket = driver.order.ticket(driver.order.not_after_ns)
            new_id = again.client_order_id[:-1] + ("a" if again.client_order_id[-1] != "a" else "b")
            await driver._account.venue.place(msgspec.structs.replace(again, client_order_id=new_id))
        return event

    patch.setattr(order_driver, "outcome_event", outcome_event)
    patch.setattr(order_driver.OrderDriver, "_send", send_again)


def ok_is_a_fill(patch: pytest.MonkeyPatch) -> None:
    """Take the answer 200 to a submit as proof that all of it was filled."""
    real_send = order_driver.OrderDriver._send

    async def send_and_believe(driver: order_driver.OrderDriver) -> OrderEvent:
        event = await real_send(driver)
        if not isinstance(event, Acknowledged):
            return event
        order = driver.order
        assert order.price is not None
        return Seen(
            view=View.LOOK_UP,
            at_ns=event.at_ns,
            status=VenueStatus.FILLED,
            filled=order.quantity,
            cost=order.price * order.quantity,
            venue_order_id=event.venue_order_id,
        )

    patch.setattr(order_driver.OrderDriver, "_send", send_and_believe)


def acknowledged_before_handled(patch: pytest.MonkeyPatch) -> None:
    """Acknowledge a decision when it arrives, not when it is done with: a crash in between loses it."""
    real_take = listening.take

    async def take(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        async for said, delivery in real_take(*args, **kwargs):
            await delivery.ack()
            yield said, delivery

    patch.setattr(execution, "take", take)


def no_rest_fallback(patch: pytest.MonkeyPatch) -> None:
    """Wait for the stream to come back, and read no prices meanwhile."""

    async def wait_for_the_stream(_feed: VenueFeed) -> None:
        await asyncio.Event().wait()

    patch.setattr(VenueFeed, "_poll", wait_for_the_stream)


def silence_is_not_noticed(patch: pytest.MonkeyPatch) -> None:
    """Keep a table of heartbeats, and never ask it who is missing."""
    patch.setattr(heartbeat_table.HeartbeatTable, "silent", lambda _table, *, now_ns: ())


DEFECTS = (
    Defect(
        name="a timeout is taken as failure and sent again with a new id",
        incident="hummingbot#493",
        breaks="no_duplicate_orders",
        plant=timeout_is_failure,
    ),
    Defect(
        name="a 200 is taken as a fill",
        incident="freqtrade#5482",
        breaks="ledger_equals_venue",
        plant=ok_is_a_fill,
    ),
    Defect(
        name="a bus message is lost when its consumer crashes",
        incident="hummingbot-api#243",
        breaks="no_lost_orders",
        plant=acknowledged_before_handled,
    ),
    Defect(
        name="there is no REST fallback when the stream is gone",
        incident="Kraken 2026-02-24",
        breaks="recovered_in_time",
        plant=no_rest_fallback,
    ),
    Defect(
        name="the heartbeat of a dead component is not missed",
        incident="freqtrade#6009",
        breaks="paged_in_time",
        plant=silence_is_not_noticed,
    ),
)
