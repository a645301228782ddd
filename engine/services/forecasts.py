"""A model's answers, judged before anybody believes them: late, not finite, absurd, or no number at all is refused.

Every refusal is a value with a word for its kind, counted by whoever asked. A model that has not answered in its time
is abandoned: the answer would come too late for this decision, and must not hold up the next.
"""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from engine.ports.model import Model, ModelFailed
from engine.ports.strategy import Features

NS = 1_000_000_000
FEATURES_MAX = 10_000


class Nonsense(StrEnum):
    """Why nothing was decided, where something should have been."""

    LATE = "late"  # it had not answered in its time, and was abandoned
    FAILED = "failed"  # it raised, died, or could not be started
    MALFORMED = "malformed"  # it answered something that is no number
    NOT_FINITE = "not_finite"  # NaN or infinite
    ABSURD = "absurd"  # outside of what was declared possible
    FEATURES = "features"  # what it should have been shown makes no sense, so it was not asked
    MISSING = "missing"  # something that is declared to be needed is gone
    STRATEGY = "strategy"  # the strategy itself failed


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Nothing is decided, and why."""

    why: Nonsense
    detail: str


@dataclass(frozen=True, kw_only=True)
class ForecastBounds:
    """What an answer may be, and how long it may take."""

    low: float
    high: float
    within_ns: int


class Forecaster:
    """Asks one model, and lets through only what makes sense."""

    def __init__(self, model: Model, bounds: ForecastBounds) -> None:
        self._model = model
        self._bounds = bounds

    async def ask(self, features: Features) -> float | Refusal:
        """Return what the model answers, or why that cannot be used."""
        if (problem := _unfit(features)) is not None:
            return Refusal(why=Nonsense.FEATURES, detail=problem)
        try:
            async with asyncio.timeout(self._bounds.within_ns / NS):
                answer = await self._model.predict(features)
        except TimeoutError:
            await self._model.abandon()
            return Refusal(why=Nonsense.LATE, detail=f"no answer in {self._bounds.within_ns / NS:g} s")
        except ModelFailed as problem:
            return Refusal(why=Nonsense.FAILED, detail=str(problem))
        return judged(answer, self._bounds)


def judged(answer: object, bounds: ForecastBounds) -> float | Refusal:
    """Return an answer that is a finite number within its bounds, or why it is none."""
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return Refusal(why=Nonsense.MALFORMED, detail=f"{type(answer).__name__} is no number")
    if not isfinite(answer):
        return Refusal(why=Nonsense.NOT_FINITE, detail=f"{answer} is not finite")
    if not bounds.low <= answer <= bounds.high:
        return Refusal(why=Nonsense.ABSURD, detail=f"{answer:g} is not within {bounds.low:g} and {bounds.high:g}")
    return float(answer)


def _unfit(features: object) -> str | None:
    """Say what is wrong with what a strategy wants to show its model."""
    if not isinstance(features, tuple) or not 0 < len(features) <= FEATURES_MAX:
        return f"features are a tuple of 1 to {FEATURES_MAX} numbers, not {type(features).__name__}"
    for place, each in enumerate(features):
        if isinstance(each, bool) or not isinstance(each, int | float) or not isfinite(each):
            return f"feature {place} is {each!r}, which is no finite number"
    return None
