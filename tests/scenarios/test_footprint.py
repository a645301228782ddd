"""What a run takes of the machine: holes between what is kept are given back."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from scenarios.footprint import give_back


def resident_bytes() -> int:
    """Return how much memory this process has of the machine."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only this C library can be asked")
def test_memory_that_is_free_between_what_is_kept_is_given_back() -> None:
    taken = [bytes(100_000) for _ in range(600)]
    kept = taken[::20]
    del taken
    before = resident_bytes()

    give_back()

    assert before - resident_bytes() > 20_000_000
    assert len(kept) == 30
