"""`stormproof kill` on real processes: the whole engine dead, alive, or stopped and woken later; venues in trouble.

One venue tells everybody to slow down, the other cuts connections over requests that it has done, while the kill works.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.real.bots import BOT, COMMAND, RealBot, Truth, real_bot, truth_of, until, write_bot
from tests.wire.server import Server, serving

pytestmark = pytest.mark.wire

DUST = Decimal("0.00002")
"""Less than two lots: what fees in coins leave and no venue would trade."""
LIVES = ("NEW", "PARTIALLY_FILLED", "UNTRIGGERED")
GIVE_UP_S, KILL_S_MAX = 120, 180
TROUBLE_S = 15
WOKEN_S = 12
"""How long a woken engine is watched: two bars, in which it would decide and send."""


@dataclass
class Ground:
    """A bot that holds positions, and what the accounts held before it."""

    server: Server
    truth: Truth
    bot: RealBot
    before: dict[str, Decimal]

    def flat(self, venue: str) -> bool:
        """Tell whether a venue is as it was, with no order of the bot resting."""
        resting = [order for order in self.truth.orders(venue) if order["status"] in LIVES]
        return abs(self.truth.owned(venue)["BTC"] - self.before[venue]) <= DUST and not resting

    def all_flat(self) -> bool:
        """Tell it of every venue."""
        return all(self.flat(venue) for venue in self.before)

    def sent(self) -> int:
        """Return how many orders the venues have ever seen."""
        return sum(len(self.truth.orders(venue)) for venue in self.before)

    def everybody(self) -> list[int]:
        """Return the processes of the engine: the supervisor and its nodes."""
        return [self.bot.process.pid, *(pid for name in BOT["nodes"] if (pid := self.bot.pid(name)) is not None)]

    def say(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Say a command as a person does; return its exit code and what it printed."""
        said = subprocess.run(
            [*COMMAND, *words, "--config", str(self.bot.config), "--keys", str(keys_of(self.bot)), "--json"],
            capture_output=True,
            check=False,
            timeout=KILL_S_MAX,
            env={**os.environ, "STORMPROOF_OPERATOR": "anna"},
        )
        assert said.stdout, said.stderr.decode()
        return said.returncode, json.loads(said.stdout)


def keys_of(bot: RealBot) -> Path:
    return bot.config.parent / "keys"


def inject(server: Server, venue: str, **fault: object) -> None:
    """Let a venue be in trouble; it heals itself."""
    request = urllib.request.Request(
        f"{server.ready['control']}/venues/{venue}/faults",
        data=json.dumps(fault).encode(),
        headers={"Authorization": f"Bearer {server.ready['token']}"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 201


def trouble(server: Server) -> None:
    """One venue answers 429, the other drops connections, half of its requests done."""
    inject(server, "binance", kind="throttle", retry_after_s=2, patience=100_000, for_s=TROUBLE_S)
    dropped = {"endpoints": ["orders", "account"], "probability": 0.5, "for_s": TROUBLE_S}
    inject(server, "kraken", kind="ack_lost", **dropped)


@contextmanager
def trading(folder: Path, *, give_up_s: int = GIVE_UP_S) -> Iterator[Ground]:
    """Run a bot, with a key of its own for the kill, until it holds something at each venue, protected by a stop."""
    with serving("binance", "kraken") as server:
        truth = truth_of(server)
        before = {venue: truth.owned(venue)["BTC"] for venue in BOT["venues"]}
        config = write_bot(folder, server.ready, kill={"give_up_after": f"{give_up_s}s"})
        with (folder / "keys").open("a", encoding="utf-8") as keys:
            for venue in BOT["venues"]:
                spare = server.ready[venue]["spare_credentials"]
                keys.write(
                    f"\n{venue.upper()}_KEY__KILL={spare['apiKey']}\n{venue.upper()}_SECRET__KILL={spare['secret']}"
                )
        with real_bot(config, "--live") as bot:
            ground = Ground(server=server, truth=truth, bot=bot, before=before)
            asyncio.run(until(lambda: _holds(ground), within_s=60))
            yield ground


def _holds(ground: Ground) -> bool:
    return all(
        ground.truth.owned(venue)["BTC"] - before > DUST
        and any(order["status"] == "UNTRIGGERED" for order in ground.truth.orders(venue))
        for venue, before in ground.before.items()
    )


def test_a_dead_engine_is_killed_though_its_bus_died_with_it_and_stays_so_until_it_is_rearmed(tmp_path: Path) -> None:
    with trading(tmp_path) as ground:
        ground.bot.kill_all()
        trouble(ground.server)
        code, report = ground.say("kill", "--reason", "it burns")
        assert (code, report["flat"], report["lease_taken"], report["latched_on_bus"]) == (0, True, True, True), report
        assert ground.all_flat()

        sent = ground.sent()
        ground.bot.again()
        asyncio.run(ground.bot.running("exec-a"))
        code, told = ground.say("status")
        assert (code, [latch["loss"] for latch in told["latches"]]) == (0, ["kill"])
        assert (ground.all_flat(), ground.sent()) == (True, sent)

        code, told = ground.say("rearm")
        assert (code, told["obeyed_by"]) == (0, "exec-a")
        asyncio.run(until(lambda: ground.sent() > sent, within_s=40))


def test_a_live_engine_is_fenced_off_and_stays_alive_and_flat(tmp_path: Path) -> None:
    with trading(tmp_path) as ground:
        trouble(ground.server)
        code, report = ground.say("kill")
        assert (code, report["flat"]) == (0, True), report

        sent = ground.sent()
        asyncio.run(asyncio.sleep(WOKEN_S))
        assert (ground.all_flat(), ground.sent()) == (True, sent)
        code, told = ground.say("status")
        assert (code, told["leader"]["node"], told["safety"][0]["state"]) == (0, "exec-a", "killed")


@pytest.mark.quick
def test_an_engine_that_was_stopped_and_is_woken_after_the_kill_sends_nothing(tmp_path: Path) -> None:
    with trading(tmp_path) as ground:
        stopped = ground.everybody()
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        trouble(ground.server)
        code, report = ground.say("kill")
        assert (code, report["flat"]) == (0, True), report

        sent = ground.sent()
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        asyncio.run(asyncio.sleep(WOKEN_S))
        assert (ground.all_flat(), ground.sent()) == (True, sent)


def test_without_the_bus_it_goes_by_the_books_of_a_hung_engine_and_says_that_nothing_is_latched(tmp_path: Path) -> None:
    with trading(tmp_path, give_up_s=60) as ground:
        bus = ground.bot.pid("bus")
        assert bus is not None
        stopped = [*ground.everybody(), bus]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        code, report = ground.say("kill")
        assert (code, report["flat"], report["latched_on_bus"], report["lease_taken"]) == (1, True, False, False), (
            report
        )
        assert ground.all_flat()

        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        code, report = ground.say("kill")
        assert (code, report["flat"], report["latched_on_bus"]) == (0, True, True), report
        assert ground.all_flat()
