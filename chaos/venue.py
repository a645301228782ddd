"""Faults of a venue's REST side and of its matching: gone, overloaded, saying yes and meaning no, or saying nothing.

They act at the venue's door, where they happen to a real client: the venue's own logic is healthy while its front is
not. The four differ in what became of the order, which is the whole difficulty: refused at the door (it never
arrived), throttled (told so), answered and then dropped (told otherwise), done and not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Ground, Place
from chaos.parameter import choice, count, duration, number, probability
from chaos.reach import Settling, Undo, VenueUnderFire
from chaos.units import NS
from simulator.dialects.call import EndpointKind
from simulator.dialects.gate import Rule

ORDERS_ONLY: frozenset[EndpointKind] = frozenset({"orders"})


@dataclass(frozen=True, kw_only=True)
class Outage(Fault):
    """A venue serves nobody: it refuses connections, answers with errors, or does not answer at all."""

    name: ClassVar[str] = "outage"
    meaning: ClassVar[str] = "a venue serves nobody: connections refused and streams cut, or REST errors, or silence"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("Binance 2023-03-24", "hummingbot#3374", "nautilus#4152")
    for_default_ns: ClassVar[int] = 45 * NS

    mode: str = choice("refuse", "error", "hang", meaning="refuse takes the streams down too; error is a 5xx")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """REST, and the streams as well where nothing listens any more."""
        both = frozenset({Blocks.REST, Blocks.STREAM})
        return both if self.mode == "refuse" else frozenset({Blocks.REST})

    def inject(self, ground: Ground) -> Undo:
        """Close the venue's port, or put a rule in front of it."""
        venue = ground.venues[self.on]
        if self.mode == "refuse":
            return close_port(ground, venue)
        return put_rule(venue, Rule(kind="error", status=503) if self.mode == "error" else Rule(kind="hang"))


@dataclass(frozen=True, kw_only=True)
class PartialOutage(Fault):
    """One class of a venue's endpoints serves nobody, and the others go on."""

    name: ClassVar[str] = "partial_outage"
    meaning: ClassVar[str] = "one class of requests (account reads, orders, public reads) fails; the others work"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("Binance 2024-07", "OKX 2023-07-05", "passivbot#420")
    for_default_ns: ClassVar[int] = 180 * NS

    endpoints: str = choice("account", "orders", "public", meaning="which class fails")
    mode: str = choice("error", "hang", meaning="error is a 5xx")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Prices that are asked for, or what needs the account or orders; what streams bring still comes."""
        return frozenset({Blocks.READS if self.endpoints == "public" else Blocks.REST})

    def inject(self, ground: Ground) -> Undo:
        """Put a rule in front of the class."""
        kinds: Mapping[str, EndpointKind] = {"account": "account", "orders": "orders", "public": "public"}
        endpoints = frozenset({kinds[self.endpoints]})
        rule = (
            Rule(kind="hang", endpoints=endpoints)
            if self.mode == "hang"
            else Rule(kind="error", status=503, endpoints=endpoints)
        )
        return put_rule(ground.venues[self.on], rule)


PATIENT = {"coinbase": 100_000, "okx": 100_000}
"""Requests during a wait after which a venue bans, where its documents know no ban: such a venue tells no wait either,
and nobody could honour one that was not told."""


@dataclass(frozen=True, kw_only=True)
class RateLimit(Fault):
    """A venue tells everybody to slow down, and bans who does not."""

    name: ClassVar[str] = "rate_limit"
    meaning: ClassVar[str] = "a venue answers 429 with a time to wait, and bans a client that goes on"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("OctoBot#2108", "freqtrade#7187", "ccxt#14639", "nautilus#780")
    for_default_ns: ClassVar[int] = 60 * NS

    retry_after: int = duration("10s", low="1s", high="5m", meaning="how long a throttled client is told to wait")
    patience: int = count(5, low=0, high=1000, meaning="requests within that wait before the ban")
    ban: int = duration("2m", low="1s", high="3d", meaning="how long a client that ignored it is refused")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """REST."""
        return frozenset({Blocks.REST})

    def inject(self, ground: Ground) -> Undo:
        """Throttle every request at the door."""
        patience = PATIENT.get(self.on, self.patience)
        rule = Rule(kind="throttle", retry_after_ns=self.retry_after, patience=patience, ban_ns=self.ban)
        return put_rule(ground.venues[self.on], rule)


@dataclass(frozen=True, kw_only=True)
class AckLost(Fault):
    """An order request is executed and its answer is lost."""

    name: ClassVar[str] = "ack_lost"
    meaning: ClassVar[str] = "an order request is done, but the connection is cut before the answer"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("hummingbot#493", "catalyst#317", "ccxt#2599", "nautilus#4215")
    for_default_ns: ClassVar[int] = 600 * NS

    probability: float = probability(0.3, meaning="how often an order request loses its answer")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Answers about orders."""
        return frozenset({Blocks.ANSWERS})

    def inject(self, ground: Ground) -> Undo:
        """Cut order requests off after they were executed."""
        rule = Rule(kind="ack_lost", endpoints=ORDERS_ONLY, probability=self.probability, random=self.chance())
        return put_rule(ground.venues[self.on], rule)


