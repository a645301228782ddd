"""Promise: what the bot cannot trade without makes it leave its positions, as soon as they can be left.

What counts as a hard failure is the referee's own table, read off the user's words: only hard failures stop trading,
and they flatten at once; where that would be blind or impossible, as soon as it can be done. A disk that takes no
writes leaves a bot that will not remember what it sends; a venue out of reach leaves a position that nobody can steer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from chaos.fault import Blocks
from scenarios.finding import Finding, Tally
from scenarios.holdings import Holding, holdings_of
from scenarios.record import FaultSeen, Record
from scenarios.schema import Expect
from scenarios.weather import due_ns, on_venue

NS = 1_000_000_000

HARD_AFTER_NS: Mapping[str, int] = MappingProxyType(
    {"disk_full": 60 * NS, "db_locked": 60 * NS, "outage": 300 * NS, "maintenance": 300 * NS}
)
"""How long a fault of this kind must last to be one: shorter, and waiting is the wiser thing."""

MARGIN_NS = 60 * NS
"""Two independent readings take their time: a fault that ends within this of being hard may pass for a short one."""


def hard_failure_flattens(record: Record, expect: Expect) -> Finding:
    """Within the flatten bound: after a hard failure each position in its reach is closed, once its venue can do it."""
    tally = Tally("hard_failure_flattens")
    holdings = holdings_of(record)
    for fault in record.faults:
        hard_ns = fault.injected_ns + HARD_AFTER_NS.get(fault.name, fault.lasted_ns)
        if hard_ns + MARGIN_NS >= fault.healed_ns or _spared(fault, record):
            continue
        for (venue, instrument), holding in _in_reach(fault, holdings):
            if not holding.at(hard_ns):
                continue
            due = due_ns(
                hard_ns, expect.flatten_within_ns, on_venue(record, venue, Blocks.REST), expect.flatten_within_ns
            )
            if due > record.end_ns:
                continue
            tally.exercise()
            if not _was_flat(holding, hard_ns, due):
                tally.violate(due, f"{instrument} at {venue} was not closed after {fault.name} on {fault.on}")
    return tally.finding(
        held=f"closed after a hard failure all {tally.exercised} times",
        never="no hard failure met an open position",
    )


def _spared(fault: FaultSeen, record: Record) -> bool:
    """Whether the failure is a machine's own, and another machine that executes was there to carry on."""
    if Blocks.REST in fault.blocks:
        return False
    executes = {one.node for one in record.beats if one.component == "execution"}
    hit = {
        one.on
        for one in record.faults
        if one.name == fault.name and one.injected_ns <= fault.injected_ns < one.healed_ns
    }
    return fault.on not in executes or bool(executes - hit)


def _in_reach(
    fault: FaultSeen, holdings: Mapping[tuple[str, str], Holding]
) -> Iterator[tuple[tuple[str, str], Holding]]:
    for place, holding in holdings.items():
        if Blocks.REST not in fault.blocks or place[0] == fault.on:
            yield place, holding


def _was_flat(holding: Holding, start: int, end: int) -> bool:
    return any(not holding.at(at) for at in [end, *(at for at in holding.times_ns if start <= at <= end)])
