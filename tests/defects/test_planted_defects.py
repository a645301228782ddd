"""Break the engine on purpose, and the referee says so; leave it whole, and the same weather is held."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios import run_scenario
from scenarios.finding import Status
from tests.defects.plants import DEFECTS, Defect

WEATHER = Path(__file__).parent / "weather.yaml"
SEED = 7


def test_the_engine_as_it_is_holds_every_promise_in_this_weather() -> None:
    result = run_scenario(WEATHER, seed=SEED)

    assert result.verdict is Status.HELD
    assert all(finding.exercised for finding in result.findings)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name.replace(" ", "-"))
def test_a_planted_defect_is_found(defect: Defect, monkeypatch: pytest.MonkeyPatch) -> None:
    defect.plant(monkeypatch)

    result = run_scenario(WEATHER, seed=SEED)

    assert result.verdict is Status.BROKEN
    assert result.finding(defect.breaks).status is Status.BROKEN, result.findings
