"""What a broker keeps on disk: stored messages, and how far each durable consumer has come.

The semantics are JetStream's, as far as a bot leans on them: one suite of tests holds both to them
(`tests/contracts/bus`). A message id is stored once. A durable consumer gets what it has not acknowledged, in order;
what is not acknowledged within its wait comes again. Patterns are NATS's: tokens joined by dots, `*` for one token, a
trailing `>` for one or more; what is stored is read and trimmed by its first token, each of which is a stream of its
own. A value under a key has a revision, and can be replaced on the condition that it has not changed.

This object outlives a crash of the broker's machine: only what was stored is in it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

MESSAGES_MAX = 100_000
"""Stored messages under one first token beyond this push the oldest out: each token is a stream of its own."""

KEPT_NS = 24 * 3600 * 1_000_000_000
"""How long a message is stored, and its id remembered: JetStream's `max_age` and `duplicate_window`. Who has not read
it by then never will."""

PAGE_MAX = 500
"""How many stored messages one answer about the past holds at most."""

IDS_MAX = 200_000
"""Message ids that are remembered for de-duplication."""

UNACKNOWLEDGED_MAX = 256
"""How many messages a durable consumer may hold without acknowledging one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """One stored message; `sequence` counts from 1 over the whole broker, `at_ns` is when it came."""

    sequence: int
    at_ns: int
    subject: str
    data: bytes
    message_id: str


def matches(pattern: str, subject: str) -> bool:
    """Say whether a subject fits a NATS pattern."""
    if "*" not in pattern:  # nearly always
        return subject.startswith(pattern[:-1]) if pattern[-2:] in (".>", ">") else subject == pattern
    wanted, tokens = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        return len(tokens) >= len(wanted) and matches_tokens(wanted[:-1], tokens)
    return len(tokens) == len(wanted) and matches_tokens(wanted, tokens)


def matches_tokens(wanted: list[str], tokens: list[str]) -> bool:
    """Say whether the first tokens fit, one by one."""
    return all(want in ("*", token) for want, token in zip(wanted, tokens, strict=False))


class Durable:
    """How far one consumer has come: what waits for it, and what it has not acknowledged yet."""

    def __init__(self, pattern: str, ack_wait_ns: int) -> None:
        self.pattern = pattern
        self.ack_wait_ns = ack_wait_ns
        self.waiting: deque[Stored] = deque(maxlen=MESSAGES_MAX)
        self.unacknowledged: OrderedDict[int, tuple[Stored, int]] = OrderedDict()
        """Sequence to (message, when it was last delivered)."""

    def next(self, now_ns: int) -> tuple[Stored, bool] | None:
        """Return the next message to deliver now, and whether it was delivered before; note the delivery."""
        for sequence, (message, delivered_ns) in self.unacknowledged.items():
            if delivered_ns + self.ack_wait_ns > now_ns:
                break  # ordered by delivery: the rest is younger
            self.unacknowledged[sequence] = (message, now_ns)
            self.unacknowledged.move_to_end(sequence)
            return message, True
        if not self.waiting or len(self.unacknowledged) >= UNACKNOWLEDGED_MAX:
            return None
        message = self.waiting.popleft()
        self.unacknowledged[message.sequence] = (message, now_ns)
        return message, False

    def acknowledge(self, sequence: int) -> None:
        """Note that a message is done with; repeating it changes nothing."""
        self.unacknowledged.pop(sequence, None)

    def forget(self, gone: Callable[[Stored], bool]) -> None:
        """Let go of what is not stored any more, delivered or not."""
        self.waiting = deque((message for message in self.waiting if not gone(message)), maxlen=MESSAGES_MAX)
        for sequence in [sequence for sequence, (message, _) in self.unacknowledged.items() if gone(message)]:
            del self.unacknowledged[sequence]

    def forget_before(self, first: int) -> None:
        """Let go of what lies before the first that is still stored."""
        while self.waiting and self.waiting[0].sequence < first:
            self.waiting.popleft()
        for sequence in [sequence for sequence in self.unacknowledged if sequence < first]:
            del self.unacknowledged[sequence]

    def due_ns(self) -> int | None:
        """Return when the oldest unacknowledged message comes again, or None."""
        for _, delivered_ns in self.unacknowledged.values():
            return delivered_ns + self.ack_wait_ns
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """What is under a key; `revision` counts from 1 over the whole broker."""

    value: bytes
    revision: int


