"""Faults of one served venue, injected and healed by hand.

They are the same doors that chaos uses: rules at the gate, the gate's streams, the hook of the matching engine, and the
lag of a view. Chaos draws its schedule from a seed; here a person decides, so a fault has a number by which it is
healed, or heals itself after `for_s`. Faults overlap: what is on or off ends with the last of them, and a view is as
late as the latest of its faults says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from simulator.dialects.gate import Gate, Rule, StreamKind
from simulator.exchange.orders import OrderRequest
from simulator.exchange.timeline import Cancellable
from simulator.exchange.venue import Venue
from simulator.kernel.randomness import Randomness
from simulator.serve.parameters import (
    Invalid,
    Parameter,
    choice,
    flag,
    share,
    shortened,
    some_of,
    span,
    values_of,
    whole,
)
from simulator.serve.real_time import RealTimeline

ACTIVE_MAX = 1_000
"""So many faults may act on a venue at once."""

Values = dict[str, Any]
Undo = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class FaultKind:
    """One kind of fault: what it does to a venue, and what can be said about it. An `instant` one leaves nothing."""

    meaning: str
    parameters: tuple[Parameter, ...]
    begin: Callable[[VenueFaults, int, Values], Undo]
    instant: bool = False


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

    def __init__(self, venue: Venue, gate: Gate, timeline: RealTimeline, randomness: Randomness) -> None:
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

    def put_rule(self, number: int, **rule: Any) -> Undo:
        """Let a rule act at the gate, with a stream of chance of its own."""
        put = Rule(random=self._randomness.stream(f"fault/{self.venue.name}/{number}"), **rule)
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
        chance = self._randomness.stream(f"fault/{self.venue.name}/{number}")

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


# -- the vocabulary

FOR = span("for_s", "heals itself after so many seconds of the venue's time; without it, when it is healed", None)
ENDPOINTS = some_of("endpoints", "which requests it strikes", "orders", "account", "public")
PROBABILITY = share("probability", "how often it strikes", 1.0)
EXECUTES = flag("executes", "the request is done all the same")


def _error(faults: VenueFaults, number: int, said: Values) -> Undo:
    return faults.put_rule(number, kind="error", status=said["status"], executes=said["executes"], **_aim(said))


def _hang(faults: VenueFaults, number: int, said: Values) -> Undo:
    return faults.put_rule(number, kind="hang", executes=said["executes"], **_aim(said))


def _throttle(faults: VenueFaults, number: int, said: Values) -> Undo:
    told = {"retry_after_ns": said["retry_after_s"], "patience": said["patience"], "ban_ns": said["ban_s"]}
    return faults.put_rule(number, kind="throttle", **told, **_aim(said))


def _ack_lost(faults: VenueFaults, number: int, said: Values) -> Undo:
    return faults.put_rule(number, kind="ack_lost", **_aim(said))


def _slow(faults: VenueFaults, number: int, said: Values) -> Undo:
    delay_ns = faults.timeline.real_ns(said["delay_s"])  # the desk sleeps on its loop, whose clock is the real one
    return faults.put_rule(number, kind="slow", delay_ns=delay_ns, **_aim(said))


def _silent_reject(faults: VenueFaults, number: int, said: Values) -> Undo:
    return faults.reject_silently(number, said["probability"])


def _drop_streams(faults: VenueFaults, _: int, said: Values) -> Undo:
    which: dict[str, StreamKind | None] = {"all": None, "public": "public", "private": "private"}
    faults.gate.drop_streams(which[said["streams"]])
    return lambda: None


def _refuse_streams(faults: VenueFaults, _: int, __: Values) -> Undo:
    return faults.refuse_streams()


def _view_lag(faults: VenueFaults, _: int, said: Values) -> Undo:
    return faults.delay_view(said["view"], said["lag_s"])


def _aim(said: Values) -> Values:
    return {"endpoints": said["endpoints"], "probability": said["probability"]}


KINDS: Mapping[str, FaultKind] = {
    "error": FaultKind(
        meaning="REST answers with the venue's own error page",
        parameters=(whole("status", "the HTTP status", 503, 500, 599), EXECUTES, ENDPOINTS, PROBABILITY, FOR),
        begin=_error,
    ),
    "hang": FaultKind(
        meaning="REST does not answer; when it is healed, what hangs is cut",
        parameters=(EXECUTES, ENDPOINTS, PROBABILITY, FOR),
        begin=_hang,
    ),
    "throttle": FaultKind(
        meaning="REST tells everybody to slow down, and bans who does not",
        parameters=(
            span("retry_after_s", "how long a throttled client is told to wait", 30),
            whole("patience", "requests within that wait before the ban", 3, 0, 100_000),
            span("ban_s", "how long a client that went on is refused", 120),
            ENDPOINTS,
            PROBABILITY,
            FOR,
        ),
        begin=_throttle,
    ),
    "ack_lost": FaultKind(
        meaning="a request is done, and the connection is cut before the answer",
        parameters=(
            Parameter("endpoints", ENDPOINTS.meaning, frozenset({"orders"}), ENDPOINTS.read),
            PROBABILITY,
            FOR,
        ),
        begin=_ack_lost,
    ),
    "slow": FaultKind(
        meaning="a request is done at once and answered late",
        parameters=(span("delay_s", "how late", 1), ENDPOINTS, PROBABILITY, FOR),
        begin=_slow,
    ),
    "silent_reject": FaultKind(
        meaning="an order is acknowledged, then rejected in matching",
        parameters=(PROBABILITY, FOR),
        begin=_silent_reject,
    ),
    "drop_streams": FaultKind(
        meaning="open streams are cut, once; new ones are taken",
        parameters=(choice("streams", "which", "all", "public", "private"),),
        begin=_drop_streams,
        instant=True,
    ),
    "refuse_streams": FaultKind(
        meaning="new streams are refused; open ones stay", parameters=(FOR,), begin=_refuse_streams
    ),
    "view_lag": FaultKind(
        meaning="a view of the venue shows what was, some time ago",
        parameters=(choice("view", "which", "rest", "public", "private"), span("lag_s", "how long ago", 5), FOR),
        begin=_view_lag,
    ),
}
