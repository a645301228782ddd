"""What can go wrong with time itself.

KernelError
├── SimulationDeadlock    nothing is left to happen, and tasks still wait
├── SimulationLivelock    callbacks go round and time does not move
├── EscapedSimulation     our own code reached for the real world (also a RuntimeError)
└── HostIsDown            work was given to a host that is not running
"""

from __future__ import annotations

from collections.abc import Sequence


class KernelError(Exception):
    """A law of simulated time was broken; the run proves nothing."""


class SimulationDeadlock(KernelError):
    """Nothing is left to happen, and these tasks still wait.

    `blocked` holds the names of the waiting tasks, host first.
    """

    def __init__(self, now_ns: int, blocked: Sequence[str]) -> None:
        self.now_ns = now_ns
        self.blocked = tuple(blocked)
        names = ", ".join(self.blocked) or "no task at all"
        super().__init__(
            f"deadlock at {now_ns / 1e9:.9f} s: no timer and no message is left in the world; waiting: {names}. "
            "Look for a future that nobody resolves."
        )


class SimulationLivelock(KernelError):
    """More callbacks ran than `callbacks_max` while virtual time stood (almost) still."""

    def __init__(self, now_ns: int, callbacks_max: int, busy: Sequence[str]) -> None:
        self.now_ns = now_ns
        self.busy = tuple(busy)
        names = ", ".join(self.busy) or "unknown"
        super().__init__(
            f"livelock at {now_ns / 1e9:.9f} s: {callbacks_max} callbacks ran within one virtual millisecond; "
            f"running: {names}. Look for a loop that never sleeps."
        )


class EscapedSimulation(KernelError, RuntimeError):
    """Code of ours reached for the real clock, real randomness, a thread or a socket."""

    def __init__(self, what: str, where: str, instead: str) -> None:
        self.what = what
        self.where = where
        super().__init__(f"{what} was called by {where} inside the simulation; use {instead} instead")


class HostIsDown(KernelError):
    """A host that is not running was asked to do something."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"host {name!r} is down; reboot it first")
