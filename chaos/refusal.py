"""Faults in which a venue refuses an order for a reason of its own, or changes what it takes.

The refusal is true and final: sending the same again is of no use, and the position that it was for may be open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.parameter import choice, number, probability
from chaos.reach import Matching, Undo, all_of
from chaos.units import NS
from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import OrderRequest, Side, Trigger
from simulator.exchange.rejections import RejectCode

CODES: Mapping[str, RejectCode] = MappingProxyType(
    {
        "price_band": RejectCode.PRICE_FILTER,
        "min_size": RejectCode.MIN_NOTIONAL,
        "lot_size": RejectCode.LOT_SIZE,
        "funds": RejectCode.INSUFFICIENT_BALANCE,
        "too_many": RejectCode.TOO_MANY_ORDERS,
        "reduce_only": RejectCode.REDUCE_ONLY,
    }
)


@dataclass(frozen=True, kw_only=True)
class Reject(Fault):
    """A venue refuses orders that nothing is wrong with."""

    name: ClassVar[str] = "reject"
    meaning: ClassVar[str] = "a venue refuses orders (all; entries, exits or stops) that nothing is wrong with"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("jesse#354", "freqtrade#12598", "freqtrade#10071", "freqtrade#9270")
    for_default_ns: ClassVar[int] = 120 * NS

    reason: str = choice(*CODES, meaning="what it says is wrong")
    orders: str = choice("any", "entries", "exits", "stops", meaning="which orders; `exits` are sales other than stops")
    probability: float = probability(1.0, meaning="how often such an order is refused")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Requests, where it takes no order at all; else what stands behind a refusal is a choice of the venue."""
        return frozenset({Blocks.REST}) if self.orders in ("any", "exits") else frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Let chance decide about each order of that kind."""
        chance, code = self.chance(), CODES[self.reason]

        def refuses(request: Any) -> RejectCode | None:
            if self.orders not in ("any", kind_of(request)):
                return None
            return code if chance.random() < self.probability else None

        return ground.ask(f"refusals at {self.on}", refuses, (ground.venues[self.on].exchange, "refuses"))


@dataclass(frozen=True, kw_only=True)
class FilterChange(Fault):
    """A venue changes the smallest order that it takes, in all its markets, while bots run."""

    name: ClassVar[str] = "filter_change"
    meaning: ClassVar[str] = "a venue raises the smallest quantity and value that it takes"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("freqtrade#12598", "freqtrade#8374")
    for_default_ns: ClassVar[int] = 600 * NS

    factor: float = number(10.0, low=1.0, high=10_000.0, meaning="what both are multiplied by")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: whoever reads the new limits can trade."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Raise the limits; the undo sets them back."""
        matching, factor = ground.venues[self.on].exchange, Decimal(str(self.factor))
        return all_of(
            [
                ground.hold(f"limits of {one.symbol} at {self.on}", partial(_raise, matching, one, factor), undo)
                for one in tuple(matching.instruments.values())
                for undo in [partial(_list, matching, one, one.min_quantity, one.min_notional)]
            ]
        )


def _raise(matching: Matching, one: Instrument, factor: Decimal) -> None:
    lots = one.min_quantity * factor // one.lot_size
    _list(matching, one, one.lot_size * lots, one.min_notional * factor)


def _list(matching: Matching, one: Instrument, min_quantity: Decimal, min_notional: Decimal) -> None:
    matching.relist(one.symbol, min_quantity=min_quantity, min_notional=min_notional)


def kind_of(request: OrderRequest) -> str:
    """Say what an order is for: entries, exits or stops."""
    if request.trigger is Trigger.STOP:
        return "stops"
    return "exits" if request.reduce_only or request.side is Side.SELL else "entries"
