"""A model on one of the bot's machines: its answers cost time, and it may be sick in every way that models are.

The model itself is somebody's code, handed in, and runs at once; what it is declared to cost passes before its answer
is given. Its `ModelSickness` belongs to the machine and outlives a reboot of it: it is what faults bend. Sickness is
a state, not an event, so that faults can overlap and be healed one by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from simulator.kernel import NS, Host

Answer = Callable[[tuple[float, ...]], object]


@dataclass
class ModelSickness:
    """What is wrong with the models of one machine; nothing, unless somebody says so."""

    crashes: bool = False
    """It dies over every question."""
    hangs: bool = False
    """It never answers. A model that is abandoned is a new one, and hangs as well."""
    garbage: Callable[[float], object] | None = None
    """What comes instead of the true answer: NaN, a text, a number beyond all bounds."""
    shift: float = 0.0
    """How far its answers are off: a model of another version, or on other data, that nobody can call nonsense."""
    delay_ns: int = 0
    """How much longer than declared it takes."""


class SimulatedModel:
    """One model of one machine, for one boot of it.

    Args:
        load: makes the model; called at the first question, and again after a death.
        costs_ns: what an answer takes.
        failed: the error that the asker understands.
    """

    def __init__(
        self,
        host: Host,
        load: Callable[[], Answer],
        *,
        costs_ns: int,
        sickness: ModelSickness,
        failed: Callable[[str], Exception],
    ) -> None:
        self._host = host
        self._load = load
        self._costs_ns = costs_ns
        self._sickness = sickness
        self._failed = failed
        self._answer: Answer | None = None
        self.abandoned = 0

    async def predict(self, features: tuple[float, ...]) -> object:
        """Return what the model answers, after its time."""
        sick = self._sickness
        await asyncio.sleep((self._costs_ns + sick.delay_ns) / NS)
        if sick.hangs:
            self._host.world.trace.record("model_hangs", self._host.name)
            await asyncio.get_running_loop().create_future()
        if sick.crashes:
            self._host.world.trace.record("model_crashes", self._host.name)
            self._answer = None
            raise self._failed("the model's process has died")
        answer = self._asked(features)
        if isinstance(answer, int | float):
            answer = answer + sick.shift
            return answer if sick.garbage is None else sick.garbage(answer)
        return answer

    async def abandon(self) -> None:
        """End whatever it is doing; the next question meets a new one."""
        self.abandoned += 1
        self._answer = None

    def _asked(self, features: tuple[float, ...]) -> object:
        try:
            if self._answer is None:
                self._answer = self._load()
            return self._answer(features)
        except Exception as problem:  # a model is somebody else's code; on a real machine only its process dies
            self._answer = None
            raise self._failed(f"{type(problem).__name__}: {problem}") from problem
