"""Which alerts may wait for somebody who is awake, and for how long: the referee's own table, off the user's words.

A silent component wakes a person at once; a latency does so when nobody has taken it in hand for five minutes. Whether
an alert holds is the bot's word on its bus. Whether it rang, and what a person had in hand, is truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scenarios.record import AlertSeen, PageSeen, Record

NS = 1_000_000_000

MAY_WAIT = ("latency/", "errors/")
"""How the keys begin of what is slow, or fails more often than usual: it passes more often than not."""
WAIT_NS = 300 * NS
"""How long it waits for somebody to take it in hand."""
EARLY_NS = 5 * NS
"""How much earlier than that it may ring: the monitor's clock is not the one by which the alert was seen."""
HEARD_NS = 5 * NS
"""How long it may take until the monitors know that somebody has it in hand."""
FORGOTTEN_NS = 180 * NS
"""An alert that is not repeated for this long is over: who raised it is gone."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One alert that may wait: from when to when it held, and when a person had it in hand."""

    key: str
    start_ns: int
    end_ns: int
    in_hand_ns: int | None

    @property
    def due_ns(self) -> int | None:
        """When it has waited long enough; None where it was over, or in somebody's hand, before that."""
        due = self.start_ns + WAIT_NS
        return None if due > self.end_ns or (self.in_hand_ns is not None and self.in_hand_ns <= due) else due

    def is_rung_by(self, page: PageSeen) -> bool:
        """Say whether a page is about it, and rang while it held."""
        return page.key.endswith(f"/{self.key}") and self.start_ns <= page.at_ns <= self.end_ns

    def should_be_quiet(self, at_ns: int) -> bool:
        """Say whether the pager should not ring about it then."""
        in_hand = self.in_hand_ns is not None and self.in_hand_ns + HEARD_NS < at_ns
        return in_hand or at_ns < self.start_ns + WAIT_NS - EARLY_NS


def waiting_of(record: Record) -> list[Waiting]:
    """Return every alert of a run that could wait, key by key in order of time."""
    by_key: dict[str, list[AlertSeen]] = {}
    for alert in record.alerts:
        if alert.key.startswith(MAY_WAIT):
            by_key.setdefault(alert.key, []).append(alert)
    return [
        Waiting(key=key, start_ns=start, end_ns=end, in_hand_ns=_in_hand(record, key, start, end))
        for key, alerts in by_key.items()
        for start, end in _spans(alerts, record.end_ns)
    ]


def _spans(alerts: Iterable[AlertSeen], end_ns: int) -> Iterator[tuple[int, int]]:
    """When at least one machine said that it holds."""
    start_ns, said = 0, dict[str, int]()
    for alert in alerts:
        if said and alert.at_ns > (over_ns := max(said.values()) + FORGOTTEN_NS):
            yield start_ns, over_ns
            said.clear()
        if alert.raised:
            start_ns = start_ns if said else alert.at_ns
            said[alert.node] = alert.at_ns
        elif said.pop(alert.node, None) is not None and not said:
            yield start_ns, alert.at_ns
    if said:
        yield start_ns, min(end_ns, max(said.values()) + FORGOTTEN_NS)


def _in_hand(record: Record, key: str, start_ns: int, end_ns: int) -> int | None:
    taken = (one.done_ns for one in record.actions if one.verb == "acknowledge" and one.on == key)
    return min((at for at in taken if at is not None and start_ns <= at <= end_ns), default=None)
