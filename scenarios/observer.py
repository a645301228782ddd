"""The observer: stands in the world, outside of the bot, and writes down what happened.

It watches the venues' matching, their doors, the bus, the pager, the power of machines and the storm. It writes down
what promises read and nothing else, into chronicles that stay small in memory however long the run; it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from chaos.fault import Fault
from chaos.ground import Sites
from scenarios.bus_reader import Heard
from scenarios.chronicle import Chronicle
from scenarios.contracts import Stops, account_of
from scenarios.record import (
    ActionSeen,
    FaultSeen,
    OrderReported,
    PageSeen,
    PowerSeen,
    Record,
    RequestSeen,
    VenueBalance,
    VenueOrder,
    VenueTrade,
)
from scenarios.stage import Stage, VenueOnStage
from scenarios.venue_profiles import PROFILES
from simulator.dialects import gate
from simulator.exchange.events import (
    BalanceChanged,
    Event,
    OrderChanged,
    PositionChanged,
    SettlementChanged,
    Traded,
    WaitingOrderChanged,
)
from simulator.exchange.orders import Balance, OrderType, Side, TradeRecord, Trigger
from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.exchange.prediction.exchange import PredictionExchange
from simulator.exchange.prediction.records import Settlement, SettlementState
from simulator.services.pager import PageEvent

Fact = TypeVar("Fact", VenueOrder, RequestSeen)

ASKS_TO_WAIT = ("rate_limit", "ban")
"""Faults that tell a client until when it must keep quiet."""


class Observer:
    """One run as seen from outside. Attach it before time moves, and ask it for the record at the end."""

    def __init__(self, stage: Stage, sites: Sites) -> None:
        self.stage = stage
        self.sites = sites
        self.heard = Heard(stage.world.epoch_ns)
        self.orders = Chronicle(VenueOrder)
        self.trades = Chronicle(VenueTrade)
        self.balances = Chronicle(VenueBalance)
        self._mined: set[tuple[str, int, int]] = set()
        """Trades that are not confirmed yet."""
        self.requests = Chronicle(RequestSeen)
        self._asking: list[Fault] = []
        self._told_to_wait: dict[str, int] = {}
        self.stops = Stops()
        self.pages: list[PageSeen] = []
        self.powers: list[PowerSeen] = []
        self.faults: dict[str, tuple[Fault, int, int | None]] = {}
        self.actions: list[ActionSeen] = []

    def attach(self) -> None:
        """Begin to watch."""
        stage = self.stage
        for venue in stage.venues.values():
            self._watch_venue(venue)
        stage.broker.tap(self.heard.hear)
        stage.pager.on_event.append(self._on_page)
        stage.world.trace.listen(self._on_power, "host_crashed", "host_booted")

    # -- the storm tells

    def injected(self, fault: Fault) -> None:
        """A fault acts from now on."""
        self.stage.world.trace.record("fault_injected", fault.id)
        self.faults[fault.id] = (fault, self.stage.world.now_ns(), None)
        if fault.name in ASKS_TO_WAIT:
            self._asking.append(fault)

    def healed(self, fault: Fault) -> None:
        """It acts no longer."""
        self.stage.world.trace.record("fault_healed", fault.id)
        self.faults[fault.id] = (fault, self.faults[fault.id][1], self.stage.world.now_ns())
        if fault.name in ASKS_TO_WAIT:
            self._asking.remove(fault)

    # -- the person tells

    def acted(self, verb: str, on: str, began_ns: int, detail: str, *, done: bool) -> None:
        """A person did something; the door took it, or did not."""
        now_ns = self.stage.world.now_ns()
        self.stage.world.trace.record("acted", verb, on)
        self.actions.append(
            ActionSeen(at_ns=began_ns, verb=verb, on=on, done_ns=now_ns if done else None, detail=detail)
        )

    # -- the end

    def record(self, *, bot: str, instruments: tuple[str, ...], fire_ns: int, end_ns: int) -> Record:
        """Return what was observed up to `end_ns`."""
        heard = self.heard
        orders, requests, trades = self._named(self.orders), self._named(self.requests), self.trades
        if any(_contracts(one) is not None for one in self.stage.venues.values()):
            orders, trades = orders.changed(self.stops.order), trades.changed(self.stops.trade)
        return Record(
            epoch_ns=self.stage.world.epoch_ns,
            fire_ns=fire_ns,
            end_ns=end_ns,
            bot=bot,
            venues=tuple(self.stage.venues),
            instruments=instruments,
            decisions=heard.decisions,
            handled=heard.handled,
            opinions=heard.opinions,
            reports=heard.reports,
            beliefs=heard.beliefs,
            prices=heard.prices,
            beats=heard.beats,
            alerts=heard.alerts,
            recoveries=heard.recoveries,
            unreadable=heard.unreadable,
            orders=orders,
            trades=trades,
            balances=self.balances,
            requests=requests,
            pages=self.pages,
            powers=self.powers,
            actions=sorted(self.actions, key=lambda one: one.at_ns),
            faults=[self._fault_seen(*one, end_ns) for one in self.faults.values()],
        )

    def _fault_seen(self, fault: Fault, injected_ns: int, healed_ns: int | None, end_ns: int) -> FaultSeen:
        """What asks clients to wait is over when the last wait is that it told them: they honour it to the second."""
        over_ns = max(healed_ns or end_ns, self._told_to_wait.get(fault.id, 0))
        return FaultSeen(
            id=fault.id,
            name=fault.name,
            on=fault.on,
            injected_ns=injected_ns,
            healed_ns=min(over_ns, end_ns),
            blocks=frozenset(str(one) for one in fault.blocks),
            hits=self.sites.places(fault.on),
        )

    def _named(self, facts: Chronicle[Fact]) -> Chronicle[Fact]:
        if all(PROFILES[one].takes_ids for one in self.stage.venues):
            return facts
        return facts.changed(named_by_the_bot(self.heard.reports))

    # -- watching

    def _watch_venue(self, venue: VenueOnStage) -> None:
        now_ns = self.stage.world.now_ns()
        for balance in _balances(venue, now_ns):
            self.balances.append(balance)
        venue.exchange.events.subscribe(partial(self._on_venue, venue))
        venue.gate.subscribe(partial(self._on_request, venue.name))

    def _on_venue(self, venue: VenueOnStage, event: Event) -> None:
        match event:
            case OrderChanged() if event.record.account == venue.account:
                self.orders.append(_order(venue, event, self.stage.world.now_ns()))
            case Traded() if event.trade.account == venue.account and not _is_settled_later(venue):
                self.trades.append(_trade(venue, event.trade, self.stage.world.now_ns()))
            case SettlementChanged() if event.settlement.trade.account == venue.account:
                self._on_settlement(venue, event.settlement)
            case WaitingOrderChanged() if event.record.account == venue.account:
                if (order := self.stops.waiting(venue.name, event.record, self.stage.world.now_ns())) is not None:
                    self.orders.append(order)
            case PositionChanged() if event.position.account == venue.account:
                self._note_account(venue)
            case BalanceChanged() if event.account == venue.account:
                self._note_account(venue, event.balance)

    def _note_account(self, venue: VenueOnStage, changed: Balance | None = None) -> None:
        """Note what has changed of an account; of one with positions all of it, since one thing moves the others."""
        now_ns, exchange = self.stage.world.now_ns(), _contracts(venue)
        if exchange is not None:
            for balance in account_of(exchange, venue, now_ns):
                self.balances.append(balance)
        elif changed is not None:
            self.balances.append(_balance(venue, changed, now_ns))

    def _on_settlement(self, venue: VenueOnStage, settlement: Settlement) -> None:
        """A match is no trade before it is mined, and may never be; one that is lost again is a trade's opposite."""
        trade = _trade(venue, settlement.trade, self.stage.world.now_ns())
        name = (venue.name, settlement.trade.trade_id, trade.order_id)
        if settlement.state is SettlementState.MINED:
            self._mined.add(name)
            self.trades.append(trade)
        elif settlement.state is SettlementState.CONFIRMED:
            self._mined.discard(name)
        elif settlement.state is SettlementState.RETRYING and name in self._mined:
            side = "sell" if trade.side == "buy" else "buy"
            self.trades.append(replace(trade, side=side, fee=-trade.fee, takes_back=True))

    def _on_request(self, venue: str, request: gate.RequestSeen) -> None:
        for fault in self._asking:
            if fault.on == venue and request.until_ns:
                self._told_to_wait[fault.id] = max(request.until_ns, self._told_to_wait.get(fault.id, 0))
        self.requests.append(
            RequestSeen(
                at_ns=self.stage.world.now_ns(),
                venue=venue,
                endpoint=request.endpoint,
                status=request.status,
                account=request.account,
                refused=request.outcome != "answered",
                sender=request.peer,
                method=request.method,
                path=request.path,
                client_order_id=request.client_order_id,
                outcome=request.outcome,
                until_ns=request.until_ns,
            )
        )

    def _on_page(self, page: PageEvent) -> None:
        self.pages.append(
            PageSeen(
                at_ns=page.at_ns,
                action=page.action,
                key=page.dedup_key,
                severity=page.severity,
                summary=page.summary,
                runbook=str(page.details.get("runbook", "")),
            )
        )

    def _on_power(self, at_ns: int, kind: str, ids: tuple[str | int, ...]) -> None:
        self.powers.append(PowerSeen(at_ns=at_ns, host=str(ids[0]), up=kind == "host_booted"))


