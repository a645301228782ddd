"""Promise: what is only nice to have stops nothing.

While sentiment, analytics, the history database or the pager are down, and nothing else is wrong, signals are made and
executed as on any other day. Judged by the very slices that uptime is made of, so that "goes on" means what it means
everywhere else.
"""

from __future__ import annotations

from chaos.fault import Blocks
from scenarios.finding import Finding, Tally
from scenarios.intervals import lengthened, touches, without
from scenarios.record import Record
from scenarios.schema import Expect
from scenarios.slices import SLICE_NS, Slice
from scenarios.uptime import execution, signal
from scenarios.weather import spans


def optional_services_optional(record: Record, expect: Expect) -> Finding:
    """Always: while only optional services are down, every decision due is made and every decision is executed."""
    tally = Tally("optional_services_optional")
    optional = [one for one in record.faults if Blocks.SERVICE in one.blocks]
    others = [one for one in record.faults if Blocks.SERVICE not in one.blocks]
    alone = without(spans(optional), lengthened(spans(others), expect.recovery_ns))
    for judge in (signal, execution):
        for number, found in judge(record, expect).slices.items():
            start = number * SLICE_NS
            if not touches(alone, start, start + SLICE_NS):
                continue
            tally.exercise(found is not Slice.VENUE_DOWN)
            if found is Slice.DOWN:
                down = ", ".join(
                    one.name for one in optional if one.injected_ns < start + SLICE_NS and one.healed_ns > start
                )
                tally.violate(start, f"{judge.__name__} was down, and nothing was wrong but {down}")
    return tally.finding(
        held=f"signal and execution went on through all {tally.exercised} slices with an optional service down",
        never="no optional service was down by itself",
    )
