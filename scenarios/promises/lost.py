"""Promise: nothing that was decided is forgotten, and nothing that was sent is forgotten either.

Four links of one chain, each within its bound, which a fault met on the way lengthens: a decision is handled; an intent
is reported and comes to an end; the end it reports is the one the venue knows; and an order the venue has is one that
the bot has reported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from chaos.fault import Blocks
from scenarios.finding import Finding, Tally
from scenarios.intents import intents_of
from scenarios.record import OrderReported, Record, VenueOrder
from scenarios.schema import Expect
from scenarios.weather import due_ns, on_machines, on_venue, wanted_ns

NEVER_AT_THE_VENUE = ("absent", "refused")
DEAD_WITHOUT_FILLS = "rejected"
ENDS = {"filled": "FILLED", "cancelled": "CANCELED", "expired": "EXPIRED"}
"""The bot's word for an end, and the venue's."""
DEAD = ("REJECTED", "CANCELED", "EXPIRED")
"""What a venue may call an order that never traded and never will: Kraken has no word of its own for a rejection."""
TERMINAL = (*ENDS, *NEVER_AT_THE_VENUE, DEAD_WITHOUT_FILLS)


def no_lost_orders(record: Record, expect: Expect) -> Finding:
    """Within a bound: decisions are handled, intents end as the venue says, and venue orders are known to the bot."""
    tally = Tally("no_lost_orders")
    reports = _by_order(record)
    _decisions_are_handled(record, expect, tally)
    _intents_end(record, expect, reports, tally)
    _ends_agree(record, reports, tally)
    _orders_are_known(record, expect, reports, tally)
    return tally.finding(
        held=f"{tally.exercised} decisions, intents and venue orders accounted for",
        never="nothing was decided",
    )


Reports = Mapping[tuple[str, str], list[OrderReported]]


def _by_order(record: Record) -> Reports:
    found: dict[tuple[str, str], list[OrderReported]] = defaultdict(list)
    for report in record.reports:
        found[report.venue, report.client_order_id].append(report)
    for reports in found.values():
        reports.sort(key=lambda one: one.sequence)
    return found


def _decisions_are_handled(record: Record, expect: Expect, tally: Tally) -> None:
    handled = {one.identity: one.at_ns for one in reversed(record.handled)}
    seen: set[tuple[str, str, str]] = set()
    for decision in record.decisions:
        if decision.identity in seen or decision.not_after_ns <= decision.at_ns:
            continue
        seen.add(decision.identity)
        due = due_ns(decision.at_ns, expect.recovery_ns, on_machines(record, Blocks.JOURNAL), expect.recovery_ns)
        due = wanted_ns(record, due, decision.at_ns, expect.recovery_ns)
        done = handled.get(decision.identity)
        if done is None and due > record.end_ns:
            continue  # the run ended before it was due
        tally.exercise()
        named = f"decision {decision.decision} on {decision.instrument}"
        if done is None:
            tally.violate(decision.at_ns, f"{named} was never handled")
        elif done > due:
            tally.violate(done, f"{named} was handled after {(done - decision.at_ns) / 1e9:.0f} s")


def _intents_end(record: Record, expect: Expect, reports: Reports, tally: Tally) -> None:
    stops = {(one.venue, one.client_order_id) for one in record.orders if one.is_stop}
    for key, began_ns in _intents(record, reports).items():
        venue, own = key
        if key in stops:
            continue  # a stop rests as long as its position; what it outlives is another promise's
        faults = on_machines(record, Blocks.JOURNAL) + on_venue(record, venue, Blocks.REST)
        due = due_ns(began_ns, expect.order_life_ns, faults, expect.recovery_ns)
        due = wanted_ns(record, due, began_ns, expect.order_life_ns)
        ends = [one.at_ns for one in reports.get(key, ()) if one.state in TERMINAL]
        if not ends and due > record.end_ns:
            continue
        tally.exercise()
        if not ends:
            last = reports[key][-1].state if key in reports else "never reported"
            tally.violate(began_ns, f"intent {own} at {venue} came to no end ({last})")
        elif ends[0] > due:
            tally.violate(ends[0], f"intent {own} at {venue} took {(ends[0] - began_ns) / 1e9:.0f} s to end")


def _intents(record: Record, reports: Reports) -> dict[tuple[str, str], int]:
    """When each intent began: those the bot announced when it handled a decision, and those it reported."""
    began = {key: found[0].at_ns for key, found in reports.items()}
    venue_of = {own: venue for venue, own in (*intents_of(record), *reports)}
    for handled in record.handled:
        for own in handled.intents:
            began.setdefault((venue_of.get(own, "no venue"), own), handled.at_ns)
    return began


def _ends_agree(record: Record, reports: Reports, tally: Tally) -> None:
    """The last word on fills counts, since they may be heard of late; that an order never was may not be said once."""
    truth: dict[tuple[str, str], VenueOrder] = {(one.venue, one.client_order_id): one for one in record.orders}
    for key, found in reports.items():
        denials = [one for one in found if one.state in (*NEVER_AT_THE_VENUE, DEAD_WITHOUT_FILLS)]
        for report in denials or found[-1:]:
            wrong = _contradiction(report, truth.get(key)) if report.state in TERMINAL else ""
            if wrong:
                tally.violate(report.at_ns, f"{report.client_order_id} at {report.venue}: {wrong}")
                break


def _contradiction(report: OrderReported, order: VenueOrder | None) -> str:
    """What is wrong with a reported end, given what the venue knows of the order when all is over."""
    if report.state in NEVER_AT_THE_VENUE:
        return "" if order is None else f"called {report.state}, and the venue has it as {order.status}"
    if report.state == DEAD_WITHOUT_FILLS:
        fine = order is None or (order.status in DEAD and not order.filled)
        return "" if fine or order is None else f"called rejected, and the venue has it as {order.status}"
    if order is None:
        return f"called {report.state}, and the venue never had it"
    if order.status != ENDS[report.state] or order.filled != report.filled:
        return (
            f"called {report.state} with {report.filled} filled, and the venue has it as {order.status} "
            f"with {order.filled}"
        )
    return ""


def _orders_are_known(record: Record, expect: Expect, reports: Reports, tally: Tally) -> None:
    seen: set[tuple[str, str]] = set()
    for order in record.orders:
        key = (order.venue, order.client_order_id)
        if key in seen or order.by_venue:
            continue
        seen.add(key)
        due = due_ns(order.at_ns, expect.recovery_ns, on_machines(record), expect.recovery_ns)
        if key not in reports and due > record.end_ns:
            continue
        tally.exercise()
        if key not in reports:
            tally.violate(order.at_ns, f"order {order.order_id} at {order.venue} is one the bot never spoke of")
        elif reports[key][0].at_ns > due:
            tally.violate(order.at_ns, f"order {order.order_id} at {order.venue} was spoken of too late")
