"""The wires of the loopback world: a way through Toxiproxy from each of the bot's nodes to each thing it dials.

They fit `chaos.reach.Wires`, so the same faults act on them. A link leads from a node to a venue, the bus or the pager;
its two directions are Toxiproxy's streams. Names and certificates cannot fail here: what is dialled is a loopback port.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chaos.reach import Undo, all_of
from scenarios.loopback.toxiproxy import Proxy, Toxiproxy
from simulator.network.toxics import Toxic

MS = 1_000_000
US = 1_000


class NotOnLoopback(Exception):
    """A fault that real sockets of one machine cannot show."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way: from a node, to a place, under the name that is dialled there."""

    node: str
    place: str
    name: str
    proxy: Proxy


@dataclass
class RealWires:
    """Every way, and the links that they make up."""

    toxiproxy: Toxiproxy
    ways: list[Way] = field(default_factory=list)
    _links: dict[tuple[str, str], RealLink] = field(default_factory=dict)

    def add(self, node: str, place: str, name: str, port: int) -> int:
        """Open a way to a port, and return the one that is dialled instead."""
        proxy = self.toxiproxy.proxy(f"{node}-{name}", port)
        self.ways.append(Way(node=node, place=place, name=name, proxy=proxy))
        return proxy.port

    def refuse(self, names: Iterable[str]) -> None:
        """Refuse new connections to these names; calls are counted. Who is connected is cut: a proxy that is off has
        no connections.
        """
        for way in self._named(names):
            way.proxy.refuse()

    def accept(self, names: Iterable[str]) -> None:
        """Undo one `refuse`."""
        for way in self._named(names):
            way.proxy.accept()

    def forget_names(self, names: Iterable[str]) -> Undo:
        """Raise `NotOnLoopback`."""
        raise NotOnLoopback(f"names cannot fail on loopback: {', '.join(names)}")

    def spoil_certificates(self, names: Iterable[str]) -> Undo:
        """Raise `NotOnLoopback`."""
        raise NotOnLoopback(f"there are no certificates on loopback: {', '.join(names)}")

    def reset(self, one: str, other: str | None = None) -> None:
        """Cut every open connection of a machine, or between two."""
        for way in self.ways:
            ends = {way.node, way.place}
            if one in ends and (other is None or other in ends):
                way.proxy.cut()

    def link(self, source: str, target: str) -> RealLink:
        """Return the link from one machine to another."""
        key = (source, target)
        if key not in self._links:
            there = [way.proxy for way in self.ways if (way.node, way.place) == key]
            back = [way.proxy for way in self.ways if (way.place, way.node) == key]
            self._links[key] = RealLink(there or back, "upstream" if there else "downstream")
        return self._links[key]

    def _named(self, names: Iterable[str]) -> Iterator[Way]:
        wanted = tuple(names)
        return (way for way in self.ways if way.name in wanted)


class RealLink:
    """One direction between two machines."""

    def __init__(self, proxies: list[Proxy], stream: str) -> None:
        self._proxies = proxies
        self._stream = stream
        self._refusals = 0
        self._hole: Undo | None = None

    @property
    def refusals(self) -> int:
        """How many faults refuse whoever dials over it."""
        return self._refusals

    @refusals.setter
    def refusals(self, many: int) -> None:
        for _ in range(many - self._refusals):
            for proxy in self._proxies:
                proxy.refuse()
        for _ in range(self._refusals - many):
            for proxy in self._proxies:
                proxy.accept()
        self._refusals = many

    def poison(self, toxic: Toxic) -> Undo:
        """Let a trouble act on what passes; return what ends it."""
        return all_of([self._put(kind, attributes) for kind, attributes in toxics_of(toxic)])

    def black_hole(self) -> None:
        """Swallow everything."""
        self._hole = self._put("timeout", {"timeout": 0})

    def repair(self) -> None:
        """Let data through again."""
        hole, self._hole = self._hole, None
        if hole is not None:
            hole()

    def _put(self, kind: str, attributes: Mapping[str, int]) -> Undo:
        put = [(proxy, proxy.poison(kind, self._stream, attributes)) for proxy in self._proxies]

        def undo() -> None:
            for proxy, name in put:
                proxy.cure(name)

        return undo


def toxics_of(toxic: Toxic) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield a trouble in Toxiproxy's own words: kind and attributes, in its units (ms, µs, KB/s, bytes)."""
    if toxic.delay_ns or toxic.jitter_ns:
        yield "latency", {"latency": toxic.delay_ns // MS, "jitter": toxic.jitter_ns // MS}
    if toxic.bytes_per_s is not None:
        yield "bandwidth", {"rate": max(1, toxic.bytes_per_s // 1000)}
    if toxic.linger_ns:
        yield "slow_close", {"delay": toxic.linger_ns // MS}
    if toxic.piece_bytes is not None:
        pieces = {"average_size": toxic.piece_bytes, "size_variation": 0, "delay": toxic.piece_gap_ns // US}
        yield "slicer", pieces
    if toxic.limit_bytes is not None:
        yield "limit_data", {"bytes": toxic.limit_bytes}
