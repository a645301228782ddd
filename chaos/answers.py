"""Faults of what a venue says: late, lost, wrong, or of a moment ago.

In all of them the order is fine and the answer is not, which is how most real money was lost. They differ in what a
client could still find out, and when: by asking for the order, by asking later, or by looking at another view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.parameter import choice, duration, probability
from chaos.reach import Undo
from chaos.units import NS
from chaos.venue import ORDERS_ONLY, put_rule
from simulator.dialects.gate import Rule


@dataclass(frozen=True, kw_only=True)
class Answering(Fault):
    """A fault of a venue's answers about orders."""

    aims_at: ClassVar[Aim] = Aim.VENUE
    for_default_ns: ClassVar[int] = 600 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Answers about orders."""
        return frozenset({Blocks.ANSWERS})


@dataclass(frozen=True, kw_only=True)
class SlowAck(Answering):
    """An order request is done at once, and answered late."""

    name: ClassVar[str] = "slow_ack"
    meaning: ClassVar[str] = "an order request is done at once and answered late"
    learned_from: ClassVar[tuple[str, ...]] = ("nautilus#4215", "BitMEX 2020-03-13", "hummingbot#2534")

    late: int = duration("15s", low="10ms", high="10m", meaning="how late the answer leaves")
    probability: float = probability(0.5, meaning="how often an order request is answered late")

    def inject(self, ground: Ground) -> Undo:
        """Hold answers back."""
        rule = Rule(
            kind="slow",
            endpoints=ORDERS_ONLY,
            delay_ns=self.late,
            probability=self.probability,
            random=self.chance(),
        )
        return put_rule(ground.venues[self.on], rule)


@dataclass(frozen=True, kw_only=True)
class RequestLost(Answering):
    """An order request never arrives; to the client it looks like a lost answer."""

    name: ClassVar[str] = "request_lost"
    meaning: ClassVar[str] = "an order request never arrives, and the connection is cut"
    learned_from: ClassVar[tuple[str, ...]] = ("design section 6", "certify.md section 7")

    probability: float = probability(0.3, meaning="how often an order request is lost")

    def inject(self, ground: Ground) -> Undo:
        """Cut order requests off before they are read."""
        rule = Rule(kind="request_lost", endpoints=ORDERS_ONLY, probability=self.probability, random=self.chance())
        return put_rule(ground.venues[self.on], rule)


@dataclass(frozen=True, kw_only=True)
class FalseReject(Answering):
    """An order request is answered with an error, and was executed all the same."""

    name: ClassVar[str] = "false_reject"
    meaning: ClassVar[str] = "an order request is answered with a 5xx, although it was done"
    learned_from: ClassVar[tuple[str, ...]] = ("hummingbot#7294", "Hyperliquid 2025-07-29", "bbgo#1590")

    probability: float = probability(0.3, meaning="how often an order request is answered so")

    def inject(self, ground: Ground) -> Undo:
        """Execute, and say that it failed."""
        rule = Rule(
            kind="error",
            status=503,
            executes=True,
            endpoints=ORDERS_ONLY,
            probability=self.probability,
            random=self.chance(),
        )
        return put_rule(ground.venues[self.on], rule)


@dataclass(frozen=True, kw_only=True)
class NotFoundAfterCreate(Answering):
    """A new order is not found when it is asked for, until it is some seconds old."""

    name: ClassVar[str] = "not_found_after_create"
    meaning: ClassVar[str] = "an order that was just placed is not found when it is looked up"
    learned_from: ClassVar[tuple[str, ...]] = ("hummingbot#601", "hitbtc-api#144", "freqtrade#4612")

    hidden: int = duration("3s", low="100ms", high="5m", meaning="how old an order must be to be found")
    probability: float = probability(0.7, meaning="how often a new order is hidden")

    def inject(self, ground: Ground) -> Undo:
        """Veil the new orders of the REST view."""
        view = ground.venues[self.on].venue.rest
        return view.hide_new_orders(share=self.probability, for_ns=self.hidden, random=self.chance())


@dataclass(frozen=True, kw_only=True)
class FlakyList(Answering):
    """The list of open orders lacks rows, others each time."""

    name: ClassVar[str] = "flaky_list"
    meaning: ClassVar[str] = "the list of open orders misses rows, others each time"
    learned_from: ClassVar[tuple[str, ...]] = ("binance-api-postman#102", "ccxt#10255", "BTCMarkets/API#163")

    probability: float = probability(0.5, meaning="how often a row is missing")

    def inject(self, ground: Ground) -> Undo:
        """Veil rows of the REST view's lists."""
        return ground.venues[self.on].venue.rest.miss_open_orders(share=self.probability, random=self.chance())


@dataclass(frozen=True, kw_only=True)
class ReadLag(Answering):
    """A view of the venue shows what was, some time ago."""

    name: ClassVar[str] = "read_lag"
    meaning: ClassVar[str] = "a view of a venue (REST reads, private stream) shows what was some time ago"
    learned_from: ClassVar[tuple[str, ...]] = ("ccxt#2599", "nautilus#4991", "BitMEX 2020-03-13")

    view: str = choice("rest", "private", meaning="which view is late")
    lag: int = duration("5s", low="10ms", high="10m", meaning="how late it is")

    def inject(self, ground: Ground) -> Undo:
        """Let the view trail behind the truth."""
        return ground.delay_view(self.on, self.view, self.lag)
