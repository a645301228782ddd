"""Faults of a venue's streams: sockets are cut, live on and bring nothing, bring old news, or leave some out.

Only the first can be seen on the socket. The others answer pings, which is why a pong is not data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.parameter import choice, duration, probability
from chaos.reach import Undo
from chaos.units import NS
from simulator.dialects.gate import StreamKind
from simulator.exchange.events import BookChanged, OrderChanged, Traded
from simulator.exchange.views import StreamView


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


@dataclass(frozen=True, kw_only=True)
class Silence(Fault):
    """A stream tells nothing at all; its sockets live, and new ones are taken and are as silent."""

    name: ClassVar[str] = "silence"
    meaning: ClassVar[str] = "the streams of a venue tell nothing, and answer pings"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("ccxt#22662", "OKX 2021-01-12", "freqtrade#11725")
    for_default_ns: ClassVar[int] = 120 * NS

    streams: str = choice("both", "public", "private", meaning="which streams fall silent")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """The streams that prices come by; a silent private one takes only answers away."""
        return frozenset({Blocks.ANSWERS if self.streams == "private" else Blocks.STREAM})

    def inject(self, ground: Ground) -> Undo:
        """Let the venue's sockets bring nothing, those that are opened meanwhile as well."""
        kinds: dict[str, tuple[StreamKind, ...]] = {"both": ("public", "private"), "public": ("public",)}
        return ground.venues[self.on].gate.silence_streams(*kinds.get(self.streams, ("private",)))


@dataclass(frozen=True, kw_only=True)
class ZombieSubscription(Fault):
    """Sockets that are open lose their subscriptions and say nothing of it; one that is opened anew works."""

    name: ClassVar[str] = "zombie_subscription"
    meaning: ClassVar[str] = "open sockets answer pings and bring no data any more; a new socket works"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("nautilus#4255", "nautilus#3861", "binance-connector-js#135")
    for_default_ns: ClassVar[int] = 120 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing that dialling anew does not bring back."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Deafen the sockets that are open now; the undo lets those that still are hear again."""
        return ground.venues[self.on].gate.deafen_streams()


@dataclass(frozen=True, kw_only=True)
class Stale(Fault):
    """The public streams bring old news, in good order and with honest times; who asks by REST hears what is."""

    name: ClassVar[str] = "stale"
    meaning: ClassVar[str] = "the public streams of a venue bring what was true some time ago"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("freqtrade#11725", "OKX 2021-02-10", "BitMEX 2020-03-13")
    for_default_ns: ClassVar[int] = 300 * NS

    lag: int = duration("5m", low="1s", high="1h", meaning="how old the news is")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Fresh prices by the streams."""
        return frozenset({Blocks.STREAM})

    def inject(self, ground: Ground) -> Undo:
        """Let the public view trail behind the truth."""
        return ground.delay_view(self.on, "public", self.lag)


@dataclass(frozen=True, kw_only=True)
class Gap(Fault):
    """A stream leaves out some of what it should tell, without a word."""

    name: ClassVar[str] = "gap"
    meaning: ClassVar[str] = "a stream skips messages: changes of the book, or orders and fills"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("ccxt#28466", "nautilus#3869", "nautilus#4117")
    for_default_ns: ClassVar[int] = 600 * NS

    streams: str = choice("private", "public", meaning="which stream has gaps")
    probability: float = probability(0.3, meaning="how often a message is skipped")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """What a private stream tells of orders; a book with holes is still a book."""
        return frozenset({Blocks.ANSWERS}) if self.streams == "private" else frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Lose events of the view that the stream tells from."""
        view, kinds = told_by(ground, self.on, self.streams)
        return view.skip(*kinds, share=self.probability, random=self.chance())


@dataclass(frozen=True, kw_only=True)
class Duplicate(Fault):
    """A stream tells some of what it tells twice."""

    name: ClassVar[str] = "duplicate"
    meaning: ClassVar[str] = "a stream brings some messages twice: orders and fills, or changes of the book"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("nautilus#3869", "nautilus#4991", "nautilus#4157")
    for_default_ns: ClassVar[int] = 600 * NS

    streams: str = choice("private", "public", meaning="which stream stutters")
    probability: float = probability(0.3, meaning="how often a message comes twice")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: all that is told is true."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Tell events of the view twice."""
        view, kinds = told_by(ground, self.on, self.streams)
        return view.repeat(*kinds, share=self.probability, random=self.chance())


@dataclass(frozen=True, kw_only=True)
class Reorder(Fault):
    """A stream brings some messages after others that happened later."""

    name: ClassVar[str] = "reorder"
    meaning: ClassVar[str] = "a stream brings some messages out of turn: a fill before its order, an old change last"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("nautilus#4117", "nautilus PR #4076", "ccxt#28466")
    for_default_ns: ClassVar[int] = 600 * NS

    streams: str = choice("private", "public", meaning="which stream is out of order")
    late: int = duration("800ms", low="1ms", high="1m", meaning="how late a message comes that is overtaken")
    probability: float = probability(0.3, meaning="how often a message is overtaken")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """What a private stream tells of orders, for a moment; a book out of order is still a book."""
        return frozenset({Blocks.ANSWERS}) if self.streams == "private" else frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Hold events of the view back."""
        view, kinds = told_by(ground, self.on, self.streams)
        return view.delay(*kinds, share=self.probability, late_ns=self.late, random=self.chance())


@dataclass(frozen=True, kw_only=True)
class ForcedDisconnect(Fault):
    """A venue closes every stream, as each does after a day; new ones are taken at once."""

    name: ClassVar[str] = "forced_disconnect"
    meaning: ClassVar[str] = "a venue closes all of its streams, once, and takes new ones"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("hummingbot#8250", "Binance: sockets live 24 h")
    for_default_ns: ClassVar[int] = NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing that dialling anew does not bring back."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Cut them; there is nothing to take back."""
        ground.venues[self.on].gate.drop_streams()
        return lambda: None


@dataclass(frozen=True, kw_only=True)
class ListenKeyExpiry(Fault):
    """The right to hear of one's own orders ends and is not renewed: market data goes on, private news does not."""

    name: ClassVar[str] = "listen_key_expiry"
    meaning: ClassVar[str] = "the private streams of a venue end, and new ones bring nothing; market data goes on"
    aims_at: ClassVar[Aim] = Aim.VENUE
    learned_from: ClassVar[tuple[str, ...]] = ("ccxt#6760", "ccxt#26772", "hummingbot#5713", "python-binance#28")
    for_default_ns: ClassVar[int] = 600 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """What a private stream tells of orders."""
        return frozenset({Blocks.ANSWERS})

    def inject(self, ground: Ground) -> Undo:
        """Cut the private streams, and let new ones bring nothing."""
        gate = ground.venues[self.on].gate
        gate.drop_streams("private")
        return gate.silence_streams("private")


def told_by(ground: Ground, venue: str, streams: str) -> tuple[StreamView, tuple[type, ...]]:
    """Return the view behind the private or public streams of a venue, and the events of it that can be mistold."""
    doors = ground.venues[venue].venue
    return (doors.private, (OrderChanged, Traded)) if streams == "private" else (doors.public, (BookChanged,))
