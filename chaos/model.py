"""Faults of a model on one machine: it dies over a question, never answers, talks nonsense, or is of another opinion.

The first three can be noticed and refused. The last cannot: it is what replicas that must agree are for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from chaos.fault import VIRTUAL, Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.parameter import choice, number
from chaos.reach import Undo
from chaos.units import NS

NONSENSE = {"nan": math.nan, "infinite": math.inf, "absurd": 1e12}


@dataclass(frozen=True, kw_only=True)
class SignalCrash(Fault):
    """A model dies over every question that it is asked."""

    name: ClassVar[str] = "signal_crash"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "the model of a machine dies over every question"
    aims_at: ClassVar[Aim] = Aim.NODE
    learned_from: ClassVar[tuple[str, ...]] = ("design section 5", "certify.md section 6")
    for_default_ns: ClassVar[int] = 120 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing that a replica does not still give."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Make it sick; the undo heals it."""
        model = ground.models[self.on]
        return ground.hold(
            f"model dies {self.on}", partial(setattr, model, "crashes", True), partial(setattr, model, "crashes", False)
        )


@dataclass(frozen=True, kw_only=True)
class SignalHang(SignalCrash):
    """A model never answers."""

    name: ClassVar[str] = "signal_hang"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "the model of a machine never answers"

    def inject(self, ground: Ground) -> Undo:
        """Make it sick; the undo heals it."""
        model = ground.models[self.on]
        return ground.hold(
            f"model hangs {self.on}", partial(setattr, model, "hangs", True), partial(setattr, model, "hangs", False)
        )


@dataclass(frozen=True, kw_only=True)
class SignalGarbage(SignalCrash):
    """A model answers nonsense."""

    name: ClassVar[str] = "signal_garbage"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "the model of a machine answers not-a-number, infinity, or what cannot be"

    answer: str = choice("nan", "infinite", "absurd", meaning="what it answers")

    def inject(self, ground: Ground) -> Undo:
        """Make it sick; of several the first decides until the last heals."""
        model, answer = ground.models[self.on], NONSENSE[self.answer]
        return ground.hold(
            f"model raves {self.on}",
            partial(setattr, model, "garbage", lambda _true: answer),
            partial(setattr, model, "garbage", None),
        )


@dataclass(frozen=True, kw_only=True)
class SignalDisagreement(SignalCrash):
    """A model of another version: its answers are off by as much every time."""

    name: ClassVar[str] = "signal_disagreement"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "the model of a machine is of another opinion than its replicas"

    by: float = number(0.5, low=-1000.0, high=1000.0, meaning="how far its answers are off")

    def inject(self, ground: Ground) -> Undo:
        """Shift its answers; the undo shifts them back."""
        model = ground.models[self.on]
        model.shift += self.by

        def undo() -> None:
            model.shift -= self.by

        return undo
