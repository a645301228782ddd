"""The door in front of a venue: where REST faults act, where bans are kept, and where every request is seen.

One gate belongs to one venue and outlives the reboots of its machine. It decides and remembers; the desk and the
streams do what it says. Faults sit here and not in the handlers because that is where they happen to a real
client: the venue's own logic is healthy while its front is drowning.

Bans live here too, whoever asked for them: a dialect's own limits when a client goes on after being told to stop,
or a `throttle` rule that plays a venue which says stop much earlier.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from simulator.dialects.call import EndpointKind
from simulator.exchange.timeline import Timeline

NS = 1_000_000_000

RuleKind = Literal["error", "hang", "throttle", "ack_lost", "request_lost", "slow", "corrupt"]
StreamKind = Literal["public", "private"]
Outcome = Literal["answered", "throttled", "banned", "error", "hung", "cut", "refused"]

ALL_ENDPOINTS: frozenset[EndpointKind] = frozenset({"orders", "account", "public"})


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestSeen:
    """One line of the access log, written when the venue has decided what becomes of a request.

    `status` is the HTTP status sent, 0 where no answer was (`hung`, `cut`). `account` and `client_order_id` are
    what the request claims, checked or not. WebSocket handshakes appear with endpoint `stream`.
    """

    at_ns: int
    method: str
    path: str
    endpoint: Literal["orders", "account", "public", "stream"]
    status: int
    outcome: Outcome
    peer: str
    account: str | None = None
    client_order_id: str | None = None
    until_ns: int = 0
    """Where the peer was told to keep quiet: until when (virtual ns)."""


@dataclass(kw_only=True, eq=False)
class Rule:
    """One REST fault while it lasts.

    error     the venue's own 5xx body, with `status`; `executes` runs the request first, as real 5xx may have done
    hang      no answer until the rule is removed, then the connection is closed; `executes` as above
    throttle  the venue's own "too many requests", with a wait of `retry_after_ns`; after more than `patience`
              further requests within that wait the peer is banned for `ban_ns`
    ack_lost  the request runs, then the connection is cut without an answer
    request_lost  the connection is cut and nothing runs: to the client the same
    slow      the request runs at once, its answer leaves `delay_ns` later
    corrupt   the request runs, and its answer's body is what `mangle` makes of it
    """

    kind: RuleKind
    endpoints: frozenset[EndpointKind] = ALL_ENDPOINTS
    probability: float = 1.0
    random: random.Random | None = None
    status: int = 500
    executes: bool = False
    delay_ns: int = 0
    retry_after_ns: int = 30 * NS
    patience: int = 3
    ban_ns: int = 120 * NS
    mangle: Callable[[bytes], bytes] | None = None
    _waiting: list[asyncio.Future[None]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        """Refuse a rule that cannot be played.

        Raises:
            ValueError: a probability outside 0..1, or a chance without a random stream.
        """
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability is {self.probability}; give a number from 0 to 1")
        if self.probability < 1 and self.random is None:
            raise ValueError("a rule with a probability needs the random stream of its fault")

    def strikes(self, endpoint: EndpointKind) -> bool:
        """Say whether this rule acts on a request to `endpoint`; draws from its stream only where it could."""
        if endpoint not in self.endpoints:
            return False
        return self.probability >= 1 or (self.random is not None and self.random.random() < self.probability)

    async def until_removed(self) -> None:
        """Wait until the gate has removed this rule."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def release(self) -> None:
        """Let go of every request that hangs on this rule."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What becomes of a request that may not simply be answered."""

    kind: RuleKind | Literal["ban"]
    until_ns: int = 0
    """When a ban ends, or until when a throttled peer must be quiet (virtual ns)."""
    rule: Rule | None = None


class OpenStream(Protocol):
    """A WebSocket connection that can be cut."""

    kind: StreamKind
    deaf: bool

    def abort(self) -> None:
        """Reset the connection."""


@dataclass(slots=True)
class Offence:
    """How a peer behaves after it was told to stop."""

    quiet_until_ns: int
    requests: int = 0