class Streams:
    """Every stored message, every durable consumer and every value of one broker."""

    def __init__(self) -> None:
        self.stored = 0
        self.duplicates = 0
        self.durables: dict[str, Durable] = {}
        self.values: dict[str, Value] = {}
        self._revisions = 0
        self._kept: dict[str, deque[Stored]] = {}
        """First token to what is stored under it, oldest first."""
        self._ids: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """Message id to sequence and when it came, oldest first."""

    def sequence(self, message_id: str) -> int:
        """Return the sequence of a message that is stored."""
        return self._ids[message_id][0]

    def store(self, subject: str, data: bytes, message_id: str, *, now_ns: int) -> Stored | None:
        """Store a message for everybody whose pattern it fits; None when its id was stored before."""
        self._forget_before(now_ns - KEPT_NS, _first(subject))
        if message_id in self._ids:
            self.duplicates += 1
            return None
        self.stored += 1
        message = Stored(sequence=self.stored, at_ns=now_ns, subject=subject, data=data, message_id=message_id)
        self._ids[message_id] = message.sequence, now_ns
        if len(self._ids) > IDS_MAX:
            self._ids.popitem(last=False)
        kept = self._kept.setdefault(_first(subject), deque(maxlen=MESSAGES_MAX))
        is_full = len(kept) == MESSAGES_MAX
        kept.append(message)
        if is_full:
            self._forget_before_first(_first(subject))
        for durable in self.durables.values():
            if matches(durable.pattern, subject):
                durable.waiting.append(message)
        return message

    def _forget_before(self, oldest_ns: int, first: str) -> None:
        ids, messages = self._ids, self._kept.get(first, ())
        while ids and next(iter(ids.values()))[1] < oldest_ns:
            ids.popitem(last=False)
        if not messages or messages[0].at_ns >= oldest_ns:
            return
        while messages and messages[0].at_ns < oldest_ns:
            messages.popleft()
        self._forget_before_first(first)

    def _forget_before_first(self, first: str) -> None:
        """Let nobody wait for what was pushed out or grew too old under a first token."""
        messages = self._kept[first]
        sequence = messages[0].sequence if messages else self.stored + 1
        for durable in self.durables.values():
            if _first(durable.pattern) == first:
                durable.forget_before(sequence)

    def durable(self, name: str, pattern: str, ack_wait_ns: int) -> Durable:
        """Return the durable consumer of that name; a new one begins with the first message that is kept."""
        if name not in self.durables:
            durable = self.durables[name] = Durable(pattern, ack_wait_ns)
            durable.waiting.extend(self.kept(pattern))
        self.durables[name].ack_wait_ns = ack_wait_ns
        return self.durables[name]

    def kept(self, pattern: str, *, after: int = 0) -> Iterator[Stored]:
        """Yield what is stored with a higher sequence than `after`, oldest first."""
        for message in self._kept.get(_first(pattern), ()):
            if message.sequence > after and matches(pattern, message.subject):
                yield message

    def page(self, pattern: str, *, after: int, until: int) -> list[Stored]:
        """Return the first page of what is stored after one sequence and not after another."""
        younger = takewhile(lambda stored: stored.sequence <= until, self.kept(pattern, after=after))
        return list(islice(younger, PAGE_MAX))

    def trim(self, pattern: str, *, before: int) -> None:
        """Forget what is stored with a lower sequence than `before`, also for who has not read it yet."""

        def gone(message: Stored) -> bool:
            return message.sequence < before and matches(pattern, message.subject)

        first = _first(pattern)
        kept = self._kept.get(first)
        if not kept or kept[0].sequence >= before:
            return
        self._kept[first] = deque((message for message in kept if not gone(message)), maxlen=MESSAGES_MAX)
        for durable in self.durables.values():
            if _first(durable.pattern) == first:
                durable.forget(gone)

    def put(self, key: str, value: bytes, revision: int | None) -> int | None:
        """Replace a value and return its revision; None when it is not the one that was to be replaced."""
        there = self.values.get(key)
        if revision is not None and revision != (there.revision if there is not None else 0):
            return None
        self._revisions += 1
        self.values[key] = Value(value=value, revision=self._revisions)
        return self._revisions


def _first(pattern: str) -> str:
    return pattern.partition(".")[0]
