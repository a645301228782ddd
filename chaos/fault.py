"""A fault is a frozen value: what, on what, when, for how long, with which parameters, and its own undo.

Because it is a value it can be listed, compared, written to a file, shortened and dropped, which is all that a
search for the smallest failing schedule does. It holds no handle on the world: `inject` is given the ground to act
on and returns the undo of exactly what it did, so that `heal` is never a second description of the same damage.

Each kind says what it takes away (`blocks`), a fact about the world. Whether the bot must page for it, and how
fast it must be back, are the referee's bounds and live with the referee.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from chaos.condition import Condition
from chaos.ground import Ground
from chaos.parameter import parameters_of
from chaos.reach import Undo
from chaos.units import NS

VIRTUAL = ("virtual",)


class Aim(StrEnum):
    """What a kind of fault is thrown at."""

    VENUE = "venue"
    ENDPOINT = "endpoint"
    NODE = "node"
    ZONE = "zone"
    REGION = "region"
    LINK = "link"
    BUS = "bus"
    MARKET = "market"
    SENTIMENT = "sentiment"
    ANALYTICS = "analytics"
    PAGER = "pager"


class Blocks(StrEnum):
    """What a fault takes away from the bot while it lasts."""

    REST = "rest"  # no request to the venue gets a useful answer
    READS = "reads"  # no price can be asked for
    STREAM = "stream"  # no stream of the venue brings anything
    ANSWERS = "answers"  # requests work, but what the bot is told about its orders may be wrong
    COMPONENT = "component"  # what runs on a machine of the bot is gone
    BUS = "bus"  # nothing can be said or heard on the bus
    JOURNAL = "journal"  # a machine of the bot can write nothing down
    SERVICE = "service"  # something outside that the bot can do without is gone


@dataclass(frozen=True, kw_only=True)
class Fault(ABC):
    """One injection of one kind of fault. `at_ns` and `for_ns` are virtual time; `seed` is its own stream of chance."""

    id: str
    on: str
    at_ns: int
    for_ns: int
    seed: int
    only_while: Condition | None = None
    """What must hold for it to come; from `at_ns` on it waits for that, and then acts for `for_ns`."""

    name: ClassVar[str]
    meaning: ClassVar[str]
    aims_at: ClassVar[Aim]
    learned_from: ClassVar[tuple[str, ...]]
    worlds: ClassVar[tuple[str, ...]] = ("virtual", "loopback")
    """Where it can be shown: `VIRTUAL` where it needs what only a simulated machine has."""
    for_default_ns: ClassVar[int]
    for_min_ns: ClassVar[int] = NS
    """Shorter than this it flaps and nothing behind it gets deep."""

    @property
    @abstractmethod
    def blocks(self) -> frozenset[Blocks]:
        """What this injection takes away."""

    @abstractmethod
    def inject(self, ground: Ground) -> Undo:
        """Begin the fault on the ground and return its heal."""

    @classmethod
    def least_ns(cls, on: str) -> int:
        """Return how long it must last where it is thrown at `on`; shorter, it could not happen there."""
        del on
        return cls.for_min_ns

    @property
    def until_ns(self) -> int:
        """When it heals, in virtual time."""
        return self.at_ns + self.for_ns

    @property
    def parameters(self) -> Mapping[str, object]:
        """Its parameters by name, as values."""
        return {name: getattr(self, name) for name in parameters_of(type(self))}

    def chance(self) -> random.Random:
        """Return its own stream of chance, at the beginning."""
        return random.Random(self.seed)
