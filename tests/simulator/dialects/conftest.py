"""The stage of a dialect's tests: every world that a test has made is closed after it."""

from collections.abc import Iterator

import pytest

from tests.simulator.dialects.stage import OPEN_WORLDS, Stage


@pytest.fixture(autouse=True)
def worlds_end() -> Iterator[None]:
    yield
    while OPEN_WORLDS:
        OPEN_WORLDS.pop().close()


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Stage:
    """Return the venue that `each_venue` names."""
    return Stage(request.param)
