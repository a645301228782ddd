"""The book streams of one pair: a snapshot for who comes, then what has changed, with an update id that counts by one.

A delta is the difference between the best levels as they were last told and as they are: a level that falls out of the
depth goes as one of size 0. Where the view behind the stream has missed a change of the book, the id leaves a gap of as
many: that is all a client has to notice it by. The book of one level knows snapshots only.
"""

from __future__ import annotations

import msgspec

from simulator.dialects.bybit.front import Front
from simulator.dialects.bybit.limits import MS
from simulator.dialects.bybit.listing import Listed
from simulator.dialects.bybit.topics import Pace, Topic
from simulator.exchange.events import BookChanged
from simulator.exchange.timeline import Cancellable

Levels = dict[int, int]


class DepthTopic(Topic):
    """One book of so many levels."""

    __slots__ = ("_asks", "_bids", "_depth", "_front", "_listed", "_pace", "_repeat", "_seen_id", "_seq", "_update_id")

    def __init__(self, front: Front, listed: Listed, depth: int, interval_ns: int) -> None:
        super().__init__(f"orderbook.{depth}.{listed.id}")
        self._front = front
        self._listed = listed
        self._depth = depth
        self._pace = Pace(front.timeline, interval_ns, self._speak)
        self._repeat: Cancellable | None = None
        self._update_id = 1
        self._seen_id = self._seq = 0
        self._bids: Levels = {}
        self._asks: Levels = {}

    def see(self, change: BookChanged) -> None:
        """Take note of a change, and of those that went missing before it."""
        if self.holders:
            self._update_id += max(0, change.update_id - self._seen_id - 1)
            self._pace.nudge()
        self._seen_id = change.update_id

    def snapshot(self) -> bytes:
        """Return what somebody who comes is told first; he is not yet among the holders."""
        if not self.holders:
            self._look()
            self._wind()
        return self._message("snapshot", self._bids, self._asks)

    def retire(self) -> None:
        """Say nothing more."""
        self._pace.stop()
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None

    def _look(self) -> tuple[Levels, Levels]:
        """Take the best levels as they are; return what has changed."""
        snapshot = self._front.venue.public.picture.book(self._listed.symbol, self._depth)
        before = (self._bids, self._asks)
        self._bids, self._asks = dict(snapshot.bids), dict(snapshot.asks)
        self._seq = self._seen_id = snapshot.update_id
        return _changes(before[0], self._bids), _changes(before[1], self._asks)

    def _speak(self) -> None:
        if not self.holders:
            return
        bids, asks = self._look()
        if not bids and not asks:
            return
        self._update_id += 1
        if self._depth == 1:
            self.tell(self._message("snapshot", self._bids, self._asks))
            self._wind()
        else:
            self.tell(self._message("delta", bids, asks))

    def _wind(self) -> None:
        """Let the book of one level repeat itself after a while without changes."""
        if self._depth != 1:
            return
        if self._repeat is not None:
            self._repeat.cancel()
        self._repeat = self._front.timeline.call_later(self._front.settings.best_repeat_ns, self._say_again)

    def _say_again(self) -> None:
        self._repeat = None
        if self.holders:
            self.tell(self._message("snapshot", self._bids, self._asks))
            self._wind()

    def _message(self, kind: str, bids: Levels, asks: Levels) -> bytes:
        listed, at_ms = self._listed, self._front.timeline.wall_ns() // MS
        return msgspec.json.encode(
            {
                "topic": self.name,
                "ts": at_ms,
                "type": kind,
                "data": {
                    "s": listed.id,
                    "b": [[listed.price(ticks), listed.quantity(lots)] for ticks, lots in bids.items()],
                    "a": [[listed.price(ticks), listed.quantity(lots)] for ticks, lots in asks.items()],
                    "u": self._update_id,
                    "seq": self._seq,
                },
                "cts": at_ms,
            }
        )


def _changes(before: Levels, after: Levels) -> Levels:
    """Return the levels of `after` that are new or other, and those of `before` that are gone as 0."""
    changed = {ticks: lots for ticks, lots in after.items() if before.get(ticks) != lots}
    changed.update((ticks, 0) for ticks in before if ticks not in after)
    return changed
