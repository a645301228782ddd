"""Opinions: what replicas refused or did not agree on, and what people are said to feel about a market."""

from __future__ import annotations

import msgspec

from engine.domain.instrument import dashed


class SignalRefused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A replica made no decision, since what its model answered or its strategy wanted makes no sense."""

    strategy: str
    instrument: str
    decision: str
    why: str
    """A word for the kind (`engine.services.forecasts.Nonsense`)."""
    detail: str
    count: int
    """How many of this kind this replica has refused since its start."""
    node: str
    at_ns: int

    @property
    def subject(self) -> str:
        """Return the subject on which it is sent."""
        return f"refused.{self.node}"


class SignalDisagreed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Replicas did not all say the same of one decision; `agreed` is enough if as many as needed."""

    strategy: str
    instrument: str
    decision: str
    agreed: tuple[str, ...]
    others: tuple[str, ...]
    needed: int
    count: int
    """How many such decisions this replica has seen since its start."""
    node: str
    at_ns: int

    @property
    def subject(self) -> str:
        """Return the subject on which it is sent."""
        return f"disagreed.{dashed(self.instrument)}"


class SentimentSeen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A source told how people feel about an instrument, from -1 to 1."""

    instrument: str
    score: float
    node: str
    at_ns: int

    @property
    def subject(self) -> str:
        """Return the subject on which it is sent."""
        return f"sentiment.{dashed(self.instrument)}"
