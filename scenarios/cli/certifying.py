"""`certify`: runs what was declared, and prints the certificate, or what stands in its way."""

from __future__ import annotations

import json
import math
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from chaos.units import UnitInvalid, duration_ns, spoken
from scenarios.certify.certificate import Certificate, Declared, certify
from scenarios.certify.estimators import DAY_S
from scenarios.certify.profile import QUIET
from scenarios.cli.destinations import check_folder
from scenarios.cli.running import write_json
from scenarios.document import shown_path
from scenarios.explore.campaign import program_digest
from scenarios.explore.crew import Processes
from scenarios.problem import UsageError
from scenarios.report.summary import plain_table, report_console
from scenarios.scenario import Scenario, load_scenario
from scenarios.uptime import COMPONENTS

VOIDS_TOLD_MAX = 10


def certify_and_tell(
    name: str,
    overrides: Sequence[str],
    *,
    runs: int,
    root: int,
    target: float,
    longest: str,
    spare: str | None,
    jobs: int | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Certify a bot under a profile; return 0 where every component reaches the target, 1 where not, 3 if unknown."""
    scenario = load_scenario(name, overrides)
    declared = Declared(
        runs=runs,
        root=root,
        target=target,
        confidence=0.95,
        longest_ns=_longest_ns(longest),
        probe=spare,
    )
    if out is not None:
        check_folder(out)
    console = Console(stderr=True)
    hidden = as_json or not console.is_terminal
    columns = (TextColumn("certify"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("certify", total=runs)
        crew = Processes(jobs or os.cpu_count() or 1)
        certificate = certify(scenario, declared, crew, lambda evidence: bar.advance(task))
    told = _to_json(scenario, certificate)
    if out is not None:
        write_json(out / "certificate.json", told)
    if as_json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        _print(scenario, certificate)
    return {True: 0, False: 1, None: 3}[certificate.holds]


def _longest_ns(written: str) -> int:
    try:
        return duration_ns(written)
    except UnitInvalid as error:
        raise UsageError(f"--longest {written}: {error}") from error


def _command(scenario: Scenario, declared: Declared) -> str:
    words = ["stormproof", "certify", shown_path(scenario.path)]
    for override in scenario.overrides:
        words += ["--set", override]
    words += ["--runs", str(declared.runs), "--root", str(declared.root), "--target", str(declared.target)]
    words += ["--longest", spoken(declared.longest_ns)]
    words += ["--spare", declared.probe] if declared.probe is not None else []
    return shlex.join(words)


def _assumptions(certificate: Certificate) -> list[str]:
    """What the claim rests on besides the runs."""
    quiet_h = sum(one.virtual_s for one in certificate.runs_of(QUIET)) / 3600
    cut = sum(one.cut for one in certificate.evidence)
    assumed = [
        "the rates and lengths of the profile; kinds of weather that seldom overlap",
        f"nothing else goes wrong: the quiet was watched for {quiet_h:.1f} h",
        "a kind that did no harm in n runs harms at most one in n/3 of its occurrences, for the recovery bound at most",
    ]
    if cut:
        longest = spoken(certificate.declared.longest_ns)
        assumed.append(f"the {cut} occurrences longer than {longest}, run for that long only, harm no more after it")
    return assumed


def verdict_of(certificate: Certificate) -> Text:
    """What the certificate comes to, in one sentence."""
    target = f"{certificate.declared.target:.3%}"
    if certificate.voids:
        return Text("BROKEN: a promise was broken, and whoever breaks one is not up", style="bold red")
    unjudged = [one for one in COMPONENTS if not certificate.judged_s(one)]
    if unjudged:
        told = f"UNKNOWN: never put to work: {', '.join(unjudged)}"
        return Text(f"{told}; see --spare" if "monitoring" in unjudged else told, style="bold yellow")
    if certificate.holds:
        told = f"HELD: with 95 % confidence each component is up at least {target} of the time under this weather"
        return Text(told, style="bold green")
    short = [one for one in COMPONENTS if 1 - certificate.unavailability(one).upper < certificate.declared.target]
    return Text(f"BROKEN: these runs do not bound at {target} or more: {', '.join(short)}", style="bold red")


def _print(scenario: Scenario, certificate: Certificate) -> None:
    console = report_console()
    declared = certificate.declared
    table = plain_table(
        "Uptime under the profile", "component", "estimate", "at least (95 %)", "target", right=("estimate",)
    )
    for component in COMPONENTS:
        bound = certificate.unavailability(component)
        judged = bool(certificate.judged_s(component))
        estimate, least = (f"{1 - bound.estimate:.5%}", f"{1 - bound.upper:.5%}") if judged else ("–", "never judged")
        table.add_row(component, estimate, least, f"{declared.target:.3%}")
    console.print(table)
    columns = ("kind", "a day", "runs", "bad s, worst component", "longest", "borne a day")
    table = plain_table("What each kind of weather costs", *columns, right=columns[1:])
    for kind in certificate.kinds:
        borne, (component, seen) = certificate.borne(kind), certificate.worst(kind)
        told = "any number" if math.isinf(borne) else f"{borne:,.2f}"
        mean = f"{seen.mean_s:.1f} {component}" if any(seen.bad_s) else "none"
        table.add_row(kind.name, f"{kind.per_day:.4g}", str(len(seen.bad_s)), mean, f"{max(seen.bad_s):.0f}", told)
    console.print(table)
    bare_s = sum(one.unprotected_s for one in certificate.evidence)
    console.print(
        f"Bare {bare_s:,.0f} s of {sum(one.virtual_s for one in certificate.evidence):,.0f} s.", highlight=False
    )
    for one, failure in certificate.voids[:VOIDS_TOLD_MAX]:
        console.print(f"void: {one.kind}, seed {one.seed}: {failure}", highlight=False)
    console.print(verdict_of(certificate))
    console.print("This assumes")
    for assumed in _assumptions(certificate):
        console.print(f"- {assumed}", highlight=False)
    console.print(f"\nsee it again:  {_command(scenario, declared)}", highlight=False, soft_wrap=True)


def _to_json(scenario: Scenario, certificate: Certificate) -> dict[str, Any]:
    declared = certificate.declared
    return {
        "holds": certificate.holds,
        "target": declared.target,
        "confidence": declared.confidence,
        "runs": declared.runs,
        "root": declared.root,
        "program": program_digest(),
        "components": [_component(component, certificate) for component in COMPONENTS],
        "kinds": [
            {
                "kind": kind.name,
                "per_day": kind.per_day,
                "runs": len(certificate.runs_of(kind.name)),
                "bad_s": {one: list(certificate.seen(kind, one).bad_s) for one in COMPONENTS},
                "borne_per_day": None if math.isinf(certificate.borne(kind)) else certificate.borne(kind),
            }
            for kind in certificate.kinds
        ],
        "unprotected_s": sum(one.unprotected_s for one in certificate.evidence),
        "voids": [{"kind": one.kind, "seed": one.seed, "what": failure} for one, failure in certificate.voids],
        "assumes": _assumptions(certificate),
        "reproduce": _command(scenario, declared),
    }


def _component(component: str, certificate: Certificate) -> dict[str, Any]:
    bound = certificate.unavailability(component)
    return {
        "component": component,
        "uptime": 1 - bound.estimate,
        "uptime_at_least": 1 - bound.upper,
        "down_s_per_day": bound.estimate * DAY_S,
        "judged_s": certificate.judged_s(component),
        "venue_down_s": sum(one.venue_down_s[component] for one in certificate.evidence),
    }
