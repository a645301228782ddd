"""Records written by hand: a story of a run told in seconds, from which the referee judges.

A story begins with a bot on two venues and good weather; each verb adds one observed fact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from scenarios.finding import Finding, Promise
from scenarios.intents import client_order_id
from scenarios.placements import PLACING
from scenarios.record import (
    ActionSeen,
    AlertSeen,
    BeatSeen,
    Believed,
    DecisionSeen,
    FaultSeen,
    HandledSeen,
    OrderReported,
    PageSeen,
    PowerSeen,
    PriceSeen,
    Record,
    RecoverySeen,
    RequestSeen,
    VenueBalance,
    VenueOrder,
    VenueTrade,
)
from scenarios.schema import Expect

T = TypeVar("T")
NS = 1_000_000_000
EPOCH_S = 1_772_323_200
BOT = "first-light"
BTC = "BTC/USDT"
EXPECT = Expect.model_validate({"exposure": {BTC: "0.05"}, "warm_up": "0s"})


def ns(seconds: float) -> int:
    """Return seconds as nanoseconds."""
    return round(seconds * NS)


def own_id(decision: str, venue: str, instrument: str = BTC) -> str:
    """Return the client order id of a decision's leg."""
    return client_order_id(BOT, "momentum", instrument, decision, venue)


