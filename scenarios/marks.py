"""Marks: what a scenario says must happen at least once, or it proves nothing.

A promise can hold because the danger never came. A mark names the danger, and counts how often it came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from scenarios.record import Record


def _resolved(record: Record) -> int:
    """Orders that were in doubt and left it."""
    doubtful: set[tuple[str, str]] = set()
    resolved = 0
    for report in record.reports:
        key = (report.venue, report.client_order_id)
        if report.state == "unknown":
            doubtful.add(key)
        elif key in doubtful:
            doubtful.discard(key)
            resolved += 1
    return resolved


def _partly_filled(record: Record) -> int:
    """Orders that stood partly filled at a venue."""
    return len({(one.venue, one.order_id) for one in record.orders if one.status == "PARTIALLY_FILLED"})


def _dropped_in_matching(record: Record) -> int:
    """Orders that a venue acknowledged and then rejected."""
    alive: set[tuple[str, int]] = set()
    dropped = 0
    for order in record.orders:
        key = (order.venue, order.order_id)
        dropped += order.status == "REJECTED" and key in alive
        if order.is_open:
            alive.add(key)
    return dropped


def _by_rest(record: Record) -> int:
    """Prices that came by REST, because a stream did not bring them."""
    return sum(one.source == "rest" for one in record.prices)


def _throttled(record: Record) -> int:
    """Requests that were told to slow down."""
    return sum(one.status == 429 for one in record.requests)


def _unanswered(record: Record) -> int:
    """Order requests that were never answered."""
    return sum(one.status == 0 and one.endpoint == "orders" for one in record.requests)


def _rebooted(record: Record) -> int:
    """Machines that lost power and booted again."""
    dead: set[str] = set()
    rebooted = 0
    for power in record.powers:
        rebooted += power.up and power.host in dead
        (dead.discard if power.up else dead.add)(power.host)
    return rebooted


def _paged(record: Record) -> int:
    """Pages that were sent."""
    return sum(page.action == "trigger" for page in record.pages)


def _refused(record: Record) -> int:
    """Decisions that a replica did not make, since what it was told made no sense."""
    return sum(one.refused is not None for one in record.opinions)


def _disagreed(record: Record) -> int:
    """Times that replicas were not of one mind."""
    return sum(one.refused is None for one in record.opinions)


def _both_sides(record: Record) -> int:
    """Orders that filled, on the side that there is less of."""
    sides = [one.side for one in record.orders if one.status == "FILLED" and not one.is_stop]
    return min(sides.count("buy"), sides.count("sell"))


def _taken_back(record: Record) -> int:
    """Orders that had filled more than they had later: a match was not settled."""
    filled: dict[tuple[str, int], Decimal] = {}
    found: set[tuple[str, int]] = set()
    for order in record.orders:
        key = (order.venue, order.order_id)
        if order.filled < filled.get(key, Decimal(0)):
            found.add(key)
        filled[key] = order.filled
    return len(found)


def _funded(record: Record) -> int:
    """Moments at which an account changed though nothing was traded there: a position was charged, or paid."""
    traded = {(one.venue, one.at_ns) for one in record.trades}
    totals: dict[tuple[str, str], Decimal] = {}
    moved: set[tuple[str, int]] = set()
    for one in record.balances:
        if totals.get((one.venue, one.asset), one.total) != one.total:
            moved.add((one.venue, one.at_ns))
        totals[one.venue, one.asset] = one.total
    return len(moved - traded)


def _short(record: Record) -> int:
    """Fills after which less than nothing was held."""
    held: dict[tuple[str, str], Decimal] = {}
    found = 0
    for trade in record.trades:
        place, sign = (trade.venue, trade.instrument), 1 if trade.side == "buy" else -1
        held[place] = held.get(place, Decimal(0)) + sign * trade.quantity
        found += held[place] < 0
    return found


def _stopped(record: Record) -> int:
    """Stops that a price set off, and that closed what they were to close."""
    return len({(one.venue, one.order_id) for one in record.orders if one.is_stop and one.status == "FILLED"})


def _passed_over(record: Record) -> int:
    """Stops that a price set off, and that then rested where nobody bought: they had a limit."""
    waited: set[tuple[str, int]] = set()
    found: set[tuple[str, int]] = set()
    for order in record.orders:
        key = (order.venue, order.order_id)
        if order.status == "UNTRIGGERED":
            waited.add(key)
        elif order.status == "NEW" and key in waited:
            found.add(key)
    return len(found)


def _undone(record: Record) -> int:
    """Fills that had been settled, and were taken back after all."""
    return sum(trade.takes_back for trade in record.trades)


def _in_hand(record: Record) -> int:
    """Alerts that a person took in hand."""
    return sum(one.verb == "acknowledge" for one in record.actions)


Mark = Callable[[Record], int]

MARKS: Mapping[str, Mark] = MappingProxyType(
    {
        "order_unknown_resolved": _resolved,
        "order_partly_filled": _partly_filled,
        "order_dropped_in_matching": _dropped_in_matching,
        "order_request_unanswered": _unanswered,
        "price_by_rest": _by_rest,
        "request_throttled": _throttled,
        "node_rebooted": _rebooted,
        "page_sent": _paged,
        "alert_in_hand": _in_hand,
        "signal_refused": _refused,
        "replicas_disagreed": _disagreed,
        "both_sides_filled": _both_sides,
        "match_taken_back": _taken_back,
        "stop_passed_over": _passed_over,
        "stop_filled": _stopped,
        "position_short": _short,
        "funding_paid": _funded,
        "fill_taken_back": _undone,
    }
)
FILLED = "order_filled_"
"""Prefix of the marks that name a venue."""

CALLED = "called_"
"""Prefix of the marks that name a runbook: an alert, or a page, told somebody to read it."""

RUNBOOKS = tuple(sorted(path.stem for path in (Path(__file__).parents[1] / "engine" / "runbooks").glob("*.md")))
"""What people are told to read; found as files, for the referee does not load the player."""


def marks_for(venues: Iterable[str]) -> tuple[str, ...]:
    """Return the names of every mark that a world with these venues can have."""
    return (*MARKS, *(FILLED + venue for venue in venues), *(CALLED + runbook for runbook in RUNBOOKS))


def count_mark(name: str, record: Record) -> int:
    """Return how often a mark was met in a run. Raises KeyError for a name that is no mark."""
    if name.startswith(FILLED):
        venue = name.removeprefix(FILLED)
        filled = {one.order_id for one in record.orders if one.venue == venue and one.status == "FILLED"}
        return len(filled)
    if name.startswith(CALLED):
        return _called(name.removeprefix(CALLED), record)
    return MARKS[name](record)


def _called(runbook: str, record: Record) -> int:
    raised = sum(one.raised and one.runbook == runbook for one in record.alerts)
    return raised + sum(page.action == "trigger" and page.runbook == runbook for page in record.pages)
