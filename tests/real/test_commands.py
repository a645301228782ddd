"""What a person tells a bot that does not run, with its bus started for that; and what is refused."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from engine.domain.codec import to_json
from engine.domain.control import Verb
from engine.domain.lease import Lease
from engine.domain.safety import Latch, Loss
from engine.runtime.config import BotConfig
from engine.runtime.real.borrowed_bus import borrowed_bus
from engine.runtime.real.bus import open_bus
from engine.runtime.real.clock import RealClock
from engine.services.latches import Latched, latch_key, read_latches
from engine.services.leadership import lease_name
from scenarios.bot_file import data_folder, load_bot
from scenarios.cli.bot_session import Whereabouts, found_bot
from scenarios.cli.leave import leave
from scenarios.cli.ordering import NS, order_and_tell
from tests.real.bots import BOT, write_bot
from tests.real.test_refusals import READY

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("STORMPROOF_DATA", "STORMPROOF_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STORMPROOF_OPERATOR", "anna")
    return write_bot(tmp_path, READY)


def bot_of(config: Path) -> tuple[BotConfig, Path]:
    bot = load_bot(config, plugins=False)
    return bot, data_folder(config, bot, None)


def ran_once(config: Path, *latches: Latch) -> None:
    """Leave behind what a bot leaves that has run and is dead: a bus with a lease and its latches."""
    bot, folder = bot_of(config)

    async def act() -> None:
        clock = RealClock()
        async with borrowed_bus(bot, folder, clock) as address:
            assert address is not None
            async with open_bus(address.urls, token=address.token, name="t", space=bot.bot, clock=clock) as bus:
                lease = Lease(holder="it", node="exec-a", token=3, ttl_ns=8_000_000_000)
                await bus.put(lease_name(bot.bot), to_json(lease))
                await bus.put(latch_key(bot.bot), to_json(Latched(latches=latches)))

    asyncio.run(act())


def latched(config: Path) -> tuple[Latch, ...]:
    bot, folder = bot_of(config)

    async def act() -> tuple[Latch, ...]:
        clock = RealClock()
        async with borrowed_bus(bot, folder, clock) as address:
            assert address is not None
            async with open_bus(address.urls, token=address.token, name="t", space=bot.bot, clock=clock) as bus:
                return await read_latches(bot.bot, bus)

    return asyncio.run(act())


def ordered(config: Path, capture: Capture, verb: Verb) -> tuple[int, Any]:
    """Give an order, with little patience; return the exit code and what was printed."""
    where = Whereabouts(config=config, data=None, keys=None)
    code = order_and_tell(where, verb, by="anna", reason="a look", as_json=True, within_ns=NS)
    return code, json.loads(capture.readouterr().out)


def test_a_bot_that_never_ran_has_no_bus_to_be_told_anything_on(config: Path, capsys: Capture) -> None:
    for command in ("status", "pause", "resume", "rearm", "standby"):
        assert leave((command, "--config", str(config))) == 2
        assert "there is no bus" in capsys.readouterr().err
    assert not (config.parent / "data").exists()


def test_status_says_plainly_that_nobody_answers(config: Path, capsys: Capture) -> None:
    ran_once(config)

    assert leave(("status", "--config", str(config), "--json")) == 3
    assert json.loads(capsys.readouterr().out)["answered"] is False


def test_a_pause_waits_on_the_bus_for_whoever_leads_next(config: Path, capsys: Capture) -> None:
    ran_once(config)

    code, told = ordered(config, capsys, Verb.PAUSE)

    assert (code, told["obeyed_by"], told["by"]) == (3, None, "anna")
    assert "waits on the bus" in told["detail"]


def test_a_dead_bot_is_rearmed_on_its_bus(config: Path, capsys: Capture) -> None:
    ran_once(config, Latch(loss=Loss.KILL, scope="bot", reason="anna: it burns", at_ns=1))
    assert [latch.loss for latch in latched(config)] == [Loss.KILL]

    code, told = ordered(config, capsys, Verb.REARM)

    assert (code, told["obeyed_by"]) == (0, None)
    assert latched(config) == ()


@pytest.mark.parametrize(
    ("by", "words"),
    [("", "nobody says who"), (" ", "nobody says who"), ("a|b", "nobody says who"), ("x" * 65, "nobody says who")],
)
def test_an_order_has_somebody_who_gives_it(
    config: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, by: str, words: str
) -> None:
    monkeypatch.setenv("STORMPROOF_OPERATOR", by)

    for command in ("pause", "kill"):
        assert leave((command, "--config", str(config))) == 2
        assert words in capsys.readouterr().err


def test_a_kill_without_its_keys_says_which_and_touches_nothing(config: Path, capsys: Capture) -> None:
    assert leave(("kill", "--config", str(config))) == 2
    told = capsys.readouterr().err

    assert "venues.binance.key_env: names BINANCE_KEY, which is not set here; set it" in told
    assert "venues.kraken.secret_env: names KRAKEN_SECRET" in told
    assert not (config.parent / "data").exists()


def test_a_file_of_keys_that_others_can_read_is_refused(config: Path, capsys: Capture) -> None:
    keys = config.parent / "keys"
    keys.chmod(0o644)

    for command in ("kill", "doctor", "status"):
        assert leave((command, "--config", str(config), "--keys", str(keys))) == 2
        assert f"chmod 600 {keys}" in capsys.readouterr().err


def test_no_command_takes_a_secret() -> None:
    from click import Command
    from typer.main import get_command

    from scenarios.cli import bot_commands
    from scenarios.cli.app import app

    assert bot_commands
    group: Any = get_command(app)
    commands: dict[str, Command] = group.commands
    options = {one for command in commands.values() for each in command.params for one in each.opts}
    assert {"--config", "--keys", "--by"} <= options
    assert not [one for one in options if any(word in one for word in ("secret", "token", "passphrase", "api-key"))]


def test_the_most_serious_mode_that_ran_here_is_meant(config: Path) -> None:
    where = Whereabouts(config=config, data=None, keys=None)
    assert found_bot(where)[0].mode == "live"
    (config.parent / "data" / BOT["bot"] / "paper").mkdir(parents=True)
    assert found_bot(where)[0].mode == "paper"
    (config.parent / "data" / BOT["bot"] / "testnet").mkdir()
    assert found_bot(where)[0].mode == "testnet"