@dataclass
class Story:
    """A run as told; `record()` is what the referee reads."""

    ends_s: float = 1200.0
    venues: tuple[str, ...] = ("binance", "kraken")
    instruments: tuple[str, ...] = (BTC,)
    decisions: list[DecisionSeen] = field(default_factory=list)
    handled_: list[HandledSeen] = field(default_factory=list)
    reports: list[OrderReported] = field(default_factory=list)
    beliefs: list[Believed] = field(default_factory=list)
    prices: list[PriceSeen] = field(default_factory=list)
    beats: list[BeatSeen] = field(default_factory=list)
    orders: list[VenueOrder] = field(default_factory=list)
    balances: list[VenueBalance] = field(default_factory=list)
    requests: list[RequestSeen] = field(default_factory=list)
    pages: list[PageSeen] = field(default_factory=list)
    faults: list[FaultSeen] = field(default_factory=list)
    trades: list[VenueTrade] = field(default_factory=list)
    powers: list[PowerSeen] = field(default_factory=list)
    actions: list[ActionSeen] = field(default_factory=list)
    recoveries: list[RecoverySeen] = field(default_factory=list)
    alerts: list[AlertSeen] = field(default_factory=list)

    def decided(
        self, at_s: float, decision: str = "d1", *, not_after_s: float = 60, instrument: str = BTC, target: str = "0.02"
    ) -> None:
        """A decision stood on the bus."""
        self.decisions.append(
            DecisionSeen(
                at_ns=ns(at_s),
                strategy="momentum",
                instrument=instrument,
                decision=decision,
                target=Decimal(target),
                not_after_ns=ns(at_s + not_after_s),
                node="signal-a",
            )
        )

    def handled(
        self, at_s: float, decision: str = "d1", *, legs: tuple[str, ...] = (), outcome: str = "", reason: str = ""
    ) -> None:
        """Execution was done with a decision."""
        self.handled_.append(
            HandledSeen(
                at_ns=ns(at_s),
                strategy="momentum",
                instrument=BTC,
                decision=decision,
                outcome=outcome or ("intents" if legs else "nothing_to_do"),
                reason=reason,
                intents=tuple(own_id(decision, leg) for leg in legs),
            )
        )

    def reported(
        self,
        at_s: float,
        state: str,
        decision: str = "d1",
        venue: str = "binance",
        *,
        filled: str = "0",
        reason: str = "",
        client_order_id: str = "",
    ) -> None:
        """The bot said where an order stands."""
        own = client_order_id or own_id(decision, venue)
        self.reports.append(
            OrderReported(
                at_ns=ns(at_s),
                client_order_id=own,
                venue=venue,
                instrument=BTC,
                quantity=Decimal("0.01"),
                filled=Decimal(filled),
                state=state,
                reason=reason,
                sequence=1 + sum(one.client_order_id == own for one in self.reports),
            )
        )

    def at_venue(
        self,
        at_s: float,
        status: str,
        decision: str = "d1",
        venue: str = "binance",
        *,
        filled: str = "0",
        order_id: int = 1,
        client_order_id: str = "",
        side: str = "buy",
        quantity: str = "0.01",
        instrument: str = BTC,
        is_stop: bool = False,
    ) -> None:
        """Truth: where an order stood at its venue; what sells can only close, as on a spot venue."""
        self.orders.append(
            VenueOrder(
                at_ns=ns(at_s),
                venue=venue,
                order_id=order_id,
                client_order_id=client_order_id or own_id(decision, venue),
                instrument=instrument,
                side=side,
                quantity=Decimal(quantity),
                filled=Decimal(filled),
                status=status,
                is_stop=is_stop,
                closes=is_stop or side == "sell",
            )
        )

    def traded(
        self,
        at_s: float,
        side: str,
        quantity: str = "0.01",
        venue: str = "binance",
        order_id: int = 1,
        *,
        takes_back: bool = False,
        fee: str = "0",
        fee_asset: str = "USDT",
    ) -> None:
        """Truth: the account traded, at 60,000, or such a trade was taken back."""
        self.trades.append(
            VenueTrade(
                at_ns=ns(at_s),
                venue=venue,
                order_id=order_id,
                instrument=BTC,
                side=side,
                quantity=Decimal(quantity),
                price=Decimal(60_000),
                fee=Decimal(fee),
                fee_asset=fee_asset,
                takes_back=takes_back,
            )
        )

    def powered(self, at_s: float, host: str, *, up: bool) -> None:
        """Truth: a machine lost power, or booted."""
        self.powers.append(PowerSeen(at_ns=ns(at_s), host=host, up=up))

    def did(self, at_s: float, verb: str, on: str = "") -> None:
        """Truth: a person did something to the bot."""
        self.actions.append(ActionSeen(at_ns=ns(at_s), verb=verb, on=on, done_ns=ns(at_s + 1)))

    def alerted(self, from_s: float, to_s: float, key: str, *, node: str = "exec-a") -> None:
        """The bot said once a minute that an alert holds, and then that it is over."""
        times = [from_s + 60 * n for n in range(int((to_s - from_s) // 60) + 1)]
        self.alerts += [AlertSeen(at_ns=ns(at), key=key, raised=True, node=node) for at in times]
        self.alerts.append(AlertSeen(at_ns=ns(to_s + 1), key=key, raised=False, node=node))

    def led(self, at_s: float, node: str, *, point_s: float = 0.0, orders: int = 0) -> None:
        """An executor said that it leads, on books that are as new as that."""
        self.recoveries.append(
            RecoverySeen(
                at_ns=ns(at_s),
                node=node,
                point_ns=ns(point_s),
                from_snapshot=True,
                entries=1,
                holes=0,
                orders=orders,
            )
        )

    def owned(self, at_s: float, venue: str = "binance", **totals: str) -> None:
        """Truth: what the account held at a venue."""
        for asset, total in totals.items():
            self.balances.append(VenueBalance(at_ns=ns(at_s), venue=venue, asset=asset, total=Decimal(total)))

    def believed(self, at_s: float, venue: str = "binance", **totals: str) -> None:
        """The bot said what it believes to own."""
        balances = {asset: Decimal(total) for asset, total in totals.items()}
        self.beliefs.append(Believed(at_ns=ns(at_s), venue=venue, balances=balances))

    def fault(self, name: str, on: str, at_s: float, for_s: float, *blocks: str) -> FaultSeen:
        """Truth: a fault acted."""
        seen = FaultSeen(
            id=f"{name}@{on}#{len(self.faults)}",
            name=name,
            on=on,
            injected_ns=ns(at_s),
            healed_ns=ns(at_s + for_s),
            blocks=frozenset(blocks),
        )
        self.faults.append(seen)
        return seen

    def paged(self, at_s: float, key: str, action: str = "trigger") -> None:
        """Truth: the pager was told."""
        self.pages.append(PageSeen(at_ns=ns(at_s), action=action, key=key, severity="critical", summary=f"about {key}"))

    def beat(self, at_s: float, node: str, component: str = "execution") -> None:
        """A component said that it lives."""
        self.beats.append(BeatSeen(at_ns=ns(at_s), component=component, node=node, status="ok"))

    def asked(self, at_s: float, venue: str = "binance", *, status: int = 200, refused: bool = False) -> None:
        """Truth: a request came to a venue's door."""
        self.requests.append(
            RequestSeen(at_ns=ns(at_s), venue=venue, endpoint="orders", status=status, account="main", refused=refused)
        )

    def placed(
        self, at_s: float, decision: str = "d1", venue: str = "binance", *, sender: str = "exec-a", order_id: int = 1
    ) -> None:
        """Truth: a machine asked a venue for an order, and the venue took it."""
        self.asked_for(at_s, decision, venue, sender=sender)
        self.at_venue(at_s, "NEW", decision, venue, order_id=order_id)

    def asked_for(
        self, at_s: float, decision: str = "d1", venue: str = "binance", *, sender: str = "exec-a", status: int = 200
    ) -> None:
        """Truth: a machine asked a venue for an order."""
        self.requests.append(
            RequestSeen(
                at_ns=ns(at_s),
                venue=venue,
                endpoint="orders",
                status=status,
                account="main",
                sender=sender,
                method="POST",
                path=PLACING[venue],
                client_order_id=own_id(decision, venue),
            )
        )

    def shut_out(self, at_s: float, until_s: float, outcome: str = "banned", sender: str = "exec-a") -> None:
        """Truth: a machine was told to keep quiet until then."""
        self.requests.append(
            RequestSeen(
                at_ns=ns(at_s),
                venue="binance",
                endpoint="account",
                status=418 if outcome == "banned" else 429,
                account="main",
                refused=True,
                sender=sender,
                path="/api/v3/account",
                outcome=outcome,
                until_ns=ns(until_s),
            )
        )

    def price(
        self, at_s: float, venue: str = "binance", *, age_s: float = 0.1, source: str = "stream", instrument: str = BTC
    ) -> None:
        """A price stood on the bus."""
        self.prices.append(
            PriceSeen(
                at_ns=ns(at_s),
                venue=venue,
                instrument=instrument,
                last=Decimal(60_000),
                venue_ns=ns(at_s - age_s),
                source=source,
                node="feed-a",
            )
        )

    def whole_life(self, at_s: float, decision: str = "d1", venue: str = "binance", *, order_id: int = 1) -> None:
        """A decision became an order that was filled, and everybody agrees about it."""
        self.decided(at_s, decision)
        self.reported(at_s + 0.1, "intended", decision, venue)
        self.handled(at_s + 0.1, decision, legs=(venue,))
        self.reported(at_s + 0.2, "submitting", decision, venue)
        self.at_venue(at_s + 0.3, "NEW", decision, venue, order_id=order_id)
        self.reported(at_s + 0.4, "open", decision, venue)
        self.at_venue(at_s + 5, "FILLED", decision, venue, filled="0.01", order_id=order_id)
        self.reported(at_s + 7, "filled", decision, venue, filled="0.01")

    def record(self) -> Record:
        """Return everything told so far, in order of time."""

        def in_order(facts: list[T]) -> list[T]:
            return sorted(facts, key=lambda one: one.at_ns)  # type: ignore[attr-defined]

        return Record(
            epoch_ns=EPOCH_S * NS,
            fire_ns=ns(self.ends_s - 300),
            end_ns=ns(self.ends_s),
            bot=BOT,
            venues=self.venues,
            instruments=self.instruments,
            decisions=in_order(self.decisions),
            handled=in_order(self.handled_),
            reports=in_order(self.reports),
            beliefs=in_order(self.beliefs),
            prices=in_order(self.prices),
            beats=in_order(self.beats),
            orders=in_order(self.orders),
            balances=in_order(self.balances),
            requests=in_order(self.requests),
            pages=in_order(self.pages),
            faults=self.faults,
            trades=in_order(self.trades),
            powers=in_order(self.powers),
            actions=in_order(self.actions),
            recoveries=in_order(self.recoveries),
            alerts=in_order(self.alerts),
        )

    def judged_by(self, promise: Promise, expect: Expect = EXPECT) -> Finding:
        """Return what a promise says of the story."""
        return promise(self.record(), expect)
