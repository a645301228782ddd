"""The book streams of one pair: a snapshot for who comes, then what has changed, with an update id that counts by one.

A stream keeps a book of its own, made of what the public view has told it, and a delta is the difference between the
best levels as it last told them and as they are: a level that falls out of the depth goes as one of size 0. Where the
view has skipped a change, the deltas lack it and the id leaves a gap of as many, which is all a client has to notice it
by; a snapshot heals, because it is taken from the view. The book of one level knows snapshots only.
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

    __slots__ = ("_books", "_depth", "_front", "_listed", "_pace", "_repeat", "_seen_id", "_told", "_update_id")

    def __init__(self, front: Front, listed: Listed, depth: int, interval_ns: int) -> None:
        super().__init__(f"orderbook.{depth}.{listed.id}")
        self._front = front
        self._listed = listed
        self._depth = depth
        self._pace = Pace(front.timeline, interval_ns, self._speak)
        self._repeat: Cancellable | None = None
        self._update_id = 1
        self._seen_id = 0
        self._books: tuple[Levels, Levels] = ({}, {})
        self._told: tuple[Levels, Levels] = ({}, {})

    def see(self, change: BookChanged) -> None:
        """Take a change into the book, and note those that went missing before it."""
        if not self.holders or change.update_id <= self._seen_id:
            return
        self._update_id += change.update_id - self._seen_id - 1
        self._seen_id = change.update_id
        for levels, changed in zip(self._books, (change.bids, change.asks), strict=True):
            for ticks, lots in changed:
                if lots:
                    levels[ticks] = lots
                else:
                    levels.pop(ticks, None)
        self._pace.nudge()

    def snapshot(self) -> bytes:
        """Return what somebody who comes is told first; he is not yet among the holders, who are told what is due."""
        self._speak()
        whole = self._front.venue.public.picture.book(self._listed.symbol)
        self._seen_id = whole.update_id
        self._books = (dict(whole.bids), dict(whole.asks))
        self._told = self._best()
        if not self.holders:
            self._wind()
        return self._message("snapshot", *self._told)

    def retire(self) -> None:
        """Say nothing more."""
        self._pace.stop()
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None

    def _best(self) -> tuple[Levels, Levels]:
        """Return the best levels of both sides, the best first."""
        bids, asks = self._books
        return _first(bids, self._depth, highest=True), _first(asks, self._depth, highest=False)

    def _speak(self) -> None:
        if not self.holders:
            return
        best = self._best()
        bids, asks = _changes(self._told[0], best[0]), _changes(self._told[1], best[1])
        self._told = best
        if not bids and not asks:
            return
        self._update_id += 1
        if self._depth == 1:
            self.tell(self._message("snapshot", *best))
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
            self.tell(self._message("snapshot", *self._told))
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
                    "seq": self._seen_id,
                },
                "cts": at_ms,
            }
        )


def _first(levels: Levels, depth: int, *, highest: bool) -> Levels:
    return {ticks: levels[ticks] for ticks in sorted(levels, reverse=highest)[:depth]}


def _changes(before: Levels, after: Levels) -> Levels:
    """Return the levels of `after` that are new or other, and those of `before` that are gone as 0."""
    changed = {ticks: lots for ticks, lots in after.items() if before.get(ticks) != lots}
    changed.update((ticks, 0) for ticks in before if ticks not in after)
    return changed
