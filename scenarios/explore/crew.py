"""Who tries the seeds of a campaign: processes on this machine, or the workers of a cluster, behind one door.

A worker may die: out of memory, killed by the system, lost with its machine. What it had in hand is then tried again,
each seed alone in a process of its own, so that the one that kills is told from those that were only standing near.
Nothing that was reported is lost by it.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, Protocol, TypeVar

from scenarios.problem import UsageError

Given = TypeVar("Given")
Got = TypeVar("Got")

AHEAD = 2
"""Pieces of work in hand for each worker: none waits for the next one, and few are suspects when one dies."""

RUNS_PER_PROCESS = 100
"""A process is replaced after so many pieces of work, so that nothing that leaks grows for hours."""

CONNECT_WITHIN = "5s"
"""How long a cluster may take to answer."""


class Died(Exception):
    """The worker died under this piece of work, both times."""


class Crew(Protocol):
    """Does pieces of work side by side."""

    @property
    def width(self) -> int:
        """How many at a time."""
        ...

    def each(self, work: Callable[[Given], Got], pieces: Iterable[Given]) -> Iterator[tuple[Given, Got | Died]]:
        """Yield every piece with what came of it, as it comes; what `work` raises is raised."""
        ...


class Processes:
    """Processes of this machine, started from a clean one that has loaded the program once."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["scenarios.run"])

    def each(self, work: Callable[[Given], Got], pieces: Iterable[Given]) -> Iterator[tuple[Given, Got | Died]]:
        """Yield every piece with what came of it, as it comes; what `work` raises is raised."""
        queue = iter(pieces)
        while True:
            lost: list[Given] = []
            with self._pool(self.width) as pool:
                yield from _drained(pool, work, queue, AHEAD * self.width, lost)
            if not lost:
                return
            for piece in lost:
                yield piece, self._alone(work, piece)

    def _alone(self, work: Callable[[Given], Got], piece: Given) -> Got | Died:
        with self._pool(1) as pool:
            try:
                return pool.submit(work, piece).result()
            except BrokenProcessPool as error:
                return Died(str(error))

    def _pool(self, count: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            count, mp_context=self._context, initializer=_end_when_interrupted, max_tasks_per_child=RUNS_PER_PROCESS
        )


def _end_when_interrupted() -> None:
    """Let Ctrl-C end a worker at once; it would take it for the outcome of its work, and begin the next piece."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Cluster:
    """Workers of a Dask cluster, each of which has the program; it tries a piece again by itself when one dies."""

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError as error:
            raise UsageError("--dask needs the extra: pip install 'stormproof[dask]'") from error
        self._address = address
        self._killed = distributed.KilledWorker
        with self._client() as client:
            self.width = len(client.nthreads()) or 1

    def each(self, work: Callable[[Given], Got], pieces: Iterable[Given]) -> Iterator[tuple[Given, Got | Died]]:
        """Yield every piece with what came of it, as it comes; what `work` raises is raised."""
        with self._client() as client, client.get_executor(pure=False) as pool:
            yield from _drained(pool, work, iter(pieces), AHEAD * self.width, [], killed=self._killed)

    def _client(self) -> Any:
        """Return a client of the cluster, to be closed by whoever asks; raise `UsageError`."""
        from distributed import Client

        try:
            return Client(self._address, timeout=CONNECT_WITHIN)
        except OSError as error:
            what = f"--dask {self._address}: nobody answers there"
            raise UsageError(f"{what}; start `dask scheduler` and name its address") from error


def _drained(
    pool: Executor,
    work: Callable[[Given], Got],
    queue: Iterator[Given],
    ahead: int,
    lost: list[Given],
    *,
    killed: type[BaseException] = BrokenProcessPool,
) -> Iterator[tuple[Given, Got | Died]]:
    """Keep a pool in work until the queue is empty or a worker has died; what was in hand then is in `lost`."""
    in_hand: dict[Future[Got], Given] = {pool.submit(work, piece): piece for piece in islice(queue, ahead)}
    while in_hand:
        done, _ = wait(in_hand, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=list(in_hand).index):
            piece = in_hand.pop(future)
            try:
                yield piece, future.result()
            except killed as error:
                if killed is not BrokenProcessPool:
                    yield piece, Died(str(error))
                    continue
                lost += [piece, *in_hand.values()]
                return
            for following in islice(queue, 1):
                in_hand[pool.submit(work, following)] = following