def named_by_the_bot(reports: Iterable[OrderReported]) -> Callable[[Fact], Fact]:
    """Return what puts the bot's name on an order, or a request for one, where a venue carries no ids of its clients.

    The bot has said what the venue calls it. An order of which it has not keeps the venue's name, and follows from no
    decision; two that it called the same are one too many.
    """
    said = {
        (one.venue, one.venue_order_id): one.client_order_id
        for one in reports
        if one.venue_order_id is not None and not PROFILES[one.venue].takes_ids
    }

    def named(fact: Fact) -> Fact:
        own = said.get((fact.venue, fact.client_order_id or ""))
        return fact if own is None else replace(fact, client_order_id=own)

    return named


def _order(venue: VenueOnStage, event: OrderChanged, now_ns: int) -> VenueOrder:
    record = event.record
    instrument = venue.exchange.instrument(record.symbol)
    can_owe = _contracts(venue) is not None
    return VenueOrder(
        at_ns=now_ns,
        venue=venue.name,
        order_id=record.order_id,
        client_order_id=record.client_order_id,
        instrument=record.symbol,
        side=record.side.value.lower(),
        quantity=instrument.quantity(record.quantity_lots),
        filled=instrument.quantity(record.filled_lots),
        status=record.status.value,
        reason=record.reason,
        is_stop=record.trigger is Trigger.STOP,
        is_cut=record.reduce_only,
        by_venue=record.type is OrderType.LIQUIDATION,
        closes=record.trigger is Trigger.STOP or record.reduce_only or (record.side is Side.SELL and not can_owe),
    )


