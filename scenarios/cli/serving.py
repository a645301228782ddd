"""`serve`: venues on loopback ports until interrupted, announced by one line of JSON."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import signal
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from scenarios.cli.stalls import set_up
from scenarios.problem import Problem, UsageError
from scenarios.venue_profiles import PROFILES
from simulator.serve import PortNotOpened, RealTimeline

PRICES: Mapping[str, Decimal] = {"BTC/USDT": Decimal(60_000), "ETH/USDT": Decimal(3_000), "SOL/USDT": Decimal(150)}
"""What is traded unless said otherwise, and at which price it opens."""

TICKS_MIN = 1_000
"""A price of fewer ticks than this leaves no room for a ladder of quotes."""

SYMBOL = re.compile(r"[A-Z0-9]{1,12}/[A-Z0-9]{1,12}")


def serve_and_tell(venues: Sequence[str], *, port: int | None, speed: float, seed: int, prices: Sequence[str]) -> int:
    """Serve these venues until somebody interrupts (130) or ends (0) it; raise `UsageError` for what cannot be."""
    problems: list[Problem] = []
    _check_venues(venues, problems)
    opening = {**PRICES, **_read_prices(prices, problems)}
    for venue in dict.fromkeys(venues):
        _check_grid(venue, opening, problems)
    if problems:
        raise UsageError("\n".join(map(str, problems)))
    ended_by = asyncio.run(_serve(tuple(venues), opening, port=port, speed=speed, seed=seed))
    if ended_by == signal.SIGINT:
        raise KeyboardInterrupt
    return 0


async def _serve(
    venues: tuple[str, ...], prices: Mapping[str, Decimal], *, port: int | None, speed: float, seed: int
) -> int:
    """Serve until a signal comes, and return its number."""
    logging.getLogger("aiohttp.server").addFilter(_is_no_cut)
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def end(number: int) -> None:
        if not ended.done():
            ended.set_result(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end, number)
    try:
        timeline = RealTimeline(loop, speed=speed)
    except ValueError as error:
        raise UsageError(f"--speed: {error}") from error
    stalls = set_up(venues, prices, timeline, seed=seed, port=port)
    try:
        await stalls.open(secrets.token_urlsafe(24))  # tidy: a token that a seed could tell would be no secret
        sys.stdout.write(json.dumps(stalls.ready) + "\n")
        sys.stdout.flush()
        return await ended
    except PortNotOpened as error:
        raise UsageError(f"--port {port}: {error}; choose another, or leave it to the system") from error
    finally:
        await stalls.close()


def _is_no_cut(record: logging.LogRecord) -> bool:
    """Drop what aiohttp has to say of a connection that a fault has cut: it is meant."""
    return not (record.exc_info and isinstance(record.exc_info[1], ConnectionResetError))


def _check_venues(venues: Sequence[str], problems: list[Problem]) -> None:
    known = ", ".join(PROFILES)
    problems.extend(
        Problem(where=name, what="no such venue", remedy=f"serve some of {known}")
        for name in dict.fromkeys(venues)
        if name not in PROFILES
    )
    problems.extend(
        Problem(where=name, what="named more than once", remedy="name it once; it has one truth")
        for name in dict.fromkeys(venues)
        if list(venues).count(name) > 1
    )


def _read_prices(told: Sequence[str], problems: list[Problem]) -> dict[str, Decimal]:
    prices: dict[str, Decimal] = {}
    for one in told:
        symbol, mark, text = one.partition("=")
        price = _number(text)
        what, remedy = "", ""
        if not mark or not SYMBOL.fullmatch(symbol):
            what, remedy = "no symbol and price", "write it as BTC/USDT=60000"
        elif symbol.partition("/")[0] == symbol.partition("/")[2]:
            what, remedy = "an asset cannot be traded for itself", "write it as BTC/USDT=60000"
        elif price is None:
            what, remedy = f"{text!r} is no price", "give a positive number, such as 60000"
        elif symbol in prices:
            what, remedy = f"{symbol} has a price already", "give one"
        else:
            prices[symbol] = price
        if what:
            problems.append(Problem(where=f"--price {one}", what=what, remedy=remedy))
    return prices


def _number(text: str) -> Decimal | None:
    """Read a positive number that is written plainly."""
    try:
        price = Decimal(text)
    except InvalidOperation:
        return None
    return price if price.is_finite() and price > 0 else None


def _check_grid(venue: str, prices: Mapping[str, Decimal], problems: list[Problem]) -> None:
    if venue not in PROFILES:
        return
    profile = PROFILES[venue]
    for symbol, price in prices.items():
        if profile.traded_as(symbol) is None or not profile.follows_pairs:
            continue
        instrument = profile.instrument(symbol)
        low, high = instrument.tick_size * TICKS_MIN, instrument.max_price / 2
        if not low <= price <= high:
            remedy = f"the grid of {venue} has room from {low:f} to {high:f}"
            problems.append(Problem(where=f"--price {symbol}={price}", what="no price for this venue", remedy=remedy))
