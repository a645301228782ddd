"""The examination of a bot's ground: over real sockets against a venue in this process, and never a crash."""

from __future__ import annotations

import asyncio
import io
import os
import re
import tarfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw

from engine.ports.clock import Clock
from engine.runtime.config import bot_config
from engine.runtime.real.bundle import write_bundle
from engine.runtime.real.clock import RealClock
from engine.runtime.real.doctor import Patient, examine
from engine.runtime.real.findings import Finding, Grade
from engine.runtime.real.keys import Secrets, find_secrets
from scenarios.cli.stalls import Stalls, set_up
from simulator.serve import RealTimeline
from tests.engine.runtime.test_config import changed

STORY_S_MAX = 60
Found = dict[str, list[Finding]]


def examined(
    folder: Path,
    act: Callable[[Stalls], None] = lambda _: None,
    *,
    own_kill_key: bool = False,
    clock: Clock | None = None,
    **changes: Any,
) -> Found:
    """Examine a bot at a Binance and a Kraken on loopback ports; return the findings by check."""

    async def run() -> list[Finding]:
        loop = asyncio.get_running_loop()
        prices = {"BTC/USDT": Decimal(60_000)}
        stalls = set_up(("binance", "kraken"), prices, RealTimeline(loop), seed=7, port=None)
        try:
            await stalls.open("the token of this test")
            act(stalls)
            async with asyncio.timeout(STORY_S_MAX):
                patient = _patient(folder, stalls, own_kill_key=own_kill_key, **changes)
                return await examine(patient, clock or RealClock())
        finally:
            await stalls.close()

    found: Found = {}
    for finding in asyncio.run(run()):
        found.setdefault(finding.check, []).append(finding)
    return found


def _patient(folder: Path, stalls: Stalls, *, own_kill_key: bool, **changes: Any) -> Patient:
    ready: Any = stalls.ready
    hosts = {real: here for name in ("binance", "kraken") for real, here in ready[name]["hosts"].items()}
    written = {"mode": "live", "resolve": hosts, "pager__url": ready["control"] + "/v2/enqueue", **changes}
    config = bot_config(changed(**written))
    environment = {"PAGERDUTY_KEY": "r" * 32}
    for name in ("binance", "kraken"):
        told = ready[name]["credentials"]
        environment |= {f"{name.upper()}_KEY": told["apiKey"], f"{name.upper()}_SECRET": told["secret"]}
    if own_kill_key:
        environment |= {"BINANCE_KEY__KILL": "a key that binance does not know", "BINANCE_SECRET__KILL": "guessed"}
    keyring = {who: find_secrets(config, who=who, environment=environment) for who in ("core-a", "kill")}
    return Patient(config=config, data=folder / "data", keyring=keyring)


def grades(found: Found, check: str) -> list[Grade]:
    return [finding.grade for finding in found[check]]


def test_a_fit_machine_at_venues_that_serve_is_found_fit(tmp_path: Path) -> None:
    found = examined(tmp_path)

    assert [one for findings in found.values() for one in findings if one.grade is Grade.FAIL] == []
    for check in ("versions", "nats-server", "open files", "disk", "binance clock", "kraken sizes", "pager", "bus"):
        assert Grade.OK in grades(found, check)
    assert "it may trade, and may not withdraw" in found["binance key of core-a, kill"][0].said
    assert "are free" in found["kraken balance"][0].said
    assert not (tmp_path / "data").exists()


def test_one_key_for_all_is_told_since_it_cannot_be_revoked_alone(tmp_path: Path) -> None:
    found = examined(tmp_path)

    (told,) = found["binance key"]
    assert (told.grade, "share one key" in told.said) == (Grade.WARN, True)


def test_a_kill_key_that_the_venue_does_not_know_is_found_before_it_is_needed(tmp_path: Path) -> None:
    found = examined(tmp_path, own_kill_key=True)

    assert "binance key" not in found
    assert grades(found, "binance key of core-a") == [Grade.OK]
    (told,) = [finding for check, findings in found.items() for finding in findings if finding.grade is Grade.FAIL]
    assert told.check.startswith("binance key of ")
    assert "refuses it" in told.said


def test_a_key_that_may_withdraw_is_refused(tmp_path: Path) -> None:
    def may_withdraw(stalls: Stalls) -> None:
        stall = stalls.stalls["binance"]
        stall.venue.issue_key(replace(stall.key, may=frozenset({"read", "trade", "withdraw"})))

    found = examined(tmp_path, may_withdraw)

    (told,) = found["binance key of core-a, kill"]
    assert told.grade is Grade.FAIL
    assert "may withdraw" in told.said


