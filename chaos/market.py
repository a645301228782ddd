"""Faults of the market itself: prices fall and come back, jump and stay, part from each other, or find nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.parameter import choice, count, duration, number
from chaos.reach import Undo, all_of
from chaos.units import NS
from simulator.exchange.orders import Side
from simulator.market.disturbances import Disturbance, Divergence, PriceJump
from simulator.market.disturbances import FlashCrash as Falling
from simulator.market.market import Outlet

NOTHING: frozenset[Blocks] = frozenset()
"""A market that goes wild takes nothing away from anybody."""


@dataclass(frozen=True, kw_only=True)
class FlashCrash(Fault):
    """The price falls deep, stays there for a moment, and comes back; on all venues, or one."""

    name: ClassVar[str] = "flash_crash"
    meaning: ClassVar[str] = "a price falls within a minute, stays down, and comes back"
    aims_at: ClassVar[Aim] = Aim.MARKET
    learned_from: ClassVar[tuple[str, ...]] = ("Binance 2025-10-10", "freqtrade#12981")
    for_default_ns: ClassVar[int] = 900 * NS

    depth: float = number(0.1, low=0.001, high=0.99, meaning="how far it falls, as a share of the price")
    fall: int = duration("60s", low="1s", high="1h", meaning="how long it falls")
    bottom: int = duration("120s", low="1s", high="1h", meaning="how long it stays down")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing."""
        return NOTHING

    def inject(self, ground: Ground) -> Undo:
        """Let it fall; the undo puts the price where it would have been."""
        recovery_ns = max(0, self.for_ns - self.fall - self.bottom)
        falling = Falling(depth=self.depth, fall_ns=self.fall, bottom_ns=self.bottom, recovery_ns=recovery_ns)
        return _disturb(ground, self.on, falling)


@dataclass(frozen=True, kw_only=True)
class Jump(Fault):
    """The price jumps and stays, until the fault heals."""

    name: ClassVar[str] = "price_jump"
    meaning: ClassVar[str] = "a price jumps at once and stays there"
    aims_at: ClassVar[Aim] = Aim.MARKET
    learned_from: ClassVar[tuple[str, ...]] = ("OKX 2023-09-13", "freqtrade#12598")
    for_default_ns: ClassVar[int] = 300 * NS

    size: float = number(-0.03, low=-0.99, high=10.0, meaning="how far, as a share of the price; negative is down")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing."""
        return NOTHING

    def inject(self, ground: Ground) -> Undo:
        """Let it jump; the undo takes it back."""
        return _disturb(ground, self.on, PriceJump(size=self.size))


@dataclass(frozen=True, kw_only=True)
class VenueDivergence(Fault):
    """One venue's price drifts away from all others while nobody can carry coins there."""

    name: ClassVar[str] = "venue_divergence"
    meaning: ClassVar[str] = "the price of one venue drifts away from that of the others"
    aims_at: ClassVar[Aim] = Aim.MARKET
    learned_from: ClassVar[tuple[str, ...]] = ("OKX 2023-09-13", "Binance 2025-10-10")
    for_default_ns: ClassVar[int] = 900 * NS

    per_hour: float = number(0.2, low=-10.0, high=10.0, meaning="how far it drifts in an hour, as a share of the price")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing."""
        return NOTHING

    def inject(self, ground: Ground) -> Undo:
        """Let it drift; the undo lets arbitrage close the gap at once."""
        return _disturb(ground, self.on, Divergence(per_hour=self.per_hour))


@dataclass(frozen=True, kw_only=True)
class LiquidityVanishes(Fault):
    """Nobody quotes one side of a book any more."""

    name: ClassVar[str] = "liquidity_vanishes"
    meaning: ClassVar[str] = "a side of the book empties"
    aims_at: ClassVar[Aim] = Aim.MARKET
    learned_from: ClassVar[tuple[str, ...]] = ("Binance 2025-10-10",)
    for_default_ns: ClassVar[int] = 60 * NS

    side: str = choice("bids", "asks", "both", meaning="which side empties")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: orders are taken, and find nobody."""
        return NOTHING

    def inject(self, ground: Ground) -> Undo:
        """Empty it; the undo lets people quote again."""
        sides = {"bids": (Side.BUY,), "asks": (Side.SELL,), "both": (Side.BUY, Side.SELL)}[self.side]
        muted = [(outlet, side) for outlet in _outlets(ground, self.on) for side in sides]
        for outlet, side in muted:
            outlet.mute(side)

        def undo() -> None:
            for outlet, side in muted:
                outlet.unmute(side)

        return undo


