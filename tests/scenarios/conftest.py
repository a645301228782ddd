"""Runs inside a test process: machines that lose power, or end with their world, never close their sessions."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

UNCLOSED = "ignore:(Unclosed|unclosed):ResourceWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the sessions of dead machines be: aiohttp's advice to close them comes too late."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(UNCLOSED))


@pytest.fixture(autouse=True, scope="module")
def _buried() -> Iterator[None]:
    """Collect the dead of a module's worlds before somebody else's test trips over them."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
