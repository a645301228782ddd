"""The sections about deciding: the strategy, its model, and how replicas agree.

Strategy and model are somebody's code: every key that the section itself does not know is a parameter of theirs, and
they are loaded here, so that a mistake is told with all the others and nothing is started.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, PrivateAttr, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from engine.runtime.mistakes import Mistake
from engine.runtime.plugins import Plugin, PluginRefused, load_model, load_strategy
from engine.runtime.quantities import DurationNs, Exact, Share
from engine.runtime.section import SECOND_NS, Name, Section, Wait, contradiction, key_of


class _Plugged(Section):
    """A section whose unknown keys are the parameters of a class that it names."""

    model_config = ConfigDict(frozen=True, extra="allow", alias_generator=key_of)
    _plugin: Plugin | None = PrivateAttr(default=None)
    _folder: Path | None = PrivateAttr(default=None)

    @property
    def plugin(self) -> Plugin | None:
        """Return the class with its parameters; None where plug-ins were left alone."""
        return self._plugin

    @property
    def folder(self) -> Path | None:
        """Return where the bot's file is, if that is known."""
        return self._folder

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return what was written for the class."""
        return self.model_extra or {}

    def _plug(self, section: str, info: ValidationInfo, load: Callable[[Path | None], Plugin]) -> None:
        context = info.context or {}
        self._folder = context.get("folder")
        if not context.get("plugins", True):
            return
        try:
            self._plugin = load(self._folder)
        except PluginRefused as refused:
            mistakes = [
                Mistake(path=(section, "use") if name is None else (section, name), problem=problem, remedy=remedy)
                for name, problem, remedy in refused.complaints
            ]
            raise contradiction(*mistakes) from None


class StrategyConfig(_Plugged):
    """Which strategy decides, on which bars; its own parameters stand beside these keys."""

    name: Name
    """By which its decisions are known: two strategies that share an account must not share it."""
    use: str | None = None
    """One of the engine's own by its name (the default is `name`), `module:Class`, or `./file.py:Class` beside the
    bot's file.
    """
    bar_ns: Annotated[DurationNs, Field(ge=SECOND_NS)] = 60 * SECOND_NS

    @model_validator(mode="after")
    def _load(self, info: ValidationInfo) -> Self:
        self._plug("strategy", info, partial(load_strategy, self.use or self.name, self.parameters))
        return self


class ModelConfig(_Plugged):
    """The model that the strategy asks; its own arguments stand beside these keys."""

    use: str
    low: Exact
    high: Exact
    """Answers outside of these bounds are absurd, and refused."""
    within_ns: Wait = 2 * SECOND_NS
    """A model that has not answered by then is abandoned."""
    costs_ns: Wait = 10_000_000
    """What an answer is declared to take: where time is virtual, it takes that."""

    @model_validator(mode="after")
    def _load(self, info: ValidationInfo) -> Self:
        if self.low >= self.high:
            raise PydanticCustomError("bounds", "low is not below high: no answer could pass")
        self._plug("model", info, partial(load_model, self.use, self.parameters))
        return self


class SignalConfig(Section):
    """When a replica decides, and who must agree."""

    fresh_for_ns: Wait = 20 * SECOND_NS
    """A price older than this is not acted on."""
    settle_ns: Wait = 1 * SECOND_NS
    """Wait after a bar's end, so that prices still on their way belong to it."""
    positions_fresh_for_ns: Wait = 60 * SECOND_NS
    """How long what execution told of its positions is believed."""
    quorum: int = Field(default=1, ge=1, le=99)
    """How many replicas must say the same before execution hears of it."""
    gather_ns: Wait = 5 * SECOND_NS
    """How long replicas wait for each other after a bar's end; then a decision without a quorum is lost."""
    tolerance: Annotated[Share, Field(ge=0, lt=1)] = Decimal("0.002")
    """How far prices and quantities of two replicas may be apart and still be the same opinion."""
