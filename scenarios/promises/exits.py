"""Promise: while a position is open, its exit can be sent, whatever else is wrong.

An exit is asked for by a decision for nothing on the bus, whoever put it there; a scenario's own actions put some there
under fire. It is served when an order that closes stands at every venue that held a part and takes orders, or when the
part is gone. A venue that takes no orders excuses itself and no other; a machine of the bot that is down excuses all.
What was filled while a venue's answers were lost need not be known yet, and what is not known cannot be sold.
"""

from __future__ import annotations

from collections.abc import Iterable

from chaos.fault import Blocks
from scenarios.finding import Finding, Tally
from scenarios.holdings import Holding, holdings_of
from scenarios.intervals import Span, lengthened, touches
from scenarios.record import DecisionSeen, Record, VenueOrder
from scenarios.schema import Expect
from scenarios.weather import on_machines, on_venue, spans


def exits_stay_open(record: Record, expect: Expect) -> Finding:
    """Within the exit bound: each decision to hold nothing has an order that closes at every venue able to take one."""
    tally = Tally("exits_stay_open")
    exits = [one for one in _first(record.decisions) if not one.target]
    shut = {venue: spans(on_venue(record, venue, Blocks.REST)) for venue in record.venues}
    dark = lengthened(spans(on_machines(record)), expect.recovery_ns)
    doubtful = {
        venue: lengthened(spans(on_venue(record, venue, Blocks.REST, Blocks.ANSWERS)), expect.recovery_ns)
        for venue in record.venues
    }
    for (venue, instrument), holding in holdings_of(record).items():
        orders = [one for one in record.orders if (one.venue, one.instrument) == (venue, instrument)]
        for decision in exits:
            due = decision.at_ns + expect.exit_within_ns
            asked = decision.instrument == instrument and holding.at(decision.at_ns) and due <= record.end_ns
            if asked and _in_doubt(decision.at_ns, holding, doubtful[venue]):
                continue
            if not asked or touches([*shut[venue], *dark], decision.at_ns, due) or _overruled(decision, due, record):
                continue
            tally.exercise()
            if not _served(decision, due, orders, holding):
                within_s = expect.exit_within_ns / 1e9
                tally.violate(
                    due,
                    f"{instrument} at {venue}: decision {decision.decision} to close waited for {within_s:.0f} s",
                )
    return tally.finding(
        held=f"{tally.exercised} exits asked for, each sent within {expect.exit_within_ns / 1e9:.0f} s",
        never="no exit was asked for while a position was open and its venue took orders",
    )


def _in_doubt(at_ns: int, holding: Holding, doubtful: list[Span]) -> bool:
    """Whether the last fill came while the venue's answers could not be had or believed, and still cannot for sure."""
    filled_ns = max((one for one in holding.times_ns if one <= at_ns), default=at_ns)
    return any(start <= filled_ns <= at_ns <= end for start, end in doubtful)


def _first(decisions: Iterable[DecisionSeen]) -> list[DecisionSeen]:
    found: dict[tuple[str, str, str], DecisionSeen] = {}
    for one in decisions:
        found.setdefault(one.identity, one)
    return list(found.values())


def _overruled(decision: DecisionSeen, due: int, record: Record) -> bool:
    """Whether another decision wanted a position again before the exit was due."""
    return any(
        one.instrument == decision.instrument and one.target and decision.at_ns < one.at_ns <= due
        for one in record.decisions
    )


def _served(decision: DecisionSeen, due: int, orders: list[VenueOrder], holding: Holding) -> bool:
    """Whether an order that closes stood at the decision or came in time, or all was gone by then."""
    side = "sell" if holding.at(decision.at_ns) > 0 else "buy"
    last: dict[int, VenueOrder] = {}
    for order in orders:
        if order.side != side or order.at_ns > due or order.is_stop:
            continue
        if order.at_ns >= decision.at_ns:
            return True
        last[order.order_id] = order
    return any(one.is_open for one in last.values()) or not holding.at(due)
