"""When a person must be called, and whether one was: the referee's own table, and how a page is matched to a fault.

A page counts for a fault if it names what was hit, so that one page about something else does not cover a dead
machine. One that was sent earlier and still stands counts too: the pager is not rung twice for what is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chaos.fault import Blocks
from scenarios.record import FaultSeen, PageSeen, Record

NS = 1_000_000_000

PAGE_WITHIN_NS = 60 * NS
"""From the start of a fault to the pager."""

MUST_PAGE_ABOVE_NS: Mapping[str, int] = MappingProxyType(
    {
        "crash": 45 * NS,
        "pause": 45 * NS,
        "zone_outage": 45 * NS,
        "outage": 45 * NS,
        "rate_limit": 60 * NS,
        "ban": 60 * NS,
        "socket_drop": 90 * NS,
        "silence": 90 * NS,
        "disk_full": 60 * NS,
        "db_locked": 60 * NS,
        "bus_outage": 60 * NS,
    }
)
"""A fault of this kind that lasts longer needs a person. A shorter one should be over before anybody woke up."""

GRACE_NS = 180 * NS
"""How long after a fault has healed a page may still be about it."""


def needing_a_person(record: Record) -> list[FaultSeen]:
    """Return the faults of a run that a person must be called for.

    A disk that takes nothing needs one where a journal is kept; nobody is woken for that of a machine without one.
    """
    keep_journals = {beat.node for beat in record.beats if beat.component == "execution"}
    return [
        fault
        for fault in record.faults
        if must_page(fault) and (Blocks.JOURNAL not in fault.blocks or keep_journals & {*fault.places})
    ]


def must_page(fault: FaultSeen) -> bool:
    """Say whether a fault needs a person wherever it hits something that is needed."""
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
        elif page.action == "trigger" and any(names(page, place) for place in fault.places):
            if page.at_ns >= fault.injected_ns:
                return page.at_ns
            standing.add(page.key)
    return fault.injected_ns if standing else None


def names(page: PageSeen, target: str) -> bool:
    """Say whether a page is about a venue or a machine: whether it names it."""
    return target in page.key or target in page.summary
