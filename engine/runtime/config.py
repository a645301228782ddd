"""What a person writes about one bot, checked as a whole before anything is started.

All mistakes are told at once, each with the key it stands at: a configuration that could lose money is refused
entire. Unknown keys are refused too, since a misspelt `limit` must not silently become no limit. Every
bound that the engine waits, queues or counts by is in a section, under the part that it bounds, with a default that
suits two spot venues.

Pydantic reads it, here and nowhere on the hot path: it finds every mistake, where msgspec stops at the first.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from engine.runtime.contradictions import contradictions
from engine.runtime.dependency_sections import DependenciesConfig
from engine.runtime.mistakes import ConfigRefused, Mistake
from engine.runtime.resolving import ResolveMap
from engine.runtime.running_sections import (
    AlertsConfig,
    BusConfig,
    FeedConfig,
    HealthConfig,
    LeaseConfig,
    Mode,
    MonitorConfig,
    NodeConfig,
    PagerConfig,
    Part,
    RestartConfig,
)
from engine.runtime.section import Name, Section, Symbol, at, contradiction
from engine.runtime.signal_sections import ModelConfig, SignalConfig, StrategyConfig
from engine.runtime.trading_sections import (
    ExecutionConfig,
    FlattenConfig,
    InstrumentConfig,
    KillConfig,
    ProtectionConfig,
    ReconcileConfig,
    RiskConfig,
    VenueConfig,
)

__all__ = ["BotConfig", "Part", "bot_config"]


class BotConfig(Section):
    """One bot: its nodes, accounts, instruments and bounds. Build it with `bot_config`."""

    bot: Name
    nodes: dict[Name, NodeConfig] = Field(min_length=1)
    venues: dict[Name, VenueConfig] = Field(min_length=1)
    instruments: dict[Symbol, InstrumentConfig] = Field(min_length=1)
    strategy: StrategyConfig
    model: ModelConfig | None = None
    pager: PagerConfig
    execution: ExecutionConfig = ExecutionConfig()
    flatten: FlattenConfig = FlattenConfig()
    kill: KillConfig = KillConfig()
    protection: ProtectionConfig | None = None
    risk: RiskConfig = RiskConfig()
    feed: FeedConfig = FeedConfig()
    signal: SignalConfig = SignalConfig()
    dependencies: DependenciesConfig = DependenciesConfig()
    reconcile: ReconcileConfig = ReconcileConfig()
    alerts: AlertsConfig = AlertsConfig()
    monitor: MonitorConfig = MonitorConfig()
    bus: BusConfig = BusConfig()
    lease: LeaseConfig = LeaseConfig()
    restart: RestartConfig = RestartConfig()
    health: HealthConfig | None = None
    mode: Mode = "paper"
    """With what it trades: play money at a simulated venue, the venues' own test networks, or real money."""
    resolve: ResolveMap = Field(default_factory=dict)
    """Real hosts that are dialled elsewhere on this machine, as `stormproof serve` prints them."""

    def nodes_running(self, part: Part, *, cold: bool = False) -> tuple[str, ...]:
        """Return the names of the nodes that run a part, in the order of the file; with `cold` also of those that are
        off by design.
        """
        return tuple(name for name, node in self.nodes.items() if part in node.runs and (cold or not node.cold))

    def traded_at(self, venue: str) -> tuple[str, ...]:
        """Return what is traded at a venue, in the order of the file."""
        here = self.venues[venue].instruments
        return tuple(symbol for symbol in self.instruments if here is None or symbol in here)

    @property
    def markets(self) -> tuple[tuple[str, str], ...]:
        """Return every venue with each instrument that is traded there."""
        return tuple((venue, symbol) for venue in self.venues for symbol in self.traded_at(venue))

    @field_validator("nodes")
    @classmethod
    def _every_part_runs(cls, nodes: dict[str, NodeConfig]) -> dict[str, NodeConfig]:
        mistakes = [
            at(f"nodes.{name}.runs", "is empty or names a part twice", "name each part once")
            for name, node in nodes.items()
            if not node.runs or len(set(node.runs)) < len(node.runs)
        ]
        running = {part for node in nodes.values() if not node.cold for part in node.runs}
        needed: tuple[Part, ...] = ("feed", "signal", "execution", "monitor")
        mistakes += [
            at("nodes", f"no node runs {part}", f"add {part} to the runs of one that is not cold")
            for part in needed
            if part not in running
        ]
        if mistakes:
            raise contradiction(*mistakes)
        return nodes

    @field_validator("venues")
    @classmethod
    def _shares_make_a_whole(cls, venues: dict[str, VenueConfig]) -> dict[str, VenueConfig]:
        """Check what needs no other section; which shares belong together where venues differ, the whole says."""
        total = sum((venue.share for venue in venues.values()), Decimal(0))
        if total != 1 and all(venue.instruments is None for venue in venues.values()):
            raise contradiction(at("venues", f"the shares add up to {total}", "make them add up to 1"))
        return venues

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if mistakes := contradictions(self):
            raise contradiction(*mistakes)
        return self


def bot_config(data: Mapping[str, Any], *, folder: Path | None = None, plugins: bool = True) -> BotConfig:
    """Check a bot's configuration as YAML gave it.

    Args:
        folder: where the bot's file is, from which its own strategy's file is found.
        plugins: False leaves the strategy and the model alone: a kill must not fail on a strategy that does not load.

    Raises:
        ConfigRefused: with every mistake at once, each with the path of its key; the caller knows the lines.
    """
    try:
        return BotConfig.model_validate(dict(data), context={"folder": folder, "plugins": plugins})
    except ValidationError as error:
        mistakes = [mistake for detail in error.errors() for mistake in _mistakes(detail)]
        raise ConfigRefused(tuple(mistakes)) from None


def _mistakes(detail: Any) -> list[Mistake]:
    """Say in our own words what pydantic found."""
    path = tuple(part for part in detail["loc"] if part != "[key]")
    problem, remedy = detail["msg"].removeprefix("Value error, "), "correct it"
    match detail["type"]:
        case "contradiction":
            return list(detail["ctx"]["mistakes"])
        case "extra_forbidden":
            problem, remedy = "is not a known key", "remove it, or correct its spelling"
        case "secret_name":
            remedy = "write one such as BINANCE_KEY; was this the secret itself, then replace it, for it was seen"
        case "missing":
            problem, remedy = "is missing", "add it"
        case "string_pattern_mismatch":
            problem, remedy = f"{detail['input']!r} is not allowed here", f"match {detail['ctx']['pattern']}"
    return [Mistake(path=path, problem=problem, remedy=remedy)]
