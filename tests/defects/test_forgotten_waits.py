"""A restart that forgets what a venue told its predecessor is found by the scenario about it."""

from __future__ import annotations

import pytest

from engine.services.venue_limits import VenueLimits
from scenarios import run_scenario
from scenarios.finding import Status
from scenarios.scenario import LIBRARY

SCENARIO = LIBRARY / "restarted_while_throttled.yaml"


def test_a_process_that_forgets_how_long_to_wait_is_banned_by_its_first_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nautilus#780: banned at the start. The engine as it is holds the same scenario."""
    assert run_scenario(SCENARIO, seed=1).verdict is Status.HELD

    async def forget(_limits: VenueLimits) -> None:
        return

    monkeypatch.setattr(VenueLimits, "recall", forget)
    result = run_scenario(SCENARIO, seed=1)

    assert result.verdict is Status.BROKEN
    assert result.finding("bans_honoured").status is Status.BROKEN
