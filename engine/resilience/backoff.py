"""Waiting twice as long after each failure, up to a bound, with some chance in it: replicas do not knock together."""

from __future__ import annotations

from random import Random

import msgspec

from engine.resilience.breaker import NS


class BackoffSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one backoff."""

    first_ns: int = NS // 2
    max_ns: int = 30 * NS
    spread: float = 0.25
    """A wait is longer than its step by up to this part of it, drawn anew each time."""


class Backoff:
    """The waits of one retry loop; `reset` when it has worked."""

    def __init__(self, random: Random, settings: BackoffSettings | None = None) -> None:
        self.attempts = 0
        self._random = random
        self._settings = settings or BackoffSettings()

    def next_ns(self) -> int:
        """Count an attempt that failed and return how long to wait before the next."""
        settings = self._settings
        doublings = min(self.attempts, 62)
        step_ns = min(settings.first_ns << doublings, settings.max_ns)
        self.attempts += 1
        return step_ns + int(step_ns * settings.spread * self._random.random())

    def reset(self) -> None:
        """Begin again with the first wait."""
        self.attempts = 0
