"""The state of safety of every market: who finds a loss tells it here, and the table says what it leads to.

Nobody else decides what a loss means, so that two who find the same thing cannot come to two ends. What is told is
kept by loss and scope with the moment it began and who says so; the state of a market is the worst that any of them
has led to. Telling is done in memory and at once, since a limit must not wait for a disk; `engine.services.latches`
writes down what must survive a restart. A flattening that has begun stays until whoever flattens says that the market
is flat, whatever becomes of its cause.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.domain.safety import (
    NS,
    TABLE,
    Latch,
    Loss,
    Purpose,
    Reach,
    Response,
    SafetyChanged,
    SafetyState,
    Scope,
    may,
    scope_of,
    worst,
)
from engine.ports.clock import Clock
from engine.services.alarms import Alarms, Severity
from engine.services.duty import pause
from engine.services.log import Log

LOOK_EVERY_NS = 1 * NS
"""How often patience that may have run out is looked at, while anything is lost."""
READINGS_MAX = 16
"""Independent readings of one loss that are remembered; the table never asks for more than a few."""
ABSENT = frozenset({Loss.VENUE, Loss.DATA, Loss.KEY})
"""Losses by which a venue is not there, as far as entries are concerned."""
Market = tuple[str, str]
"""A venue and an instrument."""


@dataclass(slots=True)
class Held:
    """One loss in one scope; time is the clock that never steps."""

    loss: Loss
    scope: Scope
    reason: str
    since_ns: int
    at_ns: int
    """When it began, by the wall clock, for people."""
    readings: dict[str, None] = field(default_factory=dict)
    reached: bool = False
    """True once it has lasted, is confirmed, and so has led where it leads."""
    over: bool = False
    """True when what was lost is back, and only the flattening that it began is not done."""
    flat: set[Market] = field(default_factory=set)

    @property
    def response(self) -> Response:
        """Return its line of the table."""
        return TABLE[self.loss]

    @property
    def state(self) -> SafetyState:
        """Return what it leads to now."""
        return self.response.leads_to if self.reached else self.response.meanwhile

    @property
    def latched(self) -> bool:
        """Tell whether only a person ends it."""
        return self.reached and self.response.by_a_person


class Safety:
    """Takes losses and returns, and says what may be sent.

    Args:
        markets: every venue and instrument that the bot trades.
        tell: where changes of a state go, to be stored on the bus.
    """

    def __init__(
        self,
        markets: Sequence[Market],
        *,
        node: str,
        alarms: Alarms,
        tell: Callable[[SafetyChanged], None],
        clock: Clock,
        log: Log,
    ) -> None:
        self.markets = tuple(markets)
        self._node = node
        self._alarms = alarms
        self._tell = tell
        self._clock = clock
        self._log = log
        self._held: dict[tuple[Loss, Scope], Held] = {}
        self._told: dict[Scope, tuple[SafetyState, tuple[Loss, ...]]] = {}
        self._paged: tuple[str, ...] = ()
        self._something = asyncio.Event()
        self._watchers: list[asyncio.Event] = []

    # -- what is told

    def lost(self, loss: Loss, *, scope: str, reason: str, reading: str = "") -> None:
        """Note that something is lost; telling it again adds only whose reading it is.

        Raises:
            ValueError: the scope is no scope, or wider than the table allows this loss.
        """
        where = scope_of(scope)
        _check(loss, where)
        held = self._held.get((loss, where))
        if held is None:
            held = Held(loss, where, reason, self._clock.monotonic_ns(), self._clock.wall_ns())
            self._held[loss, where] = held
            self._log.warning("safety_lost", loss=loss.value, scope=scope, reason=reason)
        if held.over:
            held.over, held.reason = False, reason
        if len(held.readings) < READINGS_MAX:
            held.readings[reading] = None
        self._look()

    def regained(self, loss: Loss, *, scope: str) -> None:
        """Note that something is back; what only a person ends stays, and so does a flattening until it is done."""
        held = self._held.get((loss, scope_of(scope)))
        if held is None or held.latched or held.over:
            return
        self._log.info("safety_regained", loss=loss.value, scope=scope)
        if held.reached and held.state is SafetyState.FLATTEN:
            held.over = True
        else:
            del self._held[held.loss, held.scope]
        self._look()

    def latch(self, latch: Latch) -> None:
        """Hold what was latched before a restart, or elsewhere; it needs no patience and no second reading."""
        where = scope_of(latch.scope)
        if (latch.loss, where) not in self._held:
            held = Held(latch.loss, where, latch.reason, self._clock.monotonic_ns(), latch.at_ns, reached=True)
            self._held[latch.loss, where] = held
            self._look()

    def unlatch(self, latch: Latch) -> None:
        """Hold no more what a person has ended elsewhere."""
        self._held.pop((latch.loss, scope_of(latch.scope)), None)
        self._look()

    def rearm(self, losses: Sequence[Loss]) -> tuple[Held, ...]:
        """End these losses wherever they hold, because a person says so; return what was ended."""
        ended = tuple(held for held in self._held.values() if held.loss in losses and held.response.by_a_person)
        for held in ended:
            del self._held[held.loss, held.scope]
        self._look()
        return ended

    def flat(self, venue: str, instrument: str) -> None:
        """Note that nothing is held and nothing rests in a market: a flattening whose cause is over ends there."""
        for held in tuple(self._held.values()):
            if held.reached and held.scope.covers(venue, instrument):
                held.flat.add((venue, instrument))
                if held.over and all(market in held.flat for market in self._covered(held.scope)):
                    del self._held[held.loss, held.scope]
        self._look()

    # -- what is asked

    def state(self, venue: str, instrument: str) -> SafetyState:
        """Return the state of one market."""
        return worst(held.state for held in self._holding(venue, instrument))

    def refusal(self, purpose: Purpose, venue: str, instrument: str) -> str | None:
        """Say why a request for a purpose may not be sent; None if it may."""
        if purpose not in _REFUSABLE:
            return None
        reasons = [
            f"{held.loss.value}: {held.reason}"
            for held in self._holding(venue, instrument)
            if not may(held.state, purpose)
        ]
        return f"{self.state(venue, instrument).value}: {'; '.join(reasons)}" if reasons else None

    def holds(self, loss: Loss, *, scope: str) -> bool:
        """Tell whether something is lost in exactly this scope, and not back yet."""
        held = self._held.get((loss, scope_of(scope)))
        return held is not None and not held.over

    def absent(self, venue: str, instrument: str) -> bool:
        """Tell whether a market cannot be entered because its venue, its prices or our key are gone."""
        return any(held.loss in ABSENT and not held.over for held in self._holding(venue, instrument))

    def latched(self) -> tuple[Held, ...]:
        """Return what only a person ends."""
        return tuple(held for held in self._held.values() if held.latched)

    def watch(self) -> asyncio.Event:
        """Return an event that is set when the state of any scope changes; who waits for it clears it."""
        watcher = asyncio.Event()
        self._watchers.append(watcher)
        return watcher

    def unwatch(self, watcher: asyncio.Event) -> None:
        """Set an event of `watch` no more."""
        self._watchers.remove(watcher)

    # -- patience

    async def run(self) -> None:
        """Look when patience runs out, as long as anything is lost; until cancelled."""
        while True:
            await self._something.wait()
            await pause(LOOK_EVERY_NS)
            self._look()

    def _look(self) -> None:
        """Let what has lasted lead where it leads, then tell what is new."""
        now_ns = self._clock.monotonic_ns()
        for held in self._held.values():
            response = held.response
            confirmed = len(held.readings) >= response.readings and now_ns - held.since_ns >= response.after_ns
            if confirmed and not held.reached:
                held.reached = True
                self._log.warning("safety_acts", loss=held.loss.value, scope=str(held.scope), state=held.state.value)
        if self._held:
            self._something.set()
        else:
            self._something.clear()
        self._tell_changes()
        self._page()

    def _tell_changes(self) -> None:
        now = self._by_scope()
        for scope in sorted({*now, *self._told}):
            said = now.get(scope, (SafetyState.NORMAL, ()))
            if said == self._told.get(scope, (SafetyState.NORMAL, ())):
                continue
            self._say(scope, *said)
        self._told = now

    def _by_scope(self) -> dict[Scope, tuple[SafetyState, tuple[Loss, ...]]]:
        scopes: dict[Scope, list[Held]] = {}
        for held in self._held.values():
            scopes.setdefault(held.scope, []).append(held)
        return {
            scope: (worst(held.state for held in there), tuple(sorted(held.loss for held in there)))
            for scope, there in scopes.items()
        }

    def _say(self, scope: Scope, state: SafetyState, losses: tuple[Loss, ...]) -> None:
        """Tell the bus and whoever waits, and bring the pages up to date."""
        there = [held for held in self._held.values() if held.scope == scope]
        self._tell(
            SafetyChanged(
                scope=str(scope),
                state=state,
                losses=losses,
                reason="; ".join(held.reason for held in there),
                node=self._node,
                at_ns=self._clock.wall_ns(),
            )
        )
        for watcher in self._watchers:
            watcher.set()

    def _page(self) -> None:
        """Bring the pages up to date: what has led where it leads, and is not over, needs a person."""
        due = [held for held in self._held.values() if held.response.pages and held.reached and not held.over]
        keys = {f"safety/{held.scope}/{held.loss.value}": held for held in due}
        for key, held in keys.items():
            summary = f"{held.scope} is in {held.state.value}: {held.reason}"
            self._alarms.raise_alert(key, severity=Severity.CRITICAL, summary=summary, runbook=held.response.runbook)
        for key in self._paged:
            if key not in keys:
                self._alarms.resolve_alert(key)
        self._paged = tuple(keys)

    def _holding(self, venue: str, instrument: str) -> list[Held]:
        return [held for held in self._held.values() if held.scope.covers(venue, instrument)]

    def _covered(self, scope: Scope) -> list[Market]:
        return [market for market in self.markets if scope.covers(*market)]


_REFUSABLE = frozenset({Purpose.ENTRY, Purpose.PROTECT})
_WIDTH: Mapping[Reach, int] = {Reach.MARKET: 0, Reach.VENUE: 1, Reach.BOT: 2}


def _check(loss: Loss, scope: Scope) -> None:
    widest = TABLE[loss].reach
    if _WIDTH[scope.reach] > _WIDTH[widest]:
        raise ValueError(f"{loss.value} is told of one {widest.value}, not of {scope}")