def test_a_venue_that_does_not_answer_is_a_failed_check_and_the_others_are_told(tmp_path: Path) -> None:
    def fails(stalls: Stalls) -> None:
        stalls.stalls["binance"].faults.inject("error", {"status": 503})

    found = examined(tmp_path, fails)

    assert grades(found, "binance") == [Grade.FAIL]
    assert grades(found, "kraken clock") == [Grade.OK]


def test_a_wrong_clock_is_told_with_how_far_it_is_off(tmp_path: Path) -> None:
    class Late(RealClock):
        """A machine whose time of day is nine seconds behind."""

        def wall_ns(self) -> int:
            return super().wall_ns() - 9_000_000_000

    found = examined(tmp_path, clock=Late())

    (told,) = found["binance clock"]
    assert told.grade is Grade.FAIL
    said = re.search(r"(-\d+) ms", told.said)
    assert said is not None
    assert abs(int(said[1]) + 9000) < 500
    assert grades(found, "binance balance") == [Grade.OK]


def test_a_share_below_the_minimum_and_a_symbol_that_is_not_traded_are_told(tmp_path: Path) -> None:
    instruments = {"BTC/USDT": {"size": 0.00001, "limit": 0.05}, "XYZ/USDT": {"size": 1, "limit": 2}}
    found = examined(tmp_path, instruments=instruments)

    said = " ".join(finding.said for finding in found["binance sizes"])
    assert "does not trade XYZ/USDT" in said
    assert "instruments.BTC/USDT.size" in said
    assert grades(found, "binance sizes") == [Grade.FAIL, Grade.FAIL]


def test_too_little_money_is_told(tmp_path: Path) -> None:
    found = examined(tmp_path, instruments={"BTC/USDT": {"size": 90, "limit": 90}})

    assert grades(found, "binance balance") == [Grade.WARN]


def test_a_damaged_journal_and_one_of_a_newer_version_are_told(tmp_path: Path) -> None:
    node = tmp_path / "data" / "core-a"
    node.mkdir(parents=True)
    (node / "damaged.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    newer = apsw.Connection(str(node / "newer.sqlite"))
    newer.execute("PRAGMA user_version=99; CREATE TABLE one (a)")
    newer.close()

    found = examined(tmp_path)

    assert grades(found, "journal core-a/damaged.sqlite") == [Grade.FAIL]
    assert "a newer version" in found["journal core-a/newer.sqlite"][0].said


def test_a_data_folder_that_others_can_read_is_told_with_the_mode(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    (tmp_path / "data").chmod(0o755)

    found = examined(tmp_path)

    assert "0755" in found["disk"][0].said
    assert "chmod 700" in found["disk"][0].remedy


def test_a_pager_that_cannot_be_reached_and_a_bus_that_is_away_fail(tmp_path: Path) -> None:
    found = examined(tmp_path, pager__url="http://127.0.0.1:1/v2/enqueue", bus={"url": "nats://127.0.0.1:1"})

    assert grades(found, "pager") == [Grade.FAIL]
    assert grades(found, "bus")[-1] is Grade.FAIL


def test_every_key_under_one_name_is_taken_out_of_what_the_doctor_writes(tmp_path: Path) -> None:
    keyring = {who: Secrets({"BINANCE_KEY": f"the key of {who}"}) for who in ("exec-a", "kill")}
    patient = Patient(config=bot_config(changed()), data=tmp_path, keyring=keyring)

    told = patient.secrets.redact("the key of exec-a, the key of kill")

    assert told == "[BINANCE_KEY], [BINANCE_KEY of kill]"


def test_a_bundle_is_for_its_owner_and_holds_logs_without_secrets(tmp_path: Path) -> None:
    secrets = Secrets({"BINANCE_SECRET": "a-secret-value"})
    (tmp_path / "exec-a").mkdir()
    (tmp_path / "exec-a" / "log.jsonl").write_text('{"problem": "a-secret-value"}\n')
    bundle = tmp_path / "bundle.tar.gz"

    names = write_bundle(
        bundle, texts={"bot.yaml": "bot: x # a-secret-value"}, data=tmp_path, redact=secrets.redact, at_ns=0
    )

    assert names == ("bot.yaml", "logs/exec-a/log.jsonl")
    assert os.stat(bundle).st_mode & 0o777 == 0o600
    with tarfile.open(fileobj=io.BytesIO(bundle.read_bytes())) as opened:
        texts = [opened.extractfile(one).read().decode() for one in opened.getmembers()]  # type: ignore[union-attr]
    assert texts == ["bot: x # [BINANCE_SECRET]", '{"problem": "[BINANCE_SECRET]"}\n']
