"""Faults between machines: nothing gets through, or late, or in pieces, or only so much; names and certificates fail.

The words are Toxiproxy's and so are the meanings, so that a fault here is the same one that a real proxy plays. None of
them is told to either side, but for those that reset or refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from chaos.fault import VIRTUAL, Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.parameter import choice, count, duration
from chaos.reach import Direction, Undo, all_of
from chaos.units import NS
from simulator.network.toxics import Toxic

TOXIPROXY = "network toolkit: Toxiproxy"
WAYS = {"both": (0, 1), "there": (0,), "back": (1,)}


@dataclass(frozen=True, kw_only=True)
class OfLink(Fault):
    """A fault of all that passes between two places."""

    aims_at: ClassVar[Aim] = Aim.LINK
    for_default_ns: ClassVar[int] = 60 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """What lies beyond: the bus for who is cut off from it, else a venue."""
        beyond = self.on.partition("->")[2]
        return frozenset({Blocks.BUS}) if beyond == "bus" else frozenset({Blocks.REST, Blocks.STREAM})

    def directions(self, ground: Ground, way: str = "both") -> Iterator[tuple[tuple[str, str], Direction]]:
        """Yield every direction between the two places that it acts on: `there` is towards what the link leads to."""
        for near, far in self.pairs(ground):
            for one in WAYS[way]:
                ends = ((near, far), (far, near))[one]
                yield ends, ground.wires.link(*ends)

    def pairs(self, ground: Ground) -> Iterator[tuple[str, str]]:
        """Yield the machines at both ends."""
        one, _, other = self.on.partition("->")
        for near in ground.machines_in(one):
            for far in ground.machines_in(other):
                yield near, far

    def poison(self, ground: Ground, toxic: Toxic, way: str = "both") -> Undo:
        """Put a toxic on every direction."""
        return all_of([link.poison(toxic) for _, link in self.directions(ground, way)])


@dataclass(frozen=True, kw_only=True)
class Partition(OfLink):
    """Nothing passes between two places, in either direction; connections stay open and bring nothing."""

    name: ClassVar[str] = "partition"
    meaning: ClassVar[str] = "nothing passes between a zone or machine and a venue, a machine or the bus"
    learned_from: ClassVar[tuple[str, ...]] = ("nautilus#4152", "hummingbot#7230", "nautilus#4564")

    def inject(self, ground: Ground) -> Undo:
        """Swallow all data between the two, both ways."""
        return swallow(self, ground, "both")


@dataclass(frozen=True, kw_only=True)
class BlackHole(OfLink):
    """Half of a connection is dead: what one side says never arrives, and the other side hears nothing wrong."""

    name: ClassVar[str] = "black_hole"
    meaning: ClassVar[str] = "nothing passes one way: requests never arrive (there), or answers and streams (back)"
    learned_from: ClassVar[tuple[str, ...]] = ("ccxt#22662", TOXIPROXY)

    way: str = choice("back", "there", meaning="which way swallows: what is sent, or what is answered")

    def inject(self, ground: Ground) -> Undo:
        """Swallow all data one way."""
        return swallow(self, ground, self.way)


@dataclass(frozen=True, kw_only=True)
class Down(OfLink):
    """Connections between two places are cut and refused; both sides are told."""

    name: ClassVar[str] = "down"
    meaning: ClassVar[str] = "connections between two places are reset, and new ones refused"
    learned_from: ClassVar[tuple[str, ...]] = ("hummingbot#7230", TOXIPROXY)

    def inject(self, ground: Ground) -> Undo:
        """Refuse who dials, and reset who is connected."""
        links = [link for _, link in self.directions(ground, "there")]
        for link in links:
            link.refusals += 1
        for near, far in self.pairs(ground):
            ground.wires.reset(near, far)

        def undo() -> None:
            for link in links:
                link.refusals -= 1

        return undo


@dataclass(frozen=True, kw_only=True)
class Reset(OfLink):
    """Every open connection between two places is reset, once; new ones are taken."""

    name: ClassVar[str] = "reset"
    meaning: ClassVar[str] = "every open connection between two places is reset, once"
    learned_from: ClassVar[tuple[str, ...]] = (TOXIPROXY,)
    for_default_ns: ClassVar[int] = NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing that dialling anew does not bring back, but for the answers that were on their way."""
        return frozenset({Blocks.ANSWERS})

    def inject(self, ground: Ground) -> Undo:
        """Reset; there is nothing to take back."""
        for near, far in self.pairs(ground):
            ground.wires.reset(near, far)
        return lambda: None


