"""Each story of the contract is told on both buses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contracts.bus.stage import Perform, perform_real, perform_simulated

BUSES = {"simulated": perform_simulated, "real": perform_real}


@pytest.fixture(params=list(BUSES))
def perform(request: pytest.FixtureRequest, tmp_path: Path) -> Perform:
    """Tell a story on one of the buses, from its begin with an empty one."""
    return lambda story: BUSES[request.param](story, tmp_path)
