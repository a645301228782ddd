"""What a scenario file may say: every key, its unit, its default, and what it means.

Keys carry no unit, their values do (`duration: 6h`); attributes carry it in their name (`duration_ns`). Unknown keys
are refused, because a misspelt `exposure` must not silently become no bound. The JSON Schema that editors use is
made from these models, so that file, checker and editor cannot disagree.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chaos.condition import WORDS, read_condition
from chaos.timing import IN_STORM_MAX, SIGMA_MAX, read_every, read_length, read_window
from chaos.units import duration_ns, exact, fraction

DURATION_SCHEMA = {"type": "string", "pattern": r"^(\d+(\.\d+)?\s*(ns|us|ms|s|m|h|d)\s*)+$", "examples": ["20m", "6h"]}
SHARE_SCHEMA = {"anyOf": [{"type": "number"}, {"type": "string", "examples": ["2bps", "30%"]}]}
NS = 1_000_000_000


def _start(written: object) -> datetime:
    """Read a moment with its time zone; raise ValueError."""
    try:
        moment = datetime.fromisoformat(str(written))
    except ValueError:
        raise PydanticCustomError("moment", "{written} is not a moment", {"written": str(written)}) from None
    if moment.tzinfo is None:
        raise PydanticCustomError("moment", "{written} has no time zone", {"written": str(written)})
    return moment.astimezone(UTC)


EVERY_SCHEMA = {
    "anyOf": [
        DURATION_SCHEMA,
        {
            "type": "object",
            "properties": {
                "exponential": DURATION_SCHEMA,
                "in_storm": {"type": "number", "minimum": 1, "maximum": IN_STORM_MAX},
            },
            "required": ["exponential"],
            "additionalProperties": False,
        },
    ]
}
LOGNORMAL_SCHEMA = {
    "type": "object",
    "properties": {
        "median": DURATION_SCHEMA,
        "sigma": {"type": "number", "minimum": 0, "maximum": SIGMA_MAX},
        "cap": DURATION_SCHEMA,
    },
    "required": ["median", "sigma"],
    "additionalProperties": False,
}
LENGTH_SCHEMA = {
    "anyOf": [
        DURATION_SCHEMA,
        {"type": "object", "properties": {"lognormal": LOGNORMAL_SCHEMA}, "additionalProperties": False},
    ]
}
WINDOW_SCHEMA = {
    "type": "object",
    "properties": {"from": DURATION_SCHEMA, "until": DURATION_SCHEMA},
    "required": ["from", "until"],
    "additionalProperties": False,
}
CONDITION_SCHEMA = {
    "anyOf": [
        {"enum": list(WORDS)},
        {"type": "object", "properties": {"raging": {"type": "string"}}, "additionalProperties": False},
        {
            "type": "object",
            "properties": {"price": {"type": "string"}, "below": {"type": "number"}, "above": {"type": "number"}},
            "required": ["price"],
            "additionalProperties": False,
        },
    ]
}
While = Annotated[Any, BeforeValidator(read_condition), WithJsonSchema(CONDITION_SCHEMA)]
Every = Annotated[Any, BeforeValidator(read_every), WithJsonSchema(EVERY_SCHEMA)]
Length = Annotated[Any, BeforeValidator(read_length), WithJsonSchema(LENGTH_SCHEMA)]
During = Annotated[Any, BeforeValidator(read_window), WithJsonSchema(WINDOW_SCHEMA)]
Duration = Annotated[
    int,
    BeforeValidator(duration_ns),
    WithJsonSchema(DURATION_SCHEMA),
]
PositiveDuration = Annotated[Duration, Field(gt=0)]
Share = Annotated[Decimal, BeforeValidator(fraction), WithJsonSchema(SHARE_SCHEMA)]
Number = Annotated[Decimal, BeforeValidator(exact), WithJsonSchema({"type": "number"})]
Positive = Annotated[Number, Field(gt=0)]
Moment = Annotated[datetime, BeforeValidator(_start), WithJsonSchema({"type": "string", "format": "date-time"})]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Symbol = Annotated[
    str,
    StringConstraints(
        pattern=r"^([A-Z0-9]{1,16}/[A-Z0-9]{1,16}(:[A-Z0-9]{1,16})?|[A-Z0-9_]{1,80}:[A-Z0-9_]{1,40}/[A-Z0-9]{1,16})$"
    ),
]
Component = Literal["ingestion", "signal", "execution", "monitoring"]


def _key(attribute: str) -> str:
    return attribute.removesuffix("_ns").removesuffix("_")


FIRST_PROMISES = (
    "no_duplicate_orders",
    "no_lost_orders",
    "ledger_equals_venue",
    "exposure_within_limit",
    "paged_in_time",
    "no_false_pages",
    "recovered_in_time",
)
"""What every scenario is about unless it says otherwise."""


class Section(BaseModel):
    """A part of a scenario file: frozen, and closed against unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_key, use_attribute_docstrings=True)


