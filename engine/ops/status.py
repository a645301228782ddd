"""What a bot is doing, as its bus tells whoever asks: who lives, who leads, what holds, what is open, what rings.

Nothing is asked of the bot itself. What is stored (the lease, the latches, the alerts) is read, and what is said every
few seconds (signs of life, the books) is listened to, until everybody who should speak was heard or the patience is
over; so a status can be had of a bot that is dead, and says so.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from engine.domain.errors import MessageMalformed
from engine.domain.lease import Lease, read_lease
from engine.domain.messages import (
    AlertAcknowledged,
    AlertRaised,
    AlertResolved,
    Component,
    Heartbeat,
    LedgerSnapshot,
    Message,
    Protected,
    Status,
    decode,
)
from engine.domain.recovery import RecoveryReported
from engine.domain.safety import Latch, SafetyChanged, SafetyState
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.services.duty import heard
from engine.services.heartbeat_table import Beating
from engine.services.latches import read_latches
from engine.services.leadership import lease_name

SAID = ("heartbeat.>", "ledger.*", "protected.>")
"""What is said again and again, and stored nowhere."""


class BeatSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The last sign of life of a component on a node; no age when none came while somebody listened."""

    component: Component
    node: str
    age_ns: int | None = None
    status: Status | None = None
    detail: str = ""


class LeaderSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Who has the lease; `renewed` tells whether it was renewed while somebody looked."""

    node: str
    token: int
    renewed: bool
    laid_down: bool


class AlertSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that stands, and who has it in hand."""

    key: str
    severity: str
    summary: str
    runbook: str
    since_ns: int
    in_hand_of: str = ""


class BotStatus(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; times in nanoseconds."""

    bot: str
    answered: bool
    """Whether anything of the bot was heard."""
    listened_ns: int
    leader: LeaderSeen | None
    beats: tuple[BeatSeen, ...]
    safety: tuple[SafetyChanged, ...]
    """What is not normal, scope by scope, as the leader says."""
    latches: tuple[Latch, ...]
    ledgers: tuple[LedgerSnapshot, ...]
    untold: tuple[str, ...]
    """Venues whose books nobody told."""
    protected: tuple[Protected, ...]
    alerts: tuple[AlertSeen, ...]
    at_ns: int


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Who should speak, and for how long an alert stands that nobody repeats."""

    beating: Sequence[Beating]
    venues: Sequence[str]
    alert_forget_after_ns: int


@dataclass
class _Heard:
    """What was said while somebody listened, the latest of each."""

    expected: Expected
    beats: dict[Beating, Heartbeat] = field(default_factory=dict)
    ledgers: dict[str, LedgerSnapshot] = field(default_factory=dict)
    protected: dict[tuple[str, str], Protected] = field(default_factory=dict)
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, said: Message) -> None:
        """Note it."""
        match said:
            case Heartbeat():
                self.beats[said.component, said.node] = said
            case LedgerSnapshot():
                self.ledgers[said.venue] = said
            case Protected():
                self.protected[said.venue, said.instrument] = said
        everybody = all(who in self.beats for who in self.expected.beating)
        if everybody and all(venue in self.ledgers for venue in self.expected.venues):
            self.complete.set()


async def look(bot: str, bus: Bus, clock: Clock, *, expected: Expected, patience_ns: int) -> BotStatus:
    """Return what a bot is doing, after listening for at most `patience_ns`; raise `BusUnavailable`."""
    began_ns, said = clock.monotonic_ns(), _Heard(expected)
    revision, lease = await _lease(bot, bus)
    async with asyncio.TaskGroup() as group:
        listeners = [group.create_task(_listen(bus, pattern, said.take)) for pattern in SAID]
        latches = await read_latches(bot, bus)
        safety = await _safety(bot, bus, lease)
        alerts = await _alerts(bus, clock.wall_ns() - expected.alert_forget_after_ns)
        await heard(said.complete, within_ns=patience_ns - (clock.monotonic_ns() - began_ns))
        for listener in listeners:
            listener.cancel()
    later, lease = await _lease(bot, bus)
    now_ns = clock.wall_ns()
    return BotStatus(
        bot=bot,
        answered=bool(said.beats or said.ledgers),
        listened_ns=clock.monotonic_ns() - began_ns,
        leader=_leader(lease, renewed=later != revision),
        beats=tuple(_beat(who, said.beats.get(who), now_ns) for who in dict.fromkeys((*expected.beating, *said.beats))),
        safety=safety,
        latches=latches,
        ledgers=tuple(said.ledgers.values()),
        untold=tuple(venue for venue in expected.venues if venue not in said.ledgers),
        protected=tuple(said.protected.values()),
        alerts=alerts,
        at_ns=now_ns,
    )