@dataclass(frozen=True, kw_only=True)
class StuckPrice(Fault):
    """A price stands still on every venue, and is told as if it were news."""

    name: ClassVar[str] = "stuck_price"
    meaning: ClassVar[str] = "a price stands still: the market makes no more ticks"
    aims_at: ClassVar[Aim] = Aim.MARKET
    learned_from: ClassVar[tuple[str, ...]] = ("design section 6",)
    for_default_ns: ClassVar[int] = 120 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: venues answer."""
        return NOTHING

    def inject(self, ground: Ground) -> Undo:
        """Stop the market; the undo starts it."""
        market = ground.markets[self.on.partition("@")[0]]
        return ground.hold(f"market {market.symbol}", market.stop, market.start)


@dataclass(frozen=True, kw_only=True)
class PartialFill(Fault):
    """Hardly anybody quotes: who takes gets a part, and the rest waits."""

    name: ClassVar[str] = "partial_fill"
    meaning: ClassVar[str] = "a book is so thin that orders fill in part"
    aims_at: ClassVar[Aim] = Aim.MARKET
    learned_from: ClassVar[tuple[str, ...]] = ("freqtrade#13332", "freqtrade#8374", "freqtrade#6457")
    for_default_ns: ClassVar[int] = 600 * NS

    share: float = number(0.001, low=0.0, high=1.0, meaning="what share of the usual is quoted; a lot a level at least")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: orders are taken, and filled as far as there is somebody."""
        return NOTHING

    def inject(self, ground: Ground) -> Undo:
        """Thin the book out; the undo lets people quote as usual."""
        return all_of([outlet.thin(self.share) for outlet in _outlets(ground, self.on)])


@dataclass(frozen=True, kw_only=True)
class MessageBurst(Fault):
    """News floods: quotes and trades at a price that does not move, many times a second."""

    name: ClassVar[str] = "message_burst"
    meaning: ClassVar[str] = "quotes and trades come many times a second"
    aims_at: ClassVar[Aim] = Aim.MARKET
    learned_from: ClassVar[tuple[str, ...]] = ("nautilus#4533", "nautilus stress tests", "hummingbot#6479")
    for_default_ns: ClassVar[int] = 20 * NS

    per_second: int = count(20, low=1, high=1000, meaning="how many times a second everybody quotes anew")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: it is all true."""
        return NOTHING

    def inject(self, ground: Ground) -> Undo:
        """Let everybody quote anew, over and over; the undo ends that."""
        return ground.markets[self.on.partition("@")[0]].flood(NS // self.per_second)


def _outlets(ground: Ground, on: str) -> Sequence[Outlet]:
    symbol, _, venue = on.partition("@")
    matching = ground.venues[venue].exchange if venue else None
    return [one for one in ground.markets[symbol].outlets if matching in (None, one.exchange)]


def _disturb(ground: Ground, on: str, disturbance: Disturbance) -> Undo:
    """Disturb the price of a market, or of one venue's window on it."""
    if "@" not in on:
        return ground.markets[on].prices.disturb(disturbance)
    undos = [one.prices.disturb(disturbance) for one in _outlets(ground, on) if one.prices is not None]
    return all_of(undos)
