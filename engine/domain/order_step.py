"""The one way to change an order: `step(order, event, facts)` gives the next order and what is to be done now."""

from __future__ import annotations

from engine.domain.messages import OrderChanged
from engine.domain.order import Order
from engine.domain.order_events import OrderCommand, OrderEvent
from engine.domain.order_table import LIFE
from engine.domain.venue_facts import VenueFacts


def step(order: Order, event: OrderEvent, facts: VenueFacts) -> tuple[Order, tuple[OrderCommand, ...]]:
    """Apply one event to an order; commands come in the order in which they must be carried out.

    `Journal` before `Publish` before anything that leaves the house: an effect is durable before it is visible.
    """
    return LIFE[type(event)][order.state](order, event, facts)


def order_changed(order: Order, *, at_ns: int) -> OrderChanged:
    """Return the message that tells the bus where an order is now; `at_ns` is our wall clock."""
    return OrderChanged(
        client_order_id=order.client_order_id,
        bot=order.identity.bot,
        strategy=order.identity.strategy,
        instrument=order.identity.instrument,
        decision=order.identity.decision,
        leg=order.identity.leg,
        venue=order.venue,
        side=order.side,
        quantity=order.quantity,
        price=order.price,
        state=order.state,
        venue_order_id=order.venue_order_id,
        filled=order.filled,
        average=order.average,
        reason=order.reason,
        sequence=order.sequence,
        at_ns=at_ns,
    )
