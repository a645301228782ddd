"""What only the venues can tell of a configuration, asked before the first order: all of it at once, or nothing.

A symbol that a venue lacks, a size whose share is too small to trade there, a key that may not trade, a key that may
withdraw: each would cost money, now or on the day the key is stolen. Whoever has nothing at stake yet is refused whole.
A bot that already holds something is not: its exits and cancels must go on, so the account is opened, nothing new is
entered there, and a person is paged.

How positions are held (mode, margin, leverage) is looked at again with every audit: anybody may change it from outside.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from engine.domain.errors import EngineError, VenueTrouble
from engine.domain.instrument import Instrument, is_contract
from engine.domain.money import Price, Quantity
from engine.ports.venue import Balance, KeyPermissions, PositionTerms, Venue
from engine.services.alarms import Alarms, Severity
from engine.services.duty import NS
from engine.services.log import Log

PATIENCE_NS = 15 * NS
"""How long the mistakes of one venue wait for those of the others, so that all are told at once."""
ALERT = "config/refused"
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


@dataclass(frozen=True)
class WantedTerms:
    """How positions are to be held at a venue, and whether the bot may set what is otherwise."""

    terms: PositionTerms
    set: bool = field(kw_only=True)


class StartRefused(EngineError):
    """The venues say that this configuration could lose money; nothing was sent."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("\n".join(str(flaw) for flaw in flaws))
        self.flaws = tuple(flaws)


class StartCheck:
    """Examines each account once, when it is first opened, and judges them together.

    Args:
        shares: what each venue is to hold of each instrument when a strategy is in, by venue and symbol.
        terms: how positions are to be held, by venue.
        at_stake: tells whether the bot holds or has sent anything yet.
    """

    def __init__(
        self,
        shares: Mapping[str, Mapping[str, Quantity]],
        terms: Mapping[str, WantedTerms],
        *,
        at_stake: Callable[[], bool],
        alarms: Alarms,
        log: Log,
    ) -> None:
        self._shares = dict(shares)
        self._terms = dict(terms)
        self._at_stake = at_stake
        self._alarms = alarms
        self._log = log
        self._found: dict[str, tuple[Flaw, ...]] = {}
        self._held_otherwise: dict[str, tuple[Flaw, ...]] = {}
        """What is wrong with how positions are held, as of the last look."""
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Judge what was found, for as long as accounts are opened; raise `StartRefused`."""
        while True:
            await self._news.wait()
            self._news.clear()
            if any(self._all(name) for name in self._found):
                await self._judge()

    async def examine(self, name: str, venue: Venue) -> bool:
        """Look at an account that has just been opened; tell whether it may be used. Raise `VenueTrouble`."""
        if name not in self._found:
            self._held_otherwise[name] = await self._of_positions(name, venue)
            self._found[name] = (*await self._flaws(name, venue), *await self._strangers(name, venue))
            for flaw in self._all(name):
                self._log.error("start_flaw", venue=name, flaw=str(flaw))
            self._news.set()
        return not self._all(name) or self._at_stake()

    async def review(self, name: str, venue: Venue) -> None:
        """Look again how positions are held: it can be changed from outside. Raise `VenueTrouble`."""
        was, self._held_otherwise[name] = self._all(name), await self._of_positions(name, venue)
        if self._all(name):
            self._page()
        elif was and not any(self._all(each) for each in self._shares):
            self._alarms.resolve_alert(ALERT)

    def refusal(self, name: str) -> str | None:
        """Say why nothing may be entered at a venue; None if nothing was found, or nobody has looked yet."""
        flaws = self._all(name)
        return f"config: {flaws[0]}" if flaws else None

    def _all(self, name: str) -> tuple[Flaw, ...]:
        return (*self._found.get(name, ()), *self._held_otherwise.get(name, ()))

    async def _judge(self) -> None:
        """Wait for what other venues may have to say, then refuse, or hold what is at stake and page."""
        try:
            async with asyncio.timeout(PATIENCE_NS / NS):
                while len(self._found) < len(self._shares):
                    await self._news.wait()
                    self._news.clear()
        except TimeoutError:
            self._log.warning("start_judged_early", heard=sorted(self._found))
        if not self._at_stake():
            raise StartRefused(self._of_all())
        self._page()

    def _of_all(self) -> tuple[Flaw, ...]:
        return tuple(dict.fromkeys(flaw for name in sorted(self._found) for flaw in self._all(name)))

    def _page(self) -> None:
        summary = f"nothing is entered: {'; '.join(str(flaw) for flaw in self._of_all())}"
        self._alarms.raise_alert(ALERT, severity=Severity.CRITICAL, summary=summary, runbook="config-refused")

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

    async def _of_positions(self, name: str, venue: Venue) -> tuple[Flaw, ...]:
        """Return what is wrong with how positions are held, after setting it right where we may."""
        wanted, flaws = self._terms.get(name), list[Flaw]()
        if wanted is None:
            return ()
        for symbol in filter(is_contract, self._shares[name]):
            with suppress(KeyError):  # a market that the venue does not have is a flaw of its own
                venue.instrument(symbol)
                flaws += of_the_terms(name, symbol, wanted.terms, await self._terms_of(symbol, venue, wanted))
        return tuple(flaws)

    async def _strangers(self, name: str, venue: Venue) -> list[Flaw]:
        """Return the positions that are there before the bot has any; later ones are a drift."""
        if name not in self._terms or self._at_stake():
            return []
        return strangers(name, self._shares[name], await venue.balances())

    async def _terms_of(self, symbol: str, venue: Venue, wanted: WantedTerms) -> PositionTerms | None:
        """Return how a position is held by now: as was set, since a reading may be late, or as the venue says."""
        if not wanted.set:
            return await venue.position_terms(symbol)
        try:
            await venue.set_position_terms(symbol, wanted.terms)
        except VenueTrouble as problem:
            self._log.warning("position_terms_not_set", instrument=symbol, problem=str(problem))
            return await venue.position_terms(symbol)
        return wanted.terms

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


def of_the_terms(venue: str, symbol: str, wanted: PositionTerms, found: PositionTerms | None) -> list[Flaw]:
    """Return what is otherwise in how a position is held than was declared."""
    if found is None:
        return []
    flaws: list[Flaw] = []
    for key, ask, have in (
        ("mode", "one-way" if wanted.one_way else "hedge", "one-way" if found.one_way else "hedge"),
        ("margin", wanted.margin, found.margin),
        ("margin", *("of one asset" if each.single_asset else "of all assets" for each in (wanted, found))),
        ("leverage", str(wanted.leverage), str(found.leverage)),
    ):
        if ask != have:
            problem = f"{venue} has {have} for {symbol}, and {ask} is declared"
            remedy = "change it there, declare what is there, or let the bot set it (`set: true`)"
            flaws.append(Flaw(path=("venues", venue, "positions", key), problem=problem, remedy=remedy))
    return flaws


def strangers(venue: str, symbols: Iterable[str], balances: Mapping[str, Balance]) -> list[Flaw]:
    """Return the positions that are there before the bot has any: in one net position nobody could tell them apart."""
    held = ((symbol, balances[symbol].total) for symbol in symbols if is_contract(symbol) and symbol in balances)
    return [
        Flaw(
            path=("venues", venue, "account"),
            problem=f"it holds {total} {symbol} that are not the bot's, and a position has one owner",
            remedy="close them, or give the bot an account of its own",
        )
        for symbol, total in held
        if total
    ]


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
