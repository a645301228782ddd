"""What a person writes about one bot, checked as a whole before anything is started.

All mistakes are told at once, each with the key it stands at: a configuration that could lose money is refused
entire. Unknown keys are refused too, since a misspelt `limit` must not silently become no limit. Keys of the file
carry no unit, their values do (`entry_ttl: 30s`); attributes carry it in their name (`entry_ttl_ns`). Every bound
that the engine waits, queues or counts by is here, under the part that it bounds, with a default that suits two spot
venues.

Pydantic reads it, here and nowhere on the hot path: it finds every mistake, where msgspec stops at the first.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from engine.runtime.mistakes import ConfigRefused, Mistake
from engine.runtime.quantities import DurationNs, Exact, Share

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,16}/[A-Z0-9]{1,16}$")]
Part = Literal["feed", "signal", "execution", "monitor"]
Positive = Annotated[Exact, Field(gt=0)]
Wait = Annotated[DurationNs, Field(gt=0)]
SECOND_NS = 1_000_000_000


def _key(attribute: str) -> str:
    """Return the key of the file for an attribute: the value carries the unit there."""
    return attribute.removesuffix("_ns")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_key)


class NodeConfig(_Section):
    """One process: where it stands and which components it runs."""

    zone: Name
    runs: tuple[Part, ...]


class VenueConfig(_Section):
    """One account at one venue; keys are named by the environment variables that hold them, never written here."""

    account: Name = "main"
    key_env: str = Field(min_length=1)
    secret_env: str = Field(min_length=1)
    share: Annotated[Exact, Field(ge=0, le=1)]
    """Part of every target that is held at this venue."""


class InstrumentConfig(_Section):
    """One traded pair: what the strategy may want, and what risk never lets it exceed."""

    size: Positive
    """Base quantity over all venues that a strategy holds when it is in."""
    limit: Positive
    """Largest absolute base quantity over all venues, everything unknown counted the worst way."""

    @model_validator(mode="after")
    def _limit_allows_size(self) -> Self:
        if self.limit < self.size:
            raise PydanticCustomError("limit", "limit {limit} is below size {size}: no entry could pass", _texts(self))
        return self


class StrategyConfig(_Section):
    """Which strategy decides, on which bars."""

    name: Literal["momentum"]
    bar_ns: Annotated[DurationNs, Field(ge=SECOND_NS)] = 60 * SECOND_NS
    lookback: int = Field(default=5, ge=1, le=10_000)


class FeedConfig(_Section):
    """How prices are kept alive."""

    stale_after_ns: Wait = 15 * SECOND_NS
    """A stream that is silent in one instrument for this long is given up."""
    poll_every_ns: Wait = 5 * SECOND_NS
    """Pause of the REST fallback, per round over the instruments, while the stream is gone."""
    redial_first_ns: Wait = 1 * SECOND_NS
    redial_most_ns: Wait = 10 * SECOND_NS


class SignalConfig(_Section):
    """When a replica decides."""

    fresh_for_ns: Wait = 20 * SECOND_NS
    """A price older than this is not acted on."""
    settle_ns: Wait = 1 * SECOND_NS
    """Wait after a bar's end, so that prices still on their way belong to it."""


class ExecutionConfig(_Section):
    """How orders live."""

    entry_ttl_ns: Wait = 30 * SECOND_NS
    """An order that is not filled after this is cancelled."""
    not_after_ns: Wait = 60 * SECOND_NS
    """A decision is executed no later than this after the end of its bar."""
    price_collar: Annotated[Share, Field(gt=0, lt=1)] = Decimal("0.002")
    """How much worse than the price that was decided on an order may be filled."""
    price_fresh_for_ns: Wait = 20 * SECOND_NS
    poll_first_ns: Wait = 1 * SECOND_NS
    poll_most_ns: Wait = 8 * SECOND_NS
    """An order is looked up after `poll_first`, then ever less often while nothing happens, down to this."""
    settle_within_ns: Wait = 600 * SECOND_NS
    """How long after an order's end its missing fills are asked for, order by order."""
    warm_up_ns: Wait = 15 * SECOND_NS
    """How long after a start decisions may wait for accounts to open and for first prices."""
    orders_max: int = Field(default=200, ge=1, le=10_000)
    """Orders alive at once; above it nothing new is entered."""


class ReconcileConfig(_Section):
    """How our books are compared with the venues'."""

    every_ns: Wait = 10 * SECOND_NS
    """One reading of each venue this often: balances and the open orders of each market in turn."""
    look_back_ns: Wait = 3600 * SECOND_NS
    """How much older than the last agreement a fill may be and still be found."""
    snapshot_every_ns: Wait = 10 * SECOND_NS


class AlertsConfig(_Section):
    """How long what must last before a person is told."""

    venue_unreachable_after_ns: Wait = 20 * SECOND_NS
    stream_lost_after_ns: Wait = 30 * SECOND_NS
    order_unknown_after_ns: Wait = 60 * SECOND_NS
    drift_after_ns: Wait = 90 * SECOND_NS
    repeat_every_ns: Wait = 60 * SECOND_NS
    """A raised alert is announced again this often, so that neither a lost message nor a restart forgets it."""
    forget_after_ns: Wait = 150 * SECOND_NS
    """An alert that nobody announced for this long is over: who raised it is gone."""


