"""The person who runs the bot: does at set times what a scenario's `actions` say, from a machine of their own.

Only the engine's public doors are used: orders to a bot and decisions on its bus, the power switches of its machines.
What was done is told to the observer, whether or not the door took it; what came of it is judged at the venues.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from fnmatch import fnmatchcase
from functools import partial
from typing import Protocol

from engine.domain.control import Control, Verb
from engine.domain.messages import (
    AlertAcknowledged,
    AlertRaised,
    AlertResolved,
    Decision,
    Heartbeat,
    Status,
    Stored,
    decode,
    encode,
    message_id_of,
    subject_of,
)
from engine.domain.money import Price, Quantity
from engine.ports.bus import BusUnavailable, RevisionStale
from engine.runtime.config import BotConfig
from engine.runtime.kill import kill
from engine.runtime.parts import COMPONENTS
from scenarios.node_wiring import secrets_of, surroundings
from scenarios.schema import WrittenAction
from scenarios.stage import Stage
from scenarios.venue_profiles import PROFILES
from simulator.kernel import NS, Host
from simulator.services import BrokerClient
from simulator.services.model import ModelSickness
from simulator.storage import Disk

NAME = "operator"
PERSIST_NS = 300 * NS
"""How long a person tries to reach a bus that does not answer."""
RETRY_NS = NS
EXIT_LIVES_NS = 60 * NS
"""How long after it was asked for an exit may still be begun."""

DEPLOY_DOWN_NS = 5 * NS
"""How long a machine is down while it gets new code."""
DEPLOY_SPEAKS_NS = 120 * NS
"""How long a machine may take until all that it runs says that it is well; then a person goes on all the same."""
DEPLOY_GAP_NS = 40 * NS
"""How long a person watches a machine that speaks again before the next is taken."""


class Tell(Protocol):
    """Whoever is told what a person did."""

    def __call__(self, verb: str, on: str, began_ns: int, detail: str, *, done: bool) -> None:
        """Note it."""
        ...


class Operator:
    """One person at one machine, who does nothing until a scenario says so.

    Args:
        bare_bot: the bot's configuration without its own code, for a kill.
    """

    def __init__(self, stage: Stage, bot: BotConfig, bare_bot: BotConfig, tell: Tell) -> None:
        self._stage = stage
        self._bot = bot
        self._bare_bot = bare_bot
        self._tell = tell
        self._host: Host | None = None
        self._bus: BrokerClient | None = None
        self._asked = 0

    def begin(self, actions: Iterable[WrittenAction], *, until_ns: int) -> None:
        """Set a timer for every action; those that repeat end before `until_ns`. Without any there is no machine."""
        world = self._stage.world
        for action in actions:
            if self._host is None:
                self._host = world.host(NAME)
                self._disk = Disk(self._host)
                self._bus = BrokerClient(
                    self._stage.internet, self._host, unavailable=BusUnavailable, stale=RevisionStale
                )
            for at_ns in range(action.at_ns, until_ns, action.every_ns or until_ns):
                world.call_at(at_ns, partial(self._start, action))

    def _start(self, action: WrittenAction) -> None:
        assert self._host is not None
        self._host.spawn(self._do(action), action.do)

    async def _do(self, action: WrittenAction) -> None:
        match action.do:
            case "exit":
                for instrument in [action.on] if action.on else list(self._bot.instruments):
                    await self._note("exit", instrument, partial(self._exit, instrument))
            case "deploy":
                for node in [action.on] if action.on else self._deployed():
                    await self._note("deploy", node, partial(self._restart, node))
                    await self._speaks(node)
                    await asyncio.sleep(DEPLOY_GAP_NS / NS)
            case "kill" if action.door == "direct":
                await self._note("kill", "", self._kill)
            case "acknowledge":
                for key in await self._alerts(action.on or "*"):
                    await self._note("acknowledge", key, partial(self._acknowledge, key))
            case "standby" if action.on:
                await self._note("standby", action.on, partial(self._boot, action.on))
            case verb:
                await self._note(verb, "", partial(self._order, Verb(verb)))

    async def _note(self, verb: str, on: str, work: Callable[[], Awaitable[str]]) -> None:
        began_ns = self._stage.world.now_ns()
        try:
            detail = await work()
        except BusUnavailable as error:
            self._tell(verb, on, began_ns, str(error), done=False)
        else:
            self._tell(verb, on, began_ns, detail, done=True)

    # -- the doors

    async def _order(self, verb: Verb) -> str:
        at_ns = self._stage.world.wall_ns()
        await self._say(Control(bot=self._bot.bot, verb=verb, by=NAME, reason="the scenario says so", at_ns=at_ns))
        return "told on the bus"

    async def _alerts(self, pattern: str) -> list[str]:
        """Read which alerts hold, as a person reads the board; who cannot read it takes nothing in hand."""
        assert self._bus is not None
        holds: dict[str, int] = {}
        try:
            async for stored in self._bus.history("alert.>"):
                said = decode(stored.data)
                if isinstance(said, AlertRaised) and fnmatchcase(said.key, pattern):
                    holds[said.key] = said.at_ns
                elif isinstance(said, AlertResolved):
                    holds.pop(said.key, None)
        except BusUnavailable:
            return []
        since_ns = self._stage.world.wall_ns() - self._bot.alerts.forget_after_ns
        return [key for key, at_ns in holds.items() if at_ns >= since_ns]

    async def _acknowledge(self, key: str) -> str:
        await self._say(AlertAcknowledged(key=key, by=NAME, at_ns=self._stage.world.wall_ns()))
        return "told on the bus"

    async def _kill(self) -> str:
        """Kill without the engine: from this machine, with the bot's own keys and configuration."""
        assert self._host is not None
        secrets = secrets_of(self._bot)
        found = surroundings(self._stage.internet, self._host, self._disk, secrets, ModelSickness())
        report = await kill(self._bare_bot, found, by=NAME, reason="the scenario says so")
        return "flat" if report.flat else f"not flat: {len(report.left)} markets left"

    async def _exit(self, instrument: str) -> str:
        """Ask the bot to hold nothing of an instrument, by a decision like any other."""
        markets = (PROFILES[venue].market_of(instrument) for venue in self._stage.venues)
        price = self._stage.markets[next(name for name in markets if name is not None)].fair_price
        assert price is not None
        self._asked += 1
        now_ns = self._stage.world.wall_ns()
        decision = Decision(
            strategy=self._bot.strategy.name,
            instrument=instrument,
            decision=f"exit-{self._asked}",
            target=Quantity("0"),
            not_after_ns=now_ns + EXIT_LIVES_NS,
            decided_at_ns=now_ns,
            reference_price=Price(f"{price:.2f}"),
            node=NAME,
        )
        await self._say(decision)
        return decision.decision

    def _deployed(self) -> list[str]:
        """The machines that get new code: whatever is off by design gets it when it is started."""
        nodes = self._bot.nodes
        return [one for one in self._stage.nodes if not nodes[one].cold or self._stage.world.is_on(one)]

    async def _restart(self, node: str) -> str:
        self._stage.world.crash(node)
        await asyncio.sleep(DEPLOY_DOWN_NS / NS)
        self._stage.world.reboot(node)
        return "restarted"

    async def _speaks(self, node: str) -> None:
        """Wait until everything that runs on a machine has said that it is well, or for as long as it may take."""
        assert self._bus is not None
        silent = dict.fromkeys(COMPONENTS[part] for part in self._bot.nodes[node].runs)
        beats = self._bus.subscribe(f"heartbeat.*.{node}")
        try:
            async with asyncio.timeout(DEPLOY_SPEAKS_NS / NS):
                while silent:
                    beat = decode((await anext(beats)).data)
                    if isinstance(beat, Heartbeat) and beat.status is Status.OK:
                        silent.pop(beat.component, None)
        except (TimeoutError, BusUnavailable):
            pass  # what is wrong rings by itself; a deploy that is stopped half-way leaves two versions
        finally:
            beats.close()

    async def _boot(self, node: str) -> str:
        self._stage.world.reboot(node)
        return "booted"

    async def _say(self, message: Stored) -> None:
        """Store a message on the bus, and go on trying for as long as a person would. Raises `BusUnavailable`."""
        assert self._bus is not None
        until_ns = self._stage.world.now_ns() + PERSIST_NS
        while True:
            try:
                await self._bus.enqueue(subject_of(message), encode(message), message_id=message_id_of(message))
            except BusUnavailable:
                if self._stage.world.now_ns() >= until_ns:
                    raise
                await asyncio.sleep(RETRY_NS / NS)
            else:
                return
