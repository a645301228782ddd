"""The loopback world: real processes and sockets under the same referee, and what is said where it cannot be had."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from chaos.vocabulary import KINDS
from scenarios.loopback.wires import toxics_of
from simulator.dialects.peers import PEERS, peer_of
from simulator.network.toxics import Toxic
from simulator.serve import LoopbackPorts

SCENARIO = "on_the_wire"
RUN_S_MAX = 400
"""Its two acts on the wall clock, and as long again for a machine that is busy with other tests."""


def run(*arguments: str, environment: Mapping[str, str], within_s: float) -> tuple[int, dict[str, Any] | None, str]:
    """Run a scenario on the loopback world as a user does; return exit code, what it printed, what it complained."""
    command = (sys.executable, "-m", "scenarios.cli", "run", *arguments, "--world", "loopback", "--json")
    done = subprocess.run(command, capture_output=True, env=dict(environment), timeout=within_s, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr.decode()


@pytest.mark.wire
def test_what_holds_in_virtual_time_holds_on_real_processes() -> None:
    code, told, said = run(SCENARIO, "--seed", "7", environment=os.environ, within_s=RUN_S_MAX)

    assert told is not None, said
    assert (told["verdict"], code) == ("held", 0), json.dumps(told, indent=1)
    assert told["world"] == "loopback"
    assert told["digest"] is None
    assert "--world loopback" in told["reproduce"]
    assert {fault["name"] for fault in told["faults"]} == {"ack_lost", "crash", "socket_drop"}


def test_without_toxiproxy_nothing_is_known_and_what_to_do_is_said(tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("TOXIPROXY")}
    code, told, said = run(SCENARIO, environment={**bare, "PATH": str(tmp_path)}, within_s=60)

    assert code == 3
    assert told is not None
    assert told["verdict"] == "unknown"
    assert "set TOXIPROXY_URL" in told["unknowns"][0]
    assert "set TOXIPROXY_URL" in said


def test_a_toxiproxy_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    code, _, said = run(SCENARIO, environment={**os.environ, "TOXIPROXY_SERVER": nowhere}, within_s=60)

    assert code == 3
    assert nowhere in said


def test_what_real_processes_cannot_show_is_refused_by_name() -> None:
    code, told, said = run("clock_jumps", environment=os.environ, within_s=60)

    assert (code, told) == (2, None)
    assert "the fault clock_step" in said


def test_each_kind_of_fault_says_where_it_can_be_shown() -> None:
    both = {name for name, kind in KINDS.items() if "loopback" in kind.worlds}

    assert {"ack_lost", "crash", "pause", "partition", "latency", "outage", "socket_drop", "bus_outage"} <= both
    assert both.isdisjoint({"clock_step", "power_cut", "disk_full", "dns_failure", "signal_hang", "bus_slow"})
    assert all("virtual" in kind.worlds for kind in KINDS.values())


def test_a_trouble_of_a_link_is_told_to_toxiproxy_in_its_own_words_and_units() -> None:
    ms = 1_000_000
    trouble = Toxic(delay_ns=500 * ms, jitter_ns=100 * ms, bytes_per_s=20_000, linger_ns=30_000 * ms)
    pieces = Toxic(piece_bytes=64, piece_gap_ns=ms, limit_bytes=50_000)

    assert dict(toxics_of(trouble)) == {
        "latency": {"latency": 500, "jitter": 100},
        "bandwidth": {"rate": 20},
        "slow_close": {"delay": 30_000},
    }
    assert dict(toxics_of(pieces)) == {
        "slicer": {"average_size": 64, "size_variation": 0, "delay": 1000},
        "limit_data": {"bytes": 50_000},
    }


def test_a_venue_knows_clients_apart_by_the_port_that_each_has_for_itself() -> None:
    async def story() -> list[str]:
        application, ports = web.Application(), LoopbackPorts()
        application[PEERS] = {}

        async def tell(request: web.Request) -> web.Response:
            return web.Response(text=peer_of(request))

        application.router.add_get("/", tell)
        for name in ("feed-a", "exec-a"):
            application[PEERS][await ports.open(application)] = name
        async with aiohttp.ClientSession() as session:
            answers = [await session.get(f"http://127.0.0.1:{port}/") for port in application[PEERS]]
            said = [await answer.text() for answer in answers]
        await ports.close()
        return said

    assert asyncio.run(story()) == ["feed-a", "exec-a"]
