"""The simulated internet: links between machines, names that resolve inside, and real HTTP and WebSocket bytes.

Internet      names, links, connections; hands aiohttp a connector, serves aiohttp applications
Link          one direction between two machines: delay, jitter, capacity, black hole
Toxic         what is wrong with a link for a while, in Toxiproxy's words
"""

from simulator.network.internet import Internet
from simulator.network.link import Link
from simulator.network.toxics import LinkSpeed, Toxic

__all__ = ["Internet", "Link", "LinkSpeed", "Toxic"]
