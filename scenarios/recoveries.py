"""Who led when somebody who had led was gone: how new its books were, and how long nobody led.

The recovery point is the bot's word and is held against the venues: what happened there between that point and the new
lead is what the successor had to find out. Whether it did is judged by the promises about orders and books.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from scenarios.record import ActionSeen, Record, RecoverySeen

NS = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """One change of the executor, or its return; seconds of virtual time, None for what was not seen."""

    node: str
    after: str
    """Which machine had led before."""
    lost_s: float | None
    """When that machine lost power; None where it did not."""
    started_s: float | None
    """When a person started this one, which had been off by design."""
    led_s: float | None
    """When it said what it owns: it leads, and its books are open."""
    point_s: float
    """The recovery point: when the last of what it found had been written."""
    behind: int
    """How many changes of orders at the venues lay between the recovery point and its leading: all that it had to find
    out.
    """
    from_snapshot: bool
    entries: int
    holes: int
    orders: int
    """Orders without an end that it found, and had to look up."""


def recoveries_of(record: Record) -> tuple[Recovery, ...]:
    """Return every recovery after the first start, in order of time."""
    return tuple(_recovery(former, one, record) for former, one in pairwise(record.recoveries))


def starts_of_standbys(record: Record) -> list[ActionSeen]:
    """Return each start of a machine that was off by design."""
    return [one for one in record.actions if one.verb == "standby" and one.on and one.done_ns is not None]


def led_at_ns(start: ActionSeen, record: Record) -> int | None:
    """Return when the machine that a person had started led with open books; None if it never did."""
    said = (one for one in record.recoveries if one.node == start.on and one.at_ns >= start.at_ns)
    return _open_at_ns(next(said, None), record)


def _recovery(former: RecoverySeen, one: RecoverySeen, record: Record) -> Recovery:
    lost = _last((power.at_ns for power in record.powers if power.host == former.node and not power.up), one.at_ns)
    if lost is not None and lost < former.at_ns:
        lost = None
    mine = (start.at_ns for start in starts_of_standbys(record) if start.on == one.node)
    return Recovery(
        node=one.node,
        after=former.node,
        lost_s=_seconds(lost),
        started_s=_seconds(_last(mine, one.at_ns)),
        led_s=_seconds(_open_at_ns(one, record)),
        point_s=one.point_ns / NS,
        behind=sum(one.point_ns < order.at_ns <= one.at_ns for order in record.orders),
        from_snapshot=one.from_snapshot,
        entries=one.entries,
        holes=one.holes,
        orders=one.orders,
    )


def _open_at_ns(said: RecoverySeen | None, record: Record) -> int | None:
    return None if said is None else next((one.at_ns for one in record.beliefs if one.at_ns >= said.at_ns), None)


def _last(times: Iterable[int], before_ns: int) -> int | None:
    return max((at_ns for at_ns in times if at_ns <= before_ns), default=None)


def _seconds(at_ns: int | None) -> float | None:
    return None if at_ns is None else at_ns / NS
