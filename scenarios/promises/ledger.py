"""Promise: what the bot believes to own at a venue is what it owns there, to the last digit.

The two cannot agree at every instant: a fill needs time to be heard of. So the promise bounds how long they may differ
while nothing stands between them, and asks for agreement when all is over. While a fault hides the venue, a machine is
down, or a person wants the bot to stand still, and for the recovery bound after it, the clock does not run. Answers
that are lost or wrong are no excuse: the venue can still be asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import merge
from itertools import groupby
from operator import attrgetter

from chaos.fault import Blocks
from scenarios.finding import Finding, Tally
from scenarios.intervals import Span, lengthened, without
from scenarios.record import Believed, Record, VenueBalance
from scenarios.schema import Expect
from scenarios.weather import halted, on_machines, on_venue, spans

Books = dict[str, Decimal]


def ledger_equals_venue(record: Record, expect: Expect) -> Finding:
    """Within a bound: balances believed equal balances held, exactly; at the end they have become equal."""
    tally = Tally("ledger_equals_venue")
    for venue in record.venues:
        books = _compare(record, venue)
        tally.exercise(books.changes)
        if books.changes and not books.heard:
            tally.violate(record.end_ns, f"{venue}: the bot never said what it owns there")
        faults = on_venue(record, venue, Blocks.REST) + on_machines(record)
        excused = lengthened([*spans(faults), *halted(record)], expect.recovery_ns)
        for start, end in without(books.apart, excused):
            if end - start > expect.drift_ns:
                what = books.differences.get(start) or books.told
                tally.violate(start, f"{venue}: books differ for {(end - start) / 1e9:.0f} s ({what})")
    return tally.finding(
        held=f"{tally.exercised} changes of balance, each found in the bot's books in time",
        never="no balance changed",
    )


@dataclass
class _Compared:
    """When believed and true balances differed, and in what."""

    changes: int = 0
    heard: bool = False
    told: str = ""
    apart: list[Span] = field(default_factory=list)
    differences: dict[int, str] = field(default_factory=dict)


def _compare(record: Record, venue: str) -> _Compared:
    compared = _Compared()
    true: Books = {}
    believed: Books | None = None
    apart_since: int | None = None
    for at_ns, truth, belief in _steps(record, venue):
        if truth and true and any(true.get(asset) != total for asset, total in truth.items()):
            compared.changes += 1
        true.update(truth)
        believed = dict(belief.balances) if belief is not None else believed
        if believed is None:
            continue
        compared.heard = True
        difference = _difference(true, believed)
        if difference and apart_since is None:
            apart_since = at_ns
            compared.differences[at_ns] = difference
        elif not difference and apart_since is not None:
            compared.apart.append((apart_since, at_ns))
            apart_since = None
        compared.told = difference or compared.told
    if apart_since is not None:
        compared.apart.append((apart_since, record.end_ns))
    return compared


def _steps(record: Record, venue: str) -> Iterator[tuple[int, Books, Believed | None]]:
    """Every moment at which truth or belief changed: what became true, and what was then believed."""
    truths: Iterator[VenueBalance | Believed] = (one for one in record.balances if one.venue == venue)
    beliefs: Iterator[VenueBalance | Believed] = (one for one in record.beliefs if one.venue == venue)
    for at_ns, group in groupby(merge(truths, beliefs, key=attrgetter("at_ns")), key=attrgetter("at_ns")):
        truth: Books = {}
        belief: Believed | None = None
        for one in group:
            if isinstance(one, VenueBalance):
                truth[one.asset] = one.total
            else:
                belief = one
        yield at_ns, truth, belief


def _difference(true: Books, believed: Books) -> str:
    for asset in sorted({*true, *believed}):
        held, thought = true.get(asset, Decimal(0)), believed.get(asset, Decimal(0))
        if held != thought:
            return f"{asset}: held {held}, believed {thought}"
    return ""
