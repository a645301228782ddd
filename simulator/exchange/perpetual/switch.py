"""Dead man's switches: what is done unless somebody says in time that he is still there."""

from collections.abc import Callable

from simulator.exchange.timeline import Cancellable, Timeline

Key = tuple[str, str | None]  # account, and symbol or None for all


class Switchboard:
    """Every armed switch of one exchange."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._timers: dict[Key, Cancellable] = {}

    def arm(self, key: Key, delay_ns: int | None, act: Callable[[], object]) -> None:
        """Do `act` in `delay_ns` instead of what was armed under this key before; None only disarms."""
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        if delay_ns is not None:
            self._timers[key] = self._timeline.call_later(delay_ns, lambda: self._fire(key, act))

    def _fire(self, key: Key, act: Callable[[], object]) -> None:
        self._timers.pop(key, None)
        act()
