"""What an open order becomes when its owner changes its price, its quantity, or its stop price."""

from dataclasses import dataclass
from decimal import Decimal

from simulator.exchange import filters
from simulator.exchange.admission import check_funds, check_moment, check_value
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.holds import need
from simulator.exchange.rejections import RejectCode, Rejected
from simulator.exchange.working_order import Register, WorkingOrder


@dataclass(frozen=True, kw_only=True, slots=True)
class Amendment:
    """What a client wants changed; None leaves a term as it is. `quantity` is the whole, what is filled included."""

    price: Decimal | None = None
    quantity: Decimal | None = None
    stop_price: Decimal | None = None


def amended(order: WorkingOrder, wish: Amendment, *, fees: FeeSchedule, register: Register) -> WorkingOrder:
    """Return the order as it will be, with `held` set to what it will have to lock; `order` itself is left alone.

    Raises:
        Rejected: the first thing that is wrong with it.
    """
    future = order.copy()
    _change_terms(future, wish)
    if (future.price, future.lots, future.stop) == (order.price, order.lots, order.stop):
        raise Rejected(RejectCode.AMEND_NOTHING, f"order {order.order_id} stands like this already")
    if future.remaining <= 0:
        raise Rejected(RejectCode.AMEND_FILLED, f"{order.listing.instrument.quantity(order.filled)} are filled")
    check_value(future)
    check_moment(future)
    future.held = need(future, fees, register)
    check_funds(future, future.held - order.held)
    return future


def only_shrinks(order: WorkingOrder, future: WorkingOrder) -> bool:
    """Tell whether the order will want fewer lots at the same price, and so keeps its place in the queue."""
    return future.price == order.price and future.lots < order.lots


def _change_terms(order: WorkingOrder, wish: Amendment) -> None:
    instrument = order.listing.instrument
    if wish.price is not None:
        if order.price is None:
            raise Rejected(RejectCode.TERMS, "a market order has no price")
        order.price = filters.price_ticks(wish.price, instrument, RejectCode.PRICE_FILTER)
    if wish.quantity is not None:
        order.lots = filters.lots(wish.quantity, instrument)
    if wish.stop_price is not None:
        if not order.waits:
            raise Rejected(RejectCode.TERMS, "the order does not wait for a stop price")
        order.stop = filters.price_ticks(wish.stop_price, instrument, RejectCode.STOP_PRICE)
