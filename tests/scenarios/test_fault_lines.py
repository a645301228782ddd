"""A schedule that was drawn can be saved as a scenario file, and is drawn from it again, fault for fault."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from chaos.schedule import written
from chaos.vocabulary import KINDS
from scenarios.cli.listing import example_of
from scenarios.scenario import LIBRARY, load_scenario

SOAKS = LIBRARY.parent / "soaks"
FILES = [LIBRARY / "ground_gives_way.yaml", LIBRARY / "market_goes_wild.yaml", SOAKS / "field.yaml"]


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_drawn_schedule_is_saved_as_a_scenario_and_drawn_from_it_again(path: Path, tmp_path: Path) -> None:
    """Whatever seed the saved one is run with: its faults have their own."""
    scenario = load_scenario(path)
    faults = scenario.schedule(7)
    saved = tmp_path / "saved.yaml"
    text = path.read_text(encoding="utf-8").replace("../bots/", f"{LIBRARY.parent}/bots/")
    head, _, rest = text.partition("\nfaults:\n")
    tail = rest[min(rest.index(key) for key in ("\nactions:", "\nexpect:") if key in rest) :]
    lines = "".join(f"\n  - {json.dumps(written(fault))}" for fault in faults)
    saved.write_text(f"{head}\nfaults:{lines}{tail}", encoding="utf-8")

    assert faults
    assert load_scenario(saved).schedule(8) == faults


def test_the_example_of_every_fault_is_a_line_that_a_scenario_takes(tmp_path: Path) -> None:
    """What `stormproof list faults` shows can be copied."""
    text = (LIBRARY / "services.yaml").read_text(encoding="utf-8").replace("../bots/", f"{LIBRARY.parent}/bots/")
    head, _, rest = text.partition("\nfaults:\n")
    tail = rest[min(rest.index(key) for key in ("\nactions:", "\nexpect:") if key in rest) :]
    world = re.sub(r"\n  duration: \w+", "\n  duration: 3h\n  regions: {tokyo: [a, binance]}", head)
    lines = "".join(f"\n  - {example_of(kind)}" for kind in KINDS.values())
    saved = tmp_path / "examples.yaml"
    saved.write_text(f"{world}\nfaults:{lines}{tail}", encoding="utf-8")

    assert {fault.name for fault in load_scenario(saved).schedule(7)} == set(KINDS)
