"""The safety table: what each loss leads to, how long it must last, who may end it, and what may still be sent.

A bot is in one of five states, market by market: the worst that any loss in reach has led to. A loss first has its
*meanwhile*; once it has lasted, and as many independent readings say so as it needs, it *leads to* its end. Two
readings stand before everything that sells because of a failure (passivbot#839: a stop on equity fired on a peak that
never was). A flattening that has begun is carried through until the market is flat, even when the loss is over by
then: where it would be blind or impossible (no data, no venue) it waits, and is done as soon as it can be.

Exits and cancels are the safe set: they pass in every state, for a bot that cannot leave a position is worse than one
that cannot enter (freqtrade#10071).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

from engine.domain.instrument import dashed

NS = 1_000_000_000


class SafetyState(StrEnum):
    """How much is still allowed, from everything to nothing; each state forbids what the one before it forbids."""

    NORMAL = "normal"
    HOLD = "hold"  # nothing is entered; what rests, rests on, the stops above all
    EXIT_ONLY = "exit_only"  # and entries that rest are cancelled
    FLATTEN = "flatten"  # and positions are closed at once, stops last
    KILLED = "killed"  # and so it stays until a person re-arms

    @property
    def rank(self) -> int:
        """Return its place in the order of severity: 0 for normal."""
        return _ORDER.index(self)


_ORDER = tuple(SafetyState)


def worst(states: Iterable[SafetyState]) -> SafetyState:
    """Return the severest of some states; normal when there are none."""
    return max(states, key=lambda state: state.rank, default=SafetyState.NORMAL)


class Purpose(StrEnum):
    """What a request is for."""

    ENTRY = "entry"
    PROTECT = "protect"  # a stop that rests at the venue
    EXIT = "exit"  # reduces a position, whatever becomes of all other orders
    CANCEL = "cancel"


SAFE_SET = frozenset({Purpose.EXIT, Purpose.CANCEL})
"""What needs neither lease, journal nor a closed breaker; bounded by rate, never by count."""

_FORBIDDEN: Mapping[SafetyState, frozenset[Purpose]] = MappingProxyType(
    {
        SafetyState.NORMAL: frozenset(),
        SafetyState.HOLD: frozenset({Purpose.ENTRY}),
        SafetyState.EXIT_ONLY: frozenset({Purpose.ENTRY}),
        SafetyState.FLATTEN: frozenset({Purpose.ENTRY, Purpose.PROTECT}),
        SafetyState.KILLED: frozenset({Purpose.ENTRY, Purpose.PROTECT}),
    }
)


def may(state: SafetyState, purpose: Purpose) -> bool:
    """Tell whether a request for this purpose may be sent in this state."""
    return purpose not in _FORBIDDEN[state]


class Loss(StrEnum):
    """What can be lost; the last few are not failures of something we lean on, but are treated alike."""

    LEASE = "lease"
    BUS = "bus"
    JOURNAL = "journal"
    DATA = "data"
    VENUE = "venue"
    CLOCK = "clock"
    KEY = "key"
    LIMIT = "limit"
    DRIFT = "drift"
    UNKNOWN = "unknown"
    LIQUIDATION = "liquidation"
    PROTECTION = "protection"
    DEPARTURE = "departure"
    PAUSE = "pause"
    KILL = "kill"


class Reach(StrEnum):
    """How far a loss reaches."""

    BOT = "bot"
    VENUE = "venue"
    MARKET = "market"


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table; times in nanoseconds of the clock that never steps."""

    reach: Reach
    """The widest scope in which it may be told."""
    meanwhile: SafetyState
    """From the moment it is told until it has lasted and is confirmed."""
    leads_to: SafetyState
    after_ns: int = 0
    """How long it must last; zero where whoever tells it has already waited."""
    readings: int = 1
    """How many independent readings must say so."""
    by_a_person: bool = False
    """True where only a person ends it once it has led where it leads: then it is latched, over restarts."""
    runbook: str
    pages: bool
    """False where whoever finds it pages already: one trouble is one page."""
    why: str


_NORMAL, _HOLD, _EXIT_ONLY = SafetyState.NORMAL, SafetyState.HOLD, SafetyState.EXIT_ONLY
_FLATTEN, _KILLED = SafetyState.FLATTEN, SafetyState.KILLED

