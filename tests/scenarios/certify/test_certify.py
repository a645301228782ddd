"""`certify`: what was declared is run, neither more nor less, and what is printed follows from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chaos.units import NS
from scenarios.certify.certificate import Certificate, Declared
from scenarios.certify.profile import QUIET, allotted, kinds_of, occurrence
from scenarios.certify.trial import Evidence
from scenarios.cli.certifying import verdict_of
from scenarios.cli.leave import leave
from scenarios.problem import UsageError
from scenarios.scenario import LIBRARY, load_scenario
from scenarios.uptime import COMPONENTS
from tests.scenarios.files import scenario_file

Capture = pytest.CaptureFixture[str]
FIELD = LIBRARY.parent / "soaks" / "field.yaml"

RECURRING = (
    ("recovery: 120s", "recovery: 120s\n  warm_up: 7m"),
    ("at: 20m, for: 10m", "every: {exponential: 12h}, for: 20s"),
    ("at: 40m, for: 15s", "every: {exponential: 2d}, for: 15s"),
)


def test_the_kinds_of_a_profile_come_as_often_as_all_of_their_lines() -> None:
    """A dropped socket at any of three venues; a deploy once a week."""
    kinds = {kind.name: kind for kind in kinds_of(load_scenario(FIELD))}

    assert kinds["drop"].per_day == pytest.approx(3.0)
    assert len(kinds["crash"].lines) == 8
    assert kinds["deploy"].per_day == pytest.approx(1 / 7)


def test_runs_are_shared_out_by_what_hangs_on_them() -> None:
    """All of them at most, more for what comes often, and enough for each."""
    kinds = kinds_of(load_scenario(FIELD))
    shares = allotted(kinds, 600, least=8)

    assert 560 < sum(shares.values()) <= 600
    assert shares["drop"] > shares["crash"] > shares["disaster"] >= 8
    assert shares[QUIET] == 8
    with pytest.raises(UsageError, match="need 8 runs each"):
        allotted(kinds, 100, least=8)


@pytest.mark.parametrize("seed", range(20))
def test_a_run_holds_one_occurrence_and_the_probe(seed: int) -> None:
    """At a moment and on a target of its own, and no longer than a run may be."""
    scenario = load_scenario(FIELD)
    disaster = next(kind for kind in kinds_of(scenario) if kind.name == "disaster")

    parts, cut = occurrence(scenario, disaster, seed, longest_ns=1800 * NS, probe="monitor-c")

    fault, probe = parts["faults"]
    assert fault["inject"] == "outage"
    assert fault["for"] == "30m"
    assert cut
    assert probe["on"] == "node/monitor-c"
    assert occurrence(scenario, disaster, seed, longest_ns=1800 * NS, probe="monitor-c") == (parts, cut)


def test_a_profile_of_what_comes_once_is_refused(tmp_path: Path, capsys: Capture) -> None:
    """It says no rate."""
    path = scenario_file(tmp_path)

    assert leave(["certify", str(path), "--root", "1"]) == 2
    assert "comes once, which is no rate" in capsys.readouterr().err


def test_a_certificate_says_what_was_run_and_what_it_bounds(tmp_path: Path, capsys: Capture) -> None:
    """Few runs bound little, and that is said; a lone machine that crashes is seen to be down."""
    path = scenario_file(tmp_path, *RECURRING)

    asked = ["certify", str(path), "--runs", "24", "--root", "5", "--longest", "1m", "--jobs", "2"]

    code = leave([*asked, "--json"])
    told = json.loads(capsys.readouterr().out)

    assert code == 3
    assert told["holds"] is None, "nothing rang, so the monitor was never judged"
    assert {kind["kind"]: kind["runs"] for kind in told["kinds"]} == {"ack_lost": 8, "crash": 8}
    uptimes = {one["component"]: one for one in told["components"]}
    assert all(0 <= one["uptime_at_least"] <= one["uptime"] <= 1 for one in uptimes.values())
    assert uptimes["ingestion"]["judged_s"] > 24 * 60
    assert sum(told["kinds"][1]["bad_s"]["ingestion"]) > 0
    assert told["reproduce"].endswith("--runs 24 --root 5 --target 0.9995 --longest 1m")


@pytest.mark.parametrize(
    ("bad_s", "judged_s", "failures", "verdict"),
    [
        (0.0, 1e6, (), "HELD: with 95 % confidence each component is up at least 99.950% of the time"),
        (1e3, 1e6, (), "BROKEN: these runs do not bound at 99.950% or more: ingestion, signal, execution, monitoring"),
        (0.0, 0.0, (), "UNKNOWN: never put to work: ingestion, signal, execution, monitoring; see --spare"),
        (0.0, 1e6, ("no_lost_orders",), "BROKEN: a promise was broken"),
    ],
)
def test_a_certificate_comes_to_one_sentence(
    bad_s: float, judged_s: float, failures: tuple[str, ...], verdict: str
) -> None:
    """Nobody should have to compare the columns of a table."""
    quiet = Evidence(
        kind=QUIET,
        seed=1,
        failures=failures,
        bad_s=dict.fromkeys(COMPONENTS, bad_s),
        judged_s=dict.fromkeys(COMPONENTS, judged_s),
        venue_down_s=dict.fromkeys(COMPONENTS, 0.0),
        unprotected_s=0.0,
        virtual_s=1e6,
        cut=False,
        cpu_s=0.0,
    )
    declared = Declared(runs=8, root=1, target=0.9995, confidence=0.95, longest_ns=NS, probe=None)

    certificate = Certificate(declared=declared, recovery_s=120, kinds=(), evidence=(quiet,))

    assert verdict_of(certificate).plain.startswith(verdict)
