"""The process that stands in for a bot's exchanges: started by `live`, ended with it.

Started as `python -m scenarios.live.stand_ins SPEC`. When every market has a price it says on standard output, in one
line of JSON, where each real host is dialled and which made-up keys the accounts have. It ends when its standard input
does. It keeps nothing: another start is another account.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from engine.domain.errors import VenueTrouble
from engine.ports.venue import Venue
from engine.runtime.config import BotConfig
from engine.runtime.real.clock import RealClock
from engine.runtime.real.sockets import real_connectors
from engine.runtime.resolving import resolved
from engine.venues import connect, open_door
from scenarios.bot_file import load_bot
from scenarios.cli.leave import guarded
from scenarios.cli.stalls import ACCOUNT, Stall, Stalls
from scenarios.live.followed import Followed, opening_balances, profile_of
from scenarios.live.pages import PageSink
from scenarios.problem import UsageError
from scenarios.venue_profiles import PROFILES
from simulator.dialects.gate import Gate
from simulator.kernel.randomness import Randomness
from simulator.serve import LoopbackPorts, RealTimeline, VenueFaults

OPENED_WITHIN_S, PRICED_WITHIN_S, RETRY_S = 20.0, 45.0, 2.0
QUOTE_BALANCE = Decimal(100_000)
READ_BYTES = 4096


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """What to stand in for."""

    config: str
    balances: dict[str, str] = {}
    """What the account begins with at each venue, by asset."""
    pages_to: str | None = None
    """The file for pages, where nobody has said whom to page."""


def main() -> None:
    """Stand in until standard input ends; leave with 2 when the real markets cannot be followed."""
    spec = msgspec.json.decode(sys.argv[1].encode(), type=Spec)
    sys.exit(guarded(lambda: asyncio.run(stand_in(spec))))


async def stand_in(spec: Spec) -> None:
    """Follow the real markets, open the ports, say where they are, and serve."""
    bot = load_bot(Path(spec.config), plugins=False)
    ended = _input_ended()
    chance = secrets.randbits(64)  # tidy: keys that a seed could tell would be no secret
    randomness = Randomness(chance)
    timeline = RealTimeline(asyncio.get_running_loop())
    async with AsyncExitStack() as stack:
        real = {name: await _opened(name, bot, randomness, stack) for name in bot.venues}
        balances = {asset: Decimal(amount) for asset, amount in spec.balances.items()}
        stalls = {name: _stall(name, bot, venue, timeline, randomness, balances) for name, venue in real.items()}
        served = Stalls(timeline=timeline, ports=LoopbackPorts(), stalls=stalls)
        stack.push_async_callback(served.close)
        followed = [
            Followed(
                name,
                real[name],
                stall.venue.exchange,
                stall.gate,
                bot.traded_at(name),
                random=randomness.stream(f"ladder/{name}"),
                told=_tell,
            )
            for name, stall in stalls.items()
        ]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one.run()) for one in followed]
            await _priced(followed)
            await served.open(secrets.token_urlsafe(24))  # tidy: a token that a seed could tell would be no secret
            ready = _ready(bot, served, stalls)
            if spec.pages_to is not None:
                await PageSink(bot, Path(spec.pages_to), told=_tell).open(served.ports, ready)
            sys.stdout.write(json.dumps(ready) + "\n")
            sys.stdout.flush()
            await ended.wait()
            for task in tasks:
                task.cancel()


async def _opened(name: str, bot: BotConfig, randomness: Randomness, stack: AsyncExitStack) -> Venue:
    """Reach the real venue, for what everybody may see."""
    clock = RealClock()
    venue = connect(
        name,
        door=open_door(name, clock),
        credentials=None,
        connectors=real_connectors(resolved(bot.resolve)),
        random=Random(randomness.stream(f"real/{name}").getrandbits(64)),
    )
    stack.push_async_callback(venue.close)
    until_ns = clock.monotonic_ns() + int(OPENED_WITHIN_S * 1e9)
    while True:
        try:
            await venue.open()
        except VenueTrouble as problem:
            if clock.monotonic_ns() > until_ns:
                raise UsageError(f"{name} cannot be reached, and play money follows its prices: {problem}") from None
            await asyncio.sleep(RETRY_S)
        else:
            return venue


def _stall(
    name: str,
    bot: BotConfig,
    real: Venue,
    timeline: RealTimeline,
    randomness: Randomness,
    balances: Mapping[str, Decimal],
) -> Stall:
    """Open the stand-in of one venue, on the real grids, with an account and a key of its own."""
    if not PROFILES[name].follows_pairs:
        raise UsageError(f"{name} has no stand-in: its questions end, which nobody here could answer; leave it out")
    try:
        instruments = [real.instrument(symbol) for symbol in bot.traded_at(name)]
    except KeyError as unknown:
        raise UsageError(f"{name} does not trade {unknown.args[0]}; correct `instruments`") from None
    profile, pairs = profile_of(name, instruments)
    venue = profile.open(name, list(pairs.values()), timeline, randomness.stream(f"exchange/{name}"))
    gate, exchange = Gate(timeline), venue.exchange
    exchange.open_account(ACCOUNT, opening_balances(exchange, balances, quote=QUOTE_BALANCE))
    key = profile.issue(ACCOUNT, randomness.stream(f"key/{name}"))
    venue.issue_key(key)
    return Stall(venue=venue, gate=gate, key=key, faults=VenueFaults(venue, gate, timeline, randomness))


async def _priced(followed: list[Followed]) -> None:
    try:
        async with asyncio.timeout(PRICED_WITHIN_S):
            for one in followed:
                await one.priced.wait()
    except TimeoutError:
        late = ", ".join(one.name for one in followed if not one.priced.is_set())
        raise UsageError(f"{late} brings no prices, and play money follows them; try again later") from None


def _ready(bot: BotConfig, served: Stalls, stalls: Mapping[str, Stall]) -> dict[str, Any]:
    """Return where the real hosts are dialled, and the keys of the accounts under the names of the configuration."""
    resolve: dict[str, str] = {}
    keys: dict[str, str] = {}
    for name, venue in bot.venues.items():
        told: Any = served.ready[name]
        resolve |= told["hosts"]
        profile, key = profile_of(name, [])[0], stalls[name].key
        keys[venue.key_env], keys[venue.secret_env] = profile.known_by(key), key.secret
        if venue.passphrase_env is not None:
            keys[venue.passphrase_env] = key.passphrase
    return {
        "resolve": resolve,
        "secrets": keys,
        "control": {"url": served.ready["control"], "token": served.ready["token"]},
    }


def _input_ended() -> asyncio.Event:
    ended, loop, input_ = asyncio.Event(), asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        if not os.read(input_, READ_BYTES):
            loop.remove_reader(input_)
            ended.set()

    loop.add_reader(input_, read)
    return ended


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
