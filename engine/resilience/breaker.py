"""A circuit breaker: after a few failures in a short time, requests are refused at once instead of timing out.

Closed, it lets everything pass and remembers when it failed. Failures slide out of the window one by one: three in
thirty seconds open it, wherever those thirty seconds begin. Open, it refuses for a while, doubling up to a bound as
long as probes fail. Half open, it lets one probe at a time through; a probe that never reports back is forgotten
after a bound.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import StrEnum

import msgspec

from engine.ports.clock import Clock

NS = 1_000_000_000


class BreakerState(StrEnum):
    """Whether requests pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class BreakerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one breaker, in nanoseconds of the clock that never steps."""

    failures_max: int = 3
    window_ns: int = 30 * NS
    open_ns: int = 5 * NS
    open_ns_max: int = 60 * NS
    probe_ns_max: int = 15 * NS


class Breaker:
    """One breaker in front of one dependency, or of one class of its endpoints."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        settings: BreakerSettings | None = None,
        on_change: Callable[[str, BreakerState], None] | None = None,
    ) -> None:
        self.name = name
        self._state = BreakerState.CLOSED
        self._clock = clock
        self._settings = settings or BreakerSettings()
        self._on_change = on_change
        self._failed_ns: deque[int] = deque(maxlen=self._settings.failures_max)
        self._open_ns = self._settings.open_ns
        self._until_ns = 0
        self._probe_until_ns = 0

    @property
    def state(self) -> BreakerState:
        """Return whether requests pass."""
        return self._state

    def admit(self) -> bool:
        """Tell whether a request may be sent now; who is admitted must report back with `succeeded` or `failed`."""
        now_ns = self._clock.monotonic_ns()
        if self.state is BreakerState.OPEN and now_ns >= self._until_ns:
            self._change(BreakerState.HALF_OPEN)
            self._probe_until_ns = now_ns
        if self.state is BreakerState.HALF_OPEN and now_ns >= self._probe_until_ns:
            self._probe_until_ns = now_ns + self._settings.probe_ns_max
            return True
        return self.state is BreakerState.CLOSED

    def succeeded(self) -> None:
        """Report that the dependency answered: this closes a breaker that is not closed, whoever asked."""
        if self.state is not BreakerState.CLOSED:
            self._failed_ns.clear()
            self._open_ns = self._settings.open_ns
            self._change(BreakerState.CLOSED)

    def failed(self) -> None:
        """Report that the dependency did not answer, or not in its language."""
        now_ns = self._clock.monotonic_ns()
        self._failed_ns.append(now_ns)
        if self.state is BreakerState.HALF_OPEN:
            self._open_ns = min(2 * self._open_ns, self._settings.open_ns_max)
            self._open(now_ns)
        elif self.state is BreakerState.CLOSED and self._too_many(now_ns):
            self._open(now_ns)

    def probe_soon(self) -> None:
        """Let a probe pass at once although the time is not over: something beside it has just come back."""
        self._until_ns = min(self._until_ns, self._clock.monotonic_ns())

    def abandoned(self) -> None:
        """Report that an admitted request was given up before anything could be learned from it."""
        self._probe_until_ns = self._clock.monotonic_ns()

    @property
    def wait_ns(self) -> int:
        """Return how long requests will still be refused; zero when one may try."""
        now_ns = self._clock.monotonic_ns()
        match self.state:
            case BreakerState.CLOSED:
                return 0
            case BreakerState.OPEN:
                return max(0, self._until_ns - now_ns)
            case BreakerState.HALF_OPEN:
                return max(0, self._probe_until_ns - now_ns)

    def _too_many(self, now_ns: int) -> bool:
        full = len(self._failed_ns) == self._settings.failures_max
        return full and now_ns - self._failed_ns[0] <= self._settings.window_ns

    def _open(self, now_ns: int) -> None:
        self._until_ns = now_ns + self._open_ns
        self._change(BreakerState.OPEN)

    def _change(self, state: BreakerState) -> None:
        self._state = state
        if self._on_change is not None:
            self._on_change(self.name, state)