class Market(Section):
    """One price process, common to all venues; either a model or a replay."""

    model: Literal["jump_diffusion"] | None = None
    price: Positive | None = None
    """Where the model begins, in the quote asset."""
    volatility: Annotated[Share, Field(ge=0, le=20)] = Decimal("0.8")
    """A year's standard deviation of the log price."""
    jumps_per_day: Annotated[Number, Field(ge=0, le=10_000)] = Decimal(4)
    jump_size: Annotated[Share, Field(ge=0, lt=1)] = Decimal("0.004")
    """Standard deviation of one jump."""
    correlation: Annotated[Number, Field(ge=-1, le=1)] = Decimal(0)
    """With what moves all markets: two of 0.8 and 0.9 correlate by 0.72."""
    branching: Annotated[Share, Field(ge=0, lt=1)] = Decimal(0)
    """Part of the trades that were set off by earlier ones; trading comes in bursts."""
    replay: str | None = None
    """A recorded file: candles (timestamp,open,high,low,close,volume) or trades (timestamp,price,amount,side)."""
    basis: dict[Name, Annotated[Share, Field(gt=-1, lt=1)]] = {}
    """How far a venue's price stands from the common one."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.model is None) == (self.replay is None):
            raise PydanticCustomError("market_source", "a market has either a model or a replay")
        if self.model is not None and self.price is None:
            raise PydanticCustomError("market_price", "a model needs a price to begin at")
        return self


class Climate(Section):
    """Spells in which every market is more volatile, jumps more often and trades more."""

    storm_every_ns: PositiveDuration
    """Mean time of calm between two storms."""
    storm_lasts_ns: PositiveDuration = 30 * 60 * NS
    """Mean length of a storm."""
    storm_volatility: Annotated[Number, Field(ge=1, le=100)] = Decimal(4)
    storm_jumps: Annotated[Number, Field(ge=1, le=1000)] = Decimal(20)


class World(Section):
    """Where and when: the two acts, the zones, the venues and the markets."""

    start: Moment = datetime(2026, 3, 1, tzinfo=UTC)
    duration_ns: Annotated[PositiveDuration, Field(le=366 * 86_400 * NS)]
    """The act under fire."""
    healed_ns: PositiveDuration = 20 * 60 * NS
    """The act after it, in which everything must converge."""
    zones: tuple[Name, ...] = ("a",)
    regions: dict[Name, tuple[Name, ...]] = {}
    """Which zones and venues stand in one region of a cloud, and so can be lost together."""
    venues: Annotated[tuple[Name, ...], Field(min_length=1)]
    markets: Annotated[dict[Symbol, Market], Field(min_length=1)]
    tick_ns: Annotated[PositiveDuration, Field(ge=100_000_000)] = 5 * NS
    """How often a market moves."""
    climate: Climate | None = None
    """Storms that all markets share; calm for ever unless given."""
    balances: dict[str, Annotated[Number, Field(ge=0)]] = {}
    """What the bot's account owns at each venue when the run begins; 100,000 of each quote asset unless said."""

    @property
    def start_ns(self) -> int:
        """The wall clock at virtual time 0, in unix nanoseconds."""
        return int(self.start.timestamp()) * NS + self.start.microsecond * 1_000

    @property
    def ends_ns(self) -> int:
        """Virtual time at the end of both acts."""
        return self.duration_ns + self.healed_ns


class WrittenFault(Section):
    """One line of `faults`; its parameters are checked by the fault's own declaration."""

    inject: str
    on: str
    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_@/.*#~>-]{0,159}$")] | None = None
    """Names the line's own stream of chance; needed only to keep it when lines above it go."""
    at_ns: Duration | None = None
    every: Every | None = None
    during: During | None = None
    """Once, at some instant within, or with `every` only within."""
    for_ns: Length | None = None
    while_: While | None = None
    """What must hold for it to come: each injection waits for that moment, and then lasts `for`."""
    with_: dict[str, Any] = {}
    seed: Annotated[int, Field(ge=0, lt=2**64)] | None = None
    """The stream of chance of one injection that was drawn before: a line written by `shrink` needs no other."""


