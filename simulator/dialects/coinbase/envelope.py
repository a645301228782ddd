"""What every message of a Coinbase stream is wrapped in, with `sequence_num` counting those of one connection.

The number is the only part that differs from one watcher to the next, so what stands before and after it is made once.
"""

from __future__ import annotations

from typing import Protocol

from simulator.dialects.coinbase.clock import rfc3339


class Watcher(Protocol):
    """Somebody who watches channels."""

    def tell(self, message: Message) -> None:
        """Send a message, with a number of its own."""


class Message:
    """A message without its number."""

    __slots__ = ("_head", "_tail")

    def __init__(self, channel: str, at_ns: int, events: str) -> None:
        """Wrap the events of a channel, which are JSON text."""
        self._head = f'{{"channel":"{channel}","client_id":"","timestamp":"{rfc3339(at_ns)}","sequence_num":'
        self._tail = f',"events":[{events}]}}'

    def numbered(self, number: int) -> bytes:
        """Return the message as the so-manieth of its connection."""
        return f"{self._head}{number}{self._tail}".encode()
