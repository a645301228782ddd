"""What a person does to the bot in a run: it is done by the public doors, seen, and judged at the venues."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios import run_scenario
from scenarios.finding import Status
from scenarios.problem import ScenarioInvalid
from scenarios.promises.recovery import recovered_in_time
from scenarios.scenario import load_scenario
from tests.scenarios.files import scenario_file
from tests.scenarios.stories import Story

ACTIONS = """\
actions:
  - {do: exit, at: 12m, every: 1m}
  - {do: kill, at: 15m30s}
  - {do: rearm, at: 18m}
  - {do: deploy, at: 20m}
"""
SHORT = ("world.duration=23m", "world.healed=5m", "faults=[]", "sometimes=[]", "expect.promises=[killed_means_flat]")


def test_a_person_asks_for_exits_kills_re_arms_and_deploys(tmp_path: Path) -> None:
    """Each is seen with its time; exits are served, a kill leaves nothing, a restart repeats nothing."""
    path = scenario_file(tmp_path, ("expect:\n", ACTIONS + "expect:\n"))

    result = run_scenario(path, seed=3, overrides=SHORT)

    done = [(one.verb, one.on) for one in result.record.actions if one.done_ns is not None]
    assert done.count(("exit", "BTC/USDT")) == 11
    assert ("kill", "") in done
    assert ("rearm", "") in done
    assert ("deploy", "all-a") in done
    for name in ("exits_stay_open", "killed_means_flat", "restart_idempotent", "no_duplicate_orders"):
        assert result.finding(name).status is Status.HELD, result.finding(name)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{do: exit, at: 12m, on: DOGE/USDT}", "nothing to exit is called 'DOGE/USDT'"),
        ("{do: standby, at: 12m, on: all-a}", "nothing to standby is called 'all-a'"),
        ("{do: kill, at: 61m}", "it comes after the act under fire"),
        ("{do: dance, at: 1m}", "dance"),
    ],
)
def test_what_nobody_can_do_is_said_before_the_run(tmp_path: Path, line: str, complaint: str) -> None:
    path = scenario_file(tmp_path, ("expect:\n", f"actions:\n  - {line}\nexpect:\n"))

    with pytest.raises(ScenarioInvalid) as refused:
        load_scenario(path)

    assert any(complaint in str(problem) for problem in refused.value.problems)


def test_an_unknown_promise_is_said_before_the_run(tmp_path: Path) -> None:
    path = scenario_file(tmp_path, ("  recovery: 120s\n", "  recovery: 120s\n  promises: [no_lost_order]\n"))

    with pytest.raises(ScenarioInvalid) as refused:
        load_scenario(path)

    assert any("there is no promise 'no_lost_order'" in str(problem) for problem in refused.value.problems)


def test_a_bot_that_stands_still_because_a_person_wants_it_has_not_failed_to_recover() -> None:
    """Without the person it has."""
    idle = Story(ends_s=900)
    for at in range(1, 900, 5):
        idle.price(at)
    assert "signal was down" in idle.judged_by(recovered_in_time).detail

    idle.did(0, "pause")

    assert "was down" not in idle.judged_by(recovered_in_time).detail
