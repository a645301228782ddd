"""The stage of every story about the simulated internet."""

from __future__ import annotations

import pytest

from tests.simulator.network.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()