class WrittenAction(Section):
    """One line of `actions`: what a person does to the bot, and when."""

    do: Literal["kill", "rearm", "pause", "resume", "standby", "deploy", "exit", "acknowledge"]
    """`exit` asks for a position to be closed, `deploy` restarts every machine in turn, each once the one before
    speaks again, `standby` boots a cold one, `acknowledge` takes the alerts in hand that hold then."""
    at_ns: Duration
    door: Literal["bus", "direct"] = "bus"
    """Where a kill goes: by the bus to whoever leads, or by a program of its own that needs no engine."""
    on: str | None = None
    """The instrument of an `exit`, the cold machine of a `standby`, the machine of a `deploy`, the keys of an
    `acknowledge` (`latency/*`); unless given: all instruments, whoever leads, every machine that is on in turn, every
    alert.
    """
    every_ns: PositiveDuration | None = None
    """Again and again, until the act under fire ends."""


class Expect(Section):
    """The bounds that the referee judges by. None is read from the bot's configuration."""

    recovery_ns: PositiveDuration = 120 * NS
    """Longest time a component is down, and longest time to be back after a fault has healed."""
    exposure: dict[Symbol, Positive] = {}
    """Largest base quantity held or in open orders the worst way, over all venues."""
    uptime: dict[Component, Annotated[Share, Field(gt=0, le=1)]] = {}
    """Part of the judged slices in which a component must be up; decides the verdict where it is named."""
    freshness_ns: PositiveDuration = 15 * NS
    """Age of the newest price above which ingestion is down."""
    decision_every_ns: PositiveDuration = 60 * NS
    """A decision for each instrument is due at every multiple of this on the wall clock."""
    decision_within_ns: PositiveDuration = 10 * NS
    order_within_ns: PositiveDuration = 20 * NS
    """From a decision to its order being acknowledged or refused."""
    order_life_ns: PositiveDuration = 300 * NS
    """From an intent to its end."""
    drift_ns: PositiveDuration = 60 * NS
    """Longest time the bot's books may differ from the venue's."""
    warm_up_ns: Duration = 600 * NS
    """Nothing is due before this; the bot starts and learns its first bars."""
    promises: tuple[str, ...] = FIRST_PROMISES
    """What this scenario must put to the test; one of these that it does not leaves its verdict unknown."""
    stale_ns: PositiveDuration = 60 * NS
    """Age of the newest price above which no position may be entered."""
    attempts_max: Annotated[int, Field(ge=1)] = 3
    """How often one order may be asked for."""
    failures_per_minute_max: Annotated[int, Field(ge=1)] = 120
    """Failed requests of one machine at one venue within a minute."""
    protection_ns: PositiveDuration | None = None
    """Longest time a position is open without a stop of its size at its venue; no stop is asked for unless given."""
    leftover_ns: PositiveDuration = 30 * NS
    """Longest time that more rests to be closed than is held."""
    exit_within_ns: PositiveDuration = 30 * NS
    """From a decision to hold nothing to the order that closes."""
    standby_within_ns: PositiveDuration = 60 * NS
    """From the boot of a cold machine to its leading with open books."""
    handover_ns: PositiveDuration = 30 * NS
    """How long a machine that was deposed must not enter a position."""
    kill_within_ns: PositiveDuration = 60 * NS
    """From a kill to being flat at every venue that takes orders."""
    flatten_within_ns: PositiveDuration = 120 * NS
    """From a hard failure, or the moment at which closing became possible, to being flat."""


class ScenarioFile(Section):
    """The whole file."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    incidents: tuple[str, ...] = ()
    """The public incidents that taught it, by their ids."""
    world: World
    bot: str
    """The engine's own configuration, as live reads it; a path relative to this file."""
    faults: tuple[WrittenFault, ...] = ()
    adversaries: tuple[Annotated[str, StringConstraints(pattern=r"^[^:]+\.py:[A-Za-z_]\w*$")], ...] = ()
    """Python of one's own that strikes while it watches: `file.py:Name`, relative to this file."""
    actions: tuple[WrittenAction, ...] = ()
    """What a person does meanwhile, from a machine of their own."""
    expect: Expect = Expect()
    sometimes: tuple[str, ...] = ()
    """What must happen at least once, or the scenario proves nothing."""
