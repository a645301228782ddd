"""Crews: everything asked for is done once, side by side, whoever dies meanwhile."""

from __future__ import annotations

import os
import signal

import pytest

from scenarios.explore.crew import Cluster, Died, Processes

DEADLY = 13


def square(number: int) -> int:
    """Do a little work."""
    return number * number


def square_or_die(number: int) -> int:
    """Take the worker down with one number, as a machine without memory would."""
    if number == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def refuse(number: int) -> int:
    """Fail as a bug would."""
    raise ValueError(number)


def test_every_piece_is_done_once() -> None:
    """More pieces than hands."""
    found = dict(Processes(2).each(square, range(30)))

    assert found == {number: number * number for number in range(30)}


def test_the_death_of_a_worker_loses_nothing_but_the_piece_that_kills() -> None:
    """What it had in hand is tried again, each alone, and the rest goes on."""
    found = dict(Processes(2).each(square_or_die, range(30)))

    assert isinstance(found.pop(DEADLY), Died)
    assert found == {number: number * number for number in range(30) if number != DEADLY}


def test_what_the_work_raises_is_raised_here() -> None:
    """A bug of ours is not an outcome."""
    with pytest.raises(ValueError, match="0"):
        list(Processes(1).each(refuse, [0]))


def test_a_cluster_does_what_processes_do() -> None:
    """Two workers of a real one, in processes of their own."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        found = dict(Cluster(cluster.scheduler_address).each(square, range(20)))

    assert found == {number: number * number for number in range(20)}
