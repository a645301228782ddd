"""Conditions on the world: what must be so for a fault to come. A fault that has one waits for its moment.

Only the world is asked, never the bot: what a venue holds for it, what prices are, what else is going wrong. So the
same condition can be asked of any engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from chaos.ground import Ground
from chaos.units import UnitInvalid, exact
from simulator.exchange.orders import OrderRecord, Trigger


class Condition(Protocol):
    """Something that holds at a moment, or does not."""

    def holds(self, ground: Ground) -> bool:
        """Say whether it holds now."""
        ...

    def write(self) -> object:
        """Return it as a scenario file says it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Word:
    """A condition without a number: one of `WORDS`."""

    word: str

    def holds(self, ground: Ground) -> bool:
        """Say whether it holds now."""
        return WORDS[self.word](ground)

    def write(self) -> object:
        """Return the word."""
        return self.word


@dataclass(frozen=True, kw_only=True)
class Raging:
    """A fault of a kind acts, somewhere."""

    name: str

    def holds(self, ground: Ground) -> bool:
        """Say whether one does."""
        return self.name in ground.acting.values()

    def write(self) -> object:
        """Return it as `{raging: outage}`."""
        return {"raging": self.name}


@dataclass(frozen=True, kw_only=True)
class PriceBeyond:
    """The fair price of a market is below, or above, a number."""

    market: str
    bound: float
    above: bool

    def holds(self, ground: Ground) -> bool:
        """Say whether it is; a market that has not begun has no price."""
        price = ground.markets[self.market].fair_price
        return price is not None and (price > self.bound if self.above else price < self.bound)

    def write(self) -> object:
        """Return it as `{price: BTC/USDT, below: 59000}`."""
        return {"price": self.market, "above" if self.above else "below": self.bound}


def read_condition(written: object) -> Condition:
    """Read `order_rests`, `{raging: outage}` or `{price: BTC/USDT, below: 59000}`; raise `UnitInvalid`."""
    if isinstance(written, str) and written in WORDS:
        return Word(word=written)
    if isinstance(written, dict) and set(written) == {"raging"}:
        return Raging(name=str(written["raging"]))
    if isinstance(written, dict) and set(written) in ({"price", "below"}, {"price", "above"}):
        above = "above" in written
        bound = exact(written["above" if above else "below"])
        return PriceBeyond(market=str(written["price"]), bound=float(bound), above=above)
    known = ", ".join(WORDS)
    raise UnitInvalid(
        f"{written!r} is no condition", f"write {known}, {{raging: outage}} or {{price: BTC/USDT, below: 59000}}"
    )


def _open_orders(ground: Ground) -> list[OrderRecord]:
    """The open orders of the bot, at every venue."""
    return [
        order
        for venue in ground.venues.values()
        for account in dict.fromkeys(key.account for key in venue.keys)
        for order in venue.exchange.truth.open_orders(account)
    ]


def _entry_rests(ground: Ground) -> bool:
    return any(order.trigger is not Trigger.STOP for order in _open_orders(ground))


def _stop_rests(ground: Ground) -> bool:
    return any(order.trigger is Trigger.STOP for order in _open_orders(ground))


def _partly_filled(ground: Ground) -> bool:
    return any(order.filled_lots for order in _open_orders(ground))


WORDS: Mapping[str, Callable[[Ground], bool]] = MappingProxyType(
    {
        "order_rests": _entry_rests,
        "stop_rests": _stop_rests,
        "order_partly_filled": _partly_filled,
        "stormy": lambda ground: ground.climate is not None and ground.climate.stormy,
    }
)
"""`order_rests`: an order of the bot other than a stop is open. `stop_rests`: a stop is, so a position was. `stormy`:
the climate of the markets."""
