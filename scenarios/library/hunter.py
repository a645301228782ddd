"""An adversary for a scenario: it waits until an order of the bot is at a venue, and then takes the executor away.

An example of one's own Python in a scenario: it looks at the world, never at the bot, and returns ordinary faults.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from chaos.condition import Word
from chaos.fault import Fault
from chaos.ground import Ground, Sites
from chaos.host import Crash, Pause
from chaos.units import NS

REST_NS = 75 * NS
"""How long it lets the bot be after a strike."""

STRIKES_MAX = 20


class Hunter:
    """Strikes an executor, by a power cut or a pause, about a second after an order was seen to rest."""

    def __init__(self, *, seed: int, sites: Sites) -> None:
        self._chance = random.Random(seed)
        self._prey = [name for name in sites.nodes if name.startswith("exec")]
        self._strikes = 0
        self._free_ns = 480 * NS

    def strikes(self, ground: Ground, now_ns: int) -> Iterator[Fault]:
        """Strike if there is something to interrupt, and the last strike is some time ago."""
        if now_ns < self._free_ns or self._strikes >= STRIKES_MAX or not Word(word="order_rests").holds(ground):
            return
        self._strikes += 1
        self._free_ns = now_ns + REST_NS
        kind = self._chance.choice((Crash, Pause))
        lasts_ns = self._chance.randrange(5 * NS, 20 * NS)
        on = self._chance.choice(self._prey)
        yield kind(id=f"hunt#{self._strikes}", on=on, at_ns=now_ns, for_ns=lasts_ns, seed=self._strikes)
