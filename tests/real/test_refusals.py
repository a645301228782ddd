"""What a command that trades for real refuses, before anything is started: one sentence, with what to do."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine.runtime.real.bus_address import BusAddress, write_address
from engine.runtime.real.bus_server import BusServer
from engine.runtime.real.clock import RealClock
from engine.runtime.real.data_folder import FolderRefused, claimed_folder
from engine.runtime.real.stand_ins import StandIns, find_stand_ins, write_stand_ins
from scenarios.cli.leave import leave
from tests.real.bots import BOT, COMMAND, real_bot, until, write_bot
from tests.wire.server import serving

CREDENTIALS = {"apiKey": "k" * 16, "secret": "s" * 16}
READY: dict[str, Any] = {
    name: {"hosts": {f"https://api.{name}.com": "http://127.0.0.1:9"}, "credentials": CREDENTIALS}
    for name in BOT["venues"]
}
"""Venues of which nobody answers."""
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("STORMPROOF_LIVE", "STORMPROOF_DATA", "STORMPROOF_KEYS"):
        monkeypatch.delenv(name, raising=False)
    return write_bot(tmp_path, READY)


def refused(capture: Capture, *arguments: str) -> str:
    """Return what a command said that was refused."""
    assert leave(arguments) == 2
    return capture.readouterr().err


def test_a_node_with_play_money_needs_something_to_trade_at(config: Path, capsys: Capture) -> None:
    write_address(config.parent / "data" / BOT["bot"] / "paper", BusAddress(urls=("nats://127.0.0.1:9",)))
    said = refused(capsys, "node", "exec-a", "--config", str(config))
    assert "start `stormproof live`, or say --live or --testnet" in said


def test_a_node_needs_a_bus(config: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMPROOF_LIVE", BOT["bot"])
    said = refused(capsys, "node", "exec-a", "--config", str(config), "--live", "--keys", str(config.parent / "keys"))
    assert "there is no bus" in said
    assert "start `stormproof live`, or set bus.url" in said


@pytest.mark.parametrize(
    ("confirmed", "mode", "words"),
    [
        (None, "live", "nobody has confirmed it"),
        ("another-bot", "live", "'another-bot' is not the bot's name"),
        (BOT["bot"], "paper", "write `mode: live` there"),
    ],
)
@pytest.mark.parametrize("command", [("live",), ("node", "exec-a")])
def test_real_money_is_asked_for_twice(
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    confirmed: str | None,
    mode: str,
    words: str,
) -> None:
    monkeypatch.delenv("STORMPROOF_LIVE", raising=False)
    if confirmed is not None:
        monkeypatch.setenv("STORMPROOF_LIVE", confirmed)
    config = write_bot(tmp_path, READY, mode=mode)
    assert words in refused(capsys, *command, "--config", str(config), "--live")
    assert not (tmp_path / "data").exists()


def test_a_venue_without_a_test_network_is_named(config: Path, capsys: Capture) -> None:
    assert "kraken has no test network" in refused(capsys, "live", "--config", str(config), "--testnet")
    assert "say one of them" in refused(capsys, "live", "--config", str(config), "--testnet", "--live")


def test_a_node_that_is_not_in_the_file_is_named(config: Path, capsys: Capture) -> None:
    assert "name one of feed-a, signal-a" in refused(capsys, "node", "exec-z", "--config", str(config))


@pytest.mark.parametrize("told", ["USDT", "USDT=", "USDT=-5", "=5", "USDT=1e9"])
def test_a_balance_that_is_none_is_refused(config: Path, capsys: Capture, told: str) -> None:
    assert "write it as USDT=10000" in refused(capsys, "live", "--config", str(config), "--balance", told)


def test_a_folder_is_one_processs(tmp_path: Path) -> None:
    with (
        claimed_folder(tmp_path, "exec-a"),
        pytest.raises(FolderRefused, match=rf"already runs on .*process {os.getpid()}"),
        claimed_folder(tmp_path, "exec-a"),
    ):
        pass
    with claimed_folder(tmp_path, "exec-a"):
        pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(FolderRefused, match="name a folder with --data"), claimed_folder(tmp_path / "data", "exec-a"):
        pass


def test_a_journal_that_is_damaged_is_not_traded_on(tmp_path: Path) -> None:
    (tmp_path / "exec-a").mkdir()
    journal = tmp_path / "exec-a" / "execution.sqlite"
    connection = apsw.Connection(str(journal))
    connection.execute("CREATE TABLE orders (name TEXT); CREATE INDEX names ON orders (name)")
    with connection:
        connection.executemany("INSERT INTO orders VALUES (?)", [(f"{number:040}",) for number in range(2000)])
    connection.close()
    with claimed_folder(tmp_path, "exec-a"):
        pass

    whole = journal.read_bytes()
    journal.write_bytes(whole[: len(whole) // 2])  # half of it was copied

    with pytest.raises(FolderRefused, match=r"is damaged .*put back a copy"), claimed_folder(tmp_path, "exec-a"):
        pass


def test_what_no_database_has_written_is_no_journal(tmp_path: Path) -> None:
    (tmp_path / "exec-a").mkdir()
    (tmp_path / "exec-a" / "execution.sqlite").write_bytes(b"half a file" * 100)

    with pytest.raises(FolderRefused, match="is damaged"), claimed_folder(tmp_path, "exec-a"):
        pass


def test_stand_ins_are_for_their_owner_alone(tmp_path: Path) -> None:
    write_stand_ins(tmp_path, StandIns(resolve={"a:1": "127.0.0.1:2"}, secrets={"KEY": "secret"}))

    assert find_stand_ins(tmp_path).secrets == {"KEY": "secret"}
    assert (tmp_path / "stand_ins.json").stat().st_mode & 0o077 == 0


@pytest.mark.wire
def test_play_money_needs_markets_to_follow(config: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "live", "--config", str(config)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=90,
        check=False,
    )

    assert done.returncode == 2
    assert "binance cannot be reached, and play money follows its prices" in done.stderr.decode()


@pytest.mark.wire
def test_a_key_that_the_venue_refuses_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with serving("binance", "kraken") as server:
        ready = {**server.ready, "kraken": {**server.ready["kraken"], "credentials": CREDENTIALS}}
        with real_bot(write_bot(tmp_path, ready), "--live") as bot:
            assert asyncio.run(bot.ended(within_s=60)) == 2

    assert "kraken key of exec-a: the venue refuses it" in bot.errors()
    assert "set KRAKEN_KEY" in bot.errors()
    assert "nothing was started" in bot.errors()
    assert not (bot.data / "exec-a").exists()


@pytest.mark.wire
def test_an_interrupt_while_it_starts_is_heard_at_once(config: Path) -> None:
    with real_bot(config) as bot:
        asyncio.run(until(lambda: "paper: reaching" in bot.errors(), within_s=20))
        bot.process.send_signal(signal.SIGINT)
        assert asyncio.run(bot.ended(within_s=10)) == 130


@pytest.mark.wire
def test_a_bus_that_does_not_know_us_is_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = write_bot(tmp_path, READY)
    monkeypatch.setenv("STORMPROOF_LIVE", BOT["bot"])
    keys = ("--keys", str(tmp_path / "keys"))

    async def story() -> int:
        async with BusServer(tmp_path / "server", token="right", clock=RealClock()) as server:
            write_address(tmp_path / "data" / BOT["bot"] / "live", BusAddress(urls=(server.url,), token="wrong"))
            command = [*COMMAND, "node", "exec-a", "--config", str(config), "--live", *keys]
            node = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
            async with asyncio.timeout(30):
                _, said = await node.communicate()
            assert "token" in said.decode()
            return node.returncode or 0

    assert asyncio.run(story()) == 2
