"""One node in one process: started from its configuration, ended by signals, in order if there is time for it.

SIGTERM lets the node finish: nothing new is entered, entries that rest are cancelled, the lease is laid down, and the
process ends with 0. A second one, or SIGINT, ends it at once; that loses nothing either, for what counts is durable
before it counts. A process that was started by a supervisor is bound to it: it finishes in the same order when the
supervisor is gone, however that ended, since its standard input ends with it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from engine.runtime.config import BotConfig
from engine.runtime.node import Beside, run_node
from engine.runtime.real.clock import RealClock
from engine.runtime.real.data_folder import claimed_folder
from engine.runtime.real.surroundings import real_surroundings

INTERRUPTED = 130
READ_BYTES = 4096


class RealLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop on the clock that counts suspended time: what was due during a sleep is due after it."""

    def __init__(self) -> None:
        self._never_steps = RealClock()
        super().__init__()

    def time(self) -> float:
        """Return the time since the machine was switched on, in seconds."""
        return self._never_steps.monotonic_ns() / 1e9


def run_process(
    name: str,
    config: BotConfig,
    *,
    data: Path,
    secrets: Mapping[str, str],
    log_line: Callable[[str], None],
    beside: tuple[Beside, ...] = (),
    bound: bool = False,
) -> None:
    """Run one node until it was told to end and has done so.

    Args:
        bound: whether it finishes when standard input ends.

    Raises:
        ConfigRefused, BusNotFound, BusRefused, StandInsNotFound, FolderRefused: it cannot begin.
        KeyboardInterrupt: it was ended at once.
    """

    async def run() -> None:
        leave = Leave(asyncio.get_running_loop())
        if bound:
            leave.when_input_ends()
        async with real_surroundings(
            config, name, data=data, secrets=secrets, log_line=log_line, leave=leave.asked
        ) as surroundings:
            await run_node(name, config, surroundings, beside=beside)

    with claimed_folder(data, name), asyncio.Runner(loop_factory=RealLoop) as runner:
        runner.run(run())


class Leave:
    """Hears who asks the process to end: the first time in order, the second time at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.asked = asyncio.Event()
        self._loop = loop
        loop.add_signal_handler(signal.SIGTERM, self._ask)
        loop.add_signal_handler(signal.SIGINT, self._end)

    def when_input_ends(self) -> None:
        """Take the end of standard input for the first asking: whoever started us is gone."""
        self._loop.add_reader(sys.stdin.fileno(), self._read)

    def _read(self) -> None:
        if not os.read(sys.stdin.fileno(), READ_BYTES):
            self._loop.remove_reader(sys.stdin.fileno())
            self.asked.set()

    def _ask(self) -> None:
        if self.asked.is_set():
            self._end()
        self.asked.set()

    def _end(self) -> None:
        """End at once: a loop that hangs in a farewell would not be at once."""
        sys.stderr.flush()
        os._exit(INTERRUPTED)
