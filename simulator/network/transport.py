"""The two ends of a connection: asyncio transports whose wire is a pair of links.

Real bytes pass: aiohttp on both sides frames, parses and buffers as it does over sockets. An end knows four ways
to finish, and its peer learns of three of them after the link's delay: a close (everything written arrives, then
end of file), an abort (connection reset), and a reset from outside. Of a power cut it learns nothing until it
sends to a machine that has booted again, which answers with a reset.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from simulator.kernel.environment import Errand
from simulator.network.link import Link
from simulator.network.toxics import CLEAN, Toxic

if TYPE_CHECKING:
    from simulator.kernel import Host
    from simulator.kernel.loop import HostLoop

HIGH_WATER_BYTES = 256 * 1024
"""With more than this under way the writing protocol is paused; a quarter of it lets it go on."""

PORT = 443


class WireTransport(asyncio.Transport):
    """One end of a connection between two simulated machines."""

    peer: WireTransport

    def __init__(self, host: Host, link: Link, protocol: asyncio.BaseProtocol, remote_name: str) -> None:
        super().__init__({"peername": (remote_name, PORT), "sockname": (host.name, PORT)})
        self.host = host
        self.loop: HostLoop = host.loop
        self.is_cut = False
        self._link = link
        self._protocol = protocol
        self._remote_name = remote_name
        self._is_closing = False
        self._is_lost = False
        self._is_paused = False
        self._inbox: deque[bytes | None] = deque()
        self._under_way = 0
        self._passed = 0
        """Bytes that were sent while the link let only so many pass."""
        self._asked_to_pause = False
        self._last_arrival_ns = [0]
        self._reading = self.loop.listener(self._read_inbox)

    def meet(self, peer: WireTransport) -> None:
        """Be joined with the other end."""
        self.peer = peer
        self._note_sent = self.host.world.trace.recorder("sent", self.host.name, peer.host.name)

    # -- writing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send; everything arrives in order or not at all."""
        if self._is_closing or self.is_cut or not data:
            return
        sent = bytes(data)
        self._under_way += len(sent)
        if self._under_way > HIGH_WATER_BYTES and not self._asked_to_pause:
            self._asked_to_pause = True
            self._protocol.pause_writing()
        self._note_sent()
        link = self._link
        if link.toxic is CLEAN:
            link.carry(len(sent), Errand(self._arrived, sent), self._last_arrival_ns)
        else:
            self._send_poisoned(sent, link.toxic)

    def _send_poisoned(self, data: bytes, toxic: Toxic) -> None:
        """Send over a link in trouble: in pieces, and no more than it lets pass."""
        allowed = len(data) if toxic.limit_bytes is None else max(0, toxic.limit_bytes - self._passed)
        self._passed += 0 if toxic.limit_bytes is None else len(data)
        size = toxic.piece_bytes or len(data)
        for start in range(0, min(allowed, len(data)), size):
            piece = data[start : min(start + size, allowed)]
            self._link.carry(len(piece), Errand(self._arrived, piece), self._last_arrival_ns)
            self._last_arrival_ns[0] += toxic.piece_gap_ns
        if allowed < len(data):
            self._link.carry(0, Errand(self._cut_short), self._last_arrival_ns)

    def _cut_short(self) -> None:
        """Be reset on both ends, by whatever lets no more pass."""
        self.reset()
        self.peer.reset()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send the pieces as one."""
        self.write(b"".join(list_of_data))

    def _arrived(self, data: bytes) -> None:
        """Hand data over at the far end. Called outside of any machine, like all that a link carries."""
        self._under_way -= len(data)
        if self._asked_to_pause and self._under_way <= HIGH_WATER_BYTES // 4:
            self._asked_to_pause = False
            self.loop.call_soon(self._protocol.resume_writing)
        self.peer.take(data)

    # -- reading

    def take(self, data: bytes | None) -> None:
        """Receive data from the wire, or None for the end of file. Called outside of any machine."""
        if self.is_cut:
            if self.host.alive:  # booted again: this machine knows nothing of the connection
                self.tell_peer_reset()
        elif self.loop.alive and not self._is_lost:
            self._inbox.append(data)
            if not self._is_paused:
                self.loop.stir(self._reading)

    def _read_inbox(self) -> None:
        while self._inbox and not self._is_paused and not self._is_closing:
            data = self._inbox.popleft()
            if data is not None:
                self._protocol.data_received(data)  # type: ignore[attr-defined]
            elif not self._protocol.eof_received():  # type: ignore[attr-defined]
                self.close()

    def pause_reading(self) -> None:
        """Keep what arrives until `resume_reading`."""
        self._is_paused = True

    def resume_reading(self) -> None:
        """Hand over what arrived meanwhile."""
        self._is_paused = False
        if self._inbox:
            self.loop.stir(self._reading)

    def is_reading(self) -> bool:
        """Say whether arriving data is handed over."""
        return not self._is_paused and not self._is_closing

    # -- ending

    def close(self) -> None:
        """Send what was written, then end of file; the peer closes in turn."""
        if not self._is_closing and not self.is_cut:
            if self._link.toxic.linger_ns:
                self._last_arrival_ns[0] = max(self._last_arrival_ns[0], self.host.world.now_ns())
                self._last_arrival_ns[0] += self._link.toxic.linger_ns
            self._link.carry(0, Errand(self.peer.take, None), self._last_arrival_ns)
            self._lose(None)

    def abort(self) -> None:
        """Reset the connection: the peer's next act on it fails."""
        if not self._is_closing and not self.is_cut:
            self.tell_peer_reset()
            self._lose(None)

    def reset(self) -> None:
        """Be reset from outside, as by a peer or a box on the way."""
        if not self._is_closing and not self.is_cut:
            self._lose(ConnectionResetError(104, "Connection reset by peer"))

    def cut(self) -> None:
        """Lose power: nothing is said to anybody, and nothing can be written any more."""
        self.is_cut = True

    def tell_peer_reset(self) -> None:
        """Let a reset travel to the peer."""
        self._link.carry(0, Errand(self.peer.reset), self._last_arrival_ns)

    def _lose(self, error: Exception | None) -> None:
        self._is_closing = True
        self.loop.call_soon(self._connection_lost, error)

    def _connection_lost(self, error: Exception | None) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._inbox.clear()
            self._protocol.connection_lost(error)

    # -- what asyncio asks besides

    def is_closing(self) -> bool:
        """Say whether the connection is closing or closed."""
        return self._is_closing or self.is_cut

    def can_write_eof(self) -> bool:
        """Half-closed connections are not offered."""
        return False

    def get_write_buffer_size(self) -> int:
        """Return how many bytes are under way."""
        return self._under_way

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Keep the fixed limits."""

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand the connection to another protocol."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol that is told of data."""
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return `peername` or `sockname` (name, port); there is no socket and no TLS to be asked about."""
        return super().get_extra_info(name, default)
