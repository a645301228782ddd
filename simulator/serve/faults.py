"""Faults of one served venue, injected and healed by hand.

They are the same doors that chaos uses: rules at the gate, the gate's streams, the hook of the matching engine, and the
lag of a view. Chaos draws its schedule from a seed; here a person decides, so a fault has a number by which it is
healed, or heals itself after `for_s`. Faults overlap: what is on or off ends with the last of them, and a view is as
late as the latest of its faults says.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from simulator.dialects.gate import Gate, Rule
from simulator.exchange.orders import OrderRequest
from simulator.exchange.perpetual.venue import PerpetualVenue
from simulator.exchange.timeline import Cancellable
from simulator.exchange.venue import Venue
from simulator.kernel.randomness import Randomness
from simulator.serve.kinds import KINDS, Undo
from simulator.serve.parameters import Invalid, shortened, values_of
from simulator.serve.real_time import RealTimeline

Served = Venue | PerpetualVenue

ACTIVE_MAX = 1_000
"""So many faults may act on a venue at once."""


@dataclass(frozen=True, kw_only=True)
class Injected:
    """A fault that was injected: its number, and what was said."""

    number: int
    kind: str
    said: Mapping[str, object]
    since_ns: int
    undo: Undo = field(repr=False)
    timer: Cancellable | None = field(default=None, repr=False)


class VenueFaults:
    """What acts on one venue at present, and how it is undone."""

    def __init__(self, venue: Served, gate: Gate, timeline: RealTimeline, randomness: Randomness) -> None:
        self.venue = venue
        self.gate = gate
        self.timeline = timeline
        self._randomness = randomness
        self._numbers = count(1)
        self._active: dict[int, Injected] = {}
        self._rejecters: list[Callable[[OrderRequest], bool]] = []
        self._refusers = 0
        self._usual_lags_ns = {name: view.lag_ns for name, view in venue.views.items()}
        self._lags_ns: dict[str, list[int]] = {name: [] for name in venue.views}

    @property
    def active(self) -> tuple[Injected, ...]:
        """The faults that act at present, oldest first."""
        return tuple(self._active.values())

    def inject(self, kind: object, said: Mapping[str, object]) -> Injected:
        """Begin a fault and return it.

        Raises:
            Invalid: an unknown kind, parameters that may not be, or too many faults at once.
        """
        if not isinstance(kind, str) or (found := KINDS.get(kind)) is None:
            raise Invalid(f"kind is {shortened(kind)}; give one of {', '.join(KINDS)}")
        if len(self._active) >= ACTIVE_MAX:
            raise Invalid(f"{ACTIVE_MAX} faults act already; heal some")
        values = values_of(said, found.parameters)
        number = next(self._numbers)
        undo = found.begin(self, number, values)
        for_ns = values.get("for_s")
        timer = None if for_ns is None else self.timeline.call_later(for_ns, lambda: self._heal_if_active(number))
        now_ns = self.timeline.now_ns()
        injected = Injected(number=number, kind=kind, said=dict(said), since_ns=now_ns, undo=undo, timer=timer)
        if not found.instant:
            self._active[number] = injected
        return injected

    def heal(self, number: int) -> Injected:
        """Undo a fault and return what it was.

        Raises:
            KeyError: none with this number acts.
        """
        injected = self._active.pop(number)
        if injected.timer is not None:
            injected.timer.cancel()
        injected.undo()
        return injected

    def heal_all(self) -> list[Injected]:
        """Undo every fault, oldest first, and return what they were."""
        return [self.heal(number) for number in list(self._active)]

    def _heal_if_active(self, number: int) -> None:
        if number in self._active:
            self.heal(number)

    # -- the doors

    def chance(self, number: int) -> random.Random:
        """Return the stream of chance of one fault: another fault does not move it."""
        return self._randomness.stream(f"fault/{self.venue.name}/{number}")

    def put_rule(self, number: int, **rule: Any) -> Undo:
        """Let a rule act at the gate."""
        put = Rule(random=self.chance(number), **rule)
        self.gate.add(put)
        return lambda: self.gate.remove(put)

    def refuse_streams(self) -> Undo:
        """Refuse new streams; the last undo lets them in again."""
        self._refusers += 1
        self.gate.streams_refused = True

        def undo() -> None:
            self._refusers -= 1
            self.gate.streams_refused = self._refusers > 0

        return undo

    def reject_silently(self, number: int, probability: float) -> Undo:
        """Let chance drop orders that the venue has accepted."""
        chance = self.chance(number)

        def rejects(order: OrderRequest) -> bool:
            del order  # any order may be hit
            return chance.random() < probability

        def undo() -> None:
            self._rejecters.remove(rejects)
            self.venue.exchange.silent_reject = self._any_rejects if self._rejecters else None

        self._rejecters.append(rejects)
        self.venue.exchange.silent_reject = self._any_rejects
        return undo

    def _any_rejects(self, order: OrderRequest) -> bool:
        answers = [ask(order) for ask in self._rejecters]  # every one: each draws from a stream of its own
        return any(answers)

    def delay_view(self, name: str, lag_ns: int) -> Undo:
        """Let a view be that late, or later where another fault says so."""
        self._lags_ns[name].append(lag_ns)
        self._set_lag(name)

        def undo() -> None:
            self._lags_ns[name].remove(lag_ns)
            self._set_lag(name)

        return undo

    def _set_lag(self, name: str) -> None:
        self.venue.views[name].lag_ns = max(self._lags_ns[name], default=self._usual_lags_ns[name])
