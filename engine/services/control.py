"""What a person orders, obeyed by the executor: pause, resume, kill, rearm.

Orders are taken from the bus one after another. Each is obeyed in memory at once, then written down, then answered,
then acknowledged; so it comes again until it was written down somewhere, and obeying twice changes nothing. One that
comes again after others were obeyed would undo them (a kill after its rearm), so what was obeyed is remembered by name.
The lead is handed over last of all: whoever has it next must not find the order and hand it over as well.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from engine.domain.control import Control, ControlDone, Verb
from engine.domain.safety import BOT, Loss
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.services.duty import let_go
from engine.services.latches import LatchKeeper
from engine.services.listening import acknowledge, take
from engine.services.log import Log
from engine.services.outbox import Outbox
from engine.services.safety import Safety

ENDED_BY = {Verb.RESUME: (Loss.PAUSE,), Verb.REARM: (Loss.KILL, Loss.LIMIT, Loss.LIQUIDATION)}
BEGUN_BY = {Verb.PAUSE: Loss.PAUSE, Verb.KILL: Loss.KILL}
HandOver = Callable[[], Awaitable[None]]
"""Let another node lead."""


@dataclass(frozen=True, kw_only=True)
class ControlBounds:
    """Waits, in nanoseconds."""

    ack_wait_ns: int
    retry_every_ns: int


class Controls:
    """Obeys the orders to one bot."""

    def __init__(
        self,
        bot: str,
        safety: Safety,
        latches: LatchKeeper,
        *,
        node: str,
        bus: Bus,
        outbox: Outbox,
        clock: Clock,
        log: Log,
        bounds: ControlBounds,
        hand_over: HandOver,
    ) -> None:
        self._bot = bot
        self._safety = safety
        self._latches = latches
        self._node = node
        self._bus = bus
        self._outbox = outbox
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._hand_over = hand_over

    async def run(self) -> None:
        """Obey until cancelled."""
        orders = take(
            self._bus,
            f"control.{self._bot}",
            durable=f"control-{self._bot}",
            log=self._log,
            ack_wait_ns=self._bounds.ack_wait_ns,
            retry_every_ns=self._bounds.retry_every_ns,
        )
        async with let_go(orders):
            async for said, delivery in orders:
                if isinstance(said, Control) and not await self._handle(said):
                    continue
                await acknowledge(delivery, self._log)
                if isinstance(said, Control) and said.verb is Verb.STANDBY:
                    await self._hand_over()

    async def _handle(self, order: Control) -> bool:
        """Obey an order and answer it; False when it could be written down nowhere, so that it must come again."""
        if not self._latches.obeyed(order.name):
            self._log.warning("control", verb=order.verb.value, by=order.by, reason=order.reason)
            detail = await self._obey(order)
            if not await self._latches.keep(obeyed=order.name):
                return False
            self._outbox.put(
                ControlDone(
                    bot=self._bot,
                    verb=order.verb,
                    asked=order.name,
                    node=self._node,
                    detail=detail,
                    at_ns=self._clock.wall_ns(),
                )
            )
        return True

    async def _obey(self, order: Control) -> str:
        """Do what is asked; return what there is to say about it."""
        if (loss := BEGUN_BY.get(order.verb)) is not None:
            self._safety.lost(loss, scope=BOT, reason=f"{order.by}: {order.reason}")
            return f"{loss.value} holds until a person ends it"
        if (losses := ENDED_BY.get(order.verb)) is not None:
            ended = self._safety.rearm(losses)
            return f"ended: {', '.join(f'{held.loss.value} ({held.reason})' for held in ended) or 'nothing held'}"
        return "another node may lead"
