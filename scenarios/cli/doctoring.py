"""`doctor`: whether a bot could trade from this machine as it is configured; one line a check, and what to do.

    0  nothing failed
    1  a check failed
    2  the configuration, or the file of keys, cannot be used

Nothing is sent, changed or paged. `--bundle` puts configuration, checks and the ends of the logs into one file that can
be given away: no secret is in it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

import msgspec

from engine.runtime.config import BotConfig
from engine.runtime.mistakes import ConfigRefused
from engine.runtime.real.bundle import as_lines, write_bundle
from engine.runtime.real.clock import RealClock
from engine.runtime.real.doctor import Patient, examine, worst_of
from engine.runtime.real.findings import Finding, Grade, ok, warn
from engine.runtime.real.keys import Secrets, ask_system_keyring, find_secrets
from scenarios.bot_file import as_problem, data_folder, load_bot
from scenarios.cli.bot_session import Whereabouts, guard_streams
from scenarios.problem import ScenarioInvalid, UsageError
from scenarios.report.summary import report_console

DONE, FAILED = 0, 1
SIGNS = {Grade.OK: ("ok", "green"), Grade.WARN: ("warn", "yellow"), Grade.FAIL: ("FAIL", "bold red")}


def doctor_and_tell(where: Whereabouts, *, bundle: Path | None, as_json: bool) -> int:
    """Examine the ground of a bot and tell what was found; return 0, or 1 when a check failed."""
    bot = load_bot(where.config)
    bot = bot.model_copy(update={"mode": where.mode}) if where.mode is not None else bot
    folder = data_folder(where.config, bot, where.data)
    patient = Patient(config=bot, data=folder, keyring=_keyring(bot, where.keys))
    guard_streams(patient.secrets)
    findings = [*asyncio.run(examine(patient, RealClock())), toxiproxy()]
    told = [json.loads(msgspec.json.encode(finding)) for finding in findings]
    failed = worst_of(findings) is Grade.FAIL
    if bundle is not None:
        _bundle(bundle, where.config, patient, told)
    if as_json:
        answer = {"bot": bot.bot, "mode": bot.mode, "failed": failed, "checks": told}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    else:
        _print(bot, findings, bundle)
    return FAILED if failed else DONE


def toxiproxy() -> Finding:
    """Tell whether the proxy that the loopback world needs is found: a running one, a binary, or one on the PATH."""
    url, server = os.environ.get("TOXIPROXY_URL"), os.environ.get("TOXIPROXY_SERVER")
    if url:
        return ok("toxiproxy", f"TOXIPROXY_URL says {url}")
    found = shutil.which(server) if server else shutil.which("toxiproxy-server")
    if found is not None:
        return ok("toxiproxy", f"found at {found}")
    if server:
        return warn("toxiproxy", f"TOXIPROXY_SERVER says {server}, which cannot be run", "correct it")
    remedy = "only `run --world loopback` needs it: go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0"
    return warn("toxiproxy", "there is none", remedy)


def _keyring(bot: BotConfig, keys: Path | None) -> dict[str, Secrets]:
    """Return the secrets of each who may have any here."""
    try:
        return {
            who: find_secrets(bot, who=who, environment=os.environ, file=keys, ask=ask_system_keyring)
            for who in (*bot.nodes_running("execution", cold=True), "kill")
        }
    except ConfigRefused as refused:
        raise ScenarioInvalid([as_problem(mistake) for mistake in refused.mistakes]) from None


def _bundle(path: Path, config: Path, patient: Patient, told: list[dict[str, object]]) -> None:
    texts = {config.name: config.read_text(encoding="utf-8"), "checks.jsonl": as_lines(told)}
    at_ns = RealClock().wall_ns()
    try:
        write_bundle(path, texts=texts, data=patient.data, redact=patient.secrets.redact, at_ns=at_ns)
    except OSError as error:
        raise UsageError(
            f"--bundle {path}: {(error.strerror or 'failed').lower()}; name a file that can be written"
        ) from error


def _print(bot: BotConfig, findings: list[Finding], bundle: Path | None) -> None:
    from rich.text import Text

    console = report_console()
    for finding in findings:
        word, style = SIGNS[finding.grade]
        console.print(Text.assemble((f"{word:5}", style), (f"{finding.check}: ", "bold"), finding.said))
        if finding.remedy:
            console.print(Text(f"       {finding.remedy}", style="dim"))
    grades = [finding.grade for finding in findings]
    failed, warned = grades.count(Grade.FAIL), grades.count(Grade.WARN)
    console.print(f"{bot.bot} ({bot.mode}): {len(grades)} checks, {failed} failed, {warned} to know of")
    if bundle is not None:
        console.print(f"{bundle} has configuration, checks and logs, and no secret")
