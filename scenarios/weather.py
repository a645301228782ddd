"""When the weather was bad, and for whom: what the faults of a record excuse, and until when.

A fault excuses only what it takes away. A dropped stream is no excuse for a lost order, and the crash of a machine none
for a venue's books. After it has healed, the bot has its bound to be back, and then the excuse is over.
"""

from __future__ import annotations

from collections.abc import Iterable

from chaos.fault import Blocks
from scenarios.intervals import Span, common, merged
from scenarios.record import FaultSeen, Record
from scenarios.venue_profiles import PROFILES


def on_venue(record: Record, venue: str, *blocks: Blocks) -> list[FaultSeen]:
    """Return the faults that took any of `blocks` away at a venue."""
    return [one for one in record.faults if venue in one.places and one.blocks & {*blocks}]


def on_machines(record: Record, *blocks: Blocks) -> list[FaultSeen]:
    """Return the faults that took a machine of the bot away, or the bus, without which none can be reached."""
    gone = {Blocks.COMPONENT, Blocks.BUS, *blocks}
    return [one for one in record.faults if one.blocks & gone]


def nobody_trades(record: Record, venue: str, instrument: str) -> list[FaultSeen]:
    """Return the faults that emptied a book: what rests there is not filled, and what is sent finds nobody."""
    markets = (instrument, f"{instrument}@{venue}")
    return [one for one in record.faults if one.name == "liquidity_vanishes" and one.on in markets]


def spans(faults: Iterable[FaultSeen]) -> list[Span]:
    """Return when any of the faults acted."""
    return merged((one.injected_ns, one.healed_ns) for one in faults)


def unable(record: Record, venue: str) -> list[Span]:
    """Return when a venue could give no price: neither by its streams nor by REST."""
    rest = spans(on_venue(record, venue, Blocks.REST, Blocks.READS))
    return common(rest, spans(on_venue(record, venue, Blocks.STREAM)))


def all_unable(record: Record, instrument: str) -> list[Span]:
    """Return when none of the venues that list an instrument could give a price of it."""
    whole: list[Span] = [(0, record.end_ns)]
    for venue in record.venues:
        if PROFILES[venue].market_of(instrument) is not None:
            whole = common(whole, unable(record, venue))
    return whole


def no_orders_possible(record: Record, instrument: str) -> list[Span]:
    """Return when none of the venues that list an instrument could take an order for it."""
    whole: list[Span] = [(0, record.end_ns)]
    for venue in record.venues:
        if PROFILES[venue].market_of(instrument) is not None:
            whole = common(whole, spans(on_venue(record, venue, Blocks.REST)))
    return whole


def ordered_spans(record: Record, begins: str, ends: str) -> list[Span]:
    """Return the time from each order of a person to the one that ends it, or to the end of the run."""
    found: list[Span] = []
    since: int | None = None
    for action in record.actions:
        if action.verb == begins and since is None:
            since = action.at_ns
        elif action.verb == ends and since is not None:
            found.append((since, action.at_ns))
            since = None
    return found if since is None else [*found, (since, record.end_ns)]


def halted(record: Record) -> list[Span]:
    """Return when a person wanted the bot to stand still."""
    return merged([*ordered_spans(record, "kill", "rearm"), *ordered_spans(record, "pause", "resume")])


def wanted_ns(record: Record, due: int, at_ns: int, within_ns: int) -> int:
    """Return until when something may take that a person wanted to wait: to the end of the halt it falls into."""
    for start, end in halted(record):
        if start <= due and at_ns <= end:
            due = max(due, end + within_ns)
    return due


def due_ns(at_ns: int, within_ns: int, faults: Iterable[FaultSeen], recovery_ns: int) -> int:
    """Return until when something begun at `at_ns` may take: a fault met on the way adds its time and the recovery."""
    due = at_ns + within_ns
    for fault in sorted(faults, key=lambda one: one.injected_ns):
        if fault.injected_ns > due:
            break
        if fault.healed_ns >= at_ns:
            due = max(due, fault.healed_ns + max(within_ns, recovery_ns))
    return due
