"""Runs one scenario on this machine's clock: real processes, real sockets, and the referee of the virtual world.

What cannot be had here (a fault that only a simulated machine shows, a person's actions, services beside the pager) is
told before anything is started.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, cast

from chaos.ground import Ground
from chaos.storm import Storm
from engine.services.duty import pause
from scenarios.judgement import Cost, result_of
from scenarios.loopback.stage import LoopbackStage, build_loopback
from scenarios.observer import Observer
from scenarios.overheard import overhearing
from scenarios.problem import Problem, UsageError
from scenarios.record import Record
from scenarios.result import Result
from scenarios.run import Progress
from scenarios.scenario import Scenario
from scenarios.stage import Stage

NS = 1_000_000_000
LOOK_NS = NS // 5
WORLD = "loopback"


def run_loopback(
    scenario: Scenario,
    seed: int,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    folder: Path | None = None,
) -> Result:
    """Run a scenario on real processes and judge it.

    Args:
        folder: where what the processes write is kept; nowhere unless given.

    Raises:
        UsageError: the scenario needs something that there is in virtual time alone.
        ToxiproxyMissing, BusServerFailed: this machine lacks what it needs.
    """
    check_loopback(scenario, seed)
    began_s, cpu_began_s = perf_counter(), process_time()
    with tempfile.TemporaryDirectory(prefix="stormproof-") as own, overhearing() as overheard:
        record, complaints, events = asyncio.run(_play(scenario, seed, folder or Path(own), on_progress))
    cost = Cost(
        virtual_s=scenario.world.ends_ns / NS,
        wall_s=perf_counter() - began_s,
        cpu_s=process_time() - cpu_began_s,
        events=events,
        digest=None,
    )
    return result_of(scenario, seed, WORLD, record, cost, dict(sorted((complaints + overheard.counts).items())))


def check_loopback(scenario: Scenario, seed: int) -> None:
    """Tell everything that a scenario has and the loopback world has not; raise `UsageError`."""
    drawn = {fault.name for fault in scenario.schedule(seed) if WORLD not in fault.worlds}
    bot = scenario.bot
    lacking = [f"the fault {name}" for name in sorted(drawn)]
    lacking += ["actions of a person"] if scenario.actions else []
    lacking += ["adversaries"] if scenario.adversaries else []
    lacking += ["a chat room"] if bot.pager.webhook_url_env is not None else []
    lacking += ["a dead man's switch outside"] if bot.pager.bell_url_env is not None else []
    lacking += ["the sentiment source"] if bot.dependencies.sentiment is not None else []
    lacking += ["analytics"] if bot.dependencies.analytics is not None else []
    remedy = "leave it out, or run it in virtual time"
    problems = [
        Problem(where=scenario.name, what=f"{one}: not in the loopback world", remedy=remedy) for one in lacking
    ]
    if problems:
        raise UsageError("\n".join(map(str, problems)))


async def _play(
    scenario: Scenario, seed: int, folder: Path, on_progress: Callable[[Progress], None] | None
) -> tuple[Record, Counter[str], int]:
    """Let a scenario happen, and return what was seen of it."""
    began_s = perf_counter()
    async with build_loopback(scenario, seed, folder) as stage:
        observer = Observer(cast(Stage, cast(Any, stage)), scenario.sites)
        observer.attach()
        storm = Storm(scenario.schedule(seed), _ground(stage, scenario), [observer])
        storm.begin(stage.world.call_at, ends_ns=scenario.world.duration_ns)
        for name, node in scenario.bot.nodes.items():
            if not node.cold:
                stage.machines.reboot(name)
        while (now_ns := stage.world.now_ns()) < scenario.world.ends_ns:
            await pause(min(LOOK_NS, scenario.world.ends_ns - now_ns))
            stage.machines.look()
            if on_progress is not None:
                on_progress(_progress(scenario, storm, stage.world.now_ns(), perf_counter() - began_s))
        record = observer.record(
            bot=scenario.bot.bot,
            instruments=tuple(scenario.bot.instruments),
            fire_ns=scenario.world.duration_ns,
            end_ns=scenario.world.ends_ns,
        )
        return record, Counter(stage.machines.unexpected), stage.world.trace.events


def _ground(stage: LoopbackStage, scenario: Scenario) -> Ground:
    return Ground(
        venues=stage.venues,
        machines=stage.machines,
        wires=stage.wires,
        timers=stage.world,
        bus=stage.bus,
        sites=scenario.sites,
        disks=stage.disks,
        markets=stage.markets,
        services=stage.services,
        models=stage.models,
        climate=stage.climate,
    )


def _progress(scenario: Scenario, storm: Storm, at_ns: int, wall_s: float) -> Progress:
    return Progress(
        virtual_s=at_ns / NS,
        total_s=scenario.world.ends_ns / NS,
        wall_s=wall_s,
        raging=tuple(f"{fault.name} {fault.on}" for fault in storm.raging),
    )
