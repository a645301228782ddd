"""Whether a node could do its work now: its parts run, the bus carries, and it is known who leads.

A standby is ready, for it could lead; so is a node that lost one of several venues, for the others' streams live. All
of it is what the node has itself seen: of the bus, that a heartbeat came back over it lately; of the lease, that it can
be read. An answer holds for a moment, so that however many ask, the bus is asked once.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from engine.domain.errors import BusUnavailable, MessageMalformed
from engine.domain.lease import read_lease
from engine.domain.messages import Component, Heartbeat, Status
from engine.runtime.kit import Kit
from engine.runtime.supervision import Post, overall
from engine.services.duty import NS
from engine.services.leadership import lease_name
from engine.services.listening import listen

ANSWER_NS_MAX = 2 * NS
"""How long the bus may take to tell the lease."""
HOLDS_NS = 1 * NS
"""How long an answer about the lease is given again."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a node needs, and whether it has it."""

    name: str
    ok: bool
    detail: str


class Readiness:
    """Looks at one node.

    Args:
        posts: the node's parts.
    """

    def __init__(self, kit: Kit, posts: Sequence[Post]) -> None:
        self.node = kit.node
        self._kit = kit
        self._posts = posts
        self.heard_ns: int | None = None
        """When somebody was last heard over the bus, on the clock that never steps."""
        self._lease: tuple[int, Check] | None = None

    async def hear(self) -> None:
        """Note signs of life that come over the bus, until cancelled."""
        bus = self._kit.config.bus
        beats = listen(
            self._kit.bus,
            "heartbeat.>",
            Heartbeat,
            log=self._kit.log,
            pending_max=bus.pending_max,
            retry_every_ns=bus.retry_every_ns,
        )
        async for _ in beats:
            self.heard_ns = self._kit.clock.monotonic_ns()

    async def checks(self) -> tuple[Check, ...]:
        """Return everything that the node needs; it is ready when all of it is there."""
        components = dict.fromkeys(post.component for post in self._posts)
        found = [self._parts(component) for component in components if component is not Component.OPTIONAL]
        found.append(self._bus())
        if Component.EXECUTION in components:
            found.append(await self._who_leads())
        return tuple(found)

    def _parts(self, component: Component) -> Check:
        health = overall([post for post in self._posts if post.component is component])
        return Check(name=component.value, ok=health.status is Status.OK, detail=health.detail)

    def _bus(self) -> Check:
        if self.heard_ns is None:
            return Check(name="bus", ok=False, detail="nobody was heard yet")
        silent_ns = self._kit.clock.monotonic_ns() - self.heard_ns
        ok = silent_ns <= self._kit.config.monitor.missed_after_ns
        return Check(name="bus", ok=ok, detail=f"somebody was heard {silent_ns // NS} s ago")

    async def _who_leads(self) -> Check:
        now_ns = self._kit.clock.monotonic_ns()
        if self._lease is None or now_ns - self._lease[0] > HOLDS_NS:
            self._lease = now_ns, await self._ask_who_leads()
        return self._lease[1]

    async def _ask_who_leads(self) -> Check:
        try:
            async with asyncio.timeout(ANSWER_NS_MAX / NS):
                entry = await self._kit.bus.get(lease_name(self._kit.config.bot))
            if entry is None:
                return Check(name="lease", ok=False, detail="nobody has led yet")
            return Check(name="lease", ok=True, detail=f"{read_lease(entry.value).node} wrote it last")
        except (BusUnavailable, MessageMalformed, TimeoutError) as problem:
            return Check(name="lease", ok=False, detail=f"it cannot be read: {problem or 'no answer in time'}")
