"""What happened, as a running digest: two runs are the same run when their digests are equal.

Only (virtual time, kind, ids) enter the digest, never bytes: a signature, a header or a mask may differ between
Python versions while the run is the same run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

UNHASHED_MAX = 512
"""How many lines wait before the digest takes them in."""

Id = str | int

Listener = Callable[[int, str, tuple[Id, ...]], None]


class Trace:
    """The digest of a world, and a place to listen to what enters it."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._hash = hashlib.blake2b(digest_size=16)
        self._unhashed: list[str] = []
        self._listeners: dict[str, list[Listener]] = {}
        self.events = 0

    def record(self, kind: str, *ids: Id) -> None:
        """Add one occurrence at the present virtual time. `kind` is a past-tense word; ids name who and what."""
        now_ns = self._now_ns()
        self._add(f"{now_ns} {_written(kind, ids)}")
        for listener in self._listeners.get(kind, ()):
            listener(now_ns, kind, ids)

    def recorder(self, kind: str, *ids: Id) -> Callable[[], None]:
        """Return what records the same again and again, at a third of the cost; nobody can listen to it."""
        written, now_ns, add = _written(kind, ids), self._now_ns, self._add
        return lambda: add(f"{now_ns()} {written}")

    def listen(self, listener: Listener, *kinds: str) -> None:
        """Call `listener(now_ns, kind, ids)` at every occurrence of these kinds from now on."""
        for kind in kinds:
            self._listeners.setdefault(kind, []).append(listener)

    def digest(self) -> str:
        """Return the digest so far: 32 hexadecimal digits."""
        self._hash_all()
        return self._hash.hexdigest()

    def _add(self, line: str) -> None:
        self.events += 1
        self._unhashed.append(line)
        if len(self._unhashed) >= UNHASHED_MAX:
            self._hash_all()

    def _hash_all(self) -> None:
        """Take in the lines that wait: many at once cost a third of one by one."""
        self._hash.update("".join(self._unhashed).encode())
        self._unhashed.clear()


def _written(kind: str, ids: tuple[Id, ...]) -> str:
    return f"{kind} {' '.join(map(str, ids))}\n"
