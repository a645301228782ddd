"""`live`: a whole bot in one terminal, its bus and each of its nodes a process of its own, until it is told to end."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from engine.domain.errors import EngineError
from engine.runtime.config import BotConfig
from engine.runtime.mistakes import ConfigRefused
from engine.runtime.real.bus_address import BusAddress, write_address
from engine.runtime.real.bus_server import BusServer, BusServerFailed, ServerBounds
from engine.runtime.real.clock import RealClock
from engine.runtime.real.data_folder import FolderRefused, claimed_folder
from engine.runtime.real.keys import ask_system_keyring, find_secrets
from engine.runtime.real.stand_ins import write_stand_ins
from engine.runtime.real.supervisor import Child, ChildRefused, Supervisor
from engine.runtime.supervision import RestartBounds
from engine.services.duty import NS
from scenarios.bot_file import data_folder, load_bot
from scenarios.cli.banner import banner
from scenarios.cli.first_look import look
from scenarios.cli.leave import FAILED
from scenarios.cli.mode import in_mode
from scenarios.live.stand_ins_process import StandInsProcess
from scenarios.problem import UsageError

OWN_FOLDER = "supervisor"
"""Its place in the data folder: two supervisors on one folder would start every node twice."""
FAREWELL_NS = 10 * NS
"""How much longer than its executors' departure a process may take to end."""
RESTARTS_MAX = 100
"""A bus of our own is never given up: it cannot be started more often than this in its window of a minute."""
GONE = -1
"""Told instead of a signal when the stand-ins have ended."""
COMMAND = (sys.executable, "-m", "scenarios.cli")


class StandInsGone(EngineError):
    """What stood in for the exchanges has ended, and the account with it."""


def live_and_tell(
    config: Path, *, data: Path | None, keys: Path | None, live: bool, testnet: bool, balances: Sequence[str]
) -> int:
    """Run a bot until somebody interrupts (130) or ends (0) it; raise `UsageError` for what cannot begin."""
    bot = in_mode(load_bot(config), live=live, testnet=testnet)
    folder = data_folder(config, bot, data)
    run = Live(bot, config.resolve(), folder, data=data, keys=keys, balances=read_balances(balances, bot))
    try:
        with claimed_folder(folder, OWN_FOLDER):
            ended_by = asyncio.run(run.run())
    except ConfigRefused as refused:
        raise UsageError(str(refused)) from refused
    except (FolderRefused, BusServerFailed, ChildRefused) as refused:
        raise UsageError(str(refused)) from refused
    except StandInsGone as gone:
        tell(str(gone))
        return FAILED
    if ended_by == signal.SIGINT:
        raise KeyboardInterrupt
    return 0


def read_balances(told: Sequence[str], bot: BotConfig) -> dict[str, str]:
    """Read `ASSET=AMOUNT`; raise `UsageError`."""
    if told and bot.mode != "paper":
        raise UsageError("--balance: only a paper account begins with what is wished")
    balances: dict[str, str] = {}
    for one in told:
        asset, _, amount = one.partition("=")
        if not asset.isalnum() or not re.fullmatch(r"\d+(\.\d+)?", amount):
            raise UsageError(f"--balance {one}: write it as USDT=10000")
        balances[asset] = amount
    return balances


