"""Uptime of the four components, judged from outside.

    ingestion    every traded instrument had a fresh price on the bus, if any venue was able to give one
    signal       every decision due in the slice was published by its deadline
    execution    every decision in the slice was handled, and its orders acknowledged or rightly refused, in time
    monitoring   a failure that needs a person rang the pager within 60 s

A slice in which nothing was due proves nothing and is left out (`judged_s` says how much was judged). Time in which no
venue could have served is left out too, and told beside. A component's own word about its health is never evidence.
One miss spoils its whole slice, so a stop of d seconds costs about d + 10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from chaos.fault import Blocks
from scenarios.intents import intents_of
from scenarios.intervals import Span, lengthened, merged, touches
from scenarios.pages import PAGE_WITHIN_NS, needing_a_person, paged_at_ns
from scenarios.record import DecisionSeen, HandledSeen, Record
from scenarios.schema import Expect
from scenarios.slices import NS, SLICE_NS, Slice, Slicing, Uptime
from scenarios.weather import all_unable, no_orders_possible, on_venue, spans

RIGHTLY_REFUSED = ("limit", "maximum", "working", "stranger")
"""The first word of a refusal that is no failure of the bot's own: too much was asked for, or an order the other way
had first to end (it may be in doubt, and resolving a doubt is not down). Late, blind, shut or held is down."""


BLIND = (
    *("price:", "venue:", "data:", "protection:", "hold: venue:", "hold: key:", "hold: data:", "hold: protection:"),
    "flatten:",
)
"""How a refusal begins that is excused while the venue it names is shut: that one may not be traded at is no failure of
the bot's own, and whether another takes its share is for the bot's owner to say. One that is shut tells no prices
either, takes no stops, and is to be left as soon as it opens."""


def ingestion(record: Record, expect: Expect) -> Uptime:
    """Every traded instrument had a price within the freshness bound, if any venue was able to give one."""
    slicing = Slicing("ingestion", expect.warm_up_ns, record.end_ns)
    dark = _dark(record, expect)
    stale = {one: _stale(record, one, expect.freshness_ns) for one in record.instruments}
    for number in slicing.numbers(0, record.end_ns):
        start, end = number * SLICE_NS, (number + 1) * SLICE_NS
        able = [one for one in record.instruments if not touches(dark[one], start, end)]
        if any(touches(stale[one], start, end) for one in able):
            slicing.find(start, Slice.DOWN)
        else:
            slicing.find(start, Slice.UP if len(able) == len(record.instruments) else Slice.VENUE_DOWN)
    return slicing.result()


def _dark(record: Record, expect: Expect) -> dict[str, list[Span]]:
    """Return when no venue could give a fresh price of an instrument, for each that is traded."""
    return {one: lengthened(all_unable(record, one), expect.freshness_ns) for one in record.instruments}


def _stale(record: Record, instrument: str, freshness_ns: int) -> list[Span]:
    """When the newest price of an instrument was older than it may be."""
    found: list[Span] = []
    fresh_until = 0
    for price in record.prices:
        if price.instrument != instrument:
            continue
        if price.at_ns > fresh_until:
            found.append((fresh_until, price.at_ns))
            fresh_until = price.at_ns
        fresh_until = max(fresh_until, price.venue_ns + freshness_ns)
    return merged([*found, (fresh_until, record.end_ns)])


def signal(record: Record, expect: Expect) -> Uptime:
    """Every decision due was published by its deadline: one for each instrument at every multiple of the interval."""
    slicing = Slicing("signal", expect.warm_up_ns, record.end_ns)
    published: dict[tuple[str, str], int] = {}
    for one in record.decisions:
        published.setdefault((one.instrument, one.decision), one.at_ns)
    dark = _dark(record, expect)
    every = expect.decision_every_ns
    close = -(-(record.epoch_ns + expect.warm_up_ns) // every) * every - record.epoch_ns
    while close + expect.decision_within_ns <= record.end_ns:
        name = str((record.epoch_ns + close) // NS)
        times = {one: published.get((one, name)) for one in record.instruments}
        missing = [one for one, at in times.items() if at is None or at > close + expect.decision_within_ns]
        blind = all(touches(dark[one], close - expect.freshness_ns, close + 1) for one in missing)
        slicing.find(close, Slice.UP if not missing else Slice.VENUE_DOWN if blind else Slice.DOWN)
        close += every
    return slicing.result()


def execution(record: Record, expect: Expect) -> Uptime:
    """Every decision was handled, and each of its orders acknowledged or rightly refused, by the deadline."""
    slicing = Slicing("execution", expect.warm_up_ns, record.end_ns)
    handled = {one.identity: one for one in reversed(record.handled)}
    settled = _settled(record)
    shut = {one: spans(on_venue(record, one, Blocks.REST)) for one in record.venues}
    all_shut = {one: no_orders_possible(record, one) for one in record.instruments}
    venue_of = {own: venue for venue, own in intents_of(record)}
    seen: set[tuple[str, str, str]] = set()
    for decision in record.decisions:
        due = decision.at_ns + expect.order_within_ns
        if decision.identity in seen or due > record.end_ns:
            continue
        seen.add(decision.identity)
        answer = handled.get(decision.identity)
        if _done(decision, answer, due, settled, shut, venue_of):
            slicing.find(decision.at_ns, Slice.UP)
        else:
            shut_down = touches(all_shut.get(decision.instrument, []), decision.at_ns, due)
            slicing.find(decision.at_ns, Slice.VENUE_DOWN if shut_down else Slice.DOWN)
    return slicing.result()


def _settled(record: Record) -> dict[str, int]:
    """When each client order id was first known to its venue, or rightly refused, by the id."""
    settled: dict[str, int] = {}
    for report in record.reports:
        if report.state == "rejected" or (report.state == "refused" and _rightly(report.reason)):
            settled[report.client_order_id] = min(report.at_ns, settled.get(report.client_order_id, report.at_ns))
    for order in record.orders:
        settled[order.client_order_id] = min(order.at_ns, settled.get(order.client_order_id, order.at_ns))
    return settled


def _done(
    decision: DecisionSeen,
    answer: HandledSeen | None,
    due: int,
    settled: Mapping[str, int],
    shut: Mapping[str, list[Span]],
    venue_of: Mapping[str, str],
) -> bool:
    if answer is None or answer.at_ns > due:
        return False
    excused = {venue for venue, spans_shut in shut.items() if touches(spans_shut, decision.at_ns, due)}
    for refusal in filter(None, answer.reason.split("; ")):
        blind = refusal.startswith(BLIND) and any(venue in refusal for venue in excused)
        if not _rightly(refusal) and not blind:
            return False
    return all(settled.get(own, due + 1) <= due or venue_of.get(own) in excused for own in answer.intents)


def _rightly(refusal: str) -> bool:
    return refusal.partition(":")[0] in RIGHTLY_REFUSED


def monitoring(record: Record, expect: Expect) -> Uptime:
    """A failure that needs a person rang the pager within 60 s."""
    slicing = Slicing("monitoring", expect.warm_up_ns, record.end_ns)
    for fault in needing_a_person(record):
        paged = paged_at_ns(fault, record)
        due = fault.injected_ns + PAGE_WITHIN_NS
        known = fault.healed_ns if paged is None else max(paged, fault.injected_ns + 1)
        for number in slicing.numbers(fault.injected_ns, min(known, fault.healed_ns)):
            late = (number + 1) * SLICE_NS > due
            slicing.find(number * SLICE_NS, Slice.DOWN if late else Slice.UP)
    return slicing.result()


COMPONENTS: Mapping[str, Callable[[Record, Expect], Uptime]] = MappingProxyType(
    {judge.__name__: judge for judge in (ingestion, signal, execution, monitoring)}
)


def uptimes(record: Record, expect: Expect) -> tuple[Uptime, ...]:
    """Return the uptime of every component."""
    return tuple(judge(record, expect) for judge in COMPONENTS.values())
