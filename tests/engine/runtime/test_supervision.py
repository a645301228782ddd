"""Supervision: what fails is started again, ever more slowly, lets go of what it held, and is told as degraded."""

import asyncio
from contextlib import AsyncExitStack

from engine.domain.messages import Component, Status
from engine.runtime.logs import SilentLog
from engine.runtime.supervision import Post, RestartBounds, overall
from engine.services.duty import WELL, Health
from simulator.kernel import NS, Host, World

BOUNDS = RestartBounds(first_ns=NS, most_ns=8 * NS, window_ns=300 * NS, restarts_max=2)


class Failing:
    """A duty that fails a second after its start, until it has failed often enough."""

    component = Component.SIGNAL

    def __init__(self, failures: int) -> None:
        self.left = failures
        self.log: list[str] = []
        self.times: list[int] = []

    async def build(self, stack: AsyncExitStack) -> "Failing":
        stack.callback(self.log.append, "let go")
        self.log.append("built")
        return self

    async def run(self) -> None:
        await asyncio.sleep(1)
        if self.left:
            self.left -= 1
            raise RuntimeError("planted")
        await asyncio.sleep(100_000)

    def health(self) -> Health:
        return WELL


def post_on(world: World, duty: Failing) -> tuple[Host, Post]:
    host = world.host("node")
    post = Post("signal", Component.SIGNAL, duty.build, clock=host, log=SilentLog(), bounds=BOUNDS)
    host.spawn(post.run())
    return host, post


def test_a_part_that_fails_is_started_again_and_lets_go_of_what_it_held() -> None:
    with World(1) as world:
        duty = Failing(failures=1)
        _, post = post_on(world, duty)

        world.run(1_500_000_000)
        assert post.health().status is Status.DEGRADED
        assert "planted" in post.health().detail
        world.run(3 * NS)

        assert duty.log == ["built", "let go", "built"]
        assert post.health() == WELL


def test_the_pauses_between_starts_grow_to_a_bound() -> None:
    with World(1) as world:
        duty = Failing(failures=100)
        post_on(world, duty)

        world.run(100 * NS)

        assert 10 <= duty.log.count("built") <= 14


def test_a_part_that_fails_again_and_again_is_not_well_even_while_it_runs() -> None:
    with World(1) as world:
        _, post = post_on(world, Failing(failures=3))

        world.run(20 * NS)
        assert post.health().status is Status.DEGRADED
        world.run(400 * NS)

        assert post.health() == WELL


def test_a_component_is_degraded_only_when_none_of_its_parts_is_well() -> None:
    with World(1) as world:
        _, broken = post_on(world, Failing(failures=100))
        fine = Failing(failures=0)
        well = Post("other", Component.SIGNAL, fine.build, clock=world.hosts["node"], log=SilentLog(), bounds=BOUNDS)
        world.hosts["node"].spawn(well.run())

        world.run(30 * NS)

        assert overall([broken]).status is Status.DEGRADED
        assert overall([broken, well]).status is Status.OK
        assert "planted" in overall([broken, well]).detail
