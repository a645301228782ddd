"""Faults of a venue that answers, and says no: under maintenance, half open, not to this key, not to this address.

A refusal is an answer, so nothing of this is in doubt. What makes it hard is that each no means something else: wait,
come back with another kind of order, call a person, or keep away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.parameter import choice, probability
from chaos.reach import Undo
from chaos.units import NS
from simulator.exchange.exchange import TradingMode


@dataclass(frozen=True, kw_only=True)
class Closed(Fault):
    """A fault of a venue that takes no orders, or none of ours."""

    aims_at: ClassVar[Aim] = Aim.VENUE

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Requests."""
        return frozenset({Blocks.REST})


@dataclass(frozen=True, kw_only=True)
class Maintenance(Closed):
    """The venue's matching is halted; prices and accounts can be read."""

    name: ClassVar[str] = "maintenance"
    meaning: ClassVar[str] = "matching is halted: no order and no cancel is taken, reads go on"
    learned_from: ClassVar[tuple[str, ...]] = ("freqtrade#8378", "OKX 2021-02-22", "Kraken 2018-01", "Gemini 2022-12")
    for_default_ns: ClassVar[int] = 600 * NS

    def inject(self, ground: Ground) -> Undo:
        """Halt the matching; the undo opens it in full."""
        return _narrow(ground, self.on, TradingMode.HALTED)


@dataclass(frozen=True, kw_only=True)
class RestrictedReopening(Closed):
    """The venue is half open: cancels only, or orders that add to the book as well."""

    name: ClassVar[str] = "restricted_reopening"
    meaning: ClassVar[str] = "a venue that comes back takes cancels only, or post-only orders as well"
    learned_from: ClassVar[tuple[str, ...]] = ("OKX 2023-03-17", "BitMEX 2023-03-23", "Binance 2023-03-24")
    for_default_ns: ClassVar[int] = 300 * NS

    mode: str = choice("cancel_only", "post_only", meaning="what is taken")

    def inject(self, ground: Ground) -> Undo:
        """Narrow the doors; the undo opens them in full."""
        return _narrow(ground, self.on, TradingMode[self.mode.upper()])


@dataclass(frozen=True, kw_only=True)
class AuthFailure(Closed):
    """The venue does not know the bot's keys, as when its login service is down or a key was revoked."""

    name: ClassVar[str] = "auth_failure"
    meaning: ClassVar[str] = "a venue accepts none of the bot's keys"
    learned_from: ClassVar[tuple[str, ...]] = ("OKX 2021-02-10", "freqtrade#10071")
    for_default_ns: ClassVar[int] = 300 * NS

    def inject(self, ground: Ground) -> Undo:
        """Take the keys away; the undo gives them back."""
        under = ground.venues[self.on]

        def begin() -> None:
            for key in under.keys:
                under.venue.revoke_key(key.key)

        def end() -> None:
            for key in under.keys:
                under.venue.issue_key(key)

        return ground.hold(f"keys of {self.on}", begin, end)


UNTOLD_NS = {"kraken": 900 * NS, "bybit": 600 * NS, "polymarket": 600 * NS}
"""How long a ban lasts at venues that do not say when it ends: their documents are all that a client can go by
[unconfirmed]."""


@dataclass(frozen=True, kw_only=True)
class Ban(Closed):
    """The venue shuts out every machine of the bot, without a warning."""

    name: ClassVar[str] = "ban"
    meaning: ClassVar[str] = "a venue bans the addresses of all the bot's machines at once, without a warning"
    learned_from: ClassVar[tuple[str, ...]] = ("OctoBot#2108", "ccxt#19772", "freqtrade#11025")
    for_default_ns: ClassVar[int] = 120 * NS

    @classmethod
    def least_ns(cls, on: str) -> int:
        """Return how long a ban lasts at least: as documented, where the venue does not tell its clients."""
        return UNTOLD_NS.get(on, cls.for_min_ns)

    def inject(self, ground: Ground) -> Undo:
        """Ban them for as long as the fault lasts; it ends by itself, or by the undo of the last that acts."""
        gate, nodes = ground.venues[self.on].gate, tuple(ground.sites.nodes)
        for node in nodes:
            gate.ban(node, self.for_ns)

        def end() -> None:
            for node in nodes:
                gate.pardon(node)

        return ground.hold(f"bans of {self.on}", lambda: None, end)


@dataclass(frozen=True, kw_only=True)
class ForcedCancel(Fault):
    """The venue cancels resting orders by itself."""

    name: ClassVar[str] = "forced_cancel"
    meaning: ClassVar[str] = "a venue cancels resting orders of its clients, once"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("Kraken 2018-01", "Binance 2023-03-24", "freqtrade#7107")
    for_default_ns: ClassVar[int] = NS

    share: float = probability(1.0, meaning="what share of the orders is cancelled")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: what happened can be read everywhere."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Cancel; there is nothing to take back."""
        ground.venues[self.on].exchange.restart(keep=1 - self.share, random=self.chance())
        return lambda: None


@dataclass(frozen=True, kw_only=True)
class StopNotTriggered(Fault):
    """A price reaches a stop, and the venue does not act on it until the fault heals."""

    name: ClassVar[str] = "stop_not_triggered"
    meaning: ClassVar[str] = "prices set off no waiting order"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("freqtrade#12981", "Binance 2023-03-24")
    for_default_ns: ClassVar[int] = 600 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: orders are taken, and told."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Put the stops to sleep."""
        matching = ground.venues[self.on].exchange
        return ground.hold(
            f"stops of {self.on}",
            partial(setattr, matching, "stops_asleep", True),
            partial(setattr, matching, "stops_asleep", False),
        )


def _narrow(ground: Ground, venue: str, mode: TradingMode) -> Undo:
    """Let a venue take only what a mode allows; of several such faults the first decides until the last heals."""
    matching = ground.venues[venue].exchange
    return ground.hold(
        f"mode of {venue}",
        partial(setattr, matching, "mode", mode),
        partial(setattr, matching, "mode", TradingMode.FULL),
    )
