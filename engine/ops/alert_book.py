"""The alerts that one component holds open, told to the bus when they change and again for as long as they hold.

The repetition is what makes alerts safe: a monitor that was restarted, or a message that was lost, is made up for
within one period; and a component that crashes simply stops repeating, upon which the monitor closes what it held.
"""

from dataclasses import dataclass

from engine.domain.messages import AlertRaised, AlertResolved, Component
from engine.ports.clock import Clock
from engine.services.alarms import Severity
from engine.services.duty import pause
from engine.services.log import Log
from engine.services.outbox import Outbox


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A trouble that holds."""

    key: str
    severity: Severity
    summary: str
    runbook: str


class AlertBook:
    """Fits `engine.services.alarms.Alarms`."""

    def __init__(
        self, component: Component, *, node: str, outbox: Outbox, clock: Clock, log: Log, repeat_every_ns: int
    ) -> None:
        self._component = component
        self._node = node
        self._outbox = outbox
        self._clock = clock
        self._log = log
        self._repeat_every_ns = repeat_every_ns
        self._open: dict[str, Alert] = {}

    def raise_alert(self, key: str, *, severity: Severity, summary: str, runbook: str) -> None:
        """Note that a trouble holds, and tell the bus if that is new."""
        if key in self._open:
            return
        self._open[key] = Alert(key=key, severity=severity, summary=summary, runbook=runbook)
        self._log.warning("alert_raised", key=key, summary=summary)
        self._tell(self._open[key])

    def resolve_alert(self, key: str) -> None:
        """Note that a trouble is over, and tell the bus if it was open."""
        if self._open.pop(key, None) is None:
            return
        self._log.info("alert_resolved", key=key)
        self._outbox.put(
            AlertResolved(key=key, component=self._component.value, node=self._node, at_ns=self._clock.wall_ns())
        )

    def open(self) -> tuple[Alert, ...]:
        """Return what holds, in the order in which it began."""
        return tuple(self._open.values())

    async def repeat(self) -> None:
        """Tell the bus again what holds, every so often, until cancelled."""
        while True:
            await pause(self._repeat_every_ns)
            for alert in tuple(self._open.values()):
                self._tell(alert)

    def _tell(self, alert: Alert) -> None:
        self._outbox.put(
            AlertRaised(
                key=alert.key,
                severity=alert.severity.value,
                summary=alert.summary,
                component=self._component.value,
                runbook=alert.runbook,
                node=self._node,
                at_ns=self._clock.wall_ns(),
            )
        )
