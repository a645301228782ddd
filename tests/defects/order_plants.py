"""Mistakes about orders: what an answer means, what silence proves, and what may be sent twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from engine.domain import order_learning, order_sending
from engine.domain.evidence import Evidence, Seen, VenueStatus, View
from engine.domain.identity import Identity, namespace
from engine.domain.order_events import Acknowledged, OrderEvent, RefusedByVenue, RestartedFromJournal
from engine.domain.ticket import PlaceOutcome, Ticket, Unknown
from engine.recovery.ledger import Ledger
from engine.services import execution, listening, order_answers, order_driver
from engine.services.planning import Leg
from tests.defects.defect import Defect


def timeout_is_failure(patch: pytest.MonkeyPatch) -> None:
    """Book an order whose acknowledgement was lost as failed, and send it again under a new id."""
    real_send = order_driver.OrderDriver._send
    real_event = order_answers.outcome_event

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


def error_is_rejection(patch: pytest.MonkeyPatch) -> None:
    """Take a 5xx for the venue's final word."""
    real_event = order_answers.outcome_event

    def outcome_event(outcome: PlaceOutcome, *, at_ns: int) -> OrderEvent:
        if isinstance(outcome, Unknown) and outcome.trouble.status is not None:
            return RefusedByVenue(at_ns=at_ns, reason=str(outcome.trouble), final=True)
        return real_event(outcome, at_ns=at_ns)

    patch.setattr(order_driver, "outcome_event", outcome_event)


def not_found_once_is_absent(patch: pytest.MonkeyPatch) -> None:
    """Take one look-up that finds nothing as proof that the order never was."""
    patch.setattr(order_learning, "_silent_everywhere", lambda order, _facts: bool(order.silences))


def missing_row_is_cancelled(patch: pytest.MonkeyPatch) -> None:
    """Take an order that the list of open orders lacks for cancelled."""

    async def look_up(driver: order_driver.OrderDriver) -> tuple[Evidence, ...]:
        venue, order = driver._account.venue, driver.order
        resting = await venue.open_orders(order.identity.instrument)
        mine = next((one for one in resting if one.client_order_id == order.client_order_id), None)
        return (
            Seen(
                view=View.LOOK_UP,
                at_ns=venue.now_ns(),
                status=VenueStatus.CANCELLED if mine is None else mine.status,
                filled=order.filled if mine is None else mine.filled,
                cost=None,
                venue_order_id=order.venue_order_id,
            ),
        )

    patch.setattr(order_driver.OrderDriver, "_look_up", look_up)


def only_the_stream_is_believed(patch: pytest.MonkeyPatch) -> None:
    """Look at an order only when the private stream speaks of it."""

    async def heard(wake: Any, *, within_ns: int) -> bool:
        del within_ns
        await wake.wait()
        return True

    patch.setattr(order_driver, "heard", heard)


def sent_again_blindly(patch: pytest.MonkeyPatch) -> None:
    """Send an order whose acknowledgement was lost again under its id, as if that protected at every venue."""
    patch.setattr(order_sending, "sendable", lambda _order, _facts: True)


def restart_sends_again(patch: pytest.MonkeyPatch) -> None:
    """After a restart send every order of unknown end before anything is looked up."""
    real_run = order_driver.OrderDriver.run

    async def run(driver: order_driver.OrderDriver, *first: OrderEvent) -> None:
        if any(isinstance(one, RestartedFromJournal) for one in first) and not driver.order.final:
            await driver._account.ready.wait()
            venue = driver._account.venue
            await venue.place(driver.order.ticket(venue.now_ns() + venue.facts.request_window_ns))
        await real_run(driver, *first)

    patch.setattr(order_driver.OrderDriver, "run", run)


def ids_are_counted_in_memory(patch: pytest.MonkeyPatch) -> None:
    """Number the orders since the start of the process instead of naming them by what they are about."""
    numbers: dict[str, int] = {}

    def client_order_id(identity: Identity) -> str:
        return f"{namespace(identity.bot)}{numbers.setdefault(str(identity), len(numbers)):012d}"

    patch.setattr(Identity, "client_order_id", property(client_order_id))


