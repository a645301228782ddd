"""Promise: while a position is open, its exit can be sent, whatever else is wrong.

An exit is asked for by a decision for nothing on the bus, whoever put it there; a scenario's own actions put some there
under fire. It is served when an order that closes stands at every venue that held a part and takes orders, or when the
part is gone. A venue that takes no orders excuses itself and no other; a machine of the bot that is down excuses all.
What was filled while a venue's answers were lost need not be known yet, and what is not known cannot be sold.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
    closing, wanted = _closing_by_place(record), _wanted_again(record)
    for (venue, instrument), holding in holdings_of(record).items():
        for decision in exits:
            due = decision.at_ns + expect.exit_within_ns
            asked = decision.instrument == instrument and holding.at(decision.at_ns) and due <= record.end_ns
            if asked and _in_doubt(decision.at_ns, holding, doubtful[venue]):
                continue
            if not asked or touches([*shut[venue], *dark], decision.at_ns, due):
                continue
            if _any_between(wanted[instrument], decision.at_ns + 1, due):
                continue  # another decision wanted a position again before the exit was due
            tally.exercise()
            side = "sell" if holding.at(decision.at_ns) > 0 else "buy"
            if not closing[venue, instrument, side].serves(decision.at_ns, due) and holding.at(due):
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


def _wanted_again(record: Record) -> Mapping[str, list[int]]:
    """Return when a position was wanted, by instrument."""
    found: dict[str, list[int]] = defaultdict(list)
    for decision in record.decisions:
        if decision.target:
            found[decision.instrument].append(decision.at_ns)
    return found


@dataclass
class _Closing:
    """The orders of one side at one place, stops left out: when one changed, and how many were open after each."""

    times_ns: list[int] = field(default_factory=list)
    open_after: list[int] = field(default_factory=list)
    _open: set[int] = field(default_factory=set)

    def take(self, order: VenueOrder) -> None:
        (self._open.add if order.is_open else self._open.discard)(order.order_id)
        self.times_ns.append(order.at_ns)
        self.open_after.append(len(self._open))

    def serves(self, at_ns: int, due: int) -> bool:
        """Whether an order stood at a moment, or came in time."""
        index = bisect_left(self.times_ns, at_ns)
        return bool(index and self.open_after[index - 1]) or _any_between(self.times_ns, at_ns, due)


def _closing_by_place(record: Record) -> Mapping[tuple[str, str, str], _Closing]:
    found: dict[tuple[str, str, str], _Closing] = defaultdict(_Closing)
    for order in record.orders:
        if not order.is_stop:
            found[order.venue, order.instrument, order.side].take(order)
    return found


def _any_between(times_ns: list[int], start: int, end: int) -> bool:
    """Whether any of the sorted moments lies there, both ends included."""
    index = bisect_left(times_ns, start)
    return index < len(times_ns) and times_ns[index] <= end
