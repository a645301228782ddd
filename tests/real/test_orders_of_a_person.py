"""`status`, `pause`, `resume` and `standby` at a real bot with two executors, each with a key of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.real.bots import BOT, COMMAND, RealBot, real_bot, truth_of, until, write_bot
from tests.wire.server import Server, serving

pytestmark = pytest.mark.wire

NODES = {**BOT["nodes"], "exec-b": {"zone": "b", "runs": ["execution"]}}
PAUSED_S = 12
"""Two bars, in which it would decide and send."""


def said(bot: RealBot, *words: str) -> tuple[int, Any]:
    """Say a command; return its exit code and what it printed."""
    done = subprocess.run(
        [*COMMAND, *words, "--config", str(bot.config), "--json"],
        capture_output=True,
        check=False,
        timeout=90,
        env={**os.environ, "STORMPROOF_OPERATOR": "anna"},
    )
    assert done.stdout, done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def entries(server: Server) -> int:
    """Return how many orders the venues have seen that buy."""
    truth = truth_of(server)
    return sum(order["side"] == "BUY" for venue in BOT["venues"] for order in truth.orders(venue))


def test_a_person_sees_pauses_and_hands_over_a_bot_that_runs(tmp_path: Path) -> None:
    with serving("binance", "kraken") as server:
        config = write_bot(tmp_path, server.ready, nodes=NODES)
        _give_a_key_of_its_own("EXEC_B", tmp_path / "keys", server)
        with real_bot(config, "--live") as bot:
            asyncio.run(until(lambda: entries(server), within_s=60))

            code, told = said(bot, "status")
            assert (code, told["answered"], told["leader"]["renewed"]) == (0, True, True)
            assert sorted({beat["node"] for beat in told["beats"]}) == sorted(NODES)
            assert sorted(ledger["venue"] for ledger in told["ledgers"]) == ["binance", "kraken"]
            leader = told["leader"]

            code, told = said(bot, "pause", "--reason", "a look")
            assert (code, told["obeyed_by"]) == (0, leader["node"])
            sent = entries(server)
            asyncio.run(asyncio.sleep(PAUSED_S))
            assert entries(server) == sent
            code, told = said(bot, "standby")
            assert (code, told["obeyed_by"]) == (0, leader["node"]), told

            code, told = said(bot, "status")
            assert told["leader"]["token"] > leader["token"]
            assert told["leader"]["node"] != leader["node"]
            assert [(latch["loss"], latch["reason"]) for latch in told["latches"]] == [("pause", "anna: a look")]

            code, told = said(bot, "resume")
            assert (code, told["obeyed_by"] != leader["node"]) == (0, True)
            asyncio.run(until(lambda: entries(server) > sent, within_s=60))


def _give_a_key_of_its_own(who: str, keys: Path, server: Server) -> None:
    with keys.open("a", encoding="utf-8") as file:
        for venue in BOT["venues"]:
            spare = server.ready[venue]["spare_credentials"]
            file.write(
                f"\n{venue.upper()}_KEY__{who}={spare['apiKey']}\n{venue.upper()}_SECRET__{who}={spare['secret']}"
            )
