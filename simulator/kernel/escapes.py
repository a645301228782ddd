"""The walls of the world: what our own code must not touch while virtual time runs.

The real clock, real randomness, threads and sockets would let a slow machine or a memory address into a run.
While the world runs, the doors to them are replaced by a check of who is calling: a module of ours is refused,
with the name of what to use instead; a library passes. The refusal is remembered as well as raised, because a
supervisor inside the engine may catch what a component raises, and an escape must never be survived.

What cannot be replaced (`datetime.now`, `from time import time` done earlier) is banned by the tidy test instead.
"""

from __future__ import annotations

import os
import random
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from simulator.kernel.errors import EscapedSimulation

OURS = ("engine", "simulator", "chaos", "scenarios")
"""Top-level packages that are refused."""

CLOCK = "the clock that was handed in"
CHANCE = "the random stream that was handed in"

DOORS: Sequence[tuple[Any, str, str]] = (
    *((time, name, CLOCK) for name in ("time", "time_ns", "monotonic", "monotonic_ns", "sleep")),
    *((time, name, CLOCK) for name in ("perf_counter", "perf_counter_ns")),
    *(
        (random, name, CHANCE)
        for name in ("random", "randint", "randrange", "choice", "shuffle", "uniform", "gauss", "getrandbits")
    ),
    (uuid, "uuid1", CHANCE),
    (uuid, "uuid4", CHANCE),
    (os, "urandom", CHANCE),
    (threading.Thread, "start", "a task on the host"),
    (socket.socket, "connect", "the connector that was handed in"),
    (socket.socket, "bind", "Internet.serve"),
)
"""(owner, attribute, what to use instead)."""


class Escapes:
    """Who tried to leave, and the walls that stop them. `ours` may be widened with a user's own modules."""

    def __init__(self, ours: Sequence[str] = OURS) -> None:
        self.ours = frozenset(ours)
        self.seen: list[EscapedSimulation] = []

    @contextmanager
    def refused(self) -> Iterator[None]:
        """Keep the doors shut for our own modules as long as the context lasts."""
        originals = [(owner, name, getattr(owner, name)) for owner, name, _ in DOORS]
        try:
            for owner, name, instead in DOORS:
                setattr(owner, name, self._door(owner, name, instead))
            yield
        finally:
            for owner, name, original in originals:
                setattr(owner, name, original)

    def raise_first(self) -> None:
        """Raise the first escape that was seen, even if somebody caught it meanwhile."""
        if self.seen:
            raise self.seen[0]

    def _door(self, owner: Any, name: str, instead: str) -> Callable[..., Any]:
        original = getattr(owner, name)
        ours = self.ours

        def door(*args: Any, **kwargs: Any) -> Any:
            caller = sys._getframe(1).f_globals.get("__name__", "")
            if caller.partition(".")[0] not in ours:
                return original(*args, **kwargs)
            escape = EscapedSimulation(f"{owner.__name__}.{name}", caller, instead)
            self.seen.append(escape)
            raise escape

        return door
