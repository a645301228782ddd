"""Faults of what a venue remembers and counts: orders told wrongly, balances miscounted, a history that is cut off.

The matching is right in all of them; it is the endpoint that reads from it which is not. One wrong reading must lead
to nothing that cannot be taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from chaos.answers import Answering
from chaos.fault import VIRTUAL, Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.parameter import choice, count, duration, number, probability
from chaos.reach import Undo
from chaos.units import NS


@dataclass(frozen=True, kw_only=True)
class WrongStatus(Answering):
    """Who asks for a finished order is told that it is open yet, or that it ended with nothing filled."""

    name: ClassVar[str] = "wrong_status"
    meaning: ClassVar[str] = "a look-up tells a finished order as open, or as cancelled with nothing filled"
    learned_from: ClassVar[tuple[str, ...]] = (
        "freqtrade#4991",
        "freqtrade#13332",
        "nautilus PR #4411",
    )
    for_default_ns: ClassVar[int] = 300 * NS

    status: str = choice("open", "unfilled", meaning="what it is called")
    probability: float = probability(0.5, meaning="how many of the orders are told so")

    def inject(self, ground: Ground) -> Undo:
        """Veil the look-ups of the REST view."""
        view = ground.venues[self.on].venue.rest
        return view.tell_wrongly(share=self.probability, as_open=self.status == "open", random=self.chance())


@dataclass(frozen=True, kw_only=True)
class WrongBalance(Answering):
    """The account endpoint tells balances that are not so."""

    name: ClassVar[str] = "wrong_balance"
    meaning: ClassVar[str] = "a venue tells balances as a part, or a multiple, of what they are"
    learned_from: ClassVar[tuple[str, ...]] = ("passivbot PR #839",)
    for_default_ns: ClassVar[int] = 45 * NS

    factor: float = number(0.5, low=0.0, high=1000.0, meaning="what every balance is multiplied by")

    def inject(self, ground: Ground) -> Undo:
        """Veil the balances of the REST view."""
        return ground.venues[self.on].venue.rest.miscount(Decimal(str(self.factor)))


@dataclass(frozen=True, kw_only=True)
class HistoryLimit(Answering):
    """What is older than so much is not served any more."""

    name: ClassVar[str] = "history_limit"
    meaning: ClassVar[str] = "orders that ended and trades that happened longer ago than this are served no more"
    learned_from: ClassVar[tuple[str, ...]] = ("nautilus#3104",)

    age: int = duration("5m", low="1s", high="90d", meaning="how far back the venue remembers")

    def inject(self, ground: Ground) -> Undo:
        """Veil what is older."""
        return ground.venues[self.on].venue.rest.forget_after(self.age)


@dataclass(frozen=True, kw_only=True)
class CancelLag(Answering):
    """A cancel is taken at once and done late: until then the order can fill."""

    name: ClassVar[str] = "cancel_lag"
    meaning: ClassVar[str] = "a cancel is acknowledged, and done some time later; the order may fill meanwhile"
    learned_from: ClassVar[tuple[str, ...]] = ("nautilus#3879", "hummingbot#8075", "hitbtc-api#144")

    lag: int = duration("3s", low="10ms", high="5m", meaning="how much later it is done")

    def inject(self, ground: Ground) -> Undo:
        """Slow cancels down by so much more; the undo takes it off again."""
        matching = ground.venues[self.on].exchange
        matching.cancel_lag_ns += self.lag

        def undo() -> None:
            matching.cancel_lag_ns -= self.lag

        return undo


@dataclass(frozen=True, kw_only=True)
class ClockSkew(Fault):
    """A venue's own clock is wrong: what it stamps, and whose requests it finds too old."""

    name: ClassVar[str] = "clock_skew"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "the clock of a venue is ahead or behind"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("passivbot#1323", "OctoBot#1883")
    for_default_ns: ClassVar[int] = 600 * NS

    by: int = duration("800ms", low="1ms", high="10s", meaning="how far it is off")
    back: int = count(0, low=0, high=1, meaning="1 where it is behind instead of ahead")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing, for who goes by the venue's own time."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Step the clock of the venue's machine; the undo steps it back."""
        machine, by_ns = ground.venues[self.on].host, -self.by if self.back else self.by
        ground.machines.step_clock(machine, by_ns)
        return lambda: ground.machines.step_clock(machine, -by_ns)
