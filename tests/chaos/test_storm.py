"""The storm brings each fault at its time and heals it at its end."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from chaos.condition import PriceBeyond, Raging, Word
from chaos.fault import Fault
from chaos.ground import Ground
from chaos.host import Crash, Pause
from chaos.schedule import draw, line_of
from chaos.storm import LOOK_NS, Storm
from chaos.stream import SocketDrop
from chaos.units import NS
from tests.chaos.ground import BTC, SmallWorld


class Log:
    """Writes down what the storm does, and when."""

    def __init__(self, small: SmallWorld) -> None:
        self.small = small
        self.lines: list[tuple[float, str, str]] = []

    def injected(self, fault: Fault) -> None:
        """Note an injection."""
        self.lines.append((self.small.world.now_ns() / NS, "injected", fault.id))

    def healed(self, fault: Fault) -> None:
        """Note a heal."""
        self.lines.append((self.small.world.now_ns() / NS, "healed", fault.id))


def schedule() -> tuple[Fault, ...]:
    """Two faults that overlap."""
    return (
        SocketDrop(id="drop", on="binance", at_ns=10 * NS, for_ns=30 * NS, seed=1),
        Crash(id="crash", on="exec-a", at_ns=20 * NS, for_ns=10 * NS, seed=2),
    )


def test_faults_come_and_go_at_their_time() -> None:
    """What was drawn is what happens."""
    small = SmallWorld()
    log = Log(small)
    storm = Storm(schedule(), small.ground, [log])

    storm.begin(small.world.call_at, ends_ns=60 * NS)
    small.world.run(25 * NS)
    raging = [fault.id for fault in storm.raging]
    small.world.run(60 * NS)

    assert log.lines == [
        (10.0, "injected", "drop"),
        (20.0, "injected", "crash"),
        (30.0, "healed", "crash"),
        (40.0, "healed", "drop"),
    ]
    assert (raging, list(storm.raging)) == (["drop", "crash"], [])
    assert small.world.hosts["exec-a"].boots == 2
    small.world.close()


def test_everything_can_be_healed_at_once_and_is_not_healed_twice() -> None:
    """The healed act may be called early."""
    small = SmallWorld()
    log = Log(small)
    storm = Storm(schedule(), small.ground, [log])

    storm.begin(small.world.call_at, ends_ns=60 * NS)
    small.world.run(25 * NS)
    storm.heal_all()
    small.world.run(60 * NS)

    assert [what for _, what, _ in log.lines] == ["injected", "injected", "healed", "healed"]
    assert not small.gate.streams_refused
    small.world.close()


def waiting(condition: Word | Raging | PriceBeyond) -> Crash:
    """A crash that waits for its moment from the tenth second on."""
    return Crash(id="crash", on="exec-a", at_ns=10 * NS, for_ns=5 * NS, seed=2, only_while=condition)


def test_a_fault_with_a_condition_waits_for_its_moment_and_then_lasts_its_time() -> None:
    """An order rests from the 20th second on."""
    small = SmallWorld()
    log = Log(small)
    Storm([waiting(Word(word="order_rests"))], small.ground, [log]).begin(small.world.call_at, ends_ns=60 * NS)

    small.world.run(20 * NS)
    small.order("resting")
    small.world.run(60 * NS)

    (_, came, _), (_, went, _) = ((0, at_s, 0) for at_s, _, _ in log.lines)
    assert 20 <= came <= 20 + LOOK_NS / NS
    assert went == came + 5
    small.world.close()


def test_a_fault_whose_moment_never_comes_never_comes() -> None:
    """And is cut short by the end of the act, where its moment comes late."""
    small = SmallWorld()
    log = Log(small)
    never = waiting(PriceBeyond(market=BTC.symbol, bound=1.0, above=False))
    Storm([never], small.ground, [log]).begin(small.world.call_at, ends_ns=60 * NS)
    small.world.run(70 * NS)
    assert log.lines == []
    small.world.close()

    small, late = SmallWorld(), waiting(Raging(name="pause"))
    log = Log(small)
    pause = Pause(id="pause", on="client", at_ns=58 * NS, for_ns=2 * NS, seed=1)
    Storm([late, pause], small.ground, [log]).begin(small.world.call_at, ends_ns=60 * NS)
    small.world.run(70 * NS)
    assert [(at_s, fault) for at_s, what, fault in log.lines if what == "healed"] == [(60.0, "pause"), (60.0, "crash")]
    assert small.ground.acting == {}
    small.world.close()


class Hunter:
    """Pauses a machine for two seconds whenever the client has an order at the venue, five times at most."""

    def __init__(self) -> None:
        self.shots = 0

    def strikes(self, ground: Ground, now_ns: int) -> Iterable[Fault]:
        """Strike if there is an order."""
        if self.shots < 5 and ground.venues["binance"].exchange.truth.open_orders("main") and not ground.acting:
            self.shots += 1
            yield Pause(id=f"hunt#{self.shots}", on="exec-a", at_ns=0, for_ns=2 * NS, seed=self.shots)


def test_an_adversary_strikes_while_it_watches_and_what_it_did_can_be_drawn_again() -> None:
    """Its faults are faults like any other."""
    small = SmallWorld()
    storm = Storm([], small.ground, [Log(small)], [Hunter()])
    storm.begin(small.world.call_at, ends_ns=60 * NS)
    small.world.run(10 * NS)
    assert storm.brought == []
    small.order("resting")
    small.world.run(60 * NS)

    assert [one.id for one in storm.brought] == [f"hunt#{number}" for number in range(1, 6)]
    assert all(one.at_ns >= 10 * NS for one in storm.brought)
    lines = [line_of(one) for one in storm.brought]
    assert draw(lines, seed=0, sites=small.ground.sites, horizon_ns=60 * NS) == tuple(storm.brought)
    small.world.close()


def test_two_faults_of_one_id_are_a_mistake() -> None:
    """Nobody could tell which of them healed."""
    small = SmallWorld()
    twice = [Pause(id="x", on="exec-a", at_ns=at_s * NS, for_ns=9 * NS, seed=1) for at_s in (1, 5)]
    Storm(twice, small.ground).begin(small.world.call_at, ends_ns=60 * NS)
    with pytest.raises(ValueError, match="its own id"):
        small.world.run(20 * NS)
    small.world.close()
