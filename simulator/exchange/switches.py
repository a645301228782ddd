"""Dead man's switches: orders are cancelled unless their owner keeps saying that he lives.

A switch that is due while the venue is halted has not been forgotten: it goes off when the halt ends, which is how
an account that armed one before a maintenance loses its orders after it.
"""

from collections.abc import Callable

from simulator.exchange.timeline import Cancellable, Timeline

_Key = tuple[str, str | None]  # (account, symbol); None for the whole account


class DeadMansSwitches:
    """The armed switches of all accounts; `fire(account, symbol)` cancels, once for each that goes off."""

    def __init__(
        self, timeline: Timeline, *, fire: Callable[[str, str | None], None], is_halted: Callable[[], bool]
    ) -> None:
        self._timeline = timeline
        self._fire = fire
        self._is_halted = is_halted
        self._armed: dict[_Key, Cancellable] = {}
        self._overdue: dict[_Key, None] = {}

    def arm(self, account: str, symbol: str | None, delay_ns: int) -> int:
        """Let the switch go off in `delay_ns`, and not when it was to before; return that moment in Unix ns.

        Raises:
            ValueError: the delay is negative.
        """
        if delay_ns < 0:
            raise ValueError(f"a dead man's switch of {delay_ns} ns; give 0 or more, or None to disarm it")
        self.disarm(account, symbol)
        key = account, symbol
        self._armed[key] = self._timeline.call_later(delay_ns, lambda: self._ring(key))
        return self._timeline.wall_ns() + delay_ns

    def disarm(self, account: str, symbol: str | None) -> None:
        """Let the switch not go off; do nothing if it is not armed."""
        timer = self._armed.pop((account, symbol), None)
        if timer is not None:
            timer.cancel()
        self._overdue.pop((account, symbol), None)

    def catch_up(self) -> None:
        """Let go off what became due during a halt that has ended."""
        overdue, self._overdue = self._overdue, {}
        for account, symbol in overdue:
            self._fire(account, symbol)

    def _ring(self, key: _Key) -> None:
        del self._armed[key]
        if self._is_halted():
            self._overdue[key] = None
        else:
            self._fire(*key)
