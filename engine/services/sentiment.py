"""How people are said to feel, read from a source outside and told on the bus: nice to have, and nothing more.

Whoever uses it sees `None` after a while without news, and does without. What the source says is not trusted: a score
that is no number from -1 to 1 is dropped and counted. A breaker spares a source that is down, and us the waiting.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import msgspec

from engine.domain.errors import BusUnavailable
from engine.domain.messages import Component, Message, Status, encode, subject_of
from engine.domain.opinions import SentimentSeen
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.resilience.breaker import Breaker
from engine.services.duty import NS, WELL, Health, pause
from engine.services.log import Log


class Source(Protocol):
    """Where scores come from."""

    async def read(self) -> bytes | None:
        """Return the JSON `{"scores": {symbol: number}}`; None when there was no good answer."""
        ...


class _Scores(msgspec.Struct, frozen=True):
    scores: dict[str, object]


@dataclass(frozen=True, kw_only=True)
class SentimentBounds:
    """The reader's pace, in nanoseconds."""

    every_ns: int
    degraded_after_ns: int


class SentimentReader:
    """Reads a source and tells what it says of the instruments."""

    component = Component.OPTIONAL

    def __init__(
        self,
        source: Source,
        instruments: Sequence[str],
        *,
        node: str,
        bus: Bus,
        breaker: Breaker,
        clock: Clock,
        log: Log,
        bounds: SentimentBounds,
    ) -> None:
        self._source = source
        self._instruments = tuple(instruments)
        self._node = node
        self._bus = bus
        self._breaker = breaker
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._read_ns = clock.monotonic_ns()
        self._dropped = 0

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            if self._breaker.admit():
                await self._read()
            await pause(min(self._bounds.every_ns, self._breaker.wait_ns or self._bounds.every_ns))

    def health(self) -> Health:
        """Say degraded when the source has been silent for long; nothing depends on it."""
        silent_ns = self._clock.monotonic_ns() - self._read_ns
        if silent_ns > self._bounds.degraded_after_ns:
            return Health(status=Status.DEGRADED, detail=f"no sentiment for {silent_ns // NS} s")
        return Health(status=WELL.status, detail=f"{self._dropped} scores dropped" if self._dropped else "")

    async def _read(self) -> None:
        body = await self._source.read()
        scores = None if body is None else _parsed(body)
        if scores is None:
            self._breaker.failed()
            self._log.warning("sentiment_not_read", answered=body is not None)
            return
        self._breaker.succeeded()
        self._read_ns = self._clock.monotonic_ns()
        for symbol in self._instruments:
            await self._tell(symbol, scores.get(symbol))

    async def _tell(self, symbol: str, score: object) -> None:
        if score is None:
            return
        if isinstance(score, bool) or not isinstance(score, int | float) or not isfinite(score) or abs(score) > 1:
            self._dropped += 1
            self._log.warning("sentiment_absurd", instrument=symbol, score=repr(score)[:40])
            return
        said: Message = SentimentSeen(
            instrument=symbol, score=float(score), node=self._node, at_ns=self._clock.wall_ns()
        )
        try:
            await self._bus.publish(subject_of(said), encode(said))
        except BusUnavailable as problem:
            self._log.warning("sentiment_not_published", problem=str(problem))


def _parsed(body: bytes) -> Mapping[str, object] | None:
    try:
        return msgspec.json.decode(body, type=_Scores).scores
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
