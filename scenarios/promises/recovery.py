"""Promise: the bot is back soon after the weather is.

Two bounds of the same length. After each fault has healed, what it took away must be seen to work again: a request
passes the venue's door, a stream brings a price, a machine says something, orders in doubt are resolved. And no
component is down for longer than that at a stretch, whatever acts, while a venue could serve and no person wants it
to stand still. A machine that is off by design has a bound of its own: from its boot to its leading with open books.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from chaos.fault import Blocks
from scenarios.finding import Finding, Tally
from scenarios.intervals import lengthened, without
from scenarios.record import FaultSeen, Record
from scenarios.recoveries import led_at_ns, starts_of_standbys
from scenarios.schema import Expect
from scenarios.sightings import Question, Sign, first_seen
from scenarios.uptime import uptimes
from scenarios.weather import halted

NS = 1_000_000_000
Said = list[tuple[int, str]]
"""The states that the bot told of one order, and when."""


def recovered_in_time(record: Record, expect: Expect) -> Finding:
    """Within the recovery bound: each healed fault is over for the bot too, and no component stays down longer."""
    tally = Tally("recovered_in_time")
    bound_s = expect.recovery_ns / 1e9
    recovered = comebacks(record)
    for fault in record.faults:
        after = recovered[fault.id]
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
        for start, end in without(uptime.down_runs(), wanted):
            if end - start > expect.recovery_ns:
                tally.violate(start, f"{uptime.component} was down for {(end - start) / 1e9:.0f} s")
    return tally.finding(
        held=f"back within {bound_s:.0f} s after each of {tally.exercised} faults and starts",
        never="no fault healed early enough to be judged",
    )


def comebacks(record: Record) -> Mapping[str, int | None]:
    """Return by each fault's id how long after its heal all that it took away worked again; None if it never did.

    Where a later fault takes the same away before that, the time counts from the heal of the last one.
    """
    first_beats = _first_beats(record)
    asked = {fault.id: list(_questions(fault, record, first_beats)) for fault in record.faults}
    seen = first_seen(record, (question for questions in asked.values() for question in questions))
    said = _said_of_orders(record)
    found: dict[str, int | None] = {}
    for fault in record.faults:
        back = [seen[one] - one[1] if one in seen else None for one in asked[fault.id]]
        for block, place, healed_ns in _taken(fault, record):
            if block not in SEEN_AT_WORK:
                back.append(_doubts_resolved(said.get(place, []), healed_ns))
        known = [one for one in back if one is not None]
        found[fault.id] = max(known, default=0) if len(known) == len(back) else None
    return found


SEEN_AT_WORK = (
    Blocks.REST, Blocks.STREAM, Blocks.READS, Blocks.COMPONENT, Blocks.BUS, Blocks.SERVICE, Blocks.JOURNAL
)  # fmt: skip
"""What leaves a sign when it works again, or none that is the bot's; the rest leaves orders in doubt."""


def _taken(fault: FaultSeen, record: Record) -> Iterator[tuple[str, str, int]]:
    """Yield each thing that a fault took away, where, and when nothing took it away any more."""
    for block in sorted(fault.blocks):
        for place in _struck(fault, block, record):
            yield block, place, _really_healed(fault, block, record)


def _questions(fault: FaultSeen, record: Record, first_beats: Mapping[tuple[str, str], int]) -> Iterator[Question]:
    """Yield what must be seen after a fault; nothing that a bot does without a service tells whether that is back."""
    for block, place, healed_ns in _taken(fault, record):
        match block:
            case Blocks.REST:
                yield ("rest", place), healed_ns
            case Blocks.STREAM:
                yield ("stream", place), healed_ns
            case Blocks.READS:
                yield ("price", place), healed_ns
            case Blocks.BUS:
                yield ("beat",) if place == "bus" else ("beat", place), healed_ns
            case Blocks.COMPONENT:
                ran = sorted(what for (node, what), at in first_beats.items() if node == place and at < healed_ns)
                yield from ((_at_work(place, component), healed_ns) for component in ran)
                if not ran:
                    yield ("nothing ran", place), healed_ns


def _first_beats(record: Record) -> Mapping[tuple[str, str], int]:
    """Return when each component of each node, which are named in this order, was first heard of."""
    first: dict[tuple[str, str], int] = {}
    for beat in record.beats:
        first.setdefault((beat.node, beat.component), beat.at_ns)
    return first


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


def _at_work(node: str, component: str) -> Sign:
    """Return the sign that a component is at its work.

    Prices and books are work that can be seen. A replica whose decisions were already on the bus says nothing new, and
    a monitor is silent while all is well: of these the heartbeat must do.
    """
    match component:
        case "ingestion":
            return ("feed", node)
        case "execution":
            return ("books",)
        case _:
            return ("beat", node, component)


def _said_of_orders(record: Record) -> Mapping[str, list[Said]]:
    """Return what the bot said of each order, by venue."""
    orders: dict[tuple[str, str], Said] = defaultdict(list)
    for report in record.reports:
        orders[report.venue, report.client_order_id].append((report.at_ns, report.state))
    found: dict[str, list[Said]] = defaultdict(list)
    for (venue, _), states in orders.items():
        found[venue].append(states)
    return found


def _doubts_resolved(orders: list[Said], healed: int) -> int | None:
    """How long after `healed` the last of these orders that was in doubt then had left doubt."""
    longest = 0
    for changes in orders:
        before = [state for at, state in changes if at <= healed]
        if not before or before[-1] not in ("unknown", "submitting"):
            continue
        resolved = [at for at, state in changes if at > healed and state not in ("unknown", "submitting")]
        if not resolved:
            return None
        longest = max(longest, resolved[0] - healed)
    return longest
