"""No secret is in anything that is written: known ones are planted, errors provoked everywhere, and everything is read.

Twice: at every call to a venue over real sockets, where a traceback shows what ccxt signs; and with a whole bot and all
commands of a person, after which each file and each output is searched.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import tarfile
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest

from engine.domain.errors import VenueTrouble
from engine.domain.evidence import View
from engine.ports.venue import Venue
from engine.runtime.real.clock import RealClock
from engine.runtime.real.keys import Secrets
from engine.runtime.real.sockets import real_connectors
from engine.runtime.resolving import resolved
from engine.venues import Credentials, connect, open_door
from scenarios.cli.stalls import Stalls, set_up
from simulator.serve import RealTimeline
from tests.engine.venues.stage import a_ticket, ref_of, symbol_at
from tests.real.bots import BOT, COMMAND, RealBot, real_bot, truth_of, until, write_bot
from tests.real.test_kill_outside import inject
from tests.wire.server import serving

VENUES = ("binance", "bybit", *(pytest.param(name, marks=pytest.mark.wire) for name in ("coinbase", "kraken", "okx")))
TROUBLES: tuple[tuple[str, dict[str, object]], ...] = (
    ("ack_lost", {"endpoints": ["orders", "account", "public"]}),
    ("error", {"status": 503}),
    ("throttle", {"retry_after_s": 0, "patience": 100_000}),
)
PRIVATE = ("keys", "address.json", "server.conf")
"""What must hold secrets: their owner's alone, and put into no bundle."""
DERIVED = ("signature=", "sign=", "api-sign")
"""What shows that something was signed by a secret."""