def _contracts(venue: VenueOnStage) -> PerpetualExchange | None:
    """Return the truth of a venue where positions are held."""
    exchange: object = venue.exchange
    return exchange if isinstance(exchange, PerpetualExchange) else None


def _balances(venue: VenueOnStage, now_ns: int) -> list[VenueBalance]:
    if (exchange := _contracts(venue)) is not None:
        return account_of(exchange, venue, now_ns)
    return [_balance(venue, balance, now_ns) for balance in venue.exchange.truth.balances(venue.account).values()]


def _balance(venue: VenueOnStage, balance: Balance, now_ns: int) -> VenueBalance:
    return VenueBalance(at_ns=now_ns, venue=venue.name, asset=_asset(balance.asset), total=balance.total)


def _asset(name: str) -> str:
    """Return what an asset is called: the answer to a question is one, without what it is paid in."""
    return name.partition("/")[0]


def _is_settled_later(venue: VenueOnStage) -> bool:
    return isinstance(venue.exchange, PredictionExchange)


def _trade(venue: VenueOnStage, trade: TradeRecord, now_ns: int) -> VenueTrade:
    instrument = venue.exchange.instrument(trade.symbol)
    return VenueTrade(
        at_ns=now_ns,
        venue=venue.name,
        order_id=trade.order_id,
        instrument=trade.symbol,
        side=trade.side.value.lower(),
        quantity=instrument.quantity(trade.quantity_lots),
        price=instrument.price(trade.price_ticks),
        fee=trade.fee,
        fee_asset=_asset(trade.fee_asset),
    )
