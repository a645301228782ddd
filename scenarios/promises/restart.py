"""Promise: starting again does nothing that was done before.

After each boot of a machine that executes, no order may be asked for again that the venue already had when the machine
went down: to a machine that has just woken every order that has no end is *unknown*, and what is unknown is looked up.
The venue might refuse the second request; that is its merit, not the bot's.
"""

from __future__ import annotations

from bisect import bisect_left

from scenarios.finding import Finding, Tally
from scenarios.placements import births, placements
from scenarios.record import Record
from scenarios.schema import Expect


def restart_idempotent(record: Record, expect: Expect) -> Finding:
    """Always: after a boot of the executor no order is asked for that the venue had before it."""
    del expect  # once is too often
    tally = Tally("restart_idempotent")
    boots = _boots(record)
    tally.exercise(len(boots))
    born = births(record)
    for request in placements(record):
        index = bisect_left(boots, request.at_ns)
        order = born.get((request.venue, request.client_order_id or ""))
        if index and order is not None and order.at_ns < boots[index - 1]:
            tally.violate(request.at_ns, f"{request.client_order_id} was sent to {request.venue} again after a restart")
    return tally.finding(
        held=f"nothing was sent a second time after {tally.exercised} restarts of an executor",
        never="no executor was restarted",
    )


def _boots(record: Record) -> list[int]:
    """When a machine that executes was switched on after one had been switched off, in order of time."""
    executes = {one.node for one in record.beats if one.component == "execution"}
    powers = [one for one in record.powers if one.host in executes]
    lost_ns = next((one.at_ns for one in powers if not one.up), record.end_ns)
    return [one.at_ns for one in powers if one.up and one.at_ns > lost_ns]