class MonitorConfig(_Section):
    """When silence becomes a page."""

    heartbeat_every_ns: Wait = 10 * SECOND_NS
    missed_after_ns: Wait = 25 * SECOND_NS
    degraded_after_ns: Wait = 30 * SECOND_NS
    look_every_ns: Wait = 2_500_000_000
    pages_max: int = Field(default=1000, ge=1, le=100_000)


class PagerConfig(_Section):
    """Where pages go: PagerDuty's Events API v2, or whatever speaks it."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/\S*)?$")] = (
        "https://events.pagerduty.com/v2/enqueue"
    )
    routing_key_env: str = Field(min_length=1)
    retry_first_ns: Wait = 1 * SECOND_NS
    retry_most_ns: Wait = 15 * SECOND_NS
    timeout_ns: Wait = 5 * SECOND_NS


class BusConfig(_Section):
    """How a node lives with its bus, and without it."""

    outbox_max: int = Field(default=10_000, ge=1, le=1_000_000)
    pending_max: int = Field(default=1000, ge=1, le=100_000)
    """Published messages that may wait to be read; of more, the oldest are dropped."""
    retry_every_ns: Wait = 1 * SECOND_NS
    ack_wait_ns: Wait = 5 * SECOND_NS
    """A stored message that was not acknowledged comes again after this."""


class RestartConfig(_Section):
    """How fast a failed component is started again, and when it counts as degraded."""

    first_ns: Wait = 1 * SECOND_NS
    most_ns: Wait = 30 * SECOND_NS
    window_ns: Wait = 300 * SECOND_NS
    restarts_max: int = Field(default=5, ge=1, le=100)
    """Restarts within the window after which the component reports itself as degraded."""


class BotConfig(_Section):
    """One bot: its nodes, accounts, instruments and bounds. Build it with `bot_config`."""

    bot: Name
    nodes: dict[Name, NodeConfig] = Field(min_length=1)
    venues: dict[Name, VenueConfig] = Field(min_length=1)
    instruments: dict[Symbol, InstrumentConfig] = Field(min_length=1)
    strategy: StrategyConfig
    pager: PagerConfig
    execution: ExecutionConfig = ExecutionConfig()
    feed: FeedConfig = FeedConfig()
    signal: SignalConfig = SignalConfig()
    reconcile: ReconcileConfig = ReconcileConfig()
    alerts: AlertsConfig = AlertsConfig()
    monitor: MonitorConfig = MonitorConfig()
    bus: BusConfig = BusConfig()
    restart: RestartConfig = RestartConfig()

    def nodes_running(self, part: Part) -> tuple[str, ...]:
        """Return the names of the nodes that run a part, in the order of the file."""
        return tuple(name for name, node in self.nodes.items() if part in node.runs)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if mistakes := _contradictions(self):
            raise PydanticCustomError("contradiction", "contradiction", {"mistakes": mistakes})
        return self


def bot_config(data: Mapping[str, Any]) -> BotConfig:
    """Check a bot's configuration as YAML gave it.

    Raises:
        ConfigRefused: with every mistake at once, each with the path of its key; the caller knows the lines.
    """
    try:
        return BotConfig.model_validate(dict(data))
    except ValidationError as error:
        mistakes = [mistake for detail in error.errors() for mistake in _mistakes(detail)]
        raise ConfigRefused(tuple(mistakes)) from None


def _contradictions(config: BotConfig) -> list[Mistake]:
    """Return what is wrong between sections that are each right by themselves."""
    found: list[Mistake] = []

    def refuse(path: str, problem: str, remedy: str) -> None:
        found.append(Mistake(path=tuple(path.split(".")), problem=problem, remedy=remedy))

    for name, node in config.nodes.items():
        if not node.runs or len(set(node.runs)) < len(node.runs):
            refuse(f"nodes.{name}.runs", "is empty or names a part twice", "name each part once")
    needed: tuple[Part, ...] = ("feed", "signal", "execution", "monitor")
    for part in needed:
        if not config.nodes_running(part):
            refuse("nodes", f"no node runs {part}", f"add {part} to the runs of one")
    if len(config.nodes_running("execution")) > 1:
        refuse("nodes", "an account has one executor, and several nodes run execution", "keep it on one node")
    total = sum((venue.share for venue in config.venues.values()), Decimal(0))
    if total != 1:
        refuse("venues", f"the shares add up to {total}", "make them add up to 1")
    monitor = config.monitor
    if monitor.missed_after_ns <= monitor.heartbeat_every_ns:
        refuse("monitor.missed_after", "is not above heartbeat_every: every beat would be missed", "raise it")
    if config.alerts.forget_after_ns <= config.alerts.repeat_every_ns:
        refuse("alerts.forget_after", "is not above repeat_every: alerts would flap", "raise it")
    return found


def _texts(section: InstrumentConfig) -> dict[str, str]:
    return {"limit": str(section.limit), "size": str(section.size)}


def _mistakes(detail: Any) -> list[Mistake]:
    """Say in our own words what pydantic found."""
    path = tuple(part for part in detail["loc"] if part != "[key]")
    problem, remedy = detail["msg"].removeprefix("Value error, "), "correct it"
    match detail["type"]:
        case "contradiction":
            return list(detail["ctx"]["mistakes"])
        case "extra_forbidden":
            problem, remedy = "is not a known key", "remove it, or correct its spelling"
        case "missing":
            problem, remedy = "is missing", "add it"
        case "string_pattern_mismatch":
            problem, remedy = f"{detail['input']!r} is not allowed here", f"match {detail['ctx']['pattern']}"
    return [Mistake(path=path, problem=problem, remedy=remedy)]
