"""Faults of one class of a venue's requests: answers that cannot be read, and refusals that mean nothing.

They strike `endpoint/orders` at every venue, or `endpoint/orders@binance` at one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.parameter import choice, probability
from chaos.reach import Undo
from chaos.units import NS
from chaos.venue import put_rule
from simulator.dialects.call import EndpointKind
from simulator.dialects.gate import Rule

NO_PATIENCE_NEEDED = 1_000_000_000
"""More requests than anybody makes: who is throttled for nothing is never banned for it."""

KINDS: Mapping[str, EndpointKind] = MappingProxyType({"orders": "orders", "account": "account", "public": "public"})

MANGLED: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "truncated": lambda body: body[: len(body) // 2],
        "page": lambda body: b"<html><body><h1>Bad gateway</h1></body></html>",
        "empty": lambda body: b"",
    }
)


@dataclass(frozen=True, kw_only=True)
class OfEndpoint(Fault):
    """A fault in front of one class of requests."""

    aims_at: ClassVar[Aim] = Aim.ENDPOINT
    for_default_ns: ClassVar[int] = 300 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Answers: of those that come, some cannot be used."""
        return frozenset({Blocks.ANSWERS})

    def stand_before(self, ground: Ground, rule: Rule) -> Undo:
        """Put a rule in front of the venue."""
        return put_rule(ground.venues[self.on.partition("@")[2]], rule)

    @property
    def endpoints(self) -> frozenset[EndpointKind]:
        """The class that is struck."""
        return frozenset({KINDS[self.on.partition("@")[0]]})


@dataclass(frozen=True, kw_only=True)
class CorruptBody(OfEndpoint):
    """A request is done, and its answer, though it says that all is well, cannot be read."""

    name: ClassVar[str] = "corrupt_body"
    meaning: ClassVar[str] = "a request is done, and its answer breaks off, is a web page, or is empty"
    learned_from: ClassVar[tuple[str, ...]] = ("Hyperliquid 2025-07-29", "design section 6")

    body: str = choice("truncated", "page", "empty", meaning="what is answered")
    probability: float = probability(0.3, meaning="how often an answer is so")

    def inject(self, ground: Ground) -> Undo:
        """Mangle answers."""
        rule = Rule(
            kind="corrupt",
            endpoints=self.endpoints,
            mangle=MANGLED[self.body],
            probability=self.probability,
            random=self.chance(),
        )
        return self.stand_before(ground, rule)


@dataclass(frozen=True, kw_only=True)
class SpuriousRateLimit(OfEndpoint):
    """A venue says "too many requests" to who made few, and means: our fault, try again now."""

    name: ClassVar[str] = "spurious_rate_limit"
    meaning: ClassVar[str] = "a venue answers 429 to some requests for no reason, and bans nobody for it"
    learned_from: ClassVar[tuple[str, ...]] = ("freqtrade#5700", "ccxt#10273")
    for_default_ns: ClassVar[int] = 600 * NS

    probability: float = probability(0.05, meaning="how often a request is answered so")

    def inject(self, ground: Ground) -> Undo:
        """Throttle now and then, with no time to wait."""
        rule = Rule(
            kind="throttle",
            endpoints=self.endpoints,
            retry_after_ns=0,
            patience=NO_PATIENCE_NEEDED,
            probability=self.probability,
            random=self.chance(),
        )
        return self.stand_before(ground, rule)
