"""The sections about trading: accounts, instruments, the strategy, how orders live, how books are compared."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from engine.runtime.quantities import Exact, Share
from engine.runtime.section import SECOND_NS, Name, Positive, SecretName, Section, Symbol, Wait, at, contradiction


class PositionsConfig(Section):
    """How positions are held at a venue of perpetuals; the venue is asked at the start and every hour."""

    mode: Literal["one-way"] = "one-way"
    """One net position a contract: with one for each side, nothing would only reduce."""
    margin: Literal["cross", "isolated"] = "cross"
    leverage: int = Field(ge=1, le=125)
    """What the venue lets be borrowed: the more, the nearer is the price at which it takes the position away."""
    set: bool = False
    """Whether the bot sets what is otherwise; without it nothing is entered until a person has."""


class VenueConfig(Section):
    """One account at one venue; keys are named by the environment variables that hold them, never written here."""

    account: Name = "main"
    key_env: SecretName
    secret_env: SecretName
    passphrase_env: SecretName | None = None
    """Only where the venue asks for one (OKX)."""
    positions: PositionsConfig | None = None
    """Only, and always, where perpetuals are traded."""
    share: Annotated[Exact, Field(ge=0, le=1)]
    """Part of every target that is held at this venue; those of one instrument's venues make a whole."""
    instruments: tuple[Symbol, ...] | None = Field(default=None, min_length=1)
    """What is traded here, where that is not all that the bot trades."""


class InstrumentConfig(Section):
    """One traded pair: what the strategy may want, and what risk never lets it exceed; in its base asset."""

    size: Positive
    """Quantity over all venues that a strategy holds when it is in."""
    limit: Positive
    """Largest absolute position over all venues, everything unknown counted the worst way."""
    gross_limit: Positive | None = None
    """Largest sum of the venues' absolute positions; twice the limit where it is not given."""
    order_limit: Positive | None = None
    """Largest single entry; twice the limit, a turn from short to long, where it is not given."""

    @property
    def gross(self) -> Decimal:
        """Return the gross limit, given or not."""
        return self.gross_limit or 2 * self.limit

    @property
    def order(self) -> Decimal:
        """Return the limit of one entry, given or not."""
        return self.order_limit or 2 * self.limit

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        if self.limit < self.size:
            raise PydanticCustomError("limit", "limit {limit} is below size {size}: no entry could pass", _texts(self))
        if self.gross < self.limit:
            problem = "gross_limit {gross_limit} is below limit {limit}, which it can never reach"
            raise PydanticCustomError("limit", problem, _texts(self))
        return self


class RiskConfig(Section):
    """What no order may exceed, whatever a strategy wants; money counts for each quote asset by itself."""

    order_value: Positive | None = None
    """Largest value of one entry."""
    venue_gross: Positive | None = None
    """Largest sum of absolute position values at one venue."""
    gross: Positive | None = None
    """The same over all venues."""
    net: Positive | None = None
    """Largest value that all positions come to together."""
    entries_max: int = Field(default=100, ge=1, le=100_000)
    entries_within_ns: Wait = 60 * SECOND_NS
    """No more entries than that within this time."""
    price_band: Annotated[Share, Field(gt=0, lt=1)] = Decimal("0.05")
    """How far an entry's price may be off the venue's price, and off the price that was decided on."""
    loss_per_day: Annotated[Share, Field(gt=0, le=1)] = Decimal("0.1")
    """Largest loss of one day (UTC), as a share of the value of all instruments' limits."""
    look_every_ns: Wait = 2 * SECOND_NS
    """How often what is held is measured against all of these, at most."""
    tell_every_ns: Wait = 10 * SECOND_NS
    """How often the result of a market is published, at most."""
    anomaly: Annotated[Share, Field(gt=0, le=1)] = Decimal("0.05")
    """How far a market's result may move, up or down, within `anomaly_within`: a share of the value of its limit."""
    anomaly_within_ns: Wait = 60 * SECOND_NS

    @model_validator(mode="after")
    def _each_can_be_reached(self) -> Self:
        ladder = (("order_value", "venue_gross"), ("order_value", "gross"), ("order_value", "net"))
        mistakes = []
        for low, high in (*ladder, ("venue_gross", "gross"), ("net", "gross")):
            less, more = getattr(self, low), getattr(self, high)
            if less is not None and more is not None and less > more:
                problem = f"{less} is above risk.{high}, {more}: it could never be reached"
                mistakes.append(at(f"risk.{low}", problem, "lower it"))
        if mistakes:
            raise contradiction(*mistakes)
        return self


