"""What comes with the program: scenarios that can be read, and the schema that editors check them by."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from chaos.vocabulary import KINDS
from scenarios.marks import CALLED, RUNBOOKS
from scenarios.promises import PROMISES
from scenarios.published import scenario_schema
from scenarios.scenario import LIBRARY, find_scenario, load_scenario

FIRST_SIX = {"outage", "rate_limit", "silent_reject", "socket_drop", "ack_lost", "crash"}
SCENARIOS = sorted(LIBRARY.glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_every_scenario_can_be_read_and_names_its_schema_and_its_incidents(path: Path) -> None:
    """A scenario without a source is an opinion."""
    scenario = load_scenario(path)

    assert scenario.incidents
    assert scenario.sometimes
    assert set(scenario.expect.exposure) == set(scenario.bot.instruments)
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../scenario.schema.json\n")
    assert all(fault.until_ns <= scenario.world.duration_ns for fault in scenario.schedule(7))


@pytest.mark.parametrize("name", ["first_light", "demo"])
def test_first_light_and_the_demo_throw_all_six_faults(name: str) -> None:
    """On two venues."""
    scenario = load_scenario(name)

    assert {fault.name for fault in scenario.schedule(7)} == FIRST_SIX
    assert scenario.world.venues == ("binance", "kraken")


def test_first_light_lasts_six_hours_under_fire_and_is_found_by_name_or_path() -> None:
    """The name is a short way to write the path."""
    assert load_scenario("first_light").world.duration_ns == 6 * 3600 * 10**9
    assert find_scenario("first_light") == find_scenario(LIBRARY / "first_light.yaml")
    assert find_scenario("x/first_light") == Path("x/first_light")


def test_the_published_schema_is_the_one_the_models_make() -> None:
    """Renew it with `stormproof list schema > scenarios/scenario.schema.json`."""
    published = json.loads((LIBRARY.parent / "scenario.schema.json").read_text(encoding="utf-8"))

    assert published == json.loads(json.dumps(scenario_schema()))


def test_the_schema_knows_every_fault_with_its_own_parameters() -> None:
    """An editor complains where the program would."""
    schema = scenario_schema()
    forms = {form["properties"]["inject"]["const"]: form for form in schema["$defs"].values() if "inject" in str(form)}

    assert set(forms) == set(KINDS)
    assert set(forms["rate_limit"]["properties"]["with"]["properties"]) == {"retry_after", "patience", "ban"}
    assert schema["$defs"]["Expect"]["properties"]["recovery"]["default"] == "2m"
    duration = re.compile(schema["$defs"]["World"]["properties"]["duration"]["pattern"])
    assert duration.match("1h30m")
    assert not duration.match("90")


def test_every_promise_is_put_to_the_test_by_a_scenario_that_needs_it() -> None:
    """A promise that no scenario is about might be kept by nobody."""
    needed = {name for path in SCENARIOS for name in load_scenario(path).expect.promises}

    assert set(PROMISES) == needed


def test_there_are_scenarios_for_every_kind_of_fault_and_each_kind_is_thrown_by_one() -> None:
    """A fault that no scenario throws is a fault that nobody has seen the bot come through."""
    thrown = {line.kind.name for path in SCENARIOS for line in load_scenario(path).faults}

    assert len(SCENARIOS) >= 45
    assert thrown == set(KINDS)


PROVED_ELSEWHERE = {
    "config-refused": "engine/runtime/test_start_check.py",
    "journal-holes": "engine/recovery/test_inheritance.py",
    "market-blind": "engine/domain/test_safety.py",
    "order-contradicted": "engine/domain/test_order_life.py",
    "order-foreign": "engine/runtime/test_fills_taken_back.py",
    "order-orphan": "engine/recovery/test_reconciler.py",
}
"""Runbooks that no weather of the library leads to yet, and the test that brings their trouble about."""

NEVER_CALLED = {"bot-killed", "bot-paused", "lease-lost"}
"""Runbooks that no alert names: a person has done it, or another executor leads, which the status tells."""


def test_somebody_is_sent_to_every_runbook_by_a_scenario() -> None:
    """Each scenario that names one proves nothing unless somebody was."""
    marks = {mark for path in SCENARIOS for mark in load_scenario(path).sometimes}
    called = {mark.removeprefix(CALLED) for mark in marks if mark.startswith(CALLED)}

    assert called | set(PROVED_ELSEWHERE) | NEVER_CALLED == set(RUNBOOKS)
    assert not called & (set(PROVED_ELSEWHERE) | NEVER_CALLED)
    assert all((LIBRARY.parents[1] / "tests" / test).is_file() for test in PROVED_ELSEWHERE.values())
