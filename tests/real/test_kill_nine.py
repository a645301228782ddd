"""A whole bot against a real exchange (`stormproof serve`), and kill -9 of each of its processes: nothing is lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.runtime.real.clock import RealClock
from engine.runtime.real.stand_ins import find_stand_ins
from tests.real.bots import BOT, JournalRead, RealBot, Truth, is_alive, real_bot, truth_of, until, write_bot
from tests.wire.server import serving

pytestmark = pytest.mark.wire

BAR_S, SENT_AFTER_S = 5.0, 1.0
"""A decision is made at the end of each bar, and executed when its replicas have been gathered."""
GAP_S = float(os.environ.get("STORMPROOF_KILL_GAP_S", "1"))
"""How long the bot trades after each kill; with 90 a story lasts ten minutes."""
BEGUN_S_MAX = 120
"""How long the first order may take: the market must rise, on a machine that is busy with other tests."""
EXACT = Decimal("0.00000001")


@dataclass(frozen=True)
class Found:
    """What is left at one moment at which no executor runs: at the venues, and in its journal."""

    orders: dict[str, list[dict[str, Any]]]
    owned: dict[str, dict[str, Decimal]]
    journal: JournalRead


@pytest.mark.quick
def test_a_bot_whose_every_process_is_killed_loses_no_order_and_counts_none_twice(tmp_path: Path) -> None:
    with serving("binance", "kraken") as server, real_bot(write_bot(tmp_path, server.ready), "--live") as bot:
        compare(asyncio.run(live_story(truth_of(server), bot)))


def test_neither_does_one_with_play_money(tmp_path: Path) -> None:
    """The stand-ins follow the exchange, and are the one process that is not killed: they are what is traded at."""
    config = {"restart": {"first": "3s"}}
    with serving("binance", "kraken") as server, real_bot(write_bot(tmp_path, server.ready, **config)) as bot:
        compare(asyncio.run(paper_story(bot)))
        assert [truth_of(server).orders(venue) for venue in BOT["venues"]] == [[], []]  # none ever reached the real one


async def live_story(truth: Truth, bot: RealBot) -> Found:
    """Trade, kill each process in turn, the supervisor last, start again, and end in order."""
    await until(lambda: truth.orders("kraken"), within_s=BEGUN_S_MAX)
    await kill_each(bot)
    everybody = [await bot.running(name) for name in (*BOT["nodes"], "bus")]
    bot.process.send_signal(signal.SIGKILL)
    bot.process.wait()
    await until(lambda: not any(is_alive(pid) for pid in everybody), within_s=30)
    bot.again()
    await bot.running("exec-a")
    await asyncio.sleep(GAP_S + BAR_S)
    await end(bot)
    return found(truth, bot.data / "exec-a")


async def paper_story(bot: RealBot) -> Found:
    """Trade with play money, kill each process in turn, and look while the executor is away: it went in order."""
    executor = await bot.running("exec-a", within_s=60)
    truth = Truth(**find_stand_ins(bot.data).control)
    await until(lambda: truth.orders("kraken"), within_s=BEGUN_S_MAX)
    await kill_each(bot)
    executor = await bot.running("exec-a")
    os.kill(executor, signal.SIGTERM)
    await until(lambda: not is_alive(executor), within_s=30)
    left = found(truth, Path(shutil.copytree(bot.data / "exec-a", bot.data / "left")))
    await end(bot)
    return left


async def kill_each(bot: RealBot) -> None:
    """Kill every node and the bus, each at a moment at which orders are under way."""
    for number, victim in enumerate([*BOT["nodes"], "bus"]):
        now_s = RealClock().wall_ns() / 1e9
        await asyncio.sleep((SENT_AFTER_S - now_s) % BAR_S + 0.007 * number)
        died = await bot.kill(victim)
        await bot.running(victim, other_than=died)
        await asyncio.sleep(GAP_S)


async def end(bot: RealBot) -> None:
    """End the bot in order."""
    bot.process.send_signal(signal.SIGTERM)
    assert await bot.ended(within_s=40) == 0, bot.errors()


def found(truth: Truth, journal: Path) -> Found:
    """Look at the venues and at a journal at once."""
    venues = tuple(BOT["venues"])
    return Found(
        orders={venue: truth.orders(venue) for venue in venues},
        owned={venue: truth.owned(venue) for venue in venues},
        journal=JournalRead(journal / "execution.sqlite"),
    )


def compare(left: Found) -> None:
    """Hold the venues' truth against the journal: each order once, none that rests but stops, and every coin."""
    for venue, orders in left.orders.items():
        names = [order["client_order_id"] for order in orders]
        assert len(names) >= 4, f"{venue} saw too little: {names}"
        assert len(set(names)) == len(names)
        assert set(names) <= set(left.journal.names(venue))
        assert [order for order in orders if order["status"] in ("NEW", "PARTIALLY_FILLED")] == []
        believed = left.journal.believed(venue)
        off = {asset: owned - believed.get(asset, 0) for asset, owned in left.owned[venue].items()}
        assert all(abs(amount) <= EXACT for amount in off.values()), (venue, off)
