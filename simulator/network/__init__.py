"""The simulated internet: links between machines, names that resolve inside, and real HTTP and WebSocket bytes.

Internet      names, links, connections; hands aiohttp a connector, serves aiohttp applications
Link          one direction between two machines: delay, jitter, capacity, black hole
"""

from simulator.network.internet import Internet
from simulator.network.link import Link, LinkSpeed

__all__ = ["Internet", "Link", "LinkSpeed"]
