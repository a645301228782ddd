"""`shrink` and `replay`: what breaks is found among what does not matter, and any run can be had again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scenarios.cli.leave import leave
from scenarios.scenario import load_scenario
from tests.scenarios.files import scenario_file

Capture = pytest.CaptureFixture[str]

SHORT = (("duration: 1h", "duration: 20m"), ("at: 40m", "at: 12m"), ("at: 20m", "at: 4m"), ("for: 10m", "for: 3m"))
MANY = """faults:
  - {inject: slow_sync, on: node/all-a, at: 5m, for: 1m}
  - {inject: socket_drop, on: kraken, every: 3m, for: 5s}
  - {inject: silent_reject, on: any_venue, at: 11m, for: 2m}
"""


def breaking(folder: Path) -> Path:
    """A scenario that demands of a lone machine to be back at once after a crash, among much else."""
    return scenario_file(folder, *SHORT, ("recovery: 120s", "recovery: 12s\n  warm_up: 7m"), ("faults:\n", MANY))


def test_a_scenario_is_shrunk_to_the_fault_that_breaks_it(tmp_path: Path, capsys: Capture) -> None:
    """The file that is written stands by itself and breaks the same promise."""
    path, out = breaking(tmp_path), tmp_path / "kept" / "small.yaml"

    code = leave(["shrink", str(path), "--seed", "3", "--out", str(out), "--json"])
    found = json.loads(capsys.readouterr().out)

    assert code == 0
    assert found["breaks"] == "recovered_in_time"
    assert found["began_with"] > 8
    assert "crash" in {line.kind.name for line in load_scenario(out).faults}
    assert found["left"] <= 2
    assert found["runs"] < 40
    assert leave(["run", str(out), "--seed", "3", "--json"]) == 1
    statuses = {one["name"]: one["status"] for one in json.loads(capsys.readouterr().out)["promises"]}
    assert statuses["recovered_in_time"] == "broken"


def test_what_is_not_broken_cannot_be_shrunk(tmp_path: Path, capsys: Capture) -> None:
    """It is told what is broken, and that this is not."""
    path = scenario_file(tmp_path, *SHORT, ("recovery: 120s", "recovery: 120s\n  warm_up: 7m"))

    assert leave(["shrink", str(path), "--promise", "bans_honoured"]) == 2
    assert "there is no bans_honoured to shrink" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--promise", "ban_honoured"], "did you mean 'bans_honoured'?"),
        (["--out", "{here}"], "name a file in it"),
        (["--out", "{here}/quiet.yaml/small.yaml"], "name a folder"),
    ],
)
def test_what_cannot_be_shrunk_to_is_refused(
    arguments: list[str], complaint: str, tmp_path: Path, capsys: Capture
) -> None:
    """Before anything is run: that it breaks nothing is not even known."""
    path = scenario_file(tmp_path)

    assert leave(["shrink", str(path), *(one.format(here=tmp_path) for one in arguments)]) == 2
    assert complaint in capsys.readouterr().err


def test_a_run_is_had_again_from_its_result_and_another_run_is_told_from_it(tmp_path: Path, capsys: Capture) -> None:
    """By the digest, which a seed changes."""
    path = scenario_file(tmp_path, *SHORT)
    leave(["run", str(path), "--seed", "3", "--json", "--out", str(tmp_path)])
    digest = json.loads(capsys.readouterr().out)["digest"]

    assert leave(["replay", str(tmp_path / "result.json"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["digest"] == digest
    assert told["seed"] == 3
    assert leave(["replay", str(path), "--seed", "4", "--digest", digest]) == 3
    assert digest in capsys.readouterr().err


def test_a_run_is_stopped_at_a_moment_and_the_world_is_shown(tmp_path: Path, capsys: Capture) -> None:
    """What acts, what is held, and what was decided."""
    path = scenario_file(tmp_path, *SHORT)

    assert leave(["replay", str(path), "--at", "6m30s", "--json"]) == 0
    now = json.loads(capsys.readouterr().out)
    assert now["at_s"] == 390
    assert now["faults"] == [{"name": "ack_lost", "on": "binance", "since_s": 240.0}]
    assert set(now["venues"]) == {"binance", "kraken"}
    assert float(now["venues"]["kraken"]["prices"]["BTC/USDT"]) > 0
    assert leave(["replay", str(path), "--at", "12m5s"]) == 0
    assert "machines down: all-a" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--at", "2h"], "choose a moment within it"),
        (["--at", "soon"], "--at soon"),
    ],
)
def test_a_moment_outside_of_the_run_is_refused(
    arguments: list[str], complaint: str, tmp_path: Path, capsys: Capture
) -> None:
    """Before anything is run."""
    path = scenario_file(tmp_path, *SHORT)

    assert leave(["replay", str(path), *arguments]) == 2
    assert complaint in capsys.readouterr().err


def test_something_that_is_no_result_is_refused(tmp_path: Path, capsys: Capture) -> None:
    """A file of something else, and none at all."""
    (tmp_path / "other.json").write_text("[]", encoding="utf-8")

    assert leave(["replay", str(tmp_path / "other.json")]) == 2
    assert leave(["replay", str(tmp_path / "none.json")]) == 2
    told = capsys.readouterr().err
    assert "not the result of a run" in told
    assert "No such file" in told
