"""Faults of what the bot can do without: its source of sentiment, its place for analytics, its pager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos.fault import VIRTUAL, Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.reach import Undo
from chaos.units import NS
from chaos.venue import close_port


@dataclass(frozen=True, kw_only=True)
class SentimentDown(Fault):
    """The source of sentiment takes no connection, and those that were open are cut."""

    name: ClassVar[str] = "sentiment_down"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "the source of sentiment serves nobody"
    aims_at: ClassVar[Aim] = Aim.SENTIMENT
    learned_from: ClassVar[tuple[str, ...]] = ("mission U9",)
    for_default_ns: ClassVar[int] = 300 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Something optional."""
        return frozenset({Blocks.SERVICE})

    def inject(self, ground: Ground) -> Undo:
        """Refuse everybody; the undo takes them again."""
        return close_port(ground, ground.services[self.on])


@dataclass(frozen=True, kw_only=True)
class AnalyticsDown(SentimentDown):
    """Where events are kept for analysis, nobody takes any."""

    name: ClassVar[str] = "analytics_down"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "the place where events are kept for analysis serves nobody"
    aims_at: ClassVar[Aim] = Aim.ANALYTICS
    learned_from: ClassVar[tuple[str, ...]] = ("mission U6", "mission U9", "hummingbot#2201")


@dataclass(frozen=True, kw_only=True)
class PagerDown(SentimentDown):
    """The paging service takes no event."""

    name: ClassVar[str] = "pager_down"
    meaning: ClassVar[str] = "the paging service serves nobody"
    aims_at: ClassVar[Aim] = Aim.PAGER
    learned_from: ClassVar[tuple[str, ...]] = ("mission U15", "passivbot#420")
