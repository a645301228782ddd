"""Venues on loopback ports, in real time, for any client in any language.

The applications, the exchange and the gate are the very ones of the virtual world. What differs is under them: a
timeline that follows the machine's clock instead of SimPy's, and ports of the loopback interface instead of links.

    RealTimeline     the machine's time, as it is or faster
    LoopbackPorts    one port for each real host
    origin_of        what a real host is called in a URL
    VenueFaults      faults injected and healed by hand
    control          the API over all of it, behind a token
"""

from simulator.serve.control import ServedVenue, control
from simulator.serve.faults import VenueFaults
from simulator.serve.origins import origin_of
from simulator.serve.ports import LoopbackPorts, PortNotOpened
from simulator.serve.real_time import RealTimeline

__all__ = ["LoopbackPorts", "PortNotOpened", "RealTimeline", "ServedVenue", "VenueFaults", "control", "origin_of"]
