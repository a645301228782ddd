"""Break the engine on purpose, and the referee says so; leave it whole, and the same weather is held."""

from __future__ import annotations

import pytest

from scenarios import run_scenario
from scenarios.finding import Status
from scenarios.promises import PROMISES
from tests.defects.defect import Defect
from tests.defects.plants import DEFECTS

SEED = 7


@pytest.mark.parametrize("weather", sorted({defect.weather for defect in DEFECTS}))
def test_the_engine_as_it_is_holds_every_promise_in_this_weather(weather: str) -> None:
    result = run_scenario(weather, seed=SEED)

    assert result.verdict is Status.HELD, result.findings
    assert not result.complaints
    for defect in DEFECTS:
        if defect.weather == weather:
            assert result.finding(defect.breaks).exercised, defect.name


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name.replace(" ", "-"))
def test_a_planted_defect_is_found(defect: Defect, monkeypatch: pytest.MonkeyPatch) -> None:
    defect.plant(monkeypatch)

    result = run_scenario(defect.weather, seed=SEED)

    assert result.verdict is Status.BROKEN
    assert result.finding(defect.breaks).status is Status.BROKEN, result.findings


def test_there_are_thirty_defects_each_with_its_own_incident() -> None:
    """One for each class of incident, and nothing twice."""
    assert len(DEFECTS) >= 30
    assert len({defect.incident for defect in DEFECTS}) == len(DEFECTS)
    assert {defect.breaks for defect in DEFECTS} == set(PROMISES)
