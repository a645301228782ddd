"""How a strategy's model is asked: features in, something out, some time later, or never.

What comes back is not trusted: it is whatever the model's code returned, and who asked judges it
(`engine.services.forecasts`). A model runs outside of the node's loop, so that one that hangs holds nobody up: it is
abandoned, and the next question meets a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

import msgspec

from engine.domain.errors import ModelFailed
from engine.ports.strategy import Features

__all__ = ["Model", "ModelFailed", "ModelSpec", "OpenModel", "Predictor"]


class ModelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Which model to run: a class, as `module:Class` or as a path `/…/file.py:Class`, and its arguments as written."""

    use: str
    arguments: Mapping[str, str | int | float | bool | None] = {}
    folder: str = ""
    """Where the bot's file is: paths among the arguments are relative to it."""
    costs_ns: int = 0
    """What one answer is declared to take: where time is virtual, it takes that."""


class Predictor(Protocol):
    """What a model's class is: its constructor takes its arguments as keywords, and may take long (it loads)."""

    def predict(self, features: Features) -> float:
        """Return one number for some features."""
        ...


class Model(Protocol):
    """One running model."""

    async def predict(self, features: Features) -> object:
        """Return what the model answers; raise `ModelFailed` when it raised, died or could not be started.

        It may take for ever: who asks gives it a time, and abandons it afterwards.
        """
        ...

    async def abandon(self) -> None:
        """Stop waiting for whatever it is doing, and end it; the next question starts a new one."""
        ...


OpenModel: TypeAlias = Callable[[ModelSpec], Model]
"""Makes a model runner; nothing is started before the first question."""
