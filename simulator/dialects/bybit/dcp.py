"""Disconnection protection: Bybit's dead man's switch, which goes by sockets and not by requests.

An account sets a window once. When the last of its private connections that hold the topic `dcp.spot` ends, the window
begins to run; a connection that subscribes the topic within it stops it, otherwise every order goes. A connection that
is silent is not a connection that has ended, and without the topic nothing ever fires.
"""

from simulator.dialects.bybit.settings import NS, BybitSettings
from simulator.exchange import reasons
from simulator.exchange.exchange import Exchange
from simulator.exchange.rejections import Rejected
from simulator.exchange.timeline import Cancellable, Timeline

TOPICS = {"dcp.spot": "SPOT", "dcp.future": "DERIVATIVES", "dcp.option": "OPTIONS"}
PRODUCTS = tuple(TOPICS.values())
WINDOW_MIN_S, WINDOW_MAX_S = 3, 300
HALTED_RETRY_NS = 1 * NS
"""A venue that takes no cancels is asked again after so long."""


class Protection:
    """The switches of one Bybit."""

    def __init__(self, exchange: Exchange, timeline: Timeline, settings: BybitSettings) -> None:
        self._exchange = exchange
        self._timeline = timeline
        self._settings = settings
        self._windows_s: dict[tuple[str, str], int] = {}
        self._holders: dict[str, int] = {}
        self._running: dict[str, Cancellable] = {}
        self._is_retired = False

    def window_s(self, account: str, product: str) -> int:
        """Return the seconds an account has to come back."""
        return self._windows_s.get((account, product), self._settings.dcp_window_default_s)

    def set_window(self, account: str, product: str, window_s: int) -> None:
        """Give an account so many seconds to come back."""
        self._windows_s[account, product] = window_s

    def held(self, account: str) -> None:
        """A connection of the account holds the topic of spot: a window that runs is stopped."""
        self._holders[account] = self._holders.get(account, 0) + 1
        running = self._running.pop(account, None)
        if running is not None:
            running.cancel()

    def let_go(self, account: str, *, lost: bool) -> None:
        """A connection holds it no longer; if it was the last and was `lost`, the window begins to run."""
        self._holders[account] -= 1
        is_watched = self._settings.dcp_is_granted and not self._is_retired
        if lost and is_watched and not self._holders[account]:
            self._wind(account, self.window_s(account, "SPOT") * NS)

    def retire(self) -> None:
        """Forget what runs: the machine that watched is gone."""
        self._is_retired = True
        for running in self._running.values():
            running.cancel()
        self._running.clear()

    def _wind(self, account: str, wait_ns: int) -> None:
        self._running[account] = self._timeline.call_later(wait_ns, lambda: self._fire(account))

    def _fire(self, account: str) -> None:
        self._running.pop(account, None)
        try:
            self._exchange.cancel_all(account, reason=reasons.BY_SWITCH)
        except Rejected:
            self._wind(account, HALTED_RETRY_NS)
