"""The promises, each one function in its own few lines, and the judge who asks them all.

    no_duplicate_orders     always: every venue order follows from one decision, and from that one only once
    no_lost_orders          within a bound: every decision is handled, every intent ends, and ends as the venue says
    ledger_equals_venue     within a bound: the bot's books are the venue's books, exactly
    exposure_within_limit   always: what is held, with every open order filled the worst way, stays within the limit
    paged_in_time           within 60 s: a fault that needs a person rings the pager
    no_false_pages          always: the pager does not ring when nothing is wrong
    recovered_in_time       within a bound: what a fault took away works again after its heal
    no_action_on_stale_data always: a position is entered on young prices only
    bans_honoured           always: a machine that was told to keep quiet keeps quiet
    attempts_bounded        always: one order, and one failing venue, is asked a bounded number of times
    positions_protected     within a bound: where a position is open, a stop of its size rests
    nothing_left_when_flat  within a bound: no stop or exit rests with nothing to close
    exits_stay_open         within a bound: a decision to hold nothing is served wherever a venue takes orders
    restart_idempotent      always: after a boot nothing is sent that the venue already had
    one_active_executor     always: nobody who was deposed enters a position
    killed_means_flat       within a bound: nothing is open and nothing rests after a kill, until a person re-arms
    hard_failure_flattens   within a bound: what cannot be traded without is left
    optional_services_optional  always: what is only nice to have stops nothing

A promise that was never put to the test is *unknown*, and so is one whose checker throws: the referee would rather
admit that it does not know. Which of them a scenario must put to the test, it says itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from scenarios.finding import Finding, Promise, Status
from scenarios.promises.attempts import attempts_bounded
from scenarios.promises.bans import bans_honoured
from scenarios.promises.duplicates import no_duplicate_orders
from scenarios.promises.executor import one_active_executor
from scenarios.promises.exits import exits_stay_open
from scenarios.promises.exposure import exposure_within_limit
from scenarios.promises.hard import hard_failure_flattens
from scenarios.promises.killed import killed_means_flat
from scenarios.promises.ledger import ledger_equals_venue
from scenarios.promises.lost import no_lost_orders
from scenarios.promises.optional import optional_services_optional
from scenarios.promises.paging import no_false_pages, paged_in_time
from scenarios.promises.protection import nothing_left_when_flat, positions_protected
from scenarios.promises.recovery import recovered_in_time
from scenarios.promises.restart import restart_idempotent
from scenarios.promises.stale import no_action_on_stale_data
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
            no_action_on_stale_data,
            bans_honoured,
            attempts_bounded,
            positions_protected,
            nothing_left_when_flat,
            exits_stay_open,
            restart_idempotent,
            one_active_executor,
            killed_means_flat,
            hard_failure_flattens,
            optional_services_optional,
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
