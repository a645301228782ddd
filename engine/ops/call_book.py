"""How long the venues take to answer, and how often they fail to: P99 and error rate of every kind of request.

Every request to a venue is noted where it is made. Once a period each operation's quantiles and counts go out on the
bus, and are compared with their own past: a P99 that jumps and an error rate above its baseline are alerts. Quantiles
come from sketches with one per cent of relative error, of the last two periods, so that one period of few requests
does not stand alone.
"""

from dataclasses import dataclass, field

from ddsketch import DDSketch

from engine.domain.errors import BusUnavailable
from engine.domain.messages import CallsSeen, encode, subject_of
from engine.domain.trouble import NEVER_SENT, Trouble, TroubleKind
from engine.ops.baseline import ErrorBaseline, LatencyBaseline
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.services.alarms import Alarms, Severity
from engine.services.duty import NS, pause
from engine.services.log import Log

ACCURACY = 0.01
QUANTILES = (0.5, 0.9, 0.99)
ANSWERED = frozenset({TroubleKind.NOT_FOUND, TroubleKind.REJECTED, TroubleKind.DUPLICATE})
"""Kinds that are answers: the venue is well, it only says no."""
CALLS_MIN = 10
"""A P99 of fewer requests than this is the slowest of them: it raises no alarm, but one that is usual ends it."""


@dataclass(frozen=True, kw_only=True)
class CallBounds:
    """When a figure is worth an alert; times in nanoseconds."""

    report_every_ns: int
    latency_floor_ns: int
    latency_factor: float


@dataclass(frozen=True, kw_only=True)
class CallFigures:
    """One kind of request to one venue: how often it was made and failed, and how long it takes, in nanoseconds."""

    venue: str
    operation: str
    calls: int
    failures: int
    quantiles_ns: dict[float, float]


@dataclass(slots=True)
class _Operation:
    latency: LatencyBaseline
    now: DDSketch = field(default_factory=lambda: DDSketch(ACCURACY))
    before: DDSketch = field(default_factory=lambda: DDSketch(ACCURACY))
    failures: int = 0
    calls_before: int = 0
    failures_before: int = 0
    """Of all periods that have ended."""

    def lately(self) -> DDSketch:
        """Return the sketch of the last period and of what there is of this one."""
        both = DDSketch(ACCURACY)
        both.merge(self.before)
        both.merge(self.now)
        return both

    def turn(self) -> DDSketch:
        """End a period: return the sketch of the last two, and begin a new one."""
        both = self.lately()
        self.calls_before += int(self.now.count)
        self.failures_before += self.failures
        self.before, self.now = self.now, DDSketch(ACCURACY)
        self.failures = 0
        return both


class CallBook:
    """The requests that one component of one node makes, by venue and operation."""

    def __init__(self, alarms: Alarms, *, node: str, bus: Bus, clock: Clock, log: Log, bounds: CallBounds) -> None:
        self._alarms = alarms
        self._node = node
        self._bus = bus
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._operations: dict[tuple[str, str], _Operation] = {}
        self._errors: dict[str, ErrorBaseline] = {}

    def note(self, venue: str, operation: str, took_ns: int, trouble: Trouble | None) -> None:
        """Note a request that was answered, refused or lost after a time; one that never left us is none."""
        if trouble is not None and trouble.kind in NEVER_SENT:
            return
        entry = self._operations.get((venue, operation))
        if entry is None:
            latency = LatencyBaseline(floor_ns=self._bounds.latency_floor_ns, factor=self._bounds.latency_factor)
            entry = self._operations[venue, operation] = _Operation(latency)
        entry.now.add(max(1, took_ns))
        if trouble is not None and trouble.kind not in ANSWERED:
            entry.failures += 1

    def figures(self) -> list[CallFigures]:
        """Return what was counted since the start, and the quantiles of lately; nothing is changed by it."""
        return [
            CallFigures(
                venue=venue,
                operation=operation,
                calls=entry.calls_before + int(entry.now.count),
                failures=entry.failures_before + entry.failures,
                quantiles_ns={share: entry.lately().get_quantile_value(share) or 0.0 for share in QUANTILES},
            )
            for (venue, operation), entry in self._operations.items()
        ]

    async def report(self) -> None:
        """Tell the bus and judge, once a period, until cancelled."""
        while True:
            await pause(self._bounds.report_every_ns)
            seen = self._turn()
            for one in seen:
                try:
                    await self._bus.publish(subject_of(one), encode(one))
                except BusUnavailable as problem:
                    self._log.warning("calls_not_published", problem=str(problem))
                    break

    def _turn(self) -> list[CallsSeen]:
        """End the period and return what is to be said of it."""
        seen: list[CallsSeen] = []
        calls: dict[str, int] = {}
        failures: dict[str, int] = {}
        for (venue, operation), entry in self._operations.items():
            count, failed = int(entry.now.count), entry.failures
            calls[venue] = calls.get(venue, 0) + count
            failures[venue] = failures.get(venue, 0) + failed
            both = entry.turn()
            p50, p99 = both.get_quantile_value(0.5) or 0, both.get_quantile_value(0.99) or 0
            self._tell_latency(venue, operation, int(p99), entry.latency, judged=both.count >= CALLS_MIN)
            if not count:
                continue
            seen.append(
                CallsSeen(
                    venue=venue,
                    operation=operation,
                    node=self._node,
                    calls=count,
                    failures=failed,
                    p50_ns=int(p50),
                    p99_ns=int(p99),
                    period_ns=self._bounds.report_every_ns,
                    at_ns=self._clock.wall_ns(),
                )
            )
        for venue, count in calls.items():
            self._tell_errors(venue, count, failures[venue])
        return seen

    def _tell_latency(self, venue: str, operation: str, p99_ns: int, usual: LatencyBaseline, *, judged: bool) -> None:
        """Raise or end the alert about an operation; of few requests, or none, only good news is believed."""
        key, before_ns = f"latency/{venue}/{operation}", usual.usual_ns
        if not judged:
            if not usual.exceeded_by(p99_ns):
                self._alarms.resolve_alert(key)
        elif usual.above(p99_ns):
            summary = f"{operation} at {venue} takes {p99_ns / NS:.2f} s at P99; usual is {before_ns / NS:.2f} s"
            self._alarms.raise_alert(key, severity=Severity.WARNING, summary=summary, runbook="latency-high")
        else:
            self._alarms.resolve_alert(key)

    def _tell_errors(self, venue: str, calls: int, failures: int) -> None:
        key = f"errors/{venue}"
        usual = self._errors.setdefault(venue, ErrorBaseline())
        before = usual.rate
        if usual.above(calls, failures):
            summary = f"{failures} of {calls} requests to {venue} failed; usual is {before:.1%}"
            self._alarms.raise_alert(key, severity=Severity.WARNING, summary=summary, runbook="errors-above-baseline")
        else:
            self._alarms.resolve_alert(key)