async def _listen(bus: Bus, pattern: str, take: Callable[[Message], None]) -> None:
    subscription = bus.subscribe(pattern)
    try:
        async for message in subscription:
            if (said := _read(message.data)) is not None:
                take(said)
    finally:
        subscription.close()


async def _lease(bot: str, bus: Bus) -> tuple[int, Lease | None]:
    entry = await bus.get(lease_name(bot))
    return (0, None) if entry is None else (entry.revision, read_lease(entry.value))


def _leader(lease: Lease | None, *, renewed: bool) -> LeaderSeen | None:
    if lease is None:
        return None
    return LeaderSeen(node=lease.node, token=lease.token, renewed=renewed, laid_down=lease.ttl_ns == 0)


def _beat(who: Beating, beat: Heartbeat | None, now_ns: int) -> BeatSeen:
    component, node = who
    if beat is None:
        return BeatSeen(component=component, node=node)
    age_ns = max(0, now_ns - beat.at_ns)
    return BeatSeen(component=component, node=node, age_ns=age_ns, status=beat.status, detail=beat.detail)


async def _safety(bot: str, bus: Bus, lease: Lease | None) -> tuple[SafetyChanged, ...]:
    """Return the leader's last word on each scope that is not normal; what it said in a former life does not count."""
    if lease is None:
        return ()
    began_ns = 0
    async for stored in bus.history(f"recovery.{bot}"):
        said = _read(stored.data)
        if isinstance(said, RecoveryReported) and (said.node, said.token) == (lease.node, lease.token):
            began_ns = said.at_ns - said.took_ns
    last: dict[str, SafetyChanged] = {}
    async for stored in bus.history("safety.>"):
        said = _read(stored.data)
        if isinstance(said, SafetyChanged) and said.node == lease.node and said.at_ns >= began_ns:
            last[said.scope] = said
    return tuple(said for _, said in sorted(last.items()) if said.state is not SafetyState.NORMAL or said.losses)


async def _alerts(bus: Bus, since_ns: int) -> tuple[AlertSeen, ...]:
    """Return the alerts that somebody announced lately and did not take back, the oldest first."""
    raised: dict[str, dict[str, AlertRaised]] = {}
    first_ns: dict[str, int] = {}
    in_hand: dict[str, str] = {}
    async for stored in bus.history("alert.>"):
        match _read(stored.data):
            case AlertRaised() as said if said.at_ns >= since_ns:
                raised.setdefault(said.key, {})[f"{said.component}/{said.node}"] = said
                first_ns.setdefault(said.key, said.at_ns)
            case AlertRaised() as said:
                first_ns.setdefault(said.key, said.at_ns)
            case AlertResolved() as said:
                raised.get(said.key, {}).pop(f"{said.component}/{said.node}", None)
                if not raised.get(said.key):
                    first_ns.pop(said.key, None)
                    in_hand.pop(said.key, None)
            case AlertAcknowledged() as said:
                in_hand[said.key] = said.by
    standing = {key: list(by.values())[-1] for key, by in raised.items() if by}
    return tuple(
        AlertSeen(
            key=key,
            severity=said.severity,
            summary=said.summary,
            runbook=said.runbook,
            since_ns=first_ns[key],
            in_hand_of=in_hand.get(key, ""),
        )
        for key, said in sorted(standing.items(), key=lambda one: first_ns[one[0]])
    )


def _read(data: bytes) -> Message | None:
    try:
        return decode(data)
    except MessageMalformed:
        return None  # of a newer version, or not ours: a status tells what it understands
