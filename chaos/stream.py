"""Faults of a venue's streams: sockets are cut, and for a while none is taken again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Ground, Undo
from chaos.units import NS


@dataclass(frozen=True, kw_only=True)
class SocketDrop(Fault):
    """Every stream of a venue is cut, and reconnecting is refused until the fault heals. REST goes on."""

    name: ClassVar[str] = "socket_drop"
    meaning: ClassVar[str] = "a venue cuts all of its streams and refuses new ones; REST carries on"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("Kraken 2026-02-24", "ccxt#23970", "hummingbot#7230", "nautilus#4991")
    for_default_ns: ClassVar[int] = 5 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """The venue's streams."""
        return frozenset({Blocks.STREAM})

    def inject(self, ground: Ground) -> Undo:
        """Refuse new streams, then cut those that are open."""
        gate = ground.venues[self.on].gate

        def begin() -> None:
            gate.streams_refused = True
            gate.drop_streams()

        def end() -> None:
            gate.streams_refused = False

        return ground.hold(f"streams of {self.on}", begin, end)
