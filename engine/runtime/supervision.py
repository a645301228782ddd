"""Keeping a part of a node running: what fails is logged and started again, ever more slowly.

It never gives up: a process that ends itself leaves open orders behind. A part that fails again and again does not
pretend to be well; its heartbeat says degraded, and so becomes a page, while the other parts of the node go on.
"""

import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from engine.domain.messages import Component, Status
from engine.ports.clock import Clock
from engine.services.duty import WELL, Departing, Duty, Health, forever, pause
from engine.services.log import Log
from engine.services.start_check import StartRefused

Build = Callable[[AsyncExitStack], Awaitable[Duty]]
"""Makes a duty with everything it needs; what must be let go of at its end goes onto the stack."""


@dataclass(frozen=True, kw_only=True)
class RestartBounds:
    """How fast a failed part is started again; times in nanoseconds."""

    first_ns: int
    most_ns: int
    window_ns: int
    restarts_max: int
    """More restarts than this within the window, and the part counts as degraded."""


class Post:
    """One duty of a node, started again whenever it fails."""

    def __init__(
        self, name: str, component: Component, build: Build, *, clock: Clock, log: Log, bounds: RestartBounds
    ) -> None:
        self.name = name
        self.component = component
        self._build = build
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._duty: Duty | None = None
        self._failures_ns: deque[int] = deque(maxlen=bounds.restarts_max + 1)
        self._last_failure = ""
        self._made_ns = clock.monotonic_ns()

    async def run(self) -> None:
        """Keep the duty running until cancelled; raise `StartRefused` when it must not begin."""
        delay_ns = self._bounds.first_ns
        while True:
            began_ns = self._clock.monotonic_ns()
            try:
                await self._serve()
            except Exception as problem:  # the supervision point: a part that fails is started again
                refused = first_cause(problem)
                if isinstance(refused, StartRefused):
                    raise refused from None  # and again it would be refused: the node ends
                self._note(problem)
            self._duty = None
            if self._clock.monotonic_ns() - began_ns > self._bounds.window_ns:
                delay_ns = self._bounds.first_ns
            await pause(delay_ns)
            delay_ns = min(delay_ns * 2, self._bounds.most_ns)

    async def _serve(self) -> None:
        """Build the duty, do it until it fails or is cancelled, and let go of what it held."""
        stack = AsyncExitStack()
        try:
            self._duty = await self._build(stack)
            await forever(self._duty.run())
        except GeneratorExit:
            raise  # the loop is gone: nothing can be awaited any more
        except BaseException:
            await stack.aclose()
            raise

    async def depart(self) -> None:
        """Let the duty finish what it has begun, where it is one that must."""
        if isinstance(self._duty, Departing):
            await self._duty.depart()

    def health(self) -> Health:
        """Say how the duty feels, or why it does not run, or that it fails too often to be believed."""
        if self._duty is None and not self._last_failure:
            slow = self._clock.monotonic_ns() - self._made_ns > self._bounds.most_ns
            return Health(status=Status.DEGRADED if slow else Status.OK, detail=f"{self.name} is starting")
        if self._duty is None:
            return Health(status=Status.DEGRADED, detail=f"{self.name} does not run: {self._last_failure}")
        since_ns = self._clock.monotonic_ns() - self._bounds.window_ns
        lately = sum(1 for at_ns in self._failures_ns if at_ns > since_ns)
        if lately > self._bounds.restarts_max:
            return Health(status=Status.DEGRADED, detail=f"{self.name} fails again and again: {self._last_failure}")
        return self._duty.health()

    def _note(self, problem: Exception) -> None:
        self._failures_ns.append(self._clock.monotonic_ns())
        self._last_failure = repr(first_cause(problem))
        self._log.error(
            "part_failed",
            part=self.name,
            problem=self._last_failure,
            trace="".join(traceback.format_exception(problem)),
        )


def overall(posts: list[Post]) -> Health:
    """Return how a component feels whose duties are these: degraded when none of them is well."""
    healths = [post.health() for post in posts]
    details = "; ".join(health.detail for health in healths if health.detail)
    if healths and all(health.status is Status.DEGRADED for health in healths):
        return Health(status=Status.DEGRADED, detail=details)
    return Health(status=WELL.status, detail=details)


def first_cause(problem: BaseException) -> BaseException:
    """Return the first error inside groups of errors."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return problem
