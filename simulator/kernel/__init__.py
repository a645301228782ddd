"""Time itself: one heap, many hosts, and nothing that happens outside of them.

The public face of the kernel:

    World         the clock, the heap, the trace, the hosts
    Host          a machine: a loop, two clocks, a factory that boots it again
    Randomness    named streams drawn from one seed
    Trace         the running digest of all that happened
"""

from simulator.kernel.errors import (
    EscapedSimulation,
    HostIsDown,
    KernelError,
    SimulationDeadlock,
    SimulationLivelock,
)
from simulator.kernel.host import Host
from simulator.kernel.randomness import Randomness
from simulator.kernel.trace import Trace
from simulator.kernel.world import Timer, World

NS = 1_000_000_000
"""Nanoseconds in a second."""

__all__ = [
    "NS",
    "EscapedSimulation",
    "Host",
    "HostIsDown",
    "KernelError",
    "Randomness",
    "SimulationDeadlock",
    "SimulationLivelock",
    "Timer",
    "Trace",
    "World",
]
