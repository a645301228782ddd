"""A whole real bot as a user starts it, against venues that a process of their own serves: started, killed, compared.

Everything that is started is ended by its number, whatever the test does.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
from ruamel.yaml import YAML

from tests.wire.server import Server

BOT: dict[str, Any] = {
    "bot": "real-test",
    "mode": "live",
    "nodes": {
        "feed-a": {"zone": "a", "runs": ["feed"]},
        "signal-a": {"zone": "a", "runs": ["signal"]},
        "exec-a": {"zone": "a", "runs": ["execution"]},
        "monitor-a": {"zone": "a", "runs": ["monitor"]},
    },
    "venues": {
        "binance": {"key_env": "BINANCE_KEY", "secret_env": "BINANCE_SECRET", "share": 0.5},
        "kraken": {"key_env": "KRAKEN_KEY", "secret_env": "KRAKEN_SECRET", "share": 0.5},
    },
    "instruments": {"BTC/USDT": {"size": 0.02, "limit": 0.05}},
    "strategy": {"name": "momentum", "bar": "5s", "lookback": 1},
    "signal": {"gather": "1s"},
    "execution": {"entry_ttl": "10s", "not_after": "8s", "price_collar": "50bps"},
    "protection": {"stop": "3%", "within": "10s", "grace": "10s"},
    "pager": {"url": "http://127.0.0.1:9/nobody", "routing_key_env": "PAGERDUTY_KEY"},
}
"""A bot that decides every five seconds; nobody is at home where its pages go."""
COMMAND = (sys.executable, "-m", "scenarios.cli")
LOOK_S = 0.1


def write_bot(folder: Path, ready: Mapping[str, Any], **changes: Any) -> Path:
    """Write a configuration that dials what is served, and its file of keys beside it."""
    hosts = {real: here for name in BOT["venues"] for real, here in ready[name]["hosts"].items()}
    path = folder / "bot.yaml"
    YAML().dump({**json.loads(json.dumps(BOT)), "resolve": hosts, **changes}, path)
    lines = [f"PAGERDUTY_KEY={'0' * 32}"]
    for name in BOT["venues"]:
        told = ready[name]["credentials"]
        lines += [f"{name.upper()}_KEY={told['apiKey']}", f"{name.upper()}_SECRET={told['secret']}"]
    keys = folder / "keys"
    keys.touch(mode=0o600)
    keys.write_text("\n".join(lines), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Truth:
    """The control API of served venues, which tells what is true there."""

    url: str
    token: str

    def asked(self, path: str) -> Any:
        """Return what it tells."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=5) as said:
            return json.load(said)

    def orders(self, venue: str) -> list[dict[str, Any]]:
        """Return all orders of the bot's account."""
        orders: list[dict[str, Any]] = self.asked(f"/venues/{venue}/orders").get("main", [])
        return orders

    def owned(self, venue: str) -> dict[str, Decimal]:
        """Return what the account owns."""
        balances = self.asked(f"/venues/{venue}")["accounts"]["main"]["balances"]
        return {asset: Decimal(one["free"]) + Decimal(one["locked"]) for asset, one in balances.items()}


def truth_of(server: Server) -> Truth:
    """Return the truth of what is served."""
    return Truth(server.ready["control"], server.ready["token"])


class RealBot:
    """`stormproof live` as a process, with all that it has started."""

    def __init__(self, config: Path, *options: str) -> None:
        self.config = config
        self.options = options
        self.data = config.parent / "data" / BOT["bot"] / ("live" if "--live" in options else "paper")
        self.said = config.parent / "live.err"
        self.process = self._start()

    def again(self) -> None:
        """Start it again, on the same data."""
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        keys = ("--keys", str(self.config.parent / "keys")) if "--live" in self.options else ()
        with self.said.open("ab") as said:
            return subprocess.Popen(
                [*COMMAND, "live", "--config", str(self.config), *self.options, *keys],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env={**os.environ, "STORMPROOF_LIVE": BOT["bot"]},
                start_new_session=True,
            )

    def pid(self, name: str) -> int | None:
        """Return the number of a node's process, of the bus's server (`bus`), or None while it does not run."""
        if name == "bus":
            found = sorted((self.data / "bus" / "ports").glob("nats-server_*.ports"))
            pids = [int(path.stem.removeprefix("nats-server_")) for path in found]
        else:
            lock = self.data / name / "lock"
            pids = [int(lock.read_text() or 0)] if lock.exists() else []
        return next((pid for pid in reversed(pids) if pid and is_alive(pid)), None)

    async def kill(self, name: str, *, within_s: float = 20) -> int:
        """Kill a process that runs, or that soon will again."""
        pid = await self.running(name, within_s=within_s)
        os.kill(pid, signal.SIGKILL)
        return pid

    async def running(self, name: str, *, within_s: float = 20, other_than: int = 0) -> int:
        """Wait for a process; return its number."""
        await until(lambda: self.pid(name) not in (None, other_than), within_s=within_s)
        return self.pid(name) or 0

    async def ended(self, *, within_s: float) -> int:
        """Wait for the end of the command; return its exit code."""
        await until(lambda: self.process.poll() is not None, within_s=within_s)
        return int(self.process.returncode)

    def kill_all(self) -> None:
        """Leave nothing behind."""
        pids = [self.pid(name) for name in (*BOT["nodes"], "bus")]
        for pid in (self.process.pid, *(pid for pid in pids if pid is not None)):
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def errors(self) -> str:
        """Return what was said on standard error."""
        return self.said.read_text(encoding="utf-8")


@contextmanager
def real_bot(config: Path, *options: str) -> Iterator[RealBot]:
    """Run a bot for as long as the context lasts."""
    bot = RealBot(config, *options)
    try:
        yield bot
    finally:
        bot.kill_all()


async def until(happened: Callable[[], object], *, within_s: float) -> None:
    """Wait until something has happened that other processes do."""
    async with asyncio.timeout(within_s):
        while not happened():  # noqa: ASYNC110 - of another process there is no event
            await asyncio.sleep(LOOK_S)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs, and is no corpse that waits for its parent."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class JournalRead:
    """The journal of an executor that does not run any more."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path))

    def names(self, venue: str) -> list[str]:
        """Return the names of all orders that may have reached a venue."""
        sql = "SELECT client_order_id FROM orders WHERE venue = ?"
        return [str(name) for (name,) in self._connection.execute(sql, (venue,))]

    def believed(self, venue: str) -> dict[str, Decimal]:
        """Return what a venue should hold: what was there before the bot, and what each fill made of it."""
        rows = self._connection.execute("SELECT asset, amount FROM baselines WHERE venue = ?", (venue,))
        owned = {str(asset): Decimal(str(amount)) for asset, amount in rows}
        owned.pop("", None)  # the row of an account that began without anything
        owned = defaultdict(Decimal, owned)
        for (body,) in self._connection.execute("SELECT body FROM fills WHERE venue = ?", (venue,)):
            fill = json.loads(bytes(body))
            base, quote = fill["instrument"].split("/")
            sign = 1 if fill["side"] == "buy" else -1
            owned[base] += sign * Decimal(fill["quantity"])
            owned[quote] -= sign * Decimal(fill["quantity"]) * Decimal(fill["price"])
            owned[fill["fee_asset"]] -= Decimal(fill["fee"])
        return owned
