"""The same scenario and seed give the same run: in every process, for every hash seed, however slow the machine.

`make versions` asks the same of every supported Python that is installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

COMMAND = [sys.executable, "-m", "scenarios.cli", "run", "first_light", "--seed", "7", "--json"]


PROMISES_MIN = 13
"""How many of the promises this weather must put to the test."""


def run(hash_seed: str) -> dict[str, Any]:
    """Run the first scenario in a process of its own and return what it prints."""
    ran = subprocess.run(
        COMMAND,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    result: dict[str, Any] = json.loads(ran.stdout)
    return result


def test_first_light_is_the_same_run_in_two_processes_with_different_hash_seeds() -> None:
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(run, ("0", "random"))

    assert one["digest"] == other["digest"]
    assert one["verdict"] == "held"
    assert {fault["name"] for fault in one["faults"]} == {
        "ack_lost",
        "crash",
        "outage",
        "rate_limit",
        "silent_reject",
        "socket_drop",
    }
    assert len([promise for promise in one["promises"] if promise["exercised"]]) >= PROMISES_MIN
    assert {key: value for key, value in one.items() if key not in ("wall_s", "cpu_s")} == {
        key: value for key, value in other.items() if key not in ("wall_s", "cpu_s")
    }
