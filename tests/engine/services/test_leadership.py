"""One leads: two who want it at once, one who sleeps, one who is cut off, and the window that bounds what they send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from engine.domain.errors import BusUnavailable
from engine.domain.lease import LeaseBounds
from engine.ports.bus import RevisionStale
from engine.services.leadership import Deposed, Leadership
from simulator.kernel import NS, Host, World
from simulator.network import Internet
from simulator.services import Broker, BrokerClient

BOUNDS = LeaseBounds(ttl_ns=8 * NS, renew_every_ns=2 * NS, margin_ns=1 * NS, skew_ns=NS // 2)


class Silent:
    """A log that nobody reads."""

    def info(self, event: str, **fields: object) -> None: ...
    def warning(self, event: str, **fields: object) -> None: ...
    def error(self, event: str, **fields: object) -> None: ...


class Stage:
    """A bus, and machines that want to lead; `leads` notes who does, always."""

    def __init__(self) -> None:
        self.world = World(1)
        self.internet = Internet(self.world)
        self.broker = Broker(self.world, self.internet)
        self.claims: dict[str, Leadership] = {}
        self.terms: list[tuple[int, str, int]] = []
        self.deposed: list[tuple[int, str]] = []

    def boot(self, *names: str) -> None:
        for name in names:
            self.world.host(name, self._run)

    def claim(self, host: Host, holder: str = "") -> Leadership:
        bus = BrokerClient(self.internet, host, unavailable=BusUnavailable, stale=RevisionStale)
        return Leadership("bot", holder or host.name, node=host.name, bus=bus, clock=host, log=Silent(), bounds=BOUNDS)

    async def _run(self, host: Host) -> None:
        claim = self.claims[host.name] = self.claim(host)
        while True:
            await claim.acquire()
            self.terms.append((self.world.now_ns(), host.name, claim.token))
            try:
                await claim.keep(lambda held: None)
            except Deposed:
                self.deposed.append((self.world.now_ns(), host.name))
            await asyncio.sleep(5)

    def run(self, seconds: float, look: Callable[[], None] | None = None) -> None:
        """Let time pass, and look twice a second."""
        for _ in range(int(seconds * 2)):
            self.world.run(self.world.now_ns() + NS // 2)
            assert len(self.leaders()) <= 1
            if look is not None:
                look()

    def leaders(self) -> list[str]:
        return [name for name, claim in self.claims.items() if self.world.hosts[name].alive and claim.held]


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.world.close()


def test_of_two_who_want_to_lead_at_once_one_does_and_goes_on_doing_it(stage: Stage) -> None:
    stage.boot("exec-a", "exec-b")

    stage.run(120)

    ((_, name, token),) = stage.terms
    assert (stage.leaders(), token) == ([name], 1)


def test_when_the_leader_dies_another_leads_within_seconds_with_a_higher_token(stage: Stage) -> None:
    stage.boot("exec-a", "exec-b")
    stage.run(20)
    stage.world.crash(stage.leaders()[0])
    died_ns = stage.world.now_ns()

    stage.run(15)

    (_, first, token), (at_ns, second, higher) = stage.terms
    assert second != first
    assert higher > token
    assert at_ns - died_ns < 12 * NS


def test_a_leader_that_sleeps_and_wakes_counts_on_nothing_and_finds_itself_deposed(stage: Stage) -> None:
    stage.boot("exec-a", "exec-b")
    stage.run(20)
    (sleeper,) = stage.leaders()
    stage.world.pause(sleeper)
    stage.run(60)
    assert stage.leaders() != [sleeper]

    stage.world.resume(sleeper)
    assert stage.claims[sleeper].window(stage.world.wall_ns()) is None
    stage.run(10)

    assert [name for _, name in stage.deposed] == [sleeper]


def test_a_leader_that_was_cut_off_for_long_leads_on_when_nobody_else_was_elected(stage: Stage) -> None:
    stage.boot("exec-a")
    stage.run(20)
    stage.world.crash("bus")
    stage.run(60)
    assert stage.leaders() == []

    stage.world.reboot("bus")
    stage.run(20)

    assert stage.leaders() == ["exec-a"]
    assert (len(stage.terms), stage.deposed) == (1, [])


def test_when_the_bus_was_away_for_all_one_leads_afterwards(stage: Stage) -> None:
    stage.boot("exec-a", "exec-b")
    stage.run(20)
    stage.world.crash("bus")
    stage.run(60)

    stage.world.reboot("bus")
    stage.run(30)

    assert len(stage.leaders()) == 1


def test_the_window_ends_before_the_lease_and_follows_the_look_not_the_sending(stage: Stage) -> None:
    stage.boot("exec-a")
    stage.run(10)
    claim = stage.claims["exec-a"]

    looked_ns = stage.world.wall_ns()
    until_ns = claim.window(looked_ns)
    stage.world.crash("bus")
    stage.run(3)

    assert until_ns is not None
    assert BOUNDS.ttl_ns - 3 * NS < until_ns - looked_ns < BOUNDS.ttl_ns
    assert claim.window(stage.world.wall_ns()) == until_ns


def test_a_new_leader_waits_where_a_former_one_could_still_be_executed(stage: Stage) -> None:
    stage.boot("exec-a", "exec-b")
    stage.run(20)
    (first,) = stage.leaders()
    assert stage.claims[first].window(0, zombie_ns=120 * NS) is not None  # nobody led before it
    stage.world.crash(first)
    stage.run(20)
    (second,) = stage.leaders()

    assert stage.claims[second].window(0, zombie_ns=120 * NS) is None
    assert stage.claims[second].window(0) is not None
    stage.run(120)
    assert stage.claims[second].window(0, zombie_ns=120 * NS) is not None


def test_the_same_journal_takes_its_lease_up_at_once_and_no_other_does(stage: Stage) -> None:
    stage.boot("exec-a")
    stage.run(20)
    stage.world.crash("exec-a")
    stage.world.reboot("exec-a")

    stage.run(1)

    assert [token for *_, token in stage.terms] == [1, 2]


@pytest.mark.parametrize("after_ms", [0, 1, 2, 3, 4, 300, 1900])
def test_a_lease_that_is_laid_down_is_taken_at_once(stage: Stage, after_ms: int) -> None:
    stage.boot("exec-a", "exec-b")
    stage.run(20)
    stage.world.run(stage.world.now_ns() + after_ms * 1_000_000)  # a renewal may be under way
    (first,) = stage.leaders()
    laid_ns = stage.world.now_ns()
    stage.world.hosts[first].spawn(stage.claims[first].lay_down())

    stage.run(4)

    assert stage.terms[-1][1] != first
    assert stage.terms[-1][0] - laid_ns < 3 * NS


def test_a_renewal_whose_answer_was_lost_does_not_depose(stage: Stage) -> None:
    stage.boot("exec-a")
    stage.run(10)
    for late_ms in range(20):  # the broker dies at many moments of a renewal, before and after its sync
        stage.run(1.5)
        stage.world.call_later(late_ms * 500_000, lambda: stage.world.crash("bus"))
        stage.world.call_later(NS, lambda: stage.world.reboot("bus"))
        stage.run(2.5)

    assert stage.deposed == []
    assert [token for *_, token in stage.terms] == [1]
