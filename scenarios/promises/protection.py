"""Promises: a position has a stop at its venue within seconds, and nothing that closes outlives what it was to close.

Both read the venues' truth alone. A stop counts only while it rests at the same venue as the position; what a bot would
sell by itself is no protection, since the bot may be the thing that is down. While a venue takes no orders, or a
machine is down, and for the recovery bound after it, no clock runs; nor does the first while a book is empty and an
exit was sent there, since who leaves a position has ended its stop, and finds nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from chaos.fault import Blocks
from scenarios.finding import Finding, Tally
from scenarios.holdings import DUST_VALUE, Holding, holdings_of
from scenarios.intervals import Span, lengthened, merged, without
from scenarios.record import Record, VenueOrder
from scenarios.schema import Expect
from scenarios.unprotected import unprotected_at
from scenarios.weather import nobody_trades, on_machines, on_venue, spans


def positions_protected(record: Record, expect: Expect) -> Finding:
    """Within the protection bound: wherever a position is open, a stop of its size rests at the same venue."""
    tally = Tally("positions_protected")
    if expect.protection_ns is None:
        return tally.finding(held="", never="the scenario asks for no stop: it sets no `protection`")
    bare = unprotected_at(record)
    for place, holding in holdings_of(record).items():
        tally.exercise(len(holding.open_spans(record.end_ns)))
        excused = [*_excused(record, expect, place[0]), *_nobody_buys(record, expect, *place)]
        for start, end in without(bare.get(place, []), merged(excused)):
            if end - start > expect.protection_ns:
                where = f"{place[1]} at {place[0]}"
                tally.violate(start, f"{where} was held without a stop for {(end - start) / 1e9:.0f} s")
    return tally.finding(
        held=f"a stop within {expect.protection_ns / 1e9:.0f} s after each of {tally.exercised} entries",
        never="no position was open",
    )


def nothing_left_when_flat(record: Record, expect: Expect) -> Finding:
    """Within a bound: where no position is left, no stop and no exit rests; what they would close is never too much."""
    tally = Tally("nothing_left_when_flat")
    for place, holding in holdings_of(record).items():
        closing = [one for one in record.orders if (one.venue, one.instrument) == place and one.closes]
        if closing:
            tally.exercise(len(holding.open_spans(record.end_ns)))
        for start, end in without(_too_much(closing, holding, record.end_ns), _excused(record, expect, place[0])):
            if end - start > expect.leftover_ns:
                where = f"{place[1]} at {place[0]}"
                tally.violate(
                    start, f"{where}: orders that close rest for {(end - start) / 1e9:.0f} s with nothing to close"
                )
    return tally.finding(
        held=f"nothing rested beyond what was held after each of {tally.exercised} positions",
        never="no position with an order to close it ever ended",
    )


def _excused(record: Record, expect: Expect, venue: str) -> list[Span]:
    return lengthened(spans(on_venue(record, venue, Blocks.REST) + on_machines(record)), expect.recovery_ns)


def _nobody_buys(record: Record, expect: Expect, venue: str, instrument: str) -> Iterator[Span]:
    """Yield when an exit that was sent found nobody; it may have been sent, an exit's time, before the book emptied."""
    for fault in nobody_trades(record, venue, instrument):
        from_ns = fault.injected_ns - expect.exit_within_ns
        for order in record.orders:
            left = order.closes and not order.is_stop and (order.venue, order.instrument) == (venue, instrument)
            if left and from_ns <= order.at_ns <= fault.healed_ns:
                yield max(order.at_ns, fault.injected_ns), fault.healed_ns
                break


def _too_much(closing: list[VenueOrder], holding: Holding, end_ns: int) -> list[Span]:
    """When open orders would have closed more than was held, by more than dust."""
    moments = sorted({*holding.times_ns, *(one.at_ns for one in closing)})
    found: list[Span] = []
    standing: dict[int, VenueOrder] = {}
    changes: Iterator[VenueOrder] = iter(closing)
    change = next(changes, None)
    for start, end in pairwise([*moments, end_ns]):
        while change is not None and change.at_ns <= start:
            if change.is_open:
                standing[change.order_id] = change
            else:
                standing.pop(change.order_id, None)
            change = next(changes, None)
        if _excess(standing, holding, start) >= DUST_VALUE:
            found.append((start, end))
    return merged(found)


def _excess(standing: dict[int, VenueOrder], holding: Holding, at_ns: int) -> Decimal:
    """What the largest open order would close beyond what is held, in quote units."""
    held, price = abs(holding.at(at_ns)), holding.prices[-1] if holding.prices else Decimal(0)
    most = max((one.quantity - one.filled for one in standing.values()), default=Decimal(0))
    return (most - held) * price
