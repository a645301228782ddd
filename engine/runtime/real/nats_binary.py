"""Which nats-server is started, and of which version it is.

The wheel that brings it is made by an individual, so another one can be named in its place (`bus.server`).
"""

import asyncio
import shutil
import sys
from pathlib import Path

from engine.runtime.real.bus_server_files import BusServerFailed, Version, read_version


def find_server(named: str | None) -> str:
    """Return the path of the nats-server: the one that was named, that of this environment, or one on the PATH.

    Raises:
        BusServerFailed: there is none.
    """
    beside = Path(sys.executable).with_name("nats-server")
    candidates = [named] if named is not None else [str(beside), "nats-server"]
    for candidate in candidates:
        found = shutil.which(candidate)
        if found is not None:
            return found
    told = f"bus.server is {named}, which cannot be run" if named is not None else "there is no nats-server"
    raise BusServerFailed(f"{told}: install the extra `live`, name one in bus.server, or set bus.url")


async def server_version(binary: str) -> Version:
    """Return the version of a nats-server; raise `BusServerFailed` when the file is none."""
    try:
        process = await asyncio.create_subprocess_exec(
            binary, "--version", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
    except OSError as error:
        raise BusServerFailed(f"{binary} cannot be run: {error.strerror}") from None
    version = read_version(out.decode(errors="replace"))
    if version is None:
        raise BusServerFailed(f"{binary} is no nats-server: it does not tell its version")
    return version
