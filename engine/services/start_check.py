"""What only the venues can tell of a configuration, asked before the first order: all of it at once, or nothing.

A symbol that a venue lacks, a size whose share is too small to trade there, a key that may not trade, a key that may
withdraw: each would cost money, now or on the day the key is stolen. Whoever has nothing at stake yet is refused whole.
A bot that already holds something is not: its exits and cancels must go on, so the account is opened, nothing new is
entered there, and a person is paged.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.domain.errors import EngineError, VenueTrouble
from engine.domain.instrument import Instrument
from engine.domain.money import Price, Quantity
from engine.ports.venue import KeyPermissions, Venue
from engine.services.alarms import Alarms, Severity
from engine.services.duty import NS
from engine.services.log import Log

PATIENCE_NS = 15 * NS
"""How long the mistakes of one venue wait for those of the others, so that all are told at once."""
QUOTES_MAX = 10
"""Instruments whose price is asked for at each venue, to know the value of a share (nautilus#780: one request for each
of 300 symbols at the start was a ban).
"""


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """One mistake of the configuration, at one of its keys."""

    path: tuple[str, ...]
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}: {self.problem}; {self.remedy}"


class StartRefused(EngineError):
    """The venues say that this configuration could lose money; nothing was sent."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("\n".join(str(flaw) for flaw in flaws))
        self.flaws = tuple(flaws)


class StartCheck:
    """Examines each account once, when it is first opened, and judges them together.

    Args:
        shares: what each venue is to hold of each instrument when a strategy is in, by venue and symbol.
        at_stake: tells whether the bot holds or has sent anything yet.
    """

    def __init__(
        self,
        shares: Mapping[str, Mapping[str, Quantity]],
        *,
        at_stake: Callable[[], bool],
        alarms: Alarms,
        log: Log,
    ) -> None:
        self._shares = dict(shares)
        self._at_stake = at_stake
        self._alarms = alarms
        self._log = log
        self._found: dict[str, tuple[Flaw, ...]] = {}
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Judge what was found, for as long as accounts are opened; raise `StartRefused`."""
        while True:
            await self._news.wait()
            self._news.clear()
            if any(self._found.values()):
                await self._judge()

    async def examine(self, name: str, venue: Venue) -> bool:
        """Look at an account that has just been opened; tell whether it may be used. Raise `VenueTrouble`."""
        if name not in self._found:
            self._found[name] = await self._flaws(name, venue)
            for flaw in self._found[name]:
                self._log.error("start_flaw", venue=name, flaw=str(flaw))
            self._news.set()
        return not self._found[name] or self._at_stake()

    def refusal(self, name: str) -> str | None:
        """Say why nothing may be entered at a venue; None if nothing was found, or nobody has looked yet."""
        flaws = self._found.get(name)
        return f"config: {flaws[0]}" if flaws else None

    async def _judge(self) -> None:
        """Wait for what other venues may have to say, then refuse, or hold what is at stake and page."""
        try:
            async with asyncio.timeout(PATIENCE_NS / NS):
                while len(self._found) < len(self._shares):
                    await self._news.wait()
                    self._news.clear()
        except TimeoutError:
            self._log.warning("start_judged_early", heard=sorted(self._found))
        flaws = tuple(dict.fromkeys(flaw for name in sorted(self._found) for flaw in self._found[name]))
        if not self._at_stake():
            raise StartRefused(flaws)
        summary = f"nothing is entered: {'; '.join(str(flaw) for flaw in flaws)}"
        self._alarms.raise_alert(
            "config/refused", severity=Severity.CRITICAL, summary=summary, runbook="config-refused"
        )

    async def _flaws(self, name: str, venue: Venue) -> tuple[Flaw, ...]:
        flaws: list[Flaw] = []
        for number, (symbol, share) in enumerate(self._shares[name].items()):
            try:
                instrument = venue.instrument(symbol)
            except KeyError:
                problem = f"{name} does not trade {symbol}"
                flaws.append(Flaw(path=("instruments", symbol), problem=problem, remedy="take it out"))
                continue
            if share:
                price = await _price(venue, symbol) if number < QUOTES_MAX else None
                flaws += too_small(name, instrument, share, price)
        return (*flaws, *of_the_key(name, await self._permissions(name, venue)))

    async def _permissions(self, name: str, venue: Venue) -> KeyPermissions | None:
        try:
            return await venue.permissions()
        except VenueTrouble as problem:
            self._log.warning("permissions_not_told", venue=name, problem=str(problem))
            return None


def too_small(venue: str, instrument: Instrument, share: Quantity, price: Price | None) -> list[Flaw]:
    """Return the flaw of a share that the venue would refuse as an order."""
    quantity = instrument.quantity_within(share)
    problem = instrument.refusal(quantity, price) if price is not None else None
    if price is None and quantity < instrument.quantity_min:
        problem = f"quantity {quantity} is below the minimum {instrument.quantity_min}"
    if problem is None:
        return []
    path = ("instruments", instrument.symbol, "size")
    return [Flaw(path=path, problem=f"its share at {venue} could not be traded: {problem}", remedy="change it")]


def of_the_key(venue: str, may: KeyPermissions | None) -> list[Flaw]:
    """Return what is wrong with a key; nothing where the venue does not tell what it may do."""
    path = ("venues", venue, "key_env")
    flaws: list[Flaw] = []
    if may is not None and not may.trades:
        flaws.append(Flaw(path=path, problem="this key may not trade", remedy="allow it, or name another key"))
    if may is not None and may.withdraws:
        problem = "this key may withdraw: whoever steals it empties the account"
        flaws.append(Flaw(path=path, problem=problem, remedy="take that permission from it"))
    return flaws


async def _price(venue: Venue, symbol: str) -> Price | None:
    try:
        return (await venue.quote(symbol)).last
    except VenueTrouble:
        return None
