"""The book of requests: a latency that was unusual is told, and is over when the requests are quick again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.domain.errors import BusUnavailable
from engine.domain.messages import CallsSeen, decode
from engine.ops.call_book import CALLS_MIN, CallBook, CallBounds
from engine.ports.bus import RevisionStale
from engine.services.alarms import Severity
from simulator.kernel import NS, World
from simulator.network import Internet
from simulator.services import Broker, BrokerClient

MS = 1_000_000
KEY = "latency/binance/balances"


class Told:
    """Notes what is raised at present; nobody reads its log."""

    def __init__(self) -> None:
        self.raised: set[str] = set()

    def raise_alert(self, key: str, *, severity: Severity, summary: str, runbook: str) -> None:
        self.raised.add(key)

    def resolve_alert(self, key: str) -> None:
        self.raised.discard(key)

    def info(self, event: str, **fields: object) -> None: ...
    def warning(self, event: str, **fields: object) -> None: ...
    def error(self, event: str, **fields: object) -> None: ...


class Stage:
    """One node that makes requests and tells about them once a minute."""

    def __init__(self) -> None:
        self.world = World(1)
        internet = Internet(self.world)
        broker = Broker(self.world, internet)
        self.seen: list[CallsSeen] = []
        broker.tap(self._hear)
        host = self.world.host("exec-a")
        self.told = Told()
        bounds = CallBounds(report_every_ns=60 * NS, latency_floor_ns=NS, latency_factor=4.0)
        bus = BrokerClient(internet, host, unavailable=BusUnavailable, stale=RevisionStale)
        self.book = CallBook(self.told, node="exec-a", bus=bus, clock=host, log=self.told, bounds=bounds)
        host.spawn(self.book.report())
        self.world.run(self.world.now_ns() + NS)

    def _hear(self, at_ns: int, subject: str, data: bytes) -> None:
        said = decode(data)
        assert isinstance(said, CallsSeen)
        self.seen.append(said)

    def minutes(self, count: int, *, calls: int, took_ns: int) -> None:
        """Let time pass with so many requests a minute."""
        for _ in range(count):
            for _ in range(calls):
                self.book.note("binance", "balances", took_ns, None)
            self.world.run(self.world.now_ns() + 60 * NS)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """One that has learned what is usual."""
    stage = Stage()
    stage.minutes(8, calls=20, took_ns=10 * MS)
    assert stage.told.raised == set()
    yield stage
    stage.world.close()


@pytest.mark.parametrize("calls", [0, 1, CALLS_MIN // 2 - 1, 20])
def test_a_latency_that_is_usual_again_is_over_however_few_the_requests(stage: Stage, calls: int) -> None:
    stage.minutes(2, calls=20, took_ns=7 * NS)
    assert stage.told.raised == {KEY}

    stage.minutes(2, calls=calls, took_ns=10 * MS)

    assert stage.told.raised == set()


def test_a_few_requests_that_are_slow_as_before_are_no_end_of_it(stage: Stage) -> None:
    stage.minutes(2, calls=20, took_ns=7 * NS)
    stage.minutes(5, calls=1, took_ns=7 * NS)

    assert stage.told.raised == {KEY}


def test_a_few_slow_requests_are_told_of_and_are_no_alert(stage: Stage) -> None:
    stage.minutes(1, calls=0, took_ns=0)
    stage.minutes(2, calls=2, took_ns=7 * NS)

    assert stage.told.raised == set()
    assert stage.seen[-1].p99_ns == pytest.approx(7 * NS, rel=0.01)
