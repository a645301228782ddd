"""How broker and clients speak: length-prefixed msgpack frames over a connection of the simulated internet.

A frame is a tuple that begins with one of the words below. From the client: PUBLISH subject data · ENQUEUE number
subject data id · SUBSCRIBE number pattern · CONSUME number pattern durable wait · ACKNOWLEDGE durable sequence ·
UNSUBSCRIBE number · PING · GET number key · PUT number key value revision (or None) · HISTORY number pattern after
until (None for now) · TRIM number pattern before. From the broker: STORED number sequence · MESSAGE number subject data
· DELIVERY number sequence subject data id redelivered · PONG · ANSWER number, then what was asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

PUBLISH, ENQUEUE, SUBSCRIBE, CONSUME, ACKNOWLEDGE, UNSUBSCRIBE, PING = range(7)
STORED, MESSAGE, DELIVERY, PONG, ANSWER = range(10, 15)
GET, PUT, HISTORY, TRIM = range(20, 24)

LENGTH_BYTES = 4
FRAME_BYTES_MAX = 8 * 1024 * 1024

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder().decode


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A stored message as the past shows it."""

    sequence: int
    subject: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A value under a key."""

    value: bytes
    revision: int


OnFrame: TypeAlias = "Callable[[FrameProtocol, Any], None]"


class FrameProtocol(asyncio.Protocol):
    """One end of a broker connection: frames in, frames out."""

    def __init__(
        self, on_frame: Callable[[FrameProtocol, Any], None], on_lost: Callable[[FrameProtocol], None]
    ) -> None:
        self._on_frame = on_frame
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Cut what arrived into frames."""
        received = self._received
        length = len(data) - LENGTH_BYTES
        if not received and 0 <= length <= FRAME_BYTES_MAX and int.from_bytes(data[:LENGTH_BYTES], "big") == length:
            self._on_frame(self, decode(data[LENGTH_BYTES:]))  # nearly always: one frame, and the whole of it
            return
        received += data
        while len(received) >= LENGTH_BYTES:
            length = int.from_bytes(received[:LENGTH_BYTES], "big")
            if length > FRAME_BYTES_MAX:
                self.close()
                return
            if len(received) < LENGTH_BYTES + length:
                return
            frame = bytes(received[LENGTH_BYTES : LENGTH_BYTES + length])
            del received[: LENGTH_BYTES + length]
            self._on_frame(self, decode(frame))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever leans on the connection."""
        self._transport = None
        self._on_lost(self)

    def send(self, *frame: Any) -> None:
        """Send a frame, if the connection is still there."""
        if self._transport is not None:
            body = encode(frame)
            self._transport.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()