@pytest.mark.parametrize("name", VENUES)
def test_no_error_of_a_venue_shows_what_signs_a_request(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def run() -> tuple[Secrets, list[str]]:
        prices = {"BTC/USDT": Decimal(60_000)}
        stalls = set_up((name,), prices, RealTimeline(asyncio.get_running_loop()), seed=7, port=None)
        try:
            await stalls.open("the token of this test")
            async with asyncio.timeout(60):
                return await _provoked(name, stalls)
        finally:
            await stalls.close()

    secrets, told = asyncio.run(run())
    told += [record.getMessage() for record in caplog.records]

    assert len(told) >= 8 * len(TROUBLES), "too little went wrong"
    for text in map(secrets.redact, told):
        assert _leaks(text, secrets) == []
        assert not any(f"{word}{value}" in text for word in DERIVED for value in "0123456789abcdef"), text


async def _provoked(name: str, stalls: Stalls) -> tuple[Secrets, list[str]]:
    """Ask a venue in trouble for everything; return its secrets, and everything that was said of the troubles."""
    ready: Any = stalls.ready[name]
    key = stalls.stalls[name].key
    keys = {"KEY": ready["credentials"]["apiKey"], "SECRET": key.secret, "PASSPHRASE": key.passphrase or "none-of-it"}
    clock = RealClock()
    venue = connect(
        name,
        door=open_door(name, clock),
        credentials=Credentials(api_key=keys["KEY"], secret=keys["SECRET"], passphrase=key.passphrase),
        connectors=real_connectors(resolved(ready["hosts"])),
        random=Random(7),
    )
    told: list[str] = []
    try:
        await venue.open()
        for kind, said in TROUBLES:
            fault = stalls.stalls[name].faults.inject(kind, said)
            for call in _calls(venue):
                told += await _said(call)
            stalls.stalls[name].faults.heal(fault.number)
    finally:
        await venue.close()
    return Secrets(keys), told


def _calls(venue: Venue) -> list[Callable[[], Awaitable[object]]]:
    """Return everything that can be asked of a venue."""
    ticket, symbol = a_ticket(venue, quantity="0.001"), symbol_at(venue)
    order = ref_of(ticket, "1")
    return [
        lambda: venue.place(ticket),
        lambda: venue.cancel(order, expires_ns=venue.now_ns() + 5_000_000_000),
        lambda: venue.look_up(order, list(View)),
        lambda: venue.open_orders(symbol),
        lambda: venue.fills_since(symbol, venue.now_ns() - 60_000_000_000),
        lambda: venue.balances(urgent=True),
        venue.permissions,
        lambda: venue.quote(symbol),
        venue.measure_clock,
    ]


async def _said(call: Callable[[], Awaitable[object]]) -> list[str]:
    """Return what an answer or an error says of itself, with the whole traceback and all that led to it."""
    try:
        return [repr(await call())]
    except VenueTrouble as problem:
        return [str(problem), repr(problem), "".join(traceback.format_exception(problem))]


def _leaks(text: str, secrets: Mapping[str, str]) -> list[str]:
    """Return the names of secrets that stand in a text, as they are or as part of an address or of JSON."""
    spelled = {name: (value, quote(value, safe=""), json.dumps(value)[1:-1]) for name, value in secrets.items()}
    return [name for name, spellings in spelled.items() if any(one in text for one in spellings)]


# -- a whole bot


@pytest.mark.wire
def test_nothing_that_a_bot_and_its_commands_write_holds_a_secret(tmp_path: Path) -> None:
    said: list[str] = []
    with serving("binance", "kraken") as server:
        planted = _planted(server.ready)
        config = write_bot(tmp_path, server.ready, pager=_pager(server.ready), kill={"give_up_after": "60s"})
        _write_keys(tmp_path / "keys", planted)
        with real_bot(config, "--live") as bot:
            asyncio.run(until(lambda: len(truth_of(server).orders("kraken")) > 1, within_s=60))
            for venue, (kind, fault) in zip(("binance", "kraken") * 2, TROUBLES, strict=False):
                inject(server, venue, kind=kind, for_s=8, **fault)
                asyncio.run(asyncio.sleep(4))
            said += [_say(bot, *words) for words in (["status"], ["pause"], ["resume"], ["standby"])]
            said += [_say(bot, "doctor", "--bundle", str(tmp_path / "bundle.tar.gz"))]
            os.kill(asyncio.run(bot.running("signal-a")), signal.SIGKILL)
            said += [_say(bot, "kill"), bot.errors()]

    assert any("signature" in text or "BINANCE_KEY" in text for text in said)
    planted["the bus's token"] = json.loads((bot.data / "bus" / "address.json").read_text())["token"]
    everything = {**{f"output {number}": text for number, text in enumerate(said)}, **dict(_written(tmp_path))}
    leaks = {where: leaked for where, text in everything.items() if (leaked := _leaks(text, planted))}
    assert leaks == {}
    assert len(everything) > 20
    assert not any(where.endswith(PRIVATE) for where in everything)
    assert all(path.stat().st_mode & 0o077 == 0 for name in PRIVATE for path in tmp_path.rglob(name))


def _planted(ready: Mapping[str, Any]) -> dict[str, str]:
    """Return the secrets of the bot: the kill has a wrong one at Binance."""
    planted = {
        "PAGERDUTY_KEY": "0123456789abcdef0123456789abcdef",
        "CHAT_URL": f"{ready['control']}/services/T00000/B00000/secretpartofanaddress",
        "BELL_URL": f"{ready['control']}/ping/another-secret-part-of-an-address",
    }
    for venue in BOT["venues"]:
        for suffix, told in (("", ready[venue]["credentials"]), ("__KILL", ready[venue]["spare_credentials"])):
            planted |= {
                f"{venue.upper()}_KEY{suffix}": told["apiKey"],
                f"{venue.upper()}_SECRET{suffix}": told["secret"],
            }
    return planted | {"BINANCE_SECRET__KILL": "thiswrongsecretofthekillisasecrettoo"}


def _pager(ready: Mapping[str, Any]) -> dict[str, str]:
    names = {"routing_key_env": "PAGERDUTY_KEY", "webhook_url_env": "CHAT_URL", "bell_url_env": "BELL_URL"}
    return {"url": f"{ready['control']}/v2/enqueue", **names}


def _write_keys(keys: Path, planted: Mapping[str, str]) -> None:
    keys.write_text("".join(f"{name}='{value}'\n" for name, value in planted.items()), encoding="utf-8")


def _say(bot: RealBot, *words: str) -> str:
    """Say a command; return all that it printed."""
    done = subprocess.run(
        [*COMMAND, *words, "--config", str(bot.config), "--keys", str(bot.config.parent / "keys")],
        capture_output=True,
        check=False,
        timeout=150,
        env={**os.environ, "STORMPROOF_OPERATOR": "anna"},
    )
    assert done.returncode in (0, 1, 3), done.stderr.decode()
    return done.stdout.decode() + done.stderr.decode()


def _written(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield every file that was written, as text; those of a bundle, too."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".gz":
            with tarfile.open(path) as bundle:
                for one in bundle.getmembers():
                    content = bundle.extractfile(one)
                    assert content is not None
                    yield f"{path.name}/{one.name}", content.read().decode()
        elif path.is_file() and path.name not in PRIVATE:
            yield str(path.relative_to(folder)), path.read_bytes().decode("latin-1")
