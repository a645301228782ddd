"""Campaigns: taken up where they were left, begun anew when the program has changed, and clear about what they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from scenarios.cli.leave import leave
from scenarios.explore.campaign import LEDGER, Plan, take_up
from scenarios.explore.crew import Died, Given, Got
from scenarios.explore.surroundings import draw_surroundings
from scenarios.explore.trial import Failure, Outcome, Trial
from scenarios.problem import UsageError
from scenarios.scenario import load_scenario
from scenarios.written import scenario_text, write_text

MINUTE = 60 * 10**9
LASTS = 40 * MINUTE
Capture = pytest.CaptureFixture[str]


def outcome(seed: int, *kinds: str) -> Outcome:
    """What a seed came to, without a run."""
    failures = tuple(Failure(kind=kind, detail="so it was") for kind in kinds)
    return Outcome(seed=seed, failures=failures, promises={}, marks={}, faults={}, virtual_s=1, cpu_s=1, digest="")


def write_ledger(folder: Path, plan: Plan, *outcomes: Outcome, half: bytes = b"") -> None:
    """Leave a campaign as it was when it was stopped."""
    lines = [msgspec.json.encode(one) for one in (plan, *outcomes)]
    (folder / LEDGER).write_bytes(b"\n".join(lines) + b"\n" + half)


def test_a_campaign_that_is_taken_up_again_tries_only_what_is_left(tmp_path: Path) -> None:
    """A line that was half written counts for nothing, and is gone before the next is added."""
    plan = take_up(tmp_path, lasts_ns=LASTS).plan
    write_ledger(tmp_path, plan, outcome(1), outcome(3, "no_lost_orders"), half=b'{"seed": 2, "fail')

    again = take_up(tmp_path, lasts_ns=LASTS)

    assert again.order(range(1, 6)) == [2, 4, 5]
    assert again.known[3].failures[0].kind == "no_lost_orders"
    assert (tmp_path / LEDGER).read_bytes().endswith(b"\n")


class CutShort:
    """A crew that has begun two seeds, of which one has failed, when a person ends it."""

    width = 1

    def each(self, work: Callable[[Given], Got], pieces: Iterable[Given]) -> Iterator[tuple[Given, Got | Died]]:
        """Yield the first piece as dead and leave."""
        assert isinstance(work, Trial)
        begun = list(pieces)[:2]
        for piece in begun:
            (work.folder / str(piece)).mkdir(parents=True)
        yield begun[0], Died("it was killed")
        raise KeyboardInterrupt


def test_a_seed_that_was_cut_short_is_not_kept_as_failing(tmp_path: Path) -> None:
    """Nobody has seen it fail; what has failed stays."""
    campaign = take_up(tmp_path, lasts_ns=LASTS)

    with pytest.raises(KeyboardInterrupt):
        list(campaign.go(CutShort(), [4, 5]))

    assert [home.name for home in campaign.trial.folder.iterdir()] == ["4"]


def test_after_a_change_of_the_program_all_is_tried_again_and_first_what_had_failed(tmp_path: Path) -> None:
    """And it stays first if that was interrupted, too."""
    take_up(tmp_path, lasts_ns=LASTS)
    write_ledger(tmp_path, Plan(lasts_ns=LASTS, program="older"), outcome(1), outcome(4, "x"), outcome(9, "y"))

    once = take_up(tmp_path, lasts_ns=LASTS)
    assert once.order(range(1, 4)) == [4, 9, 1, 2, 3]

    write_ledger(tmp_path, Plan(lasts_ns=LASTS, program="older still", suspects=(4, 9)), outcome(4))
    assert take_up(tmp_path, lasts_ns=LASTS).order(range(1, 3)) == [9, 1, 2]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    """Files of others, another length, a broken ledger: each is told, and nothing is lost."""
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(UsageError, match="no campaign"):
        take_up(tmp_path, lasts_ns=LASTS)
    assert (tmp_path / "thesis.txt").exists()

    folder = tmp_path / "campaign"
    take_up(folder, lasts_ns=LASTS)
    with pytest.raises(UsageError, match="another length"):
        take_up(folder, lasts_ns=2 * LASTS)

    (folder / LEDGER).write_bytes(b"nonsense\n")
    with pytest.raises(UsageError, match="cannot be read"):
        take_up(folder, lasts_ns=LASTS)


@pytest.mark.parametrize("seed", range(40))
def test_every_seed_draws_a_scenario_that_a_person_could_have_written(seed: int, tmp_path: Path) -> None:
    """Read back from its file, it draws the very faults that were drawn."""
    drawn = draw_surroundings(seed, lasts_ns=LASTS)
    write_text(tmp_path / "scenario.yaml", scenario_text(drawn.scenario))
    write_text(tmp_path / "bot.yaml", scenario_text(drawn.bot))

    scenario = load_scenario(tmp_path / "scenario.yaml")

    assert [one.id for one in scenario.schedule(seed)] == [line["id"] for line in drawn.scenario["faults"]]
    assert drawn == draw_surroundings(seed, lasts_ns=LASTS)


def test_explore_tells_what_it_tried_and_what_it_never_met(tmp_path: Path, capsys: Capture) -> None:
    """Two short seeds, tried once; asked again, it knows."""
    asked = ["explore", "--seeds", "2", "--for", "15m", "--jobs", "2", "--out", str(tmp_path / "found"), "--json"]

    code = leave(asked)
    told = json.loads(capsys.readouterr().out)
    again = leave(asked)

    assert json.loads(capsys.readouterr().out) == told
    assert code == again == (1 if told["found"] else 0)
    assert told["seeds"] == 2
    assert "hard_failure_flattens" in told["never"]["promises"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--for", "5"], "not a duration"),
        (["--for", "1m"], "from 15m to 7d"),
        (["--seeds", "0"], "seeds"),
        (["--dask", "tcp://127.0.0.1:1"], "--dask"),
    ],
)
def test_wrong_use_is_told_and_leaves_with_2(
    arguments: list[str], complaint: str, tmp_path: Path, capsys: Capture
) -> None:
    """Before anything is begun."""
    assert leave(["explore", "--out", str(tmp_path / "x"), *arguments]) == 2
    assert complaint in capsys.readouterr().err


def test_a_failing_seed_is_seen_again_from_wherever_one_stands(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command is one line that can be pasted, however long the names in the table are; nothing is run again."""
    folder, elsewhere = tmp_path / "my campaign", tmp_path / "elsewhere"
    elsewhere.mkdir()
    plan = take_up(folder, lasts_ns=LASTS).plan
    write_ledger(folder, plan, outcome(1), outcome(2, "no_lost_orders", "unhandled/exec-a: " + 20 * "so long "))
    monkeypatch.chdir(elsewhere)

    code = leave(["explore", "--seeds", "2", "--out", "../my campaign"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert "  stormproof run '../my campaign/failing/2/scenario.yaml' --seed 2" in lines
    assert max(map(len, lines)) <= 110
