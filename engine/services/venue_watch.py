"""What one component has lately heard from one venue, and when that is worth a page.

One failed request is weather. A venue that answered nothing for a while, counted from the start of the first request
that failed, is unreachable. A ban is told at once. A throttle is told when the venue wants a long wait or has to say
it twice, since the next step is a ban; one short wait, honoured, is how a limit is met, and wakes nobody. Both stay
told until none came for a quiet time, so that one trouble is one page. Requests that our own budget or breaker held
back say nothing about the venue; so nobody asks during a ban, and its page stands for whatever else happens there.
"""

from engine.domain.trouble import NEVER_SENT, Trouble, TroubleKind
from engine.ports.clock import Clock
from engine.services.alarms import Alarms, Severity
from engine.services.duty import NS

QUIET_NS = 60 * NS
"""Without another throttle for this long after the wait that was asked for, the throttle is over."""

SHORT_WAIT_NS = 10 * NS
"""A first throttle for no longer than this is not told."""

THROTTLES = (TroubleKind.THROTTLED, TroubleKind.BANNED)
REACHED = frozenset({*THROTTLES, TroubleKind.AUTH, TroubleKind.NOT_FOUND, TroubleKind.REJECTED, TroubleKind.DUPLICATE})
"""Kinds after which the venue is known to be there."""


class VenueWatch:
    """Counts answers and failures of one venue and raises its alerts.

    Args:
        alert_after_ns: how long a venue may answer nothing.
    """

    def __init__(self, venue: str, alarms: Alarms, clock: Clock, *, alert_after_ns: int) -> None:
        self.venue = venue
        self._alarms = alarms
        self._clock = clock
        self._alert_after_ns = alert_after_ns
        self._failing_since_ns: int | None = None
        self.serving_since_ns = clock.monotonic_ns()
        """When the last failing ended; meaningless while `failing`."""
        self._last_trouble: Trouble | None = None
        self._throttled_ns: dict[TroubleKind, int] = {}
        self._told: set[TroubleKind] = set()
        self.key_refused: dict[str, None] = {}
        """Kinds of request for which our key was refused since anything was served."""

    @property
    def failing(self) -> bool:
        """Tell whether the last request, if any, was not served."""
        return self._failing_since_ns is not None

    @property
    def unreachable(self) -> bool:
        """Tell whether the venue has answered nothing for longer than it may."""
        since_ns = self._failing_since_ns
        return since_ns is not None and self._clock.monotonic_ns() - since_ns >= self._alert_after_ns

    def answered(self) -> None:
        """Note that the venue served a request."""
        self._note_reached()
        self.key_refused.clear()
        self._last_trouble = None
        self.check()

    def failed(self, trouble: Trouble, *, began_ns: int) -> None:
        """Note that a request, begun at a monotonic time, was not served."""
        if trouble.kind in THROTTLES:
            self._note_throttle(trouble)
        if trouble.kind is TroubleKind.AUTH:
            self.key_refused[trouble.operation] = None
        if trouble.kind in REACHED:
            self._note_reached()
        elif trouble.kind not in NEVER_SENT:
            self._last_trouble = trouble
            if self._failing_since_ns is None:
                self._failing_since_ns = began_ns
        self.check()

    @property
    def calm(self) -> bool:
        """Tell whether there is nothing that `check` would still have to resolve."""
        return self._failing_since_ns is None and not self._throttled_ns

    def check(self) -> None:
        """Raise and resolve what is due now."""
        self._tell_throttles()
        key = f"venue/{self.venue}/unreachable"
        if self.unreachable:
            self._alarms.raise_alert(
                key, severity=Severity.CRITICAL, summary=self._summary(), runbook="venue-unreachable"
            )
        elif self._failing_since_ns is None:
            self._alarms.resolve_alert(key)

    def _note_throttle(self, trouble: Trouble) -> None:
        wait_ns = 0 if trouble.until_ns is None else trouble.until_ns - self._clock.wall_ns()
        again = trouble.kind in self._throttled_ns
        if trouble.kind is TroubleKind.BANNED or again or wait_ns > SHORT_WAIT_NS:
            self._told.add(trouble.kind)
        self._throttled_ns[trouble.kind] = self._clock.monotonic_ns() + max(0, wait_ns)

    def _note_reached(self) -> None:
        if self._failing_since_ns is not None:
            self._failing_since_ns = None
            self.serving_since_ns = self._clock.monotonic_ns()

    def _summary(self) -> str:
        """Say what a person must know; an answer's own text stays in the log, since it may quote a signed request."""
        trouble = self._last_trouble
        last = f"{trouble.operation}: {trouble.kind.value}, status {trouble.status}" if trouble is not None else "?"
        return f"{self.venue} answers nothing; the last request was {last}"

    def _tell_throttles(self) -> None:
        for kind, last_ns in tuple(self._throttled_ns.items()):
            key = f"venue/{self.venue}/{kind.value}"
            if self._clock.monotonic_ns() - last_ns > QUIET_NS:
                del self._throttled_ns[kind]
                self._told.discard(kind)
                self._alarms.resolve_alert(key)
            elif kind in self._told:
                severity = Severity.CRITICAL if kind is TroubleKind.BANNED else Severity.WARNING
                summary = f"{self.venue} has {kind.value} us"
                self._alarms.raise_alert(key, severity=severity, summary=summary, runbook=f"venue-{kind.value}")
