"""Promises: a person is called when one is needed, and not when none is.

What needs a person is the referee's own table, by kind of fault and how long it lasts. A page counts for a fault if it
names what was hit, so that one page about something else does not cover a dead machine. One that was sent earlier
and still stands counts too: the pager is not rung twice for what is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from scenarios.finding import Finding, Tally
from scenarios.intervals import lengthened, without
from scenarios.record import FaultSeen, PageSeen, Record
from scenarios.schema import Expect
from scenarios.weather import spans

NS = 1_000_000_000

PAGE_WITHIN_NS = 60 * NS
"""From the start of a fault to the pager."""

MUST_PAGE_ABOVE_NS: Mapping[str, int] = MappingProxyType(
    {"crash": 45 * NS, "outage": 45 * NS, "rate_limit": 60 * NS, "socket_drop": 90 * NS}
)
"""A fault of this kind that lasts longer needs a person. A shorter one should be over before anybody woke up."""

GRACE_NS = 180 * NS
"""How long after a fault has healed a page may still be about it."""

QUIET_NS = 600 * NS
"""A stretch of good weather this long is one occasion on which the pager could have rung falsely."""


def must_page(fault: FaultSeen) -> bool:
    """Say whether a fault needs a person."""
    above = MUST_PAGE_ABOVE_NS.get(fault.name)
    return above is not None and fault.lasted_ns > above


def paged_at_ns(fault: FaultSeen, record: Record) -> int | None:
    """Return when the pager was told about what a fault hit: its start, if that was known already."""
    standing: set[str] = set()
    for page in record.pages:
        if standing and page.at_ns >= fault.injected_ns:
            break
        if page.at_ns > fault.healed_ns + GRACE_NS:
            break
        if page.action == "resolve":
            standing.discard(page.key)
        elif page.action == "trigger" and _names(page, fault.on):
            if page.at_ns >= fault.injected_ns:
                return page.at_ns
            standing.add(page.key)
    return fault.injected_ns if standing else None


def paged_in_time(record: Record, expect: Expect) -> Finding:
    """Within 60 s of its start: every fault that needs a person has rung the pager."""
    del expect  # 60 s is the user's own figure, whatever the scenario says
    tally = Tally("paged_in_time")
    for fault in filter(must_page, record.faults):
        due = fault.injected_ns + PAGE_WITHIN_NS
        if due > record.end_ns:
            continue
        tally.exercise()
        paged = paged_at_ns(fault, record)
        if paged is None:
            tally.violate(due, f"{fault.name} on {fault.on} rang no pager")
        elif paged > due:
            late_s = (paged - fault.injected_ns) / 1e9
            tally.violate(due, f"{fault.name} on {fault.on} rang the pager only after {late_s:.0f} s")
    return tally.finding(
        held=f"all {tally.exercised} faults that need a person rang the pager within 60 s",
        never="no fault lasted long enough to need a person",
    )


def no_false_pages(record: Record, expect: Expect) -> Finding:
    """Always: the pager rings only while a fault acts on what the page names, or within three minutes of its heal."""
    del expect  # the grace is the referee's
    tally = Tally("no_false_pages")
    stormy = lengthened(spans(record.faults), GRACE_NS)
    places = {*record.venues, *(beat.node for beat in record.beats)}
    rung = [page for page in record.pages if page.action == "trigger"]
    for page in rung:
        tally.exercise()
        named = {place for place in places if _names(page, place)}
        about = [one for one in record.faults if one.on in named] if named else record.faults
        if not any(one.injected_ns <= page.at_ns <= one.healed_ns + GRACE_NS for one in about):
            tally.violate(page.at_ns, f"the pager rang in good weather: {page.summary or page.key}")
    quiet = without([(0, record.end_ns)], stormy)
    tally.exercise(sum((end - start) // QUIET_NS for start, end in quiet))
    return tally.finding(
        held=f"{len(rung)} pages, each with its fault, and silence in good weather",
        never="the pager never rang and the weather was never good for long",
    )


def _names(page: PageSeen, target: str) -> bool:
    return target in page.key or target in page.summary
