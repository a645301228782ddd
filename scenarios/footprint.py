"""A run's footprint: memory that the C library keeps for later is given back to the machine now and then.

A moment of much work, as when machines boot or a venue is gone, takes memory that is free again afterwards, in holes
that the C library keeps to itself; over a month each such moment would leave its mark on the process.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache


def give_back() -> None:
    """Give back what is free, where the C library can be asked to (glibc); elsewhere do nothing."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
