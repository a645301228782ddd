"""Each fault does its damage, and its undo takes back exactly that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from chaos.fault import Blocks, Fault
from chaos.host import Crash
from chaos.parameter import parameters_of
from chaos.stream import SocketDrop
from chaos.units import NS, UnitInvalid
from chaos.venue import AckLost, Outage, RateLimit, SilentReject
from chaos.vocabulary import KINDS
from tests.chaos.ground import SmallWorld


@pytest.fixture
def small() -> Iterator[SmallWorld]:
    """Give a world with one venue, and bury it afterwards."""
    small = SmallWorld()
    small.world.run(NS)
    yield small
    small.world.close()


def fault(kind: type[Fault], on: str = "binance", **parameters: Any) -> Any:
    """Return a fault of a kind that lasts a minute."""
    return kind(id="x", on=on, at_ns=0, for_ns=60 * NS, seed=11, **parameters)


def test_an_outage_refuses_connections_until_it_heals(small: SmallWorld) -> None:
    """`refuse`: nobody listens."""
    assert small.ask() == "hello"

    heal = fault(Outage, mode="refuse").inject(small.ground)
    assert small.ask() == "ClientConnectorError"

    heal()
    assert small.ask() == "hello"


@pytest.mark.parametrize("mode", ["error", "hang"])
def test_an_outage_of_rest_stands_in_the_door_until_it_heals(small: SmallWorld, mode: str) -> None:
    """`error` and `hang`: every request of every class is met by the fault."""
    heal = fault(Outage, mode=mode).inject(small.ground)

    for endpoint in ("orders", "account", "public"):
        met = small.gate.decide(endpoint, "peer")
        assert met is not None
        assert met.kind == mode

    heal()
    assert small.gate.decide("orders", "peer") is None


def test_only_a_refused_venue_takes_its_streams_along() -> None:
    """What a fault takes away is a fact that the referee reads."""
    assert fault(Outage, mode="refuse").blocks == {Blocks.REST, Blocks.STREAM}
    assert fault(Outage, mode="hang").blocks == {Blocks.REST}
    assert fault(SocketDrop).blocks == {Blocks.STREAM}
    assert fault(Crash, on="exec-a").blocks == {Blocks.COMPONENT}


def test_a_rate_limit_bans_who_goes_on_and_not_who_waits(small: SmallWorld) -> None:
    """429 first, then the ban."""
    heal = fault(RateLimit, patience=2, retry_after=10 * NS, ban=60 * NS).inject(small.ground)

    polite = [small.gate.decide("public", "polite")]
    small.world.run(small.world.now_ns() + 11 * NS)
    polite.append(small.gate.decide("public", "polite"))
    rude = [small.gate.decide("public", "rude") for _ in range(5)]

    assert [one.kind for one in polite if one] == ["throttle", "throttle"]
    assert [one.kind for one in rude if one] == ["throttle", "throttle", "throttle", "ban", "ban"]
    heal()
    small.world.run(small.world.now_ns() + 61 * NS)
    assert small.gate.decide("public", "rude") is None


def test_an_acknowledgement_is_lost_for_orders_only_and_as_often_as_said(small: SmallWorld) -> None:
    """Chance is the fault's own."""
    heal = fault(AckLost, probability=0.3).inject(small.ground)

    hits = sum(small.gate.decide("orders", "peer") is not None for _ in range(1000))
    assert 250 < hits < 350
    assert small.gate.decide("account", "peer") is None

    heal()
    assert all(small.gate.decide("orders", "peer") is None for _ in range(100))


def test_an_order_is_acknowledged_and_then_dropped(small: SmallWorld) -> None:
    """A 200 is not a fill."""
    assert small.order("before") == "NEW"

    heal = fault(SilentReject, probability=1.0).inject(small.ground)
    assert small.order("during") == "REJECTED"

    heal()
    assert small.order("after") == "NEW"


def test_two_silent_rejects_overlap_and_each_heals_alone(small: SmallWorld) -> None:
    """The first to end does not undo the second."""
    first = fault(SilentReject, probability=1.0).inject(small.ground)
    second = fault(SilentReject, probability=1.0).inject(small.ground)

    first()
    assert small.order("one") == "REJECTED"
    second()
    assert small.order("two") == "NEW"


def test_streams_are_refused_until_the_last_drop_heals(small: SmallWorld) -> None:
    """Overlapping drops are held, not switched."""
    first = fault(SocketDrop).inject(small.ground)
    second = fault(SocketDrop).inject(small.ground)

    first()
    assert small.gate.streams_refused
    second()
    assert not small.gate.streams_refused


def test_a_crashed_machine_is_silent_and_boots_again(small: SmallWorld) -> None:
    """A power cut, and a reboot from the factory."""
    heal = fault(Crash, on="exec-a").inject(small.ground)
    beats = len(small.beats)
    small.world.run(small.world.now_ns() + 20 * NS)
    assert len(small.beats) == beats

    heal()
    small.world.run(small.world.now_ns() + 20 * NS)
    assert len(small.beats) >= beats + 20


def test_a_machine_that_was_off_by_design_stays_off_when_the_power_is_back(small: SmallWorld) -> None:
    """Nobody started it before the power cut either."""
    small.world.crash("exec-a")

    heal = fault(Crash, on="exec-a").inject(small.ground)
    heal()

    assert not small.world.is_on("exec-a")


def test_a_machine_that_is_held_down_twice_boots_once_both_are_over(small: SmallWorld) -> None:
    """Two crashes of one machine are one dead machine."""
    first = fault(Crash, on="exec-a").inject(small.ground)
    second = fault(Crash, on="exec-a").inject(small.ground)

    first()
    assert not small.world.hosts["exec-a"].alive
    second()
    assert small.world.hosts["exec-a"].alive


def test_a_fault_is_a_frozen_value() -> None:
    """It can be compared, shortened and dropped, which is all that shrinking does."""
    one = fault(Outage, mode="hang")

    assert one == fault(Outage, mode="hang")
    assert replace(one, for_ns=NS).until_ns == NS
    with pytest.raises(FrozenInstanceError):
        one.for_ns = 1


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_says_what_it_is_and_where_it_was_learned(kind: type[Fault]) -> None:
    """A fault without a source is an opinion; a parameter without bounds is a trap."""
    assert kind.__doc__
    assert kind.meaning
    assert kind.learned_from
    assert kind.worlds
    assert kind.for_default_ns >= kind.for_min_ns
    own = {one.name for one in fields(kind)} - {one.name for one in fields(Fault)}
    assert own == set(parameters_of(kind))
    for name, parameter in parameters_of(kind).items():
        default = next(one.default for one in fields(kind) if one.name == name)
        assert parameter.read(parameter.write(default)) == default
        assert parameter.meaning
        assert parameter.bounds()
        with pytest.raises(UnitInvalid):
            parameter.read("nonsense")
