"""What a node's figures know from the bus: how orders end, what is unprotected, what differs, and how safe the bot is.

Only nodes that execute listen, so that a bot's figures are told by few. How orders end is stored on the bus and read
under one name by all of them: each end is counted by one node, and the sum over nodes is the bot's. What is said to
everybody (protection, books, audits) every one of them has alike. A count starts at zero with its process, which is
what Prometheus expects of one.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any, TypeVar

from engine.domain.audit import AuditDone
from engine.domain.errors import BusUnavailable, MessageMalformed
from engine.domain.messages import LedgerSnapshot, Message, OrderChanged, OrderState, Protected, decode
from engine.domain.money import Quantity
from engine.domain.safety import SafetyChanged, SafetyState
from engine.runtime.kit import Kit
from engine.services.duty import NS, pause
from engine.services.listening import acknowledge, listen, take

T = TypeVar("T", bound=Message)
ENDS = (
    OrderState.FILLED,
    OrderState.CANCELLED,
    OrderState.REJECTED,
    OrderState.EXPIRED,
    OrderState.ABSENT,
    OrderState.REFUSED,
)
ENDED_MAX = 10_000
"""Orders whose end is remembered, so that an end that is told again is not counted again."""
DUST = Decimal("0.01")
"""The share of an instrument's `size` below which a rest needs no stop: it could not be sold."""
PULSE_NS = 1 * NS
PULSES = 60
"""How many beats of the loop are remembered."""


class Tally:
    """Listens for one node, and holds what it has heard."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._bare_ns: Counter[tuple[str, str]] = Counter()
        self._bare_since_ns: dict[tuple[str, str], int] = {}
        self._safety_seen = 0
        self._late_ns: deque[int] = deque(maxlen=PULSES)
        self.ends: Counter[tuple[str, OrderState]] = Counter()
        """How many orders ended at a venue in a state."""
        self.books: dict[str, LedgerSnapshot] = {}
        self.drift: dict[str, dict[str, Decimal]] = {}
        """What each venue has more than the books, by asset, in its last conclusive audit."""
        self.safety: dict[str, SafetyState] = {}
        """The state of each scope that was ever another than normal."""

    def loops(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return what must run, for ever."""
        if "execution" not in self._kit.config.nodes[self._kit.node].runs:
            return (self._pulse(),)
        return self._pulse(), self._hear_orders(), self._hear_protection(), self._hear_books(), *self._rare()

    def unprotected_ns(self) -> dict[tuple[str, str], int]:
        """Return how long a position of each market had less at its stops than it should, up to now."""
        now_ns = self._kit.clock.monotonic_ns()
        return {
            market: told_ns + (now_ns - self._bare_since_ns.get(market, now_ns))
            for market, told_ns in self._bare_ns.items()
        }

    def lag_ns(self) -> int:
        """Return by how much the loop was late at most, lately."""
        return max(self._late_ns, default=0)

    def _rare(self) -> tuple[Coroutine[Any, Any, None], ...]:
        return self._hear_audits(), self._look_at_safety()

    async def _pulse(self) -> None:
        while True:
            due_ns = self._kit.clock.monotonic_ns() + PULSE_NS
            await pause(PULSE_NS)
            self._late_ns.append(max(0, self._kit.clock.monotonic_ns() - due_ns))

    async def _hear_orders(self) -> None:
        bus = self._kit.config.bus
        orders = take(
            self._kit.bus,
            "order.>",
            durable=f"metrics-{self._kit.config.bot}",
            log=self._kit.log,
            ack_wait_ns=bus.ack_wait_ns,
            retry_every_ns=bus.retry_every_ns,
        )
        async for said, delivery in orders:
            if isinstance(said, OrderChanged) and said.state in ENDS:
                self._note_end(said)
            await acknowledge(delivery, self._kit.log)

    def _note_end(self, order: OrderChanged) -> None:
        if order.client_order_id in self._ended:
            return
        self._ended[order.client_order_id] = None
        if len(self._ended) > ENDED_MAX:
            self._ended.popitem(last=False)
        self.ends[order.venue, order.state] += 1

    async def _hear_protection(self) -> None:
        async for said in self._heard("protected.>", Protected):
            self._note_protection(said)

    def _note_protection(self, said: Protected) -> None:
        market, now_ns = (said.venue, said.instrument), self._kit.clock.monotonic_ns()
        instrument = self._kit.config.instruments.get(said.instrument)
        dust = Quantity(DUST * instrument.size) if instrument is not None else Quantity(0)
        since_ns = self._bare_since_ns.pop(market, now_ns)
        self._bare_ns[market] += now_ns - since_ns
        if abs(said.position) - said.covered > dust:
            self._bare_since_ns[market] = now_ns

    async def _hear_books(self) -> None:
        async for said in self._heard("ledger.>", LedgerSnapshot):
            self.books[said.venue] = said

    async def _hear_audits(self) -> None:
        async for said in self._heard("audit.>", AuditDone):
            if said.conclusive:
                self.drift[said.venue] = said.differences

    async def _look_at_safety(self) -> None:
        """Read what safety has said since the last look; it is stored, so a new process knows how things stand."""
        while True:
            try:
                async for stored in self._kit.bus.history("safety.>", after=self._safety_seen):
                    self._note_safety(stored.data)
                    self._safety_seen = stored.sequence
            except BusUnavailable as problem:
                self._kit.log.warning("safety_not_read", problem=str(problem))
            await pause(self._kit.config.monitor.heartbeat_every_ns)

    def _note_safety(self, data: bytes) -> None:
        try:
            said = decode(data)
        except MessageMalformed:
            return
        if isinstance(said, SafetyChanged):
            self.safety[said.scope] = said.state

    def _heard(self, pattern: str, kind: type[T]) -> Any:
        bus = self._kit.config.bus
        return listen(
            self._kit.bus,
            pattern,
            kind,
            log=self._kit.log,
            pending_max=bus.pending_max,
            retry_every_ns=bus.retry_every_ns,
        )
