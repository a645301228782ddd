"""The sections about running: nodes and their parts, feeds, replicas, the bus, alerts and the pager."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from engine.runtime.quantities import Exact
from engine.runtime.section import SECOND_NS, Name, SecretName, Section, Wait, at, contradiction

Part = Literal["feed", "signal", "execution", "monitor", "sentiment", "analytics", "history"]


Mode = Literal["paper", "testnet", "live"]


class NodeConfig(Section):
    """One process: where it stands and which components it runs."""

    zone: Name
    runs: tuple[Part, ...]
    cold: bool = False
    """Off by design until a person starts it where others were lost: nobody misses it before it was heard."""


class FeedConfig(Section):
    """How prices are kept alive."""

    stale_after_ns: Wait = 15 * SECOND_NS
    """A stream that is silent in one instrument for this long is given up."""
    poll_every_ns: Wait = 5 * SECOND_NS
    """Pause of the REST fallback, per round over the instruments, while the stream is gone."""
    redial_first_ns: Wait = 1 * SECOND_NS
    redial_most_ns: Wait = 10 * SECOND_NS
    connections: int = Field(default=1, ge=1, le=4)
    """Streams of prices that are kept open at each venue, so that one stands in for another."""
    books: bool = False
    """Whether order books are streamed as well, for the best bid and offer; they cost some CPU."""
    steady_ns: Wait = 5 * SECOND_NS
    """How long a stream must have brought everything before the REST fallback is given up."""
    speak_up_ns: Wait = 1 * SECOND_NS
    """How long the leading stream may say nothing of an instrument before another one's price is told."""


class AlertsConfig(Section):
    """How long what must last before a person is told."""

    venue_unreachable_after_ns: Wait = 20 * SECOND_NS
    stream_lost_after_ns: Wait = 30 * SECOND_NS
    order_unknown_after_ns: Wait = 60 * SECOND_NS
    drift_after_ns: Wait = 90 * SECOND_NS
    bus_silent_after_ns: Wait = 10 * SECOND_NS
    clock_off_max_ns: Wait = 5 * SECOND_NS
    """How far a node's clock may be from the venues', by two of them, before nothing is entered."""
    latency_floor_ns: Wait = 1 * SECOND_NS
    """A P99 below this is never a trouble."""
    latency_factor: Annotated[Exact, Field(gt=1)] = Decimal(4)
    """How many times its usual P99 an operation may take."""
    unacknowledged_after_ns: Wait = 300 * SECOND_NS
    """An alert that may wait becomes a page when nobody has acknowledged it for this long."""
    repeat_every_ns: Wait = 60 * SECOND_NS
    """A raised alert is announced again this often, so that neither a lost message nor a restart forgets it."""
    forget_after_ns: Wait = 150 * SECOND_NS
    """An alert that nobody announced for this long is over: who raised it is gone."""

    @model_validator(mode="after")
    def _no_flapping(self) -> Self:
        if self.forget_after_ns <= self.repeat_every_ns:
            problem = "is not above repeat_every: alerts would flap"
            raise contradiction(at("alerts.forget_after", problem, "raise it"))
        return self


class MonitorConfig(Section):
    """When silence becomes a page."""

    heartbeat_every_ns: Wait = 10 * SECOND_NS
    missed_after_ns: Wait = 25 * SECOND_NS
    degraded_after_ns: Wait = 30 * SECOND_NS
    look_every_ns: Wait = 2_500_000_000
    calls_every_ns: Wait = 60 * SECOND_NS
    """Latencies and error rates of requests are told and judged once in this time."""
    pages_max: int = Field(default=1000, ge=1, le=100_000)

    @model_validator(mode="after")
    def _beats_in_time(self) -> Self:
        if self.missed_after_ns <= self.heartbeat_every_ns:
            problem = "is not above heartbeat_every: every beat would be missed"
            raise contradiction(at("monitor.missed_after", problem, "raise it"))
        return self