def fills_are_counted_twice(patch: pytest.MonkeyPatch) -> None:
    """Count a fill again whenever it is told again."""
    real_count = Ledger.count

    def count(ledger: Ledger, venue: str, trade: Any) -> bool:
        first = real_count(ledger, venue, trade)
        ledger._known.clear()
        return first

    patch.setattr(Ledger, "count", count)


def what_is_in_doubt_does_not_count(patch: pytest.MonkeyPatch) -> None:
    """Plan a purchase as if orders in doubt were not there."""
    patch.setattr(Leg, "most", property(lambda leg: leg.position))


def exit_in_doubt_is_sold_again(patch: pytest.MonkeyPatch) -> None:
    """Plan a sale as if the last one, of which nothing has been heard, had not been."""
    patch.setattr(Leg, "least", property(lambda leg: leg.position))


def one_word_of_an_end_is_believed(patch: pytest.MonkeyPatch) -> None:
    """Call an order over because one look-up says that it ended with nothing filled."""
    patch.setattr(order_learning, "_is_one_word_only", lambda *_: False)


ORDER_DEFECTS = (
    Defect(
        name="a timeout is taken as failure and sent again with a new id",
        incident="hummingbot#493",
        breaks="no_duplicate_orders",
        plant=timeout_is_failure,
        weather="lost_answers",
    ),
    Defect(
        name="a 200 is taken as a fill",
        incident="freqtrade#5482",
        breaks="ledger_equals_venue",
        plant=ok_is_a_fill,
        weather="lost_answers",
    ),
    Defect(
        name="a bus message is lost when its consumer crashes",
        incident="hummingbot-api#243",
        breaks="no_lost_orders",
        plant=acknowledged_before_handled,
        weather="lost_answers",
    ),
    Defect(
        name="a 5xx is taken for a rejection",
        incident="nautilus#4215",
        breaks="no_lost_orders",
        plant=error_is_rejection,
        weather="doubts",
    ),
    Defect(
        name="one look-up that finds nothing is taken as proof",
        incident="hummingbot#601",
        breaks="no_lost_orders",
        plant=not_found_once_is_absent,
        weather="doubts",
    ),
    Defect(
        name="a row missing in a list is taken for a cancel",
        incident="binance-api-postman#102",
        breaks="no_lost_orders",
        plant=missing_row_is_cancelled,
        weather="doubts",
    ),
    Defect(
        name="only the private stream is believed",
        incident="nautilus#3869",
        breaks="no_lost_orders",
        plant=only_the_stream_is_believed,
        weather="doubts",
    ),
    Defect(
        name="an order without an answer is sent again blindly",
        incident="catalyst#317",
        breaks="no_duplicate_orders",
        plant=sent_again_blindly,
        weather="late_views",
    ),
    Defect(
        name="a restart sends what its predecessor had sent",
        incident="freqtrade#9270",
        breaks="restart_idempotent",
        plant=restart_sends_again,
        weather="restarts",
    ),
    Defect(
        name="order ids are counted in memory",
        incident="nautilus#3592",
        breaks="no_duplicate_orders",
        plant=ids_are_counted_in_memory,
        weather="restarts",
    ),
    Defect(
        name="a fill is counted each time it is told",
        incident="nautilus#4991",
        breaks="ledger_equals_venue",
        plant=fills_are_counted_twice,
        weather="doubts",
    ),
    Defect(
        name="an order in doubt does not count towards the limit",
        incident="hummingbot#3374",
        breaks="exposure_within_limit",
        plant=what_is_in_doubt_does_not_count,
        weather="late_views",
    ),
    Defect(
        name="an exit in doubt is sold again",
        incident="freqtrade#13332",
        breaks="no_duplicate_orders",
        plant=exit_in_doubt_is_sold_again,
        weather="late_views",
    ),
    Defect(
        name="one word that nothing was filled is believed",
        incident="freqtrade#4991",
        breaks="no_lost_orders",
        plant=one_word_of_an_end_is_believed,
        weather="wrong_records",
    ),
)
