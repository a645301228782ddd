"""Promise: the bot is back soon after the weather is.

Two bounds of the same length. After each fault has healed, what it took away must be seen to work again: a request
passes the venue's door, a stream brings a price, a machine says something, orders in doubt are resolved. And no
component is down for longer than that at a stretch, whatever acts, while a venue could serve and no person wants it
to stand still. A machine that is off by design has a bound of its own: from its boot to its leading with open books.
"""

from __future__ import annotations

from collections import defaultdict

from chaos.fault import Blocks
from scenarios.finding import Finding, Tally
from scenarios.intervals import lengthened, touches
from scenarios.record import FaultSeen, Record
from scenarios.recoveries import led_at_ns, starts_of_standbys
from scenarios.schema import Expect
from scenarios.uptime import uptimes
from scenarios.weather import halted

NS = 1_000_000_000
THROTTLED = (418, 429)


def recovered_in_time(record: Record, expect: Expect) -> Finding:
    """Within the recovery bound: each healed fault is over for the bot too, and no component stays down longer."""
    tally = Tally("recovered_in_time")
    bound_s = expect.recovery_ns / 1e9
    for fault in record.faults:
        after = recovered_after_ns(fault, record)
        if after is None and fault.healed_ns + expect.recovery_ns > record.end_ns:
            continue  # the run ended before it was due
        tally.exercise()
        due = fault.healed_ns + expect.recovery_ns
        if after is None:
            tally.violate(due, f"after {fault.name} on {fault.on} the bot did not come back")
        elif after > expect.recovery_ns:
            tally.violate(due, f"after {fault.name} on {fault.on} the bot needed {after / 1e9:.0f} s")
    for action in starts_of_standbys(record):
        due = action.at_ns + expect.standby_within_ns
        if due <= record.end_ns:
            tally.exercise()
            led_ns = led_at_ns(action, record)
            if led_ns is None or led_ns > due:
                within_s = expect.standby_within_ns // NS
                tally.violate(due, f"{action.on} was started, and did not lead within {within_s} s")
    wanted = lengthened(halted(record), expect.recovery_ns)
    for uptime in uptimes(record, expect):
        for start, end in uptime.down_runs():
            if end - start > expect.recovery_ns and not touches(wanted, start, end):
                tally.violate(start, f"{uptime.component} was down for {(end - start) / 1e9:.0f} s")
    return tally.finding(
        held=f"back within {bound_s:.0f} s after each of {tally.exercised} faults and starts",
        never="no fault healed early enough to be judged",
    )


def recovered_after_ns(fault: FaultSeen, record: Record) -> int | None:
    """Return how long after its heal all that a fault took away worked again; None if it never did.

    Where a later fault takes the same away before that, the time counts from the heal of the last one.
    """
    seen = [
        _back_at(block, place, _really_healed(fault, block, record), record)
        for block in sorted(fault.blocks)
        for place in _struck(fault, block, record)
    ]
    known = [one for one in seen if one is not None]
    return max(known, default=0) if len(known) == len(seen) else None


def _struck(fault: FaultSeen, block: str, record: Record) -> list[str]:
    """Where a block can be seen to work again: at the venues that were hit, or on the machines."""
    at_venues = [one for one in fault.places if one in record.venues]
    if block in (Blocks.REST, Blocks.READS, Blocks.STREAM, Blocks.ANSWERS):
        return at_venues
    return [one for one in fault.places if one not in at_venues]


def _really_healed(fault: FaultSeen, block: str, record: Record) -> int:
    """When nothing takes `block` away from the target any more."""
    healed = fault.healed_ns
    for other in sorted(record.faults, key=lambda one: one.injected_ns):
        same = {*other.places} & {*fault.places}
        if same and block in other.blocks and other.injected_ns <= healed < other.healed_ns:
            healed = other.healed_ns
    return healed


def _back_at(block: str, target: str, healed: int, record: Record) -> int | None:
    """How long after `healed` a block of a target was seen to work; None if never."""
    match block:
        case Blocks.REST:
            times = [one.at_ns for one in record.requests if one.venue == target and _passed(one.status, one.refused)]
        case Blocks.STREAM:
            times = [one.at_ns for one in record.prices if one.venue == target and one.source == "stream"]
        case Blocks.READS:
            times = [one.at_ns for one in record.prices if one.venue == target]
        case Blocks.COMPONENT:
            return _at_work(target, healed, record)
        case Blocks.BUS:
            times = [one.at_ns for one in record.beats if target in ("bus", one.node)]
        case Blocks.SERVICE | Blocks.JOURNAL:
            return 0  # nothing that a bot does without it tells whether it is back
        case _:
            return _doubts_resolved(target, healed, record)
    return next((at - healed for at in times if at >= healed), None)


def _at_work(node: str, healed: int, record: Record) -> int | None:
    """How long after `healed` every component that a node ran was seen at its work again.

    Prices and books are work that can be seen. A replica whose decisions were already on the bus says nothing new, and
    a monitor is silent while all is well: of these the heartbeat must do.
    """
    ran = {one.component for one in record.beats if one.node == node and one.at_ns < healed}
    seen: list[int | None] = []
    for component in sorted(ran):
        match component:
            case "ingestion":
                times = [one.at_ns for one in record.prices if one.node == node]
            case "execution":
                times = [one.at_ns for one in record.beliefs]
            case _:
                times = [one.at_ns for one in record.beats if one.node == node and one.component == component]
        seen.append(next((at - healed for at in times if at >= healed), None))
    known = [one for one in seen if one is not None]
    return max(known) if known and len(known) == len(seen) else None


def _passed(status: int, refused: bool) -> bool:
    return 0 < status < 500 and status not in THROTTLED and not refused


def _doubts_resolved(venue: str, healed: int, record: Record) -> int | None:
    """How long after `healed` the last order of a venue that was in doubt then had left doubt."""
    states: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for report in record.reports:
        if report.venue == venue:
            states[report.client_order_id].append((report.at_ns, report.state))
    longest = 0
    for changes in states.values():
        before = [state for at, state in changes if at <= healed]
        if not before or before[-1] not in ("unknown", "submitting"):
            continue
        resolved = [at for at, state in changes if at > healed and state not in ("unknown", "submitting")]
        if not resolved:
            return None
        longest = max(longest, resolved[0] - healed)
    return longest
