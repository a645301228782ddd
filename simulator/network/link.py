"""One direction between two machines: how long a piece of data is under way, and whether it arrives at all.

A black hole holds what is sent until it is repaired, as TCP does: the sender's kernel goes on retransmitting,
so nothing is lost on a connection that outlives the trouble. What gives up is whoever set a timeout.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

from simulator.kernel import NS, World
from simulator.kernel.environment import Errand
from simulator.network.toxics import CLEAN, LinkSpeed, Toxic, poisoned, together

HELD_MAX = 100_000
"""How many pieces of data a black hole holds; the oldest give way, as in a kernel that ran out of patience."""


class Link:
    """Data on its way from one machine to another. What befalls it is undone by its pair, or by what it returns."""

    def __init__(self, world: World, speed: LinkSpeed, chance: random.Random) -> None:
        self.speed = speed
        self.toxic = CLEAN
        """What is wrong with it at present, all in all."""
        self.refusals = 0
        """Above 0, whoever dials over it is refused at the far end."""
        self.is_black_hole = False
        self._clean = speed
        self._toxics: list[Toxic] = []
        self._env = world.env
        self._draw = chance.getrandbits
        self._free_at_ns = 0
        self._held: deque[tuple[int, Errand, list[int]]] = deque(maxlen=HELD_MAX)

    def carry(self, size: int, deliver: Errand, last_arrival_ns: list[int]) -> None:
        """Run `deliver` when `size` bytes have arrived.

        `last_arrival_ns` is the one-element memory of a connection: what is sent on it arrives in order.
        """
        if self.is_black_hole:
            self._held.append((size, deliver, last_arrival_ns))
            return
        env, speed = self._env, self.speed
        now_ns: int = env._now
        sent_ns = now_ns if speed.bytes_per_s is None else self._sent_at_ns(now_ns, size, speed.bytes_per_s)
        arrival_ns = sent_ns + speed.delay_ns
        jitter_ns = speed.jitter_ns
        if jitter_ns:  # as `randrange` draws, a third as dear
            late_ns = self._draw(bits := jitter_ns.bit_length())
            while late_ns >= jitter_ns:
                late_ns = self._draw(bits)
            arrival_ns += late_ns
        if arrival_ns < last_arrival_ns[0]:
            arrival_ns = last_arrival_ns[0]
        last_arrival_ns[0] = arrival_ns
        env.put(arrival_ns, deliver)

    def poison(self, toxic: Toxic) -> Callable[[], None]:
        """Let a trouble act from now on; return what ends it. Several add up."""
        self._toxics.append(toxic)
        self._feel()

        def undo() -> None:
            self._toxics.remove(toxic)
            self._feel()

        return undo

    def _feel(self) -> None:
        self.toxic = together(self._toxics) if self._toxics else CLEAN
        self.speed = poisoned(self._clean, self.toxic)

    def black_hole(self) -> None:
        """Swallow everything from now on, connection attempts included."""
        self.is_black_hole = True

    def repair(self) -> None:
        """Let data through again; what was swallowed on living connections is sent once more."""
        self.is_black_hole = False
        held, self._held = self._held, deque(maxlen=HELD_MAX)
        for size, deliver, last_arrival_ns in held:
            self.carry(size, deliver, last_arrival_ns)

    def _sent_at_ns(self, now_ns: int, size: int, bytes_per_s: int) -> int:
        """Return when the last of `size` bytes has left, given what is queued before it."""
        self._free_at_ns = max(self._free_at_ns, now_ns) + size * NS // bytes_per_s
        return self._free_at_ns
