"""What is usual for a figure, learned from its own past, and whether the present is above it.

Venues differ, and so do their hours: a fixed bound is either deaf or hysterical. So each figure is compared with what
it has lately been. While it is above that, it teaches nothing; but after `PATIENCE` periods in a row what was unusual
has become usual, and the alert about it ends: whoever was told of it for that long knows.
"""

from math import sqrt

LEARNED_FROM = 5
"""Periods before anything can be called unusual."""
MEMORY = 0.1
"""Weight of the newest period in what is usual: the memory is about ten periods long."""
PATIENCE = 60
"""Periods in a row above the usual after which they are taken to be the new usual."""
SIGMAS = 3.0
FAILURES_MIN = 3
"""Fewer failures in a period than this are weather."""
RATE_FLOOR = 0.005
"""A venue that never failed so far may still fail this often before that is an increase."""


class _Usual:
    """A slowly moving mean that an unusual value does not move, for a while."""

    def __init__(self) -> None:
        self.value = 0.0
        self._periods = 0
        self._above = 0

    @property
    def known(self) -> bool:
        return self._periods >= LEARNED_FROM

    def learn(self, value: float, *, above: bool) -> None:
        self._above = self._above + 1 if above else 0
        if above and self._above <= PATIENCE:
            return
        self._periods += 1
        weight = max(MEMORY, 1 / self._periods)
        self.value += weight * (value - self.value)


class ErrorBaseline:
    """Tells an error rate that is above its own baseline: by three standard deviations of what the baseline gives.

    A few failures raise no alarm. But once it is raised a few keep it up, and so does silence: an open breaker lets
    little through, and that is no sign that the venue is well.
    """

    def __init__(self) -> None:
        self._usual = _Usual()
        self._above = False

    @property
    def rate(self) -> float:
        """Return the usual share of failures, 0 to 1."""
        return self._usual.value

    def above(self, calls: int, failures: int) -> bool:
        """Take one period's counts; tell whether they are above what is usual."""
        if not calls:
            return self._above
        rate = max(self.rate, RATE_FLOOR)
        expected, spread = calls * rate, sqrt(calls * rate * (1 - rate))
        enough = 1 if self._above else FAILURES_MIN
        self._above = self._usual.known and failures >= enough and failures > expected + SIGMAS * spread
        self._usual.learn(failures / calls, above=self._above)
        return self._above


class LatencyBaseline:
    """Tells a P99 that is both slow in itself and several times what it usually is.

    Args:
        floor_ns: faster than this is never a trouble.
        factor: how many times the usual P99 is a spike.
    """

    def __init__(self, *, floor_ns: int, factor: float) -> None:
        self._floor_ns = floor_ns
        self._factor = factor
        self._usual = _Usual()

    @property
    def usual_ns(self) -> int:
        """Return the usual P99."""
        return int(self._usual.value)

    def above(self, p99_ns: int) -> bool:
        """Take one period's P99; tell whether it is a spike."""
        above = self.exceeded_by(p99_ns)
        self._usual.learn(p99_ns, above=above)
        return above

    def exceeded_by(self, p99_ns: int) -> bool:
        """Tell whether a P99 would be a spike, and learn nothing from it."""
        return self._usual.known and p99_ns > max(self._floor_ns, self._factor * self._usual.value)
