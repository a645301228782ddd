"""Everything that can go wrong in the engine, as one tree.

    EngineError
    ├── NotExact              a float, NaN or infinity where exact money was due
    ├── InvariantBroken       a law that must survive `python -O` does not hold: stop trading, keep the evidence
    ├── MessageMalformed      bytes on the bus or in the journal that are none of our messages
    ├── RevisionStale         a value on the bus is not the one that was to be replaced: somebody else wrote it
    ├── SchemaUnknown         a journal was written by a newer version than this one
    ├── PortUnavailable       something we lean on did not answer in time
    │   ├── BusUnavailable
    │   ├── StoreUnavailable
    │   │   └── NotReplicated  it is journalled here, and the bus does not have it
    │   └── ModelFailed       a model raised, died or could not be started
    ├── VenueTrouble          a venue did not serve a read; says which kind of trouble (`engine.domain.trouble`)
    └── FeedFailed            a stream brings no more data
        ├── FeedWentStale     the socket is open, but no application frame came within the bound
        └── FeedWasCut        the socket is gone, or could not be opened

A refusal that is expected (a venue refuses an order, a breaker is open) is a value, never an exception: whoever
places or cancels must not be able to forget it. Errors are named for what happened, and carry what a person needs
as attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.domain.trouble import Trouble


class EngineError(Exception):
    """Any failure that the engine itself names."""


class NotExact(EngineError, ValueError):
    """A number is not exact money: a float, NaN, infinity, or a text that is no number."""


class InvariantBroken(EngineError):
    """A law of the engine does not hold: whoever catches this stops trading and pages."""


class MessageMalformed(EngineError, ValueError):
    """Bytes are none of our messages."""


class RevisionStale(EngineError):
    """A value on the bus is not the one that was to be replaced: somebody else has written it, and it stays so."""


class SchemaUnknown(EngineError):
    """A journal, or what is on the bus of it, was written by a newer version: this one would misread it."""


class PortUnavailable(EngineError):
    """Something the engine leans on did not answer in time."""


class BusUnavailable(PortUnavailable):
    """The broker could not be reached in time: the message is not stored."""


class StoreUnavailable(PortUnavailable):
    """The journal did not take a transaction: nothing of it is stored."""


class NotReplicated(StoreUnavailable):
    """The bus did not take what a successor must find: it may stand in the local journal, and must not be acted on."""


class ModelFailed(PortUnavailable):
    """A model did not answer: it raised, its process died, or it could not be started."""


class VenueTrouble(EngineError):
    """A venue did not serve a read. Whether it did something is not in question: reads change nothing."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


class FeedFailed(EngineError):
    """A stream brings no more data: open a new one, or read by REST meanwhile."""

    def __init__(self, venue: str, stream: str, problem: str) -> None:
        super().__init__(f"{venue} {stream}: {problem}")
        self.venue = venue
        self.stream = stream


class FeedWentStale(FeedFailed):
    """No application frame came within the bound, whatever the socket answers to pings."""

    def __init__(self, venue: str, stream: str, *, bound_ns: int) -> None:
        super().__init__(venue, stream, f"no data for {bound_ns / 1e9:g} s; the stream is given up")
        self.bound_ns = bound_ns


class FeedWasCut(FeedFailed):
    """The socket of a stream is gone, or could not be opened; `retry_ns` is how long the venue asked us to stay
    away.
    """

    def __init__(self, venue: str, stream: str, problem: str, *, retry_ns: int = 0) -> None:
        super().__init__(venue, stream, problem)
        self.retry_ns = retry_ns
