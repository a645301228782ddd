"""`stormproof serve` as a process of its own: started, waited for, and ended by its number, whatever the test does."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

READY_S_MAX = 30
"""How long the ready line may take, on a machine that is busy with other tests."""

END_S_MAX = 10

COMMAND = (sys.executable, "-c", "from scenarios.cli import main; main()", "serve")


class Server:
    """A server that is running."""

    def __init__(self, process: subprocess.Popen[bytes], ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready

    @property
    def ports(self) -> list[int]:
        """Its ports, in the order of the ready line."""
        urls = [url for told in self.ready.values() if isinstance(told, dict) for url in told["hosts"].values()]
        return [int(url.rpartition(":")[2]) for url in [*urls, self.ready["control"]]]

    def end(self, how: signal.Signals) -> tuple[int, str, str]:
        """Send a signal; return the exit code and the rest of what was said on both outputs."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=END_S_MAX)
        return self.process.returncode, out.decode(), err.decode()


@contextmanager
def serving(*arguments: str) -> Iterator[Server]:
    """Serve for as long as the context lasts."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield Server(process, json.loads(_first_line(process)))
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=END_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        except ValueError:  # its outputs were read to their ends before
            pass


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    """Read the ready line, and fail with what the process complained of when there is none in time."""
    assert process.stdout is not None
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            assert selector.select(READY_S_MAX), f"no ready line within {READY_S_MAX} s"
            part = os.read(process.stdout.fileno(), 65_536)
            if not part:
                raise AssertionError(f"serve ended: {process.communicate()[1].decode()}")
            line += part
    return line
