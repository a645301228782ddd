"""Runs one scenario with one seed: builds the world, lets the storm loose, watches, and has it judged.

Virtual time is run in steps of a virtual minute, only so that somebody who waits can be told how far it has got; the
steps change nothing in the run.
"""

from __future__ import annotations

import gc
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from time import perf_counter, process_time

from chaos.fault import Fault
from chaos.ground import Ground
from chaos.storm import Storm
from scenarios.footprint import give_back
from scenarios.judgement import Cost, result_of
from scenarios.observer import Observer
from scenarios.operator import Operator
from scenarios.overheard import overhearing
from scenarios.record import Record
from scenarios.result import Result
from scenarios.scenario import Scenario
from scenarios.stage import Stage
from scenarios.wiring import build_stage

NS = 1_000_000_000
STEP_NS = 60 * NS
GIVEN_BACK_EVERY_NS = 3_600 * NS
BURIAL_NS = 10 * STEP_NS
"""How often the dead are buried: all of memory is looked through for it, and a deploy leaves somebody each minute."""
COMPLAINT_CHARACTERS_MAX = 120


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run has got. `raging` names the faults that act at the moment, and on what."""

    virtual_s: float
    total_s: float
    wall_s: float
    raging: tuple[str, ...]

    @property
    def speed_up(self) -> float:
        """Virtual seconds that pass in a real one."""
        return self.virtual_s / self.wall_s if self.wall_s else 0.0


def run(scenario: Scenario, seed: int, on_progress: Callable[[Progress], None] | None = None) -> Result:
    """Run a scenario in virtual time and judge it. Raises whatever goes wrong with the simulation itself."""
    began_s, cpu_began_s = perf_counter(), process_time()
    played = play(scenario, seed, on_progress)
    cost = Cost(
        virtual_s=scenario.world.ends_ns / NS,
        wall_s=perf_counter() - began_s,
        cpu_s=process_time() - cpu_began_s,
        events=played.events,
        digest=played.digest,
    )
    return result_of(scenario, seed, "virtual", played.record, cost, dict(sorted(played.complaints.items())))


@dataclass(frozen=True, kw_only=True)
class Played:
    """What is left of a world when it has ended, or at the moment at which it was stopped."""

    record: Record
    complaints: Counter[str]
    faults: tuple[Fault, ...]
    """Every fault as it came, those of adversaries too; `chaos.schedule.written` makes lines of them."""
    events: int
    digest: str


def play(
    scenario: Scenario,
    seed: int,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    until_ns: int | None = None,
) -> Played:
    """Let a scenario happen, to its end or up to a moment of virtual time, and return what was seen; judge nothing."""
    end_ns = scenario.world.ends_ns if until_ns is None else min(until_ns, scenario.world.ends_ns)
    with overhearing() as overheard:
        played = _played(scenario, seed, on_progress, end_ns)
        _bury()
    return replace(played, complaints=played.complaints + overheard.counts)


def _played(scenario: Scenario, seed: int, on_progress: Callable[[Progress], None] | None, end_ns: int) -> Played:
    began_s = perf_counter()
    stage = build_stage(scenario, seed)
    observer = Observer(stage, scenario.sites)
    observer.attach()
    ground = Ground(
        venues=stage.venues,
        machines=stage.world,
        wires=stage.internet,
        timers=stage.world,
        bus=stage.broker,
        sites=scenario.sites,
        disks=stage.disks,
        markets=stage.markets,
        services=stage.services,
        models=stage.models,
        climate=stage.climate,
    )
    adversaries = [one.begin(seed, scenario.sites) for one in scenario.adversaries]
    storm = Storm(scenario.schedule(seed), ground, [observer], adversaries)
    storm.begin(stage.world.call_at, ends_ns=scenario.world.duration_ns)
    operator = Operator(stage, scenario.bot, scenario.bare_bot, observer.acted)
    operator.begin(scenario.actions, until_ns=scenario.world.duration_ns)
    with closing(stage):
        for step_ns in _steps(end_ns):
            stage.world.run(step_ns)
            if step_ns % BURIAL_NS == 0:
                stage.world.bury_dead()
            if step_ns % GIVEN_BACK_EVERY_NS == 0:
                give_back()
            if on_progress is not None:
                on_progress(_progress(scenario, storm, step_ns, perf_counter() - began_s))
        return Played(
            record=observer.record(
                bot=scenario.bot.bot,
                instruments=tuple(scenario.bot.instruments),
                fire_ns=scenario.world.duration_ns,
                end_ns=end_ns,
            ),
            complaints=_complaints(stage),
            faults=tuple(storm.brought),
            events=stage.world.trace.events,
            digest=stage.world.trace.digest(),
        )


def _progress(scenario: Scenario, storm: Storm, until_ns: int, wall_s: float) -> Progress:
    return Progress(
        virtual_s=until_ns / NS,
        total_s=scenario.world.ends_ns / NS,
        wall_s=wall_s,
        raging=tuple(f"{fault.name} {fault.on}" for fault in storm.raging),
    )


def _bury() -> None:
    """Let go of a world for good: it is a web of cycles, and a process that runs a hundred of them would drown.

    Machines that end with their world, or lost power before, have nobody left to close their sessions. Python says so
    of each; that is true, and no news.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def _steps(end_ns: int) -> Iterator[int]:
    yield from range(STEP_NS, end_ns, STEP_NS)
    yield end_ns


def _complaints(stage: Stage) -> Counter[str]:
    """Errors that no code of a machine handled, by machine and kind; what follows the kind may hold addresses."""
    return Counter(f"{host.name}: {_kind(text)}" for host in stage.world.hosts.values() for text in host.complaints)


def _kind(text: str) -> str:
    """The names of the errors in a complaint, without what they carry."""
    return text.replace("(", " ").split("=")[0].rpartition(" ")[0][:COMPLAINT_CHARACTERS_MAX]
