"""What a strategy is: something that is shown prices and says what it wants, or nothing.

A strategy is pure: it is shown everything and keeps nothing, so that replicas agree, a restart changes nothing, and a
test needs no world. Ten lines are one:

    @dataclass(frozen=True, kw_only=True)
    class Breakout:
        bars_needed: int = 20

        def decide(self, view: View) -> Wish:
            highest = max(bar.high for bar in view.bars[:-1])
            return Hold(view.size if view.price > highest else ZERO)

Its keyword arguments are its parameters in the bot's file, checked by their annotations when the file is read. It is
asked once at the end of each bar and for each instrument. One that follows a model adds `features`, and finds
what the model answered in `view.forecast`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, TypeAlias, runtime_checkable

from engine.domain.instrument import Side
from engine.domain.money import ZERO, Price, Quantity
from engine.domain.wish import Hold, HoldAt, Offer, Quote, Wish

__all__ = [
    "ZERO",
    "Bar",
    "Features",
    "Hold",
    "HoldAt",
    "Modelled",
    "Offer",
    "Price",
    "Quantity",
    "Quote",
    "Side",
    "Sight",
    "Strategy",
    "View",
    "Wish",
]

Features: TypeAlias = tuple[float, ...]
"""What a model is shown: numbers, always as many, in the same order."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Prices of one stretch of time; `end_ns` is unix time."""

    instrument: str
    end_ns: int
    open: Price
    high: Price
    low: Price
    close: Price


@dataclass(frozen=True, kw_only=True)
class Sight:
    """One venue with a fresh price of its own; `bid` and `ask` are None where its source tells only the last trade."""

    venue: str
    bid: Price | None
    ask: Price | None
    last: Price
    position: Quantity | None
    """What the bot holds there, in base asset; None while execution has not told it lately."""


@dataclass(frozen=True, kw_only=True)
class View:
    """All that a strategy is shown of one instrument at the end of a bar."""

    instrument: str
    size: Quantity
    """What the configuration lets it hold when it is in, over all venues."""
    bars: tuple[Bar, ...]
    """The last bars, oldest first, exactly as many as it needs; prices are the median of the venues' fresh ones."""
    venues: Mapping[str, Sight] = field(default_factory=lambda: MappingProxyType({}))
    """The venues that it may name: one without a fresh price of its own is not among them."""
    sentiment: float | None = None
    """How people are said to feel, from -1 to 1; None without a source, or while it is silent: then do without."""
    forecast: float | None = None
    """What its model answered; None for a strategy without one."""

    @property
    def price(self) -> Price:
        """Return the last bar's close."""
        return self.bars[-1].close


class Strategy(Protocol):
    """What decides. Its constructor takes its parameters, each as an annotated keyword."""

    @property
    def bars_needed(self) -> int:
        """Return how many bars it looks at, one at least; with fewer it is not asked."""
        ...

    def decide(self, view: View) -> Wish | None:
        """Say what is wanted now; None leaves positions and orders as they are."""
        ...


@runtime_checkable
class Modelled(Protocol):
    """What a strategy with a model says as well."""

    def features(self, view: View) -> Features:
        """Return what the model is shown; it is asked before `decide`, which then finds its answer in the view."""
        ...
