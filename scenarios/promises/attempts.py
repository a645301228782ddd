"""Promise: the bot does not try for ever: neither one order, nor a venue that does not answer.

Counted at the venues' doors. A bound on the attempts for one order catches a loop around a refusal; a bound on failed
requests a minute catches a loop around everything else, and with it the habit that turns an outage into a ban.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque

from scenarios.finding import Finding, Tally
from scenarios.placements import placements
from scenarios.record import Record, RequestSeen
from scenarios.schema import Expect

MINUTE_NS = 60_000_000_000


def attempts_bounded(record: Record, expect: Expect) -> Finding:
    """Always: an order is asked for a bounded number of times, and so is, in a minute, a venue that fails to answer."""
    tally = Tally("attempts_bounded")
    _orders(record, expect, tally)
    _failures(record, expect, tally)
    return tally.finding(
        held=f"{tally.exercised} orders asked for and requests failed, none beyond its bound",
        never="no order was asked for, and no request failed",
    )


def _orders(record: Record, expect: Expect, tally: Tally) -> None:
    asked: Counter[tuple[str, str]] = Counter()
    for request in placements(record):
        key = (request.venue, request.client_order_id or "without an id")
        asked[key] += 1
        tally.exercise(asked[key] == 1)
        if asked[key] == expect.attempts_max + 1:
            tally.violate(
                request.at_ns, f"order {key[1]} was asked for more than {expect.attempts_max} times at {key[0]}"
            )


def _failures(record: Record, expect: Expect, tally: Tally) -> None:
    """The last minute's failed requests of each machine at each venue."""
    recent: dict[tuple[str, str], deque[int]] = defaultdict(deque)
    over: set[tuple[str, str]] = set()
    for request in filter(_failed, record.requests):
        key = (request.sender, request.venue)
        tally.exercise()
        times = recent[key]
        times.append(request.at_ns)
        while times[0] <= request.at_ns - MINUTE_NS:
            times.popleft()
        if len(times) <= expect.failures_per_minute_max:
            over.discard(key)
        elif key not in over:
            over.add(key)
            tally.violate(request.at_ns, f"{key[0]} failed at {key[1]} {len(times)} times within a minute")


def _failed(request: RequestSeen) -> bool:
    return request.outcome != "answered" or request.status >= 400
