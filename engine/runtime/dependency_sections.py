"""What the bot leans on besides venues, bus and disk, and what becomes of trading when one of them is gone.

All of it is optional unless it is declared to be needed: without sentiment the feature is skipped, without analytics
events are buffered within a bound, without the history events wait on the bus. None of it stops an order.
"""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from engine.runtime.section import SECOND_NS, Section, Wait, at, contradiction
from engine.services.signal import Need

Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/\S*)?$")]
EnvName = Annotated[str, StringConstraints(min_length=1)]


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

    url: Address | None = None
    """Where batches are posted to."""
    url_env: EnvName | None = None
    """Or the variable with the address of a database (`postgresql://…`) that they are written into."""
    rows_max: int = Field(default=1_000_000, ge=1000, le=1_000_000_000)
    """Rows that are kept in a database."""
    every_ns: Wait = 10 * SECOND_NS
    batch_max: int = Field(default=200, ge=1, le=10_000)
    buffer_max: int = Field(default=10_000, ge=1, le=1_000_000)
    """Events that wait here while nobody takes them; of more, the oldest are dropped."""
    timeout_ns: Wait = 5 * SECOND_NS

    @model_validator(mode="after")
    def _goes_to_one_place(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            problem = "has both `url` and `url_env`, or neither"
            raise contradiction(at("dependencies.analytics", problem, "keep one: to post, or to write into a database"))
        return self


class HistoryConfig(Section):
    """A database of what happened, for people."""

    url_env: EnvName | None = None
    """Variable with the address of a database (`postgresql://…`) that machines share; the node's own disk without."""
    timeout_ns: Wait = 5 * SECOND_NS
    """How long a shared database may take for anything."""
    rows_max: int = Field(default=1_000_000, ge=1000, le=1_000_000_000)


class DependenciesConfig(Section):
    """What there is of these; nothing, unless it is written."""

    sentiment: SentimentConfig | None = None
    analytics: AnalyticsConfig | None = None
    history: HistoryConfig | None = None
