"""The verdict on a run: broken over unknown over held.

One broken promise breaks the run. Otherwise whatever is not known makes it unknown: a promise that the scenario needs
and that was never put to the test, a checker that failed, an uptime target with nothing judged, a mark that never came.
A promise about what a scenario is not about (a kill where nobody kills) may stay untried: no one weather tries all.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from decimal import Decimal

from scenarios.finding import Finding, Status
from scenarios.slices import Uptime

EXIT_CODES: Mapping[Status, int] = {Status.HELD: 0, Status.BROKEN: 1, Status.UNKNOWN: 3}
"""What the command line leaves with."""


def combined(statuses: Iterable[Status]) -> Status:
    """Return the gravest of some statuses; of none, unknown."""
    found = set(statuses)
    for status in (Status.BROKEN, Status.UNKNOWN):
        if status in found:
            return status
    return Status.HELD if found else Status.UNKNOWN


def uptime_status(uptime: Uptime, target: Decimal | None) -> Status:
    """Judge one component by its target; without a target it decides nothing."""
    if target is None:
        return Status.HELD
    if uptime.measured is None:
        return Status.UNKNOWN
    return Status.HELD if uptime.measured >= target else Status.BROKEN


def verdict_of(
    findings: Iterable[Finding],
    needed: Container[str],
    uptimes: Iterable[Uptime],
    targets: Mapping[str, Decimal],
    marks: Mapping[str, int],
) -> Status:
    """Return the verdict on a run: its promises, its uptime where a target is named, and the marks it had to meet.

    `needed` names the promises that must have been put to the test.
    """
    statuses = [finding.status for finding in findings if finding.name in needed or not finding.untried]
    statuses += [uptime_status(one, targets.get(one.component)) for one in uptimes]
    statuses += [Status.HELD if seen else Status.UNKNOWN for seen in marks.values()]
    return combined(statuses)


def unknowns(
    findings: Iterable[Finding],
    needed: Container[str],
    uptimes: Iterable[Uptime],
    targets: Mapping[str, Decimal],
    marks: Mapping[str, int],
) -> tuple[str, ...]:
    """Return what is not known of a run and should be, in words: whatever keeps one that broke nothing from held."""
    told = [
        f"{one.name}, which is needed, was never tried" if one.untried else f"{one.name} could not be judged"
        for one in findings
        if one.status is Status.UNKNOWN and (one.name in needed or not one.untried)
    ]
    told += [
        f"{one.component}, which has a target, was never judged"
        for one in uptimes
        if uptime_status(one, targets.get(one.component)) is Status.UNKNOWN
    ]
    return (*told, *(f"{name} was never seen" for name, seen in marks.items() if not seen))