# fmt: off
TABLE: Mapping[Loss, Response] = MappingProxyType({
    Loss.LEASE: Response(
        reach=Reach.BOT, meanwhile=_HOLD, leads_to=_HOLD, runbook="lease-lost", pages=False,
        why="another executor may already lead: whatever both do is done twice"),
    Loss.BUS: Response(
        reach=Reach.BOT, meanwhile=_HOLD, leads_to=_HOLD, runbook="bus-silent", pages=False,
        why="no lease, no decision and no order of a person can reach us; what rests is driven on without it"),
    Loss.JOURNAL: Response(
        reach=Reach.BOT, meanwhile=_HOLD, leads_to=_FLATTEN, after_ns=60 * NS, readings=2,
        runbook="journal-unavailable", pages=False,
        why="an intent that no successor finds is not sent; a bot that will not remember should hold nothing"),
    Loss.DATA: Response(
        reach=Reach.MARKET, meanwhile=_HOLD, leads_to=_FLATTEN, after_ns=300 * NS, readings=2,
        runbook="market-blind", pages=True,
        why="nobody sees what the position is worth, neither by stream nor by asking; it is closed at the first price"),
    Loss.VENUE: Response(
        reach=Reach.VENUE, meanwhile=_HOLD, leads_to=_FLATTEN, after_ns=300 * NS, readings=2,
        runbook="venue-unreachable", pages=False,
        why="a position that nobody can steer is closed as soon as the venue answers again"),
    Loss.CLOCK: Response(
        reach=Reach.BOT, meanwhile=_NORMAL, leads_to=_EXIT_ONLY, readings=2, runbook="clock-wrong", pages=True,
        why="with a wrong clock no request expires when it should and no price is known to be fresh"),
    Loss.KEY: Response(
        reach=Reach.VENUE, meanwhile=_HOLD, leads_to=_HOLD, after_ns=30 * NS, readings=2,
        runbook="key-refused", pages=True,
        why="without a key nothing can be closed; and a login service may be down while the key is good (OKX 2021)"),
    Loss.LIMIT: Response(
        reach=Reach.BOT, meanwhile=_EXIT_ONLY, leads_to=_FLATTEN, readings=2, by_a_person=True,
        runbook="limit-broken", pages=True,
        why="what was declared never to happen has happened: a person decides whether to go on"),
    Loss.DRIFT: Response(
        reach=Reach.MARKET, meanwhile=_HOLD, leads_to=_HOLD, runbook="drift-persists", pages=False,
        why="what we own is not known, so neither is what an entry would make of it"),
    Loss.UNKNOWN: Response(
        reach=Reach.MARKET, meanwhile=_NORMAL, leads_to=_HOLD, after_ns=300 * NS, runbook="order-unknown", pages=False,
        why="one order in doubt is counted the worst way; for long, the doubt is about the venue"),
    Loss.LIQUIDATION: Response(
        reach=Reach.VENUE, meanwhile=_EXIT_ONLY, leads_to=_EXIT_ONLY, by_a_person=True,
        runbook="position-liquidated", pages=True,
        why="the venue took a position away: what should have left it did not, or there was too little margin"),
    Loss.PROTECTION: Response(
        reach=Reach.MARKET, meanwhile=_HOLD, leads_to=_HOLD, runbook="protection-lost", pages=True,
        why="what is there is not protected, so it is not made more; a refused stop is no reason to sell"),
    Loss.DEPARTURE: Response(
        reach=Reach.BOT, meanwhile=_EXIT_ONLY, leads_to=_EXIT_ONLY, runbook="lease-lost", pages=False,
        why="who is about to go can look after nothing: an entry that rests would be filled and left unprotected"),
    Loss.PAUSE: Response(
        reach=Reach.BOT, meanwhile=_HOLD, leads_to=_HOLD, by_a_person=True, runbook="bot-paused", pages=False,
        why="a person wants to look before anything new is entered"),
    Loss.KILL: Response(
        reach=Reach.BOT, meanwhile=_KILLED, leads_to=_KILLED, by_a_person=True, runbook="bot-killed", pages=False,
        why="a person wants it flat"),
})
# fmt: on


class Scope(msgspec.Struct, frozen=True, order=True):
    """Where something holds: the whole bot, one venue (`venue/binance`), one market (`market/binance/BTC/USDT`)."""

    reach: Reach
    venue: str = ""
    instrument: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.reach.value, self.venue, self.instrument) if part)

    def covers(self, venue: str, instrument: str) -> bool:
        """Tell whether a market lies within it."""
        return self.venue in ("", venue) and self.instrument in ("", instrument)

    @property
    def subject(self) -> str:
        """Return it as the tokens of a bus subject."""
        return ".".join(part for part in (self.reach.value, self.venue, dashed(self.instrument)) if part)


BOT = "bot"


def venue_scope(venue: str) -> str:
    """Return the scope of one venue, as text."""
    return f"venue/{venue}"


def market_scope(venue: str, instrument: str) -> str:
    """Return the scope of one market, as text."""
    return f"market/{venue}/{instrument}"


def scope_of(text: str) -> Scope:
    """Read a scope; raise `ValueError` for text that is none."""
    reach, _, rest = text.partition("/")
    venue, _, instrument = rest.partition("/")
    match reach:
        case "bot" if not rest:
            return Scope(Reach.BOT)
        case "venue" if venue and not instrument:
            return Scope(Reach.VENUE, venue)
        case "market" if venue and instrument:
            return Scope(Reach.MARKET, venue, instrument)
    raise ValueError(f"{text!r} is no scope; write bot, venue/<venue> or market/<venue>/<instrument>")


class Latch(msgspec.Struct, frozen=True, kw_only=True):
    """A loss that has led where it leads and that only a person ends, as it is written down."""

    loss: Loss
    scope: str
    reason: str
    at_ns: int  # wall clock

    @property
    def name(self) -> str:
        """Return what tells it from other latches."""
        return f"{self.scope}|{self.loss.value}"


class SafetyChanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """In one scope the state of safety is another now; `losses` are those that hold there, sorted."""

    scope: str
    state: SafetyState
    losses: tuple[Loss, ...]
    reason: str
    node: str
    at_ns: int

    @property
    def subject(self) -> str:
        """Return the subject on which it is sent."""
        return f"safety.{scope_of(self.scope).subject}"

    @property
    def name(self) -> str:
        """Return the id under which it is stored once."""
        return f"safety|{self.scope}|{self.node}|{self.at_ns}"