@dataclass(frozen=True, kw_only=True)
class SilentReject(Fault):
    """An order is acknowledged, and then dropped in matching without a word."""

    name: ClassVar[str] = "silent_reject"
    meaning: ClassVar[str] = "an order is acknowledged, then rejected in matching"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("mission U17",)
    for_default_ns: ClassVar[int] = 600 * NS

    probability: float = probability(0.3, meaning="how often an acknowledged order is dropped")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Answers about orders."""
        return frozenset({Blocks.ANSWERS})

    def inject(self, ground: Ground) -> Undo:
        """Let chance decide about each order that the matching takes."""
        chance = self.chance()

        def rejects(order: Any) -> bool:
            del order  # any order may be hit
            return chance.random() < self.probability

        return ground.ask(f"silent reject at {self.on}", rejects, (ground.venues[self.on].exchange, "silent_reject"))


@dataclass(frozen=True, kw_only=True)
class SettlementFails(Fault):
    """An order is matched and told as such, and what was matched is taken back later: it never got on the chain, or
    was on it and got lost again.
    """

    name: ClassVar[str] = "settlement_fails"
    meaning: ClassVar[str] = "matches are taken back, where they are settled later"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("design section 5: a match may fail to settle",)
    for_default_ns: ClassVar[int] = 600 * NS

    late: float = number(0.0, low=0, high=1, meaning="how often one that was settled is taken back after all")
    probability: float = probability(0.3, meaning="how often a match fails to be settled")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: what became of a match is told."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Let chance decide about each match; nothing happens where a match is final at once."""
        matching, chance = ground.venues[self.on].exchange, self.chance()
        if not isinstance(matching, Settling):
            return lambda: None

        def begin() -> None:
            matching.settlement_fails = lambda _match: chance.random() < self.probability
            matching.settlement_undone = lambda _match: chance.random() < self.late

        def end() -> None:
            matching.settlement_fails = matching.settlement_undone = None

        return ground.hold(f"settlement at {self.on}", begin, end)


def put_rule(venue: VenueUnderFire, rule: Rule) -> Undo:
    """Let a rule act at a venue's door; the undo takes it away."""
    venue.gate.add(rule)
    return lambda: venue.gate.remove(rule)


def close_port(ground: Ground, at: VenueUnderFire | Place) -> Undo:
    """Cut all connections of a venue, or a service, and refuse new ones; the undo takes them again."""
    ground.wires.refuse(at.names)
    ground.wires.reset(at.host)
    return lambda: ground.wires.accept(at.names)
