"""The promises, each one function in its own few lines, and the judge who asks them all.

    no_duplicate_orders     always: every venue order follows from one decision, and from that one only once
    no_lost_orders          within a bound: every decision is handled, every intent ends, and ends as the venue says
    ledger_equals_venue     within a bound: the bot's books are the venue's books, exactly
    exposure_within_limit   always: what is held, with every open order filled the worst way, stays within the limit
    paged_in_time           within 60 s: a fault that needs a person rings the pager
    no_false_pages          always: the pager does not ring when nothing is wrong
    recovered_in_time       within a bound: what a fault took away works again after its heal

A promise that was never put to the test is *unknown*, and so is one whose checker throws: the referee would rather
admit that it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from scenarios.finding import Finding, Promise, Status
from scenarios.promises.duplicates import no_duplicate_orders
from scenarios.promises.exposure import exposure_within_limit
from scenarios.promises.ledger import ledger_equals_venue
from scenarios.promises.lost import no_lost_orders
from scenarios.promises.paging import no_false_pages, paged_in_time
from scenarios.promises.recovery import recovered_in_time
from scenarios.record import Record
from scenarios.schema import Expect

PROMISES: Mapping[str, Promise] = MappingProxyType(
    {
        promise.__name__: promise
        for promise in (
            no_duplicate_orders,
            no_lost_orders,
            ledger_equals_venue,
            exposure_within_limit,
            paged_in_time,
            no_false_pages,
            recovered_in_time,
        )
    }
)


def judge(record: Record, expect: Expect, promises: Mapping[str, Promise] = PROMISES) -> tuple[Finding, ...]:
    """Return the finding of every promise, in order; none that could not be judged is called held."""
    return tuple(_judged(name, promise, record, expect) for name, promise in promises.items())


def _judged(name: str, promise: Promise, record: Record, expect: Expect) -> Finding:
    try:
        finding = promise(record, expect)
    except Exception as error:  # a supervised checker: what throws has not judged
        detail = f"the checker failed: {type(error).__name__}: {error}"
        return Finding(name=name, status=Status.UNKNOWN, exercised=0, detail=detail)
    if record.unreadable and finding.status is Status.HELD:
        detail = f"{len(record.unreadable)} bus messages could not be read, first: {record.unreadable[0]}"
        return Finding(name=name, status=Status.UNKNOWN, exercised=finding.exercised, detail=detail)
    return finding
