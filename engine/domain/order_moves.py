"""How a rule hands over what it decided: the order is journalled and published exactly when something of it is new."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec.structs import replace

from engine.domain.order import Order
from engine.domain.order_events import Journal, OrderCommand, Publish
from engine.domain.venue_facts import VenueFacts

Step: TypeAlias = tuple[Order, tuple[OrderCommand, ...]]
Rule: TypeAlias = Callable[[Order, Any, VenueFacts], Step]


def ignored(order: Order, _event: Any, _facts: VenueFacts) -> Step:
    """Change nothing: written in the table where an event means nothing to a state."""
    return order, ()


def moved(before: Order, after: Order, at_ns: int, *commands: OrderCommand) -> Step:
    """Return `after` with its step counted, and `commands` preceded by what makes the change durable and known."""
    if _visible(after) != _visible(before):
        after = replace(after, sequence=before.sequence + 1, changed_ns=at_ns)
        return after, (Journal(), Publish(), *commands)
    if _durable(after) != _durable(before):
        return after, (Journal(), *commands)
    return after, commands


def _visible(order: Order) -> tuple[object, ...]:
    return order.state, order.filled, order.cost, order.venue_order_id, order.quantity


def _durable(order: Order) -> Order:
    """Return what must survive a crash: silences are observed again instead."""
    return replace(order, silences=())