class PagerConfig(Section):
    """Where pages go: PagerDuty's Events API v2, or whatever speaks it."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/\S*)?$")] = (
        "https://events.pagerduty.com/v2/enqueue"
    )
    routing_key_env: SecretName
    retry_first_ns: Wait = 1 * SECOND_NS
    retry_most_ns: Wait = 15 * SECOND_NS
    timeout_ns: Wait = 5 * SECOND_NS
    webhook_url_env: SecretName | None = None
    """Variable with the address of a chat room: for what is not worth a page, and for pages while the pager is
    down.
    """
    second_after_ns: Wait = 30 * SECOND_NS
    """How long the pager may take nothing before the chat room is told as well."""
    bell_url_env: SecretName | None = None
    """Variable with the address of a dead man's switch outside, which pages when nobody rings it."""
    ring_every_ns: Wait = 60 * SECOND_NS


BusUrl = Annotated[str, StringConstraints(pattern=r"^(nats|tls)://[^\s/@]+$")]


class BusConfig(Section):
    """How a node lives with its bus, and without it."""

    url: tuple[BusUrl, ...] = ()
    """A server, or those of a NATS cluster; without any a server of its own is started beside the bot."""
    token_env: SecretName | None = None
    """Variable with the token that those servers ask for."""
    replicas: int = Field(default=1, ge=1, le=5)
    """On how many servers of a cluster each stored message lies; said of streams when they are made."""
    server: str | None = Field(default=None, min_length=1)
    """The nats-server to start, where it is not the one that was installed with us."""
    outbox_max: int = Field(default=10_000, ge=1, le=1_000_000)
    in_flight_max: int = Field(default=64, ge=1, le=1000)
    """Messages whose storing may be waited for at a time, each about something else."""
    pending_max: int = Field(default=1000, ge=1, le=100_000)
    """Published messages that may wait to be read; of more, the oldest are dropped."""
    retry_every_ns: Wait = 1 * SECOND_NS
    ack_wait_ns: Wait = 5 * SECOND_NS
    """A stored message that was not acknowledged comes again after this."""

    @field_validator("url", mode="before")
    @classmethod
    def _one_or_many(cls, told: object) -> object:
        return (told,) if isinstance(told, str) else told


class LeaseConfig(Section):
    """How long an executor leads without hearing from the bus, and when another one takes over."""

    ttl_ns: Wait = 8 * SECOND_NS
    renew_every_ns: Wait = 2 * SECOND_NS
    margin_ns: Wait = 1 * SECOND_NS
    """How much longer than the leader others wait: for what two machines' clocks gain on each other."""
    skew_ns: Wait = 500_000_000
    """How much earlier than the lease a request dies at the venue."""
    snapshot_every_ns: Wait = 60 * SECOND_NS
    """How often the whole books are put on the bus, for whoever leads next."""
    unwritten_ns: Wait = 20 * SECOND_NS
    """How long a leader's journal may take nothing before a standby whose disk is well shall lead."""

    @model_validator(mode="after")
    def _survives_a_lost_message(self) -> Self:
        if self.ttl_ns < 2 * self.renew_every_ns + self.skew_ns:
            problem = "is below two renewals and skew: one lost message would end the lead"
            raise contradiction(at("lease.ttl", problem, "raise it"))
        return self


class RestartConfig(Section):
    """How fast a failed component is started again, and when it counts as degraded."""

    first_ns: Wait = 1 * SECOND_NS
    most_ns: Wait = 30 * SECOND_NS
    window_ns: Wait = 300 * SECOND_NS
    restarts_max: int = Field(default=5, ge=1, le=100)
    """Restarts within the window after which the component reports itself as degraded."""


class HealthConfig(Section):
    """Where each node tells how it is and what it has counted; nowhere, unless it is written."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """The address it listens on; only this machine reaches the default."""
    port: int = Field(default=9464, ge=0, le=65_535)
    """0 takes any that is free: the log says which."""
    ports: dict[Name, Annotated[int, Field(ge=0, le=65_535)]] = Field(default={})
    """Ports of nodes that share a machine with others."""
    token_env: str = Field(min_length=1)
    """Variable with the token that reasons and figures need."""
