"""Who should be alive, when each was last heard, and who has been silent or unwell for too long.

Every component that the configuration names is expected from the start: one that never came up is as missing as one
that died. What is off by design is expected from its first sign of life on. A node that has just started hearing gives
everybody the whole bound first, since the silence before was its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.domain.messages import Component, Heartbeat, Status

Beating = tuple[Component, str]
"""A component on a node."""


@dataclass(frozen=True, kw_only=True)
class Silent:
    """A component that was not heard for longer than it may be silent; times in nanoseconds."""

    component: Component
    node: str
    silent_for_ns: int


@dataclass(frozen=True, kw_only=True)
class Unwell:
    """A component that is heard, and has long said that it cannot do its job."""

    component: Component
    node: str
    detail: str


@dataclass(slots=True)
class _Heard:
    last_ns: int
    degraded_since_ns: int | None = None
    detail: str = ""


class HeartbeatTable:
    """The last sign of life of every expected component, on one monotonic clock.

    Args:
        later: who is expected once it was heard.
    """

    def __init__(
        self,
        expected: Iterable[Beating],
        *,
        now_ns: int,
        missed_after_ns: int,
        degraded_after_ns: int,
        later: Iterable[Beating] = (),
    ) -> None:
        self._missed_after_ns = missed_after_ns
        self._degraded_after_ns = degraded_after_ns
        self._heard = {beating: _Heard(now_ns) for beating in expected}
        self._later = tuple(later)

    def hear(self, beat: Heartbeat, *, now_ns: int) -> None:
        """Note a heartbeat; one of a component that nobody expects is passed over."""
        who = (beat.component, beat.node)
        heard = self._heard.setdefault(who, _Heard(now_ns)) if who in self._later else self._heard.get(who)
        if heard is None:
            return
        heard.last_ns = now_ns
        heard.detail = beat.detail
        if beat.status is Status.OK:
            heard.degraded_since_ns = None
        elif heard.degraded_since_ns is None:
            heard.degraded_since_ns = now_ns

    def begin_again(self, *, now_ns: int) -> None:
        """Give everybody the whole bound from now on: this machine stood still, and the silence was its own."""
        for heard in self._heard.values():
            heard.last_ns = now_ns

    def silent(self, *, now_ns: int) -> tuple[Silent, ...]:
        """Return who was not heard for too long."""
        return tuple(
            Silent(component=component, node=node, silent_for_ns=now_ns - heard.last_ns)
            for (component, node), heard in self._heard.items()
            if now_ns - heard.last_ns > self._missed_after_ns
        )

    def unwell(self, *, now_ns: int) -> tuple[Unwell, ...]:
        """Return who is heard and has been degraded for too long."""
        return tuple(
            Unwell(component=component, node=node, detail=heard.detail)
            for (component, node), heard in self._heard.items()
            if heard.degraded_since_ns is not None
            and now_ns - heard.degraded_since_ns > self._degraded_after_ns
            and now_ns - heard.last_ns <= self._missed_after_ns
        )

    def nobody_since_ns(self) -> int:
        """Return when the last sign of life of anybody came; long ago means that the bus is gone, or we are."""
        return max((heard.last_ns for heard in self._heard.values()), default=0)
