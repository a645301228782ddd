"""Loopback ports: where an application answers real clients.

This is the one file of the simulator that opens real sockets. They listen on 127.0.0.1 and nowhere else: a venue that
anybody on the network could reach would be a strange thing to leave running.
"""

from __future__ import annotations

import os

from aiohttp import web

LOOPBACK = "127.0.0.1"

GOODBYE_S = 1.0
"""How long requests in flight may still take when the ports are closed."""


class PortNotOpened(Exception):
    """A port cannot be had: somebody else listens on it, or it is not ours to open."""

    def __init__(self, port: int, reason: str) -> None:
        self.port = port
        self.reason = reason
        super().__init__(f"port {port}: {reason}")


class LoopbackPorts:
    """Applications on loopback ports, the first on a chosen one and the others above it, or wherever there is room."""

    def __init__(self, first: int | None = None) -> None:
        """Open nothing yet; without a first port the system chooses each."""
        self._next = first
        self._runners: list[web.AppRunner] = []

    async def open(self, application: web.Application) -> int:
        """Let an application answer on the next port, and return its number.

        Raises:
            PortNotOpened: it cannot be had. What was opened before stays open until `close`.
        """
        wanted = self._next or 0
        runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=GOODBYE_S)
        self._runners.append(runner)
        await runner.setup()
        try:
            await web.TCPSite(runner, LOOPBACK, wanted).start()
        except (OSError, OverflowError) as error:
            number = error.errno if isinstance(error, OSError) else None
            reason = os.strerror(number).lower() if number else "no such port"
            raise PortNotOpened(wanted, reason) from error
        if self._next is not None:
            self._next += 1
        return int(runner.addresses[0][1])

    async def close(self) -> None:
        """Close every port, the last one first."""
        while self._runners:
            await self._runners.pop().cleanup()
