"""The storm brings each fault at its time and heals it at its end."""

from __future__ import annotations

from chaos.fault import Fault
from chaos.host import Crash
from chaos.storm import Storm
from chaos.stream import SocketDrop
from chaos.units import NS
from tests.chaos.ground import SmallWorld


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

    storm.begin(small.world.call_at)
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

    storm.begin(small.world.call_at)
    small.world.run(25 * NS)
    storm.heal_all()
    small.world.run(60 * NS)

    assert [what for _, what, _ in log.lines] == ["injected", "injected", "healed", "healed"]
    assert not small.gate.streams_refused
    small.world.close()
