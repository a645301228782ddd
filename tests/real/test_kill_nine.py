"""A whole bot against a real exchange (`stormproof serve`), and kill -9 of each of its processes: nothing is lost."""

from __future__ import annotations

import asyncio
import signal
from decimal import Decimal
from pathlib import Path

import pytest

from engine.runtime.real.clock import RealClock
from tests.real.bots import BOT, JournalRead, RealBot, is_alive, orders_at, owned_at, real_bot, until, write_bot
from tests.wire.server import Server, serving

pytestmark = pytest.mark.wire

BAR_S, SENT_AFTER_S = 5.0, 1.0
"""A decision is made at the end of each bar, and executed when its replicas have been gathered."""
EXACT = Decimal("0.00000001")


def test_a_bot_whose_every_process_is_killed_loses_no_order_and_counts_none_twice(tmp_path: Path) -> None:
    with serving("binance", "kraken") as server, real_bot(write_bot(tmp_path, server.ready), "--live") as bot:
        asyncio.run(story(server, bot, gap_s=5.0))
        compare(server, bot)


async def story(server: Server, bot: RealBot, *, gap_s: float) -> None:
    """Trade, kill each process in turn, the supervisor last, and end in order."""
    await until(lambda: orders_at(server, "kraken"), within_s=30)
    for number, victim in enumerate([*BOT["nodes"], "bus"]):
        await at_the_next_send(after_ms=7 * number)
        died = await bot.kill(victim)
        await bot.running(victim, other_than=died)
        await asyncio.sleep(gap_s)
    everybody = [await bot.running(name) for name in (*BOT["nodes"], "bus")]
    bot.process.send_signal(signal.SIGKILL)
    bot.process.wait()
    await until(lambda: not any(is_alive(pid) for pid in everybody), within_s=30)
    bot.again()
    await bot.running("exec-a")
    await asyncio.sleep(gap_s + BAR_S)
    bot.process.send_signal(signal.SIGTERM)
    assert await bot.ended(within_s=40) == 0, bot.errors()


async def at_the_next_send(*, after_ms: int) -> None:
    """Wait for the moment at which orders are under way."""
    now_s = RealClock().wall_ns() / 1e9
    await asyncio.sleep((SENT_AFTER_S - now_s) % BAR_S + after_ms / 1000)


def compare(server: Server, bot: RealBot) -> None:
    """Hold the venues' truth against the journal: each order once, and every coin."""
    journal = JournalRead(bot.data / "exec-a" / "execution.sqlite")
    for venue in BOT["venues"]:
        orders = orders_at(server, venue)
        names = [order["client_order_id"] for order in orders]
        assert len(names) >= 4, f"{venue} saw too little: {names}"
        assert len(set(names)) == len(names)
        assert set(names) <= set(journal.names(venue))
        assert [order for order in orders if order["status"] in ("NEW", "PARTIALLY_FILLED")] == []
        believed = journal.believed(venue)
        off = {asset: owned - believed[asset] for asset, owned in owned_at(server, venue).items()}
        assert all(abs(amount) <= EXACT for amount in off.values()), (venue, off)