class ExecutionConfig(Section):
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
    failover: bool = False
    """Let the other venues take over the entries of a lost one; exits never move."""
    leave_within_ns: Wait = 15 * SECOND_NS
    """How long a node that is stopped may take to have its entries cancelled and its requests answered."""
    orders_max: int = Field(default=200, ge=1, le=10_000)
    """Orders alive at once; above it nothing new is entered."""


class FlattenConfig(Section):
    """How a market is left when safety says so."""

    first: Annotated[Share, Field(gt=0, lt=1)] = Decimal("0.002")
    """How much worse than the market the first exit may be filled; each further one twice as much."""
    worst: Annotated[Share, Field(gt=0, lt=1)] = Decimal("0.05")
    """The worst rung of that ladder; there exits are repeated."""
    every_ns: Wait = 2 * SECOND_NS
    watch_every_ns: Wait = 10 * SECOND_NS
    exit_ttl_ns: Wait = 10 * SECOND_NS
    journal_wait_ns: Wait = 1 * SECOND_NS
    alone_after_ns: Wait = 30 * SECOND_NS
    """How long the account's balance may be unreadable before the books alone say what is ours to close."""
    alert_after_ns: Wait = 60 * SECOND_NS


class ProtectionConfig(Section):
    """How a position is protected while it is open; without this section it is not."""

    stop: Annotated[Share, Field(gt=0, lt=1)]
    """How far from its cost a position is left at the latest, where its decision does not say."""
    slip: Annotated[Share, Field(gt=0, lt=1)] = Decimal("0.02")
    """How far beyond its stop price a stop may still trade, where a venue takes no stop without a limit (Coinbase)."""
    within_ns: Wait = 10 * SECOND_NS
    """How soon after a fill a stop must rest at the venue; later than that, nothing more is entered."""
    grace_ns: Wait = 10 * SECOND_NS
    """How long a price may be beyond a stop that does nothing before the position is left by an order of our own."""
    refusals_max: int = Field(default=4, ge=1, le=20)
    """Stops that a venue may refuse or drop before the position is left by an order of our own."""
    look_every_ns: Wait = 1 * SECOND_NS
    """How often a market is looked at in which a stop is missing, an exit works, or a price is beyond a stop."""
    retry_first_ns: Wait = 1 * SECOND_NS
    retry_most_ns: Wait = 30 * SECOND_NS
    tell_every_ns: Wait = 10 * SECOND_NS
    """What is protected is told again this often; so often, too, is a market looked at in which nothing is to do."""
    switch_ns: Annotated[Wait, Field(le=120 * SECOND_NS)] | None = None
    """When a venue's dead man's switch cancels what rests, where it has one; it cancels everything on the account, a
    person's own orders too, so it is used only where this is set. OKX takes no more than two minutes.
    """


class KillConfig(Section):
    """How a kill from outside behaves."""

    give_up_after_ns: Wait = 300 * SECOND_NS
    """How long it tries to become flat before it says what is left."""


class ReconcileConfig(Section):
    """How our books are compared with the venues'."""

    every_ns: Wait = 7 * SECOND_NS
    """One reading of each venue this often: balances and the open orders of each market in turn. It is a little less
    than `execution.poll_most`, so that a list saves the look-ups of the orders that it shows.
    """
    calm_every_ns: Wait = 20 * SECOND_NS
    """How often a venue is read while the private stream is known to tell of everything, and nothing is in doubt."""
    look_back_ns: Wait = 3600 * SECOND_NS
    """How much older than the last agreement a fill may be and still be found."""
    snapshot_every_ns: Wait = 10 * SECOND_NS
    audit_every_ns: Wait = 3600 * SECOND_NS
    """Everything is read at the start and this often: each market's orders and fills, and every balance."""
    audit_pace_ns: Wait = 1 * SECOND_NS
    """The pause between the requests of such an audit."""
    foreign: Literal["ignore", "page", "cancel"] = "page"
    """What is done about resting orders that are not ours; fills that are not ours are a drift, whatever this says."""


def _texts(section: InstrumentConfig) -> dict[str, str]:
    return {"limit": str(section.limit), "size": str(section.size), "gross_limit": str(section.gross_limit)}
