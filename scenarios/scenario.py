"""A scenario: a world, a bot, the weather, and what must hold; read from a file and checked as a whole.

Reading tells every mistake at once, each with its place and its remedy, before anything is built: the scenario's own
keys, the bot's configuration (checked by the engine's own rules), the candle files, and whether all of these fit
together. What cannot be run is refused here; a run that has begun is a judgement.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from chaos.fault import Fault
from chaos.ground import Sites
from chaos.schedule import FaultLine, draw
from chaos.timing import Exponential
from engine.runtime.config import BotConfig
from scenarios.adversaries import AdversaryPlan, read_adversaries
from scenarios.climates import storms_of
from scenarios.companions import read_bot, read_replays
from scenarios.complaints import tell_model
from scenarios.document import Document, read_document, shown_path
from scenarios.fault_lines import check_kinds, fault_lines
from scenarios.fit import check_fit, check_venues
from scenarios.overrides import apply_override
from scenarios.problem import Problem, ScenarioInvalid
from scenarios.schema import NS, Expect, ScenarioFile, World, WrittenAction

LIBRARY = Path(__file__).parent / "library"
"""The scenarios that come with the program."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A scenario that can be run. Times in its parts are nanoseconds; `replays` holds candle files by symbol."""

    name: str
    path: Path
    title: str
    incidents: tuple[str, ...]
    world: World
    bot: BotConfig
    bare_bot: BotConfig
    """The same without any code of the bot's own: what whoever kills it reads."""
    bot_path: Path
    """The file that says it."""
    replays: Mapping[str, Path]
    faults: tuple[FaultLine, ...]
    adversaries: tuple[AdversaryPlan, ...] = ()
    actions: tuple[WrittenAction, ...]
    expect: Expect
    sometimes: tuple[str, ...]
    overrides: tuple[str, ...]

    @cached_property
    def sites(self) -> Sites:
        """What faults may be thrown at."""
        return sites_of(self.world, self.bot)

    def schedule(self, seed: int) -> tuple[Fault, ...]:
        """Return the faults that this seed draws, in order of time; none outlasts the act under fire."""
        hastened = any(isinstance(one.every, Exponential) and one.every.in_storm > 1 for one in self.faults)
        storms = storms_of(self.world, seed) if hastened else ()
        return draw(self.faults, seed=seed, sites=self.sites, horizon_ns=self.world.duration_ns, storms=storms)

    def command(self, seed: int, world: str = "virtual") -> str:
        """Return the command that repeats a run of it from here."""
        words = ["stormproof", "run", shown_path(self.path)]
        if world != "virtual":
            words += ["--world", world]
        for override in self.overrides:
            words += ["--set", override]
        return shlex.join([*words, "--seed", str(seed)])


def sites_of(world: World, bot: BotConfig) -> Sites:
    """Return what selectors may choose: the world's venues and the bot's machines."""
    nodes = {name: node.zone for name, node in bot.nodes.items()}
    return Sites(
        venues=world.venues, nodes=nodes, markets=tuple(world.markets), services=services_of(bot), regions=world.regions
    )


def services_of(bot: BotConfig) -> tuple[str, ...]:
    """Return what this bot has outside that it can do without."""
    wanted = bot.dependencies
    found = ["pager"]
    found += ["sentiment"] if wanted.sentiment is not None else []
    found += ["analytics"] if wanted.analytics is not None and wanted.analytics.url else []
    return tuple(found)


def find_scenario(name: str | Path) -> Path:
    """Return the file meant by a path, or by the bare name of a scenario of the library; raise if that is misspelt."""
    path = Path(name)
    if path.is_file() or path.name != str(name):  # a folder that is called like one of ours is not what is meant
        return path
    if (in_library := LIBRARY / f"{name}.yaml").exists():
        return in_library
    near = get_close_matches(str(name), sorted(one.stem for one in LIBRARY.glob("*.yaml")), n=1)
    if near:
        remedy = f"did you mean {near[0]!r}?"
        raise ScenarioInvalid([Problem(where=str(name), what="there is no such scenario", remedy=remedy)])
    return path


def load_scenario(name: str | Path, overrides: Sequence[str] = (), *, here: Path | None = None) -> Scenario:
    """Read and check a scenario; raise `ScenarioInvalid` with all of its mistakes.

    `overrides` are `key.path=value`; paths in them are relative to `here` (the current folder unless given).
    """
    path = find_scenario(name)
    document = read_document(path)
    for override in overrides:
        apply_override(document, override, here or Path.cwd())
    written = tell_model(document, ScenarioFile)
    parameters = check_kinds(document)
    venues_exist = check_venues(document)
    bot, bare_bot = read_bot(document), read_bot(document, plugins=False)
    replays = _replays(document, written)
    adversaries = read_adversaries(document)
    lines: tuple[FaultLine, ...] = ()
    if written is not None and bot is not None and venues_exist:
        lines = fault_lines(document, written, sites_of(written.world, bot), parameters)
        check_fit(document, written, bot)
    if document.problems or written is None or bot is None or bare_bot is None:
        raise ScenarioInvalid(_in_order(document))
    return Scenario(
        name=path.stem,
        path=path,
        title=written.title,
        incidents=written.incidents,
        world=written.world,
        bot=bot,
        bare_bot=bare_bot,
        bot_path=(path.parent / document.values["bot"]).resolve(),
        replays=replays,
        faults=lines,
        adversaries=adversaries,
        actions=written.actions,
        expect=written.expect,
        sometimes=written.sometimes,
        overrides=tuple(overrides),
    )


def _replays(document: Document, written: ScenarioFile | None) -> dict[str, Path]:
    if written is None:  # candles are checked by themselves where it is not known how long they must last
        return read_replays(document, needed_ns=0, tick_ns=NS)
    return read_replays(document, needed_ns=written.world.ends_ns, tick_ns=written.world.tick_ns)


def _in_order(document: Document) -> list[Problem]:
    """The problems of a document, each once, in the order of file and line."""

    def place(problem: Problem) -> tuple[str, int]:
        name, _, line = problem.where.rpartition(":")
        return (name, int(line)) if line.isdecimal() else (problem.where, 0)

    return sorted(dict.fromkeys(document.problems), key=place)