@dataclass(frozen=True, kw_only=True)
class Impaired(OfLink):
    """A link that is bad and still works."""

    for_default_ns: ClassVar[int] = 300 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Answers: they come, but perhaps too late for who waits."""
        return frozenset() if self.on.endswith("->bus") else frozenset({Blocks.ANSWERS})


@dataclass(frozen=True, kw_only=True)
class Latency(Impaired):
    """Everything between two places is late."""

    name: ClassVar[str] = "latency"
    meaning: ClassVar[str] = "everything between two places takes longer"
    learned_from: ClassVar[tuple[str, ...]] = ("BitMEX 2020-03-13", TOXIPROXY)

    late: int = duration("500ms", low="1ms", high="1m", meaning="how much later data arrives, each way")
    jitter: int = duration("100ms", low="0s", high="1m", meaning="up to how much later still, by chance")

    def inject(self, ground: Ground) -> Undo:
        """Slow both ways down."""
        return self.poison(ground, Toxic(delay_ns=self.late, jitter_ns=self.jitter))


@dataclass(frozen=True, kw_only=True)
class Bandwidth(Impaired):
    """So little passes between two places that data queues."""

    name: ClassVar[str] = "bandwidth"
    meaning: ClassVar[str] = "between two places passes only so much a second, and the rest queues"
    learned_from: ClassVar[tuple[str, ...]] = (TOXIPROXY,)

    rate: int = count(20_000, low=100, high=1_000_000_000, meaning="bytes a second, each way")

    def inject(self, ground: Ground) -> Undo:
        """Narrow both ways."""
        return self.poison(ground, Toxic(bytes_per_s=self.rate))


@dataclass(frozen=True, kw_only=True)
class SlowClose(Impaired):
    """Who closes a connection is heard late: the other end goes on believing in it."""

    name: ClassVar[str] = "slow_close"
    meaning: ClassVar[str] = "the end of a connection is heard late at its other end"
    learned_from: ClassVar[tuple[str, ...]] = (TOXIPROXY,)

    late: int = duration("30s", low="10ms", high="10m", meaning="how late the end is heard")

    def inject(self, ground: Ground) -> Undo:
        """Hold ends of connections back, both ways."""
        return self.poison(ground, Toxic(linger_ns=self.late))


@dataclass(frozen=True, kw_only=True)
class Slicer(Impaired):
    """Data arrives in small pieces, some time apart: who reads too soon reads half a message."""

    name: ClassVar[str] = "slicer"
    meaning: ClassVar[str] = "data arrives in small pieces, some time apart"
    learned_from: ClassVar[tuple[str, ...]] = (TOXIPROXY,)

    size: int = count(64, low=1, high=65_536, meaning="bytes of one piece")
    apart: int = duration("1ms", low="0s", high="1s", meaning="how long after the one before a piece arrives")

    def inject(self, ground: Ground) -> Undo:
        """Slice what the far side sends: its answers and its streams."""
        return self.poison(ground, Toxic(piece_bytes=self.size, piece_gap_ns=self.apart), "back")


@dataclass(frozen=True, kw_only=True)
class LimitData(Impaired):
    """A connection is reset once so much has passed, in the middle of a message."""

    name: ClassVar[str] = "limit_data"
    meaning: ClassVar[str] = "a connection is reset once so much was received on it, in the middle of a message"
    learned_from: ClassVar[tuple[str, ...]] = (TOXIPROXY,)

    after: int = count(50_000, low=1, high=1_000_000_000, meaning="bytes that a connection brings before it is reset")

    def inject(self, ground: Ground) -> Undo:
        """Limit what the far side sends."""
        return self.poison(ground, Toxic(limit_bytes=self.after), "back")


@dataclass(frozen=True, kw_only=True)
class OfName(Fault):
    """A fault of the names under which a venue is reached: what is connected stays so."""

    aims_at: ClassVar[Aim] = Aim.VENUE
    for_default_ns: ClassVar[int] = 60 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Whatever has to dial: requests sooner or later, and a stream that is cut meanwhile."""
        return frozenset({Blocks.REST, Blocks.STREAM})


@dataclass(frozen=True, kw_only=True)
class DnsFailure(OfName):
    """A venue's names cannot be resolved."""

    name: ClassVar[str] = "dns_failure"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "a venue's names cannot be resolved; open connections live on"
    learned_from: ClassVar[tuple[str, ...]] = ("AWS 2025-10-20",)

    def inject(self, ground: Ground) -> Undo:
        """Forget its names."""
        return ground.wires.forget_names(ground.venues[self.on].names)


@dataclass(frozen=True, kw_only=True)
class TlsFailure(OfName):
    """A venue's certificate has expired: who dials hangs up."""

    name: ClassVar[str] = "tls_failure"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "a venue shows a certificate that no client accepts; open connections live on"
    learned_from: ClassVar[tuple[str, ...]] = ("design section 4: the real names, the real handshakes",)

    def inject(self, ground: Ground) -> Undo:
        """Spoil its certificates."""
        return ground.wires.spoil_certificates(ground.venues[self.on].names)


def swallow(fault: OfLink, ground: Ground, way: str) -> Undo:
    """Swallow all data on the directions of a fault."""
    return all_of(
        [ground.hold(f"link {ends}", link.black_hole, link.repair) for ends, link in fault.directions(ground, way)]
    )
