"""The time, the chance and the trace of a loopback run: the machine's clock, which nobody can hurry or repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from simulator.kernel import Randomness
from simulator.kernel.trace import Trace
from simulator.serve import RealTimeline
from simulator.serve.real_time import RealTimer


class RealWorld(RealTimeline):
    """Time 0 is now. It has what markets, faults and the observer ask of a world."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seed: int) -> None:
        super().__init__(loop)
        self.randomness = Randomness(seed)
        self.trace = Trace(self.now_ns)
        self.epoch_ns = self.wall_ns() - self.now_ns()

    def call_at(self, at_ns: int, callback: Callable[[], None]) -> RealTimer:
        """Run `callback` at a time, or as soon as possible after."""
        return self.call_later(at_ns - self.now_ns(), callback)
