"""The command line: what it prints, where, and with which code it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.vocabulary import KINDS
from scenarios.cli.leave import guarded, leave
from scenarios.problem import UsageError
from tests.scenarios.files import scenario_file

Capture = pytest.CaptureFixture[str]


def raising(error: BaseException) -> int:
    """Return the exit code for work that ends in an error."""

    def work() -> None:
        raise error

    return guarded(work)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SystemExit(0), 0),
        (SystemExit(1), 1),
        (SystemExit(3), 3),
        (SystemExit(None), 0),
        (SystemExit("a text"), 4),
        (UsageError("x: y; z"), 2),
        (RuntimeError("a bug"), 4),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_way_a_run_can_end_has_its_own_code(error: BaseException, code: int, capsys: Capture) -> None:
    """A bug never reads as a broken promise."""
    assert raising(error) == code
    assert capsys.readouterr().out == ""


def test_a_mistake_of_the_user_shows_no_traceback_and_a_bug_does(capsys: Capture) -> None:
    """The one is for the user, the other for us."""
    raising(UsageError("x.yaml:3: what; do this"))
    assert capsys.readouterr().err == "x.yaml:3: what; do this\n"

    raising(RuntimeError("a bug"))
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "nowhere.yaml"],
        ["run"],
        ["run", "first_light", "--sed", "7"],
        ["run", "first_light", "--seed", "seven"],
        ["run", "first_light", "--seed", "-1"],
        ["run", "first_light", "--world", "mars"],
        ["run", "first_light", "--set", "nonsense"],
        ["run", "first_light", "--set", "world.duration=6", "--json"],
        ["list", "wonders"],
        ["fly"],
    ],
)
def test_wrong_usage_leaves_with_2_and_says_so_on_standard_error(arguments: list[str], capsys: Capture) -> None:
    """Nothing on standard output, no traceback."""
    assert leave(arguments) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.strip()
    assert "Traceback" not in told.err


def test_every_mistake_of_a_scenario_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    """What, where, what to do."""
    path = scenario_file(tmp_path, ("duration: 1h", "duration: 60"), ("recovery: 120s", "recovry: 120s"))

    assert leave(["run", str(path), "--json", "--out", str(tmp_path / "out")]) == 2

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.count("; ") >= 1 and "quiet.yaml:" in line for line in lines)
    assert not (tmp_path / "out").exists()


SHORT = [
    "first_light", "--seed", "7", "--set", "world.duration=14m", "--set", "world.healed=2m", "--set", "faults=[]",
    "--set", "sometimes=[]", "--set", "expect.warm_up=8m",
]  # fmt: skip


def test_json_is_one_object_and_nothing_else(tmp_path: Path, capsys: Capture) -> None:
    """Names fixed by the design; the same object goes into the folder that was named."""
    code = leave(["run", *SHORT, "--json", "--out", str(tmp_path / "out")])

    told = capsys.readouterr().out
    result = json.loads(told)
    assert told.count("\n") == 1
    assert result == json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["result.json"]
    assert code == {"held": 0, "broken": 1, "unknown": 3}[result["verdict"]]
    assert {
        "scenario", "seed", "world", "verdict", "promises", "uptime", "unprotected_s", "faults", "orders",
        "virtual_s", "wall_s", "cpu_s", "events", "digest", "reproduce",
    } <= set(result)  # fmt: skip
    assert set(result["promises"][0]) == {"name", "status", "exercised", "detail", "at_s"}
    assert set(result["uptime"][0]) == {"component", "target", "measured", "down_s", "judged_s", "venue_down_s"}
    assert set(result["orders"]) == {
        "intents", "accepted", "filled", "refused", "unknown_resolved", "duplicates", "lost",
    }  # fmt: skip
    assert result["virtual_s"] == 960.0
    assert result["reproduce"].endswith("--seed 7")


def test_the_same_command_gives_the_same_digest_in_processes_with_different_hash_seeds() -> None:
    """Neither the order of a set nor the address of an object decides anything. Piped, there is no colour."""
    digests = []
    for hash_seed in ("1", "2"):
        done = _stormproof(["run", *SHORT, "--json"], hash_seed)
        digests.append(json.loads(done.stdout)["digest"])
        assert "\x1b" not in done.stdout + done.stderr
    assert digests[0] == digests[1]
    assert len(digests[0]) == 32


def test_a_person_gets_a_table_without_colours_where_it_is_piped() -> None:
    """What was promised, how long it was up, and the command that repeats it."""
    done = _stormproof(["run", *SHORT], "0")

    assert "\x1b" not in done.stdout + done.stderr
    for words in ("What was promised", "no_duplicate_orders", "Uptime", "see it again:", "stormproof run"):
        assert words in done.stdout


def _stormproof(arguments: list[str], hash_seed: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    environment.pop("FORCE_COLOR", None)
    code = "from scenarios.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path, capsys: Capture) -> None:
    """Before anything is run."""
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")

    for out in (file, file / "below"):
        assert leave(["run", "first_light", "--out", str(out)]) == 2
        assert "name a folder" in capsys.readouterr().err


def test_a_misspelt_scenario_is_told_with_what_was_meant(capsys: Capture) -> None:
    """A name that is like none is a file that is not there."""
    assert leave(["run", "first_lite"]) == 2
    assert "did you mean 'first_light'?" in capsys.readouterr().err
    assert leave(["run", "zzz"]) == 2
    assert "there is no such file" in capsys.readouterr().err


@pytest.mark.parametrize("shelf", ["scenarios", "faults", "promises", "marks"])
def test_each_shelf_can_be_read_by_person_and_machine(shelf: str, capsys: Capture) -> None:
    """The same rows either way."""
    assert leave(["list", shelf]) == 0
    assert shelf.capitalize() in capsys.readouterr().out

    assert leave(["list", shelf, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)[shelf]
    assert rows
    assert all(row["name"] for row in rows)


def test_the_list_of_faults_says_what_can_be_chosen(capsys: Capture) -> None:
    """Parameters with their bounds, and where the fault was learned."""
    leave(["list", "faults", "--json"])

    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["faults"]}
    assert set(rows) == set(KINDS)
    assert rows["outage"]["parameters"] == {"mode": "refuse | error | hang"}
    assert rows["ack_lost"]["learned_from"]


def test_a_reader_who_leaves_early_does_not_read_as_a_broken_promise() -> None:
    """Whether it is a table or an object that nobody reads."""
    for arguments in (["list"], ["list", "faults", "--json"]):
        command = [sys.executable, "-m", "scenarios.cli", *arguments]
        reads, writes = os.pipe()
        os.close(reads)
        left = subprocess.run(command, stdout=writes, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        os.close(writes)

        assert (left.returncode, left.stderr) == (4, "")


def test_a_command_that_is_interrupted_says_so_and_what_is_kept(tmp_path: Path) -> None:
    """Ctrl-C goes to the workers too: none of them begins another seed."""
    command = [sys.executable, "-m", "scenarios.cli", "explore", "--for", "7d", "--jobs", "2", "--out", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        while not list(tmp_path.glob("failing/*/scenario.yaml")):
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        told = process.communicate(timeout=20)[1]

    assert process.returncode == 130
    assert told.splitlines() == [
        f"0 seeds are kept in {tmp_path}; the same command goes on with the rest",
        "interrupted",
    ]
