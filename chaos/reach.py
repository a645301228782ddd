"""What chaos may touch: venues, machines, wires, the bus and timers, each as the smallest Protocol that a fault needs.

Chaos bends the world, never the bot. The simulated world fits these shapes today, and real processes behind a real
proxy can later. Nothing here knows what runs on a machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from simulator.dialects.gate import Gate
from simulator.exchange.exchange import TradingMode
from simulator.exchange.instrument import Instrument
from simulator.exchange.picture import Picture
from simulator.exchange.venue import ApiKey, Doors
from simulator.network.toxics import Toxic

Undo = Callable[[], None]
"""Takes back what one injection did, and nothing else; safe to call once."""


def all_of(undos: Iterable[Undo]) -> Undo:
    """Return one undo that takes back what several do."""
    kept = tuple(undos)

    def undo() -> None:
        for one in kept:
            one()

    return undo


class Matching(Protocol):
    """A matching engine whose doors can be narrowed, and which can be made to drop or forget orders."""

    silent_reject: Callable[[Any], bool] | None
    refuses: Callable[[Any], Any] | None
    stops_asleep: bool
    cancel_lag_ns: int

    @property
    def mode(self) -> TradingMode:
        """What clients may do."""
        ...

    @mode.setter
    def mode(self, mode: TradingMode, /) -> None: ...

    @property
    def truth(self) -> Picture:
        """Everything that is, now."""
        ...

    def restart(self, *, keep: float, random: random.Random) -> Sequence[object]:
        """Cancel each client's order unless a draw is below `keep`."""
        ...

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """What it trades, by symbol."""
        ...

    def relist(self, symbol: str, *, min_quantity: Decimal, min_notional: Decimal) -> None:
        """Trade an instrument under other limits from now on."""
        ...


@runtime_checkable
class Settling(Protocol):
    """A matching engine whose matches are settled later, and may fail to be."""

    settlement_fails: Callable[[Any], bool] | None
    settlement_undone: Callable[[Any], bool] | None


class VenueUnderFire(Protocol):
    """A venue as a fault sees it: the door in front of it, the matching behind it, the host it answers from."""

    @property
    def name(self) -> str:
        """Its name, such as `binance`."""
        ...

    @property
    def host(self) -> str:
        """The machine that its names resolve to."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """The names under which it is reached, such as `api.binance.com`."""
        ...

    @property
    def gate(self) -> Gate:
        """The door that REST requests and streams pass."""
        ...

    @property
    def exchange(self) -> Matching:
        """The matching engine."""
        ...

    @property
    def venue(self) -> Doors:
        """Its views and the keys of its accounts."""
        ...

    @property
    def keys(self) -> Sequence[ApiKey]:
        """The keys of the bot's account."""
        ...


class Machines(Protocol):
    """Something whose machines can be stopped and started by name."""

    def is_on(self, name: str) -> bool:
        """Tell whether a machine has power."""
        ...

    def crash(self, name: str) -> None:
        """Cut the power of a machine."""
        ...

    def reboot(self, name: str) -> None:
        """Start it again from its factory."""
        ...

    def pause(self, name: str) -> None:
        """Let it stand still."""
        ...

    def resume(self, name: str) -> None:
        """Let it go on."""
        ...

    def step_clock(self, name: str, by_ns: int) -> None:
        """Make its wall clock jump."""
        ...

    def drift_clock(self, name: str, ppm: int) -> int:
        """Let its wall clock gain so much from now on; return what it has gained so far."""
        ...


class Direction(Protocol):
    """One direction between two machines. Above 0 `refusals`, whoever dials over it is refused."""

    refusals: int

    def poison(self, toxic: Toxic) -> Undo:
        """Let a trouble act on what passes; return what ends it."""
        ...

    def black_hole(self) -> None:
        """Swallow everything."""
        ...

    def repair(self) -> None:
        """Let data through again."""
        ...


class Wires(Protocol):
    """Something that can refuse connections by name and cut those of a machine. `refuse` and `accept` are counted."""

    def refuse(self, names: Iterable[str]) -> None:
        """Refuse new connections to these names."""
        ...

    def accept(self, names: Iterable[str]) -> None:
        """Undo one `refuse`."""
        ...

    def forget_names(self, names: Iterable[str]) -> Undo:
        """Let nobody resolve these names; return what ends that."""
        ...

    def spoil_certificates(self, names: Iterable[str]) -> Undo:
        """Let these names show a certificate that nobody accepts; return what ends that."""
        ...

    def reset(self, one: str, other: str | None = None) -> None:
        """Cut every open connection of a machine, or between two."""
        ...

    def link(self, source: str, target: str) -> Direction:
        """Return the link from one machine to another."""
        ...


class Bus(Protocol):
    """A broker whose disk can be slow, and which can deliver twice."""

    sync_ns: int
    delivers_twice: Callable[[], bool] | None


class Timer(Protocol):
    """A callback that has not come yet."""

    def cancel(self) -> None:
        """Take it back; after it has come this does nothing."""
        ...


class Timers(Protocol):
    """Somebody who calls at a time, outside of any machine."""

    def now_ns(self) -> int:
        """Return virtual time."""
        ...

    def call_later(self, delay_ns: int, callback: Callable[[], None]) -> Timer:
        """Run `callback` in `delay_ns`."""
        ...
