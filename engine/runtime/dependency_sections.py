"""What the bot leans on besides venues, bus and disk, and what becomes of trading when one of them is gone.

All of it is optional unless it is declared to be needed: without sentiment the feature is skipped, without analytics
events are buffered within a bound, without the history events wait on the bus. None of it stops an order.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from engine.runtime.section import SECOND_NS, Section, Wait
from engine.services.signal import Need

Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/\S*)?$")]


class SentimentConfig(Section):
    """A source of how people feel."""

    url: Address
    needed: Need = Need.OPTIONAL
    """`hard`: nothing is decided without it; positions keep their stops."""
    every_ns: Wait = 60 * SECOND_NS
    fresh_for_ns: Wait = 300 * SECOND_NS
    timeout_ns: Wait = 5 * SECOND_NS


class AnalyticsConfig(Section):
    """A place that takes events for analysis."""

    url: Address
    every_ns: Wait = 10 * SECOND_NS
    batch_max: int = Field(default=200, ge=1, le=10_000)
    buffer_max: int = Field(default=10_000, ge=1, le=1_000_000)
    """Events that wait here while nobody takes them; of more, the oldest are dropped."""
    timeout_ns: Wait = 5 * SECOND_NS


class HistoryConfig(Section):
    """A database of what happened, for people."""

    rows_max: int = Field(default=1_000_000, ge=1000, le=1_000_000_000)


class DependenciesConfig(Section):
    """What there is of these; nothing, unless it is written."""

    sentiment: SentimentConfig | None = None
    analytics: AnalyticsConfig | None = None
    history: HistoryConfig | None = None
