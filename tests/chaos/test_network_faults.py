"""Faults of the network: each bends what passes, and its undo takes back exactly that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from chaos.fault import Fault
from chaos.network import (
    Bandwidth,
    BlackHole,
    DnsFailure,
    Down,
    Latency,
    LimitData,
    Reset,
    Slicer,
    SlowClose,
    TlsFailure,
)
from chaos.units import NS
from simulator.network.toxics import CLEAN
from tests.chaos.ground import NAME, SmallWorld

LINK = "client->binance"


@pytest.fixture
def small() -> Iterator[SmallWorld]:
    """Give a world with one venue, and bury it afterwards."""
    small = SmallWorld()
    small.world.run(NS)
    yield small
    small.world.close()


def fault(kind: type[Fault], on: str = LINK, **parameters: Any) -> Any:
    """Return a fault of a kind that lasts a minute."""
    return kind(id="x", on=on, at_ns=0, for_ns=60 * NS, seed=11, **parameters)


def takes_s(small: SmallWorld) -> float:
    """Ask the venue something, and return how long that took, in virtual seconds."""
    began_ns = small.world.now_ns()
    assert small.ask() == "hello"
    return (small.world.now_ns() - began_ns) / NS


@pytest.mark.parametrize(
    ("kind", "parameters", "least_s"),
    [
        (Latency, {"late": 2 * NS, "jitter": NS}, 8.0),  # two round trips: to dial, and to ask
        (Bandwidth, {"rate": 100}, 2.0),
        (Slicer, {"size": 1, "apart": 20_000_000}, 2.0),
    ],
)
def test_a_bad_link_still_works_and_is_as_fast_as_before_when_healed(
    small: SmallWorld, kind: type[Fault], parameters: dict[str, Any], least_s: float
) -> None:
    usual = takes_s(small)
    heal = fault(kind, **parameters).inject(small.ground)
    assert takes_s(small) > max(least_s, 10 * usual)

    heal()
    assert takes_s(small) == pytest.approx(usual)
    assert small.internet.link("client", "binance").toxic is CLEAN


def test_two_latencies_add_up_and_each_heals_alone(small: SmallWorld) -> None:
    speed = small.internet.link("client", "binance").speed
    one = fault(Latency, late=NS).inject(small.ground)
    other = fault(Latency, late=2 * NS).inject(small.ground)
    assert small.internet.link("client", "binance").speed.delay_ns == speed.delay_ns + 3 * NS

    one()
    assert small.internet.link("client", "binance").speed.delay_ns == speed.delay_ns + 2 * NS
    other()
    assert small.internet.link("client", "binance").speed == speed


@pytest.mark.parametrize("way", ["there", "back"])
def test_half_a_connection_dies_and_what_was_said_arrives_when_it_lives(small: SmallWorld, way: str) -> None:
    heal = fault(BlackHole, way=way).inject(small.ground)
    out, back = small.internet.link("client", "binance"), small.internet.link("binance", "client")
    assert (out.is_black_hole, back.is_black_hole) == (way == "there", way == "back")
    asking = small.client.spawn(small.asking())
    small.world.run(small.world.now_ns() + 20 * NS)
    assert not asking.done()

    heal()
    assert small.world.complete(asking) == "hello"


def test_a_place_that_is_down_refuses_who_comes_from_there_and_nobody_else(small: SmallWorld) -> None:
    heal = fault(Down).inject(small.ground)
    assert small.ask() == "ClientConnectorError"
    assert small.internet.link("exec-a", "binance").refusals == 0

    heal()
    assert small.ask() == "hello"


def test_open_connections_are_reset_once(small: SmallWorld) -> None:
    session = small.complete(small.dialled())
    assert small.internet.ends()

    fault(Reset).inject(small.ground)()
    small.world.run(small.world.now_ns() + NS)
    assert small.internet.ends() == []
    assert small.ask() == "hello"
    small.complete(session.close())


def test_the_end_of_a_connection_is_heard_late(small: SmallWorld) -> None:
    session = small.complete(small.dialled())
    heal = fault(SlowClose, late=30 * NS).inject(small.ground)
    small.complete(session.close())
    small.world.run(small.world.now_ns() + 20 * NS)
    assert [end.host.name for end in small.internet.ends()] == ["binance"]

    heal()
    small.world.run(small.world.now_ns() + 20 * NS)
    assert small.internet.ends() == []


def test_a_connection_is_reset_in_the_middle_of_a_message(small: SmallWorld) -> None:
    heal = fault(LimitData, after=40).inject(small.ground)
    assert small.ask() in ("ClientOSError", "ClientPayloadError", "ServerDisconnectedError")

    heal()
    assert small.ask() == "hello"


@pytest.mark.parametrize(
    ("kind", "error"),
    [(DnsFailure, aiohttp.ClientConnectorError), (TlsFailure, aiohttp.ClientConnectorCertificateError)],
)
def test_a_name_or_its_certificate_fails_who_dials_and_not_who_is_connected(
    small: SmallWorld, kind: type[Fault], error: type[Exception]
) -> None:
    session = small.complete(small.dialled())
    heal = fault(kind, "binance").inject(small.ground)
    assert small.ask() == error.__name__
    assert small.complete(small.asking_on(session)) == "hello"

    heal()
    assert small.ask() == "hello"
    assert small.internet.is_trusted(NAME)
    small.complete(session.close())
