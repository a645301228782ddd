"""Which orders close more than there is to close: beside what else stands that closes, they would sell what is not
the bot's.

Judged where an order first stands at its venue, by the venue's truth: the position just before it, and all that
stands there already and can only close.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from scenarios.holdings import DUST_VALUE, Holding, Place, holdings_of
from scenarios.record import Record, VenueOrder


def nothing_to_close(record: Record) -> Mapping[str, frozenset[int]]:
    """Return by venue the ids of the orders that would close more than is held, by more than dust."""
    holdings = holdings_of(record)
    standing: dict[Place, dict[int, VenueOrder]] = defaultdict(dict)
    born: set[tuple[str, int]] = set()
    found: dict[str, set[int]] = {venue: set() for venue in record.venues}
    for order in record.orders:
        place = order.venue, order.instrument
        is_new = (order.venue, order.order_id) not in born
        born.add((order.venue, order.order_id))
        if is_new and order.closes and _excess(order, standing[place], holdings[place]) >= DUST_VALUE:
            found.setdefault(order.venue, set()).add(order.order_id)
        if order.closes and order.is_open:
            standing[place][order.order_id] = order
        else:
            standing[place].pop(order.order_id, None)
    return {venue: frozenset(ids) for venue, ids in found.items()}


def _excess(order: VenueOrder, others: Mapping[int, VenueOrder], holding: Holding) -> Decimal:
    """Return what an order would close beyond what is held and not closed by others, in quote units."""
    price = holding.prices[-1] if holding.prices else Decimal(0)
    rivals = (one for one in others.values() if one.side == order.side and _are_rivals(one, order))
    closing = sum((one.quantity - one.filled for one in rivals), Decimal(0))
    return (closing + order.quantity - abs(holding.at(order.at_ns - 1))) * price


def _are_rivals(one: VenueOrder, other: VenueOrder) -> bool:
    """Tell whether two orders could close the same twice.

    A stop and an exit cannot where the venue cuts both to what is left; two stops, or two exits, are one too many.
    """
    return one.is_stop is other.is_stop or not (one.is_cut and other.is_cut)
