"""Every world that a test of a dialect made is closed after it."""

from collections.abc import Iterator

import pytest

from tests.simulator.dialects.stage import OPEN_WORLDS


@pytest.fixture(autouse=True)
def worlds_end() -> Iterator[None]:
    yield
    while OPEN_WORLDS:
        OPEN_WORLDS.pop().close()