class Live:
    """One run of a bot."""

    def __init__(
        self,
        bot: BotConfig,
        config: Path,
        folder: Path,
        *,
        data: Path | None,
        keys: Path | None,
        balances: Mapping[str, str],
    ) -> None:
        self._bot = bot
        self._config = config
        self._folder = folder
        self._options = (
            *("--config", str(config)),
            *(("--data", str(data)) if data is not None else ()),
            *(("--keys", str(keys)) if keys is not None else ()),
            *((f"--{bot.mode}",) if bot.mode != "paper" else ()),
        )
        self._keys = keys
        self._balances = balances
        self._clock = RealClock()
        self._told: asyncio.Queue[int] = asyncio.Queue()

    async def run(self) -> int:
        """Start everything, wait for a signal, end everything in order, and return the signal's number."""
        async with AsyncExitStack() as stack:
            starting = asyncio.create_task(self._start(stack), name="start")
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, self._hear, number, starting)
            try:
                await starting
            except asyncio.CancelledError:
                if self._told.empty():
                    raise
                return self._told.get_nowait()
            tell(banner(self._bot, self._folder))
            restart = self._bot.restart
            bounds = RestartBounds(
                first_ns=restart.first_ns,
                most_ns=restart.most_ns,
                window_ns=restart.window_ns,
                restarts_max=restart.restarts_max,
            )
            nodes = Supervisor(self._children(), clock=self._clock, bounds=bounds, told=tell)
            return await self._until_told(nodes)

    def _hear(self, number: int, starting: asyncio.Task[None]) -> None:
        """Note a signal; what only starts is given up."""
        self._told.put_nowait(number)
        starting.cancel()

    async def _start(self, stack: AsyncExitStack) -> None:
        """Start what the nodes need."""
        found = find_secrets(self._bot, who=OWN_FOLDER, environment=os.environ, file=self._keys, ask=ask_system_keyring)
        if self._bot.mode == "paper":
            pages = self._bot.pager.routing_key_env not in found
            await self._start_stand_ins(stack, pages_to=self._folder / "pages.jsonl" if pages else None)
        await self._start_bus(stack)
        if self._bot.mode != "paper":
            await look(self._bot, self._folder, self._keys, told=tell)

    async def _start_stand_ins(self, stack: AsyncExitStack, *, pages_to: Path | None) -> None:
        """Begin a new paper account: forget what an earlier one traded, and let the stand-ins follow the markets."""
        for name in (*self._bot.nodes, "bus"):
            shutil.rmtree(self._folder / name, ignore_errors=True)
        tell("paper: reaching the real markets, whose prices the stand-ins follow")
        stand_ins = StandInsProcess(self._config, self._balances, pages_to=pages_to)
        ready = await stack.enter_async_context(stand_ins)
        write_stand_ins(self._folder, ready)
        stand_ins.when_ended(lambda: self._told.put_nowait(GONE))

    async def _start_bus(self, stack: AsyncExitStack) -> None:
        if self._bot.bus.url:
            return
        token = secrets.token_urlsafe(24)  # tidy: a token that a seed could tell would be no secret
        server = BusServer(
            self._folder / "bus",
            token=token,
            clock=self._clock,
            binary=self._bot.bus.server,
            bounds=ServerBounds(restarts_max=RESTARTS_MAX),
            told=tell,
        )
        await stack.enter_async_context(server)
        write_address(self._folder, BusAddress(urls=(server.url,), token=token))

    def _children(self) -> list[Child]:
        names = [name for name, node in self._bot.nodes.items() if not node.cold]
        environment = {**os.environ, "STORMPROOF_LIVE": self._bot.bot}  # confirmed once, for all of its nodes
        return [
            Child(
                name=name,
                command=(*COMMAND, "node", name, *self._options, "--terse", "--bound"),
                environment=environment,
            )
            for name in names
        ]

    async def _until_told(self, nodes: Supervisor) -> int:
        """Keep the nodes running until a signal comes; a second one ends them at once."""
        running = asyncio.create_task(nodes.run(), name="nodes")
        hearing = asyncio.create_task(self._told.get(), name="signal")
        either = asyncio.Event()
        for task in (running, hearing):
            task.add_done_callback(lambda _: either.set())
        await either.wait()
        hearing.cancel()
        number = hearing.result() if not running.done() else 0
        within_ns = self._bot.execution.leave_within_ns + FAREWELL_NS
        if number:
            tell(f"ending: entries are cancelled, the lease is laid down; at most {within_ns // NS} s")
        ending = asyncio.create_task(nodes.end(within_ns=within_ns), name="end")
        hurrying = asyncio.create_task(_hurry(self._told, nodes), name="hurry")
        late = await ending
        hurrying.cancel()
        if late:
            tell(f"killed, since they did not end in time: {', '.join(late)}")
        try:
            await running
        except ExceptionGroup as problems:
            refused, others = problems.split(ChildRefused)
            if others is not None or refused is None:
                raise
            raise _first(refused) from None
        if number == GONE:
            raise StandInsGone("the stand-ins have ended, and the paper account with them; start again for a new one")
        return number


async def _hurry(told: asyncio.Queue[int], nodes: Supervisor) -> None:
    await told.get()
    tell("a second signal: killed at once")
    await nodes.end(within_ns=0)


def _first(refused: ExceptionGroup[ChildRefused]) -> EngineError:
    first = refused.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first


def tell(text: str) -> None:
    """Show something to whoever sits at the terminal."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