class Gate:
    """The door of one venue."""

    def __init__(self, timeline: Timeline) -> None:
        self.streams_refused = False
        """While true, WebSocket handshakes are answered with 503."""
        self._timeline = timeline
        self._rules: list[Rule] = []
        self._offences: dict[str, Offence] = {}
        self._bans: dict[str, int] = {}
        self._listeners: list[Callable[[RequestSeen], None]] = []
        self._streams: dict[OpenStream, None] = {}
        self._silenced: dict[StreamKind, int] = {}
        self._retire: Callable[[], None] | None = None
        self._announce: Callable[[int], None] | None = None

    # -- the access log

    def subscribe(self, listener: Callable[[RequestSeen], None]) -> Callable[[], None]:
        """Call `listener` for every request from now on; return what ends that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    @property
    def is_watched(self) -> bool:
        """True while somebody reads the access log."""
        return bool(self._listeners)

    def saw(self, request: RequestSeen) -> None:
        """Write a line of the access log."""
        for listener in tuple(self._listeners):
            listener(request)

    # -- faults

    @property
    def is_open(self) -> bool:
        """True while every request is to be answered: there is no rule, and nobody is banned."""
        return not self._rules and not self._bans

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The faults that act at present, oldest first."""
        return tuple(self._rules)

    def add(self, rule: Rule) -> None:
        """Let a fault act from now on; of several the oldest that strikes decides."""
        self._rules.append(rule)

    def remove(self, rule: Rule) -> None:
        """Undo `add`: let go of what hangs on the rule. A ban that it led to runs its course."""
        self._rules.remove(rule)
        rule.release()

    def decide(self, endpoint: EndpointKind, peer: str) -> Verdict | None:
        """Return what becomes of a request of `peer`, None if it is to be answered."""
        if self.is_open:
            return None
        now_ns = self._timeline.now_ns()
        ban_ends_ns = self._bans.get(peer)
        if ban_ends_ns is not None:
            if now_ns < ban_ends_ns:
                return Verdict(kind="ban", until_ns=ban_ends_ns)
            del self._bans[peer]
        for rule in self._rules:
            if rule.strikes(endpoint):
                if rule.kind == "throttle":
                    return self.offend(peer, now_ns + rule.retry_after_ns, rule.patience, rule.ban_ns, rule)
                return Verdict(kind=rule.kind, rule=rule)
        return None

    # -- bans

    def offend(self, peer: str, quiet_until_ns: int, patience: int, ban_ns: int, rule: Rule | None = None) -> Verdict:
        """Tell a peer to be quiet until then; ban it once it has gone on for more than `patience` requests.

        A peer that kept quiet as long as it was told starts afresh.
        """
        now_ns = self._timeline.now_ns()
        offence = self._offences.get(peer)
        if offence is None or now_ns >= offence.quiet_until_ns:
            self._offences[peer] = Offence(quiet_until_ns)
            return Verdict(kind="throttle", until_ns=quiet_until_ns, rule=rule)
        offence.requests += 1
        if offence.requests > patience:
            self.ban(peer, ban_ns)
            return Verdict(kind="ban", until_ns=self._bans[peer])
        return Verdict(kind="throttle", until_ns=offence.quiet_until_ns, rule=rule)

    def ban(self, peer: str, ban_ns: int) -> None:
        """Refuse everything of `peer` for `ban_ns` from now; a ban that lasts longer goes on."""
        self._offences.pop(peer, None)
        self._bans[peer] = max(self._bans.get(peer, 0), self._timeline.now_ns() + ban_ns)

    def pardon(self, peer: str | None = None) -> None:
        """Lift the ban of a peer, or all bans."""
        for name in [peer] if peer is not None else list(self._bans):
            self._bans.pop(name, None)
            self._offences.pop(name, None)

    # -- streams

    def opened(self, stream: OpenStream) -> None:
        """Note a new WebSocket connection; it is deaf from the start where its kind is silenced."""
        self._streams[stream] = None
        stream.deaf = bool(self._silenced.get(stream.kind))

    def closed(self, stream: OpenStream) -> None:
        """Forget a WebSocket connection that has ended."""
        self._streams.pop(stream, None)

    def open_streams(self, kind: StreamKind | None = None) -> int:
        """Count the open WebSocket connections."""
        return sum(1 for stream in self._streams if kind in (None, stream.kind))

    def drop_streams(self, kind: StreamKind | None = None) -> int:
        """Reset the open WebSocket connections, of one kind or all; return how many."""
        dropped = [stream for stream in self._streams if kind in (None, stream.kind)]
        for stream in dropped:
            stream.abort()
        return len(dropped)

    def deafen_streams(self) -> Callable[[], None]:
        """Let the connections that are open now bring no messages; return what lets those hear that are left."""
        deafened = list(self._streams)
        for stream in deafened:
            stream.deaf = True

        def undo() -> None:
            for stream in deafened:
                stream.deaf = False

        return undo

    def silence_streams(self, *kinds: StreamKind) -> Callable[[], None]:
        """Let connections of these kinds, open or new, bring no messages; return what ends that. Calls add up."""
        for kind in kinds:
            self._silenced[kind] = self._silenced.get(kind, 0) + 1
        self._hear_again()

        def undo() -> None:
            for kind in kinds:
                self._silenced[kind] -= 1
            self._hear_again()

        return undo

    def _hear_again(self) -> None:
        for stream in self._streams:
            stream.deaf = bool(self._silenced.get(stream.kind))

    # -- reboots

    def take_over(self, retire: Callable[[], None], announce: Callable[[int], None] | None = None) -> None:
        """Put new applications behind this door: what stood there before is retired, and `retire` ends the new ones.

        `announce` warns their streams, where a venue does so.
        """
        if self._retire is not None:
            self._retire()
        self._streams.clear()
        self._retire = retire
        self._announce = announce

    def announce_upgrade(self, in_ns: int) -> bool:
        """Let the venue warn its streams that they will be closed in `in_ns`; say whether it has words for that."""
        if self._announce is None:
            return False
        self._announce(in_ns)
        return True
