"""Orders, facts and events for the tests of an order's life."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from engine.domain.evidence import NotSeen, Seen, Trade, VenueStatus, View
from engine.domain.identity import Identity
from engine.domain.instrument import Side
from engine.domain.money import Money, Price, Quantity
from engine.domain.order import Order, intend
from engine.domain.order_events import Journalled, OrderCommand, OrderEvent, SendBegan
from engine.domain.order_step import step
from engine.domain.safety import Purpose
from engine.domain.ticket import OrderType, TimeInForce
from engine.domain.venue_facts import NS, VenueFacts

NOW = 1_000 * NS
NOT_AFTER = NOW + 60 * NS
EXPIRES = NOW + 5 * NS

BINANCE = VenueFacts(
    name="binance",
    views=(View.LOOK_UP, View.OPEN_ORDERS, View.CLOSED_ORDERS, View.FILLS),
    view_lag_ns=2 * NS,
    request_window_ns=5 * NS,
    request_window_min_ns=NS // 2,
    cancel_window_ns=5 * NS,
    id_protects=False,
    says_rejected=True,
)
KRAKEN = VenueFacts(
    name="kraken",
    views=(View.OPEN_ORDERS, View.CLOSED_ORDERS, View.FILLS),
    view_lag_ns=2 * NS,
    request_window_ns=5 * NS,
    request_window_min_ns=2 * NS,
    cancel_window_ns=None,
    id_protects=False,
    says_rejected=False,
)
MEMORY = VenueFacts(
    name="memory",
    views=(View.LOOK_UP,),
    view_lag_ns=2 * NS,
    request_window_ns=5 * NS,
    request_window_min_ns=NS // 2,
    cancel_window_ns=None,
    id_protects=True,
    says_rejected=True,
)


def an_order(time_in_force: TimeInForce = TimeInForce.GTC) -> Order:
    """A purchase of one coin at 100, intended and nothing more."""
    identity = Identity(bot="bot", strategy="momentum", instrument="BTC/USDT", decision="1772323200", leg="binance")
    return intend(
        identity,
        venue="binance",
        side=Side.BUY,
        quantity=Quantity(1),
        price=Price(100),
        now_ns=NOW,
        not_after_ns=NOT_AFTER,
        type=OrderType.LIMIT,
        time_in_force=time_in_force,
    )


def a_stop() -> Order:
    """A stop below what was bought: one coin is sold at any price once the last is 95 or less."""
    identity = Identity(bot="bot", strategy="protection", instrument="BTC/USDT", decision="7.1", leg="binance")
    return intend(
        identity,
        venue="binance",
        side=Side.SELL,
        quantity=Quantity(1),
        price=None,
        now_ns=NOW,
        not_after_ns=NOT_AFTER,
        type=OrderType.STOP,
        stop_price=Price(95),
        purpose=Purpose.PROTECT,
    )


def sent(order: Order | None = None) -> Order:
    """The same purchase, or another order, its first request under way."""
    return after(order or an_order(), Journalled(at_ns=NOW), SendBegan(at_ns=NOW, expires_ns=EXPIRES))


def after(order: Order, *events: OrderEvent, facts: VenueFacts = BINANCE) -> Order:
    """Apply events one after another."""
    return story(order, events, facts)[0]


def story(
    order: Order, events: Iterable[OrderEvent], facts: VenueFacts = BINANCE
) -> tuple[Order, tuple[OrderCommand, ...]]:
    """Apply events one after another; return the order and the last event's commands."""
    commands: tuple[OrderCommand, ...] = ()
    for event in events:
        order, commands = step(order, event, facts)
    return order, commands


def seen(
    status: VenueStatus | None = VenueStatus.OPEN,
    filled: str = "0",
    *trades: Trade,
    view: View = View.LOOK_UP,
    at_ns: int = NOW + NS,
    venue_order_id: str = "7",
) -> Seen:
    """One positive reading; fills at 100."""
    cost = Price(100) * Quantity(filled) if status is not None else None
    return Seen(
        view=view,
        at_ns=at_ns,
        status=status,
        filled=Quantity(filled),
        cost=cost,
        venue_order_id=venue_order_id,
        trades=trades,
    )


def a_trade(number: int, quantity: str, price: str = "100") -> Trade:
    """One fill of the order."""
    return Trade(
        trade_id=str(number),
        venue_order_id="7",
        client_order_id=None,
        instrument="BTC/USDT",
        side=Side.BUY,
        price=Price(price),
        quantity=Quantity(quantity),
        fee=Decimal("0.1"),
        fee_asset="USDT",
        at_ns=NOW + number,
    )


def silence(facts: VenueFacts, *times_ns: int) -> list[NotSeen]:
    """Every view shows nothing, at each of these times."""
    return [NotSeen(view=view, at_ns=at_ns) for at_ns in times_ns for view in facts.views]


def cost_of(*trades: Trade) -> Money:
    """What these trades cost together."""
    return sum((trade.price * trade.quantity for trade in trades), Money(0))
