"""What a test needs of the machine: without it the test is skipped, but never where it decides what lands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar

import pytest

T = TypeVar("T")


def needed(found: T | None, what: str, remedy: str, *, environment: Mapping[str, str] = os.environ) -> T:
    """Return what was found; skip the test without it, and fail it in CI, where nothing may be missing."""
    if found is not None:
        return found
    problem = f"{what} is not on this machine: {remedy}"
    if environment.get("CI"):
        pytest.fail(problem)
    pytest.skip(problem)
