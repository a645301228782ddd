"""From a record to a result: every promise asked, uptime cut, marks counted, the verdict drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scenarios.finding import Finding
from scenarios.intents import intents_of
from scenarios.intervals import length_ns
from scenarios.marks import count_mark
from scenarios.pages import needing_a_person, paged_at_ns
from scenarios.promises import judge
from scenarios.promises.recovery import comebacks
from scenarios.record import FaultSeen, Record
from scenarios.recoveries import recoveries_of
from scenarios.result import FaultOutcome, OrderCounts, Result
from scenarios.scenario import Scenario
from scenarios.unprotected import unprotected
from scenarios.uptime import uptimes
from scenarios.verdict import unknowns, verdict_of

NS = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a run took of the real machine, and how far virtual time got."""

    virtual_s: float
    wall_s: float
    cpu_s: float
    events: int
    digest: str | None


def result_of(
    scenario: Scenario, seed: int, world: str, record: Record, cost: Cost, complaints: Mapping[str, int]
) -> Result:
    """Judge a record by the scenario's bounds."""
    findings = judge(record, scenario.expect)
    recovered = comebacks(record)
    up = uptimes(record, scenario.expect)
    marks = {name: count_mark(name, record) for name in scenario.sometimes}
    targets = {str(component): target for component, target in scenario.expect.uptime.items()}
    grounds = (findings, scenario.expect.promises, up, targets, marks)
    needing = needing_a_person(record)
    return Result(
        scenario=scenario.name,
        title=scenario.title,
        seed=seed,
        world=world,
        verdict=verdict_of(*grounds),
        unknowns=unknowns(*grounds),
        findings=findings,
        uptimes=up,
        targets=targets,
        marks=marks,
        weather=tuple(_outcome(fault, record, recovered[fault.id], must=fault in needing) for fault in record.faults),
        counts=_counts(record, findings),
        recoveries=recoveries_of(record),
        unprotected_s=length_ns(unprotected(record)) / NS,
        complaints=complaints,
        virtual_s=cost.virtual_s,
        wall_s=cost.wall_s,
        cpu_s=cost.cpu_s,
        events=cost.events,
        digest=cost.digest,
        reproduce=scenario.command(seed, world),
        record=record,
    )


def _outcome(fault: FaultSeen, record: Record, recovered: int | None, *, must: bool) -> FaultOutcome:
    paged = paged_at_ns(fault, record) if must else None
    return FaultOutcome(
        name=fault.name,
        on=fault.on,
        at_s=fault.injected_ns / NS,
        for_s=fault.lasted_ns / NS,
        must_page=must,
        paged_after_s=None if paged is None else (paged - fault.injected_ns) / NS,
        recovered_after_s=None if recovered is None else recovered / NS,
    )


def _counts(record: Record, findings: tuple[Finding, ...]) -> OrderCounts:
    broken = {finding.name: finding.violations for finding in findings}
    last = {(one.venue, one.client_order_id): one.state for one in record.reports}
    at_venues = {(one.venue, one.order_id): one.status for one in record.orders}
    announced = {own for handled in record.handled for own in handled.intents}
    announced |= {own for _, own in last}
    allowed = {own for _, own in intents_of(record)}
    return OrderCounts(
        intents=len(announced & allowed),
        accepted=len(at_venues),
        filled=sum(status == "FILLED" for status in at_venues.values()),
        refused=sum(state in ("refused", "rejected") for state in last.values()),
        unknown_resolved=count_mark("order_unknown_resolved", record),
        duplicates=broken["no_duplicate_orders"],
        lost=broken["no_lost_orders"],
    )
