"""Whether an exchange accepts an order: its mode, its filters, the ids and the money of the account.

The checks stand in the order in which clients are told of them: what is wrong with the order itself comes before
what is wrong with its moment.
"""

from enum import Enum

from simulator.exchange import filters
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.holds import lots_for, need, passed_over
from simulator.exchange.ledger import Account
from simulator.exchange.listing import Listing
from simulator.exchange.orders import OrderRequest, Side
from simulator.exchange.rejections import RejectCode, Rejected
from simulator.exchange.triggers import is_reached
from simulator.exchange.working_order import Register, WorkingOrder


class TradingMode(Enum):
    """What a venue lets its clients do; after an incident it reopens step by step."""

    FULL = "full"
    POST_ONLY = "post-only"
    CANCEL_ONLY = "cancel-only"
    HALTED = "halted"


def check_mode(mode: TradingMode, request: OrderRequest) -> None:
    """Refuse an order that the mode does not allow.

    Raises:
        Rejected: MARKET_HALTED, CANCEL_ONLY or POST_ONLY_MODE.
    """
    if mode is TradingMode.HALTED:
        raise Rejected(RejectCode.MARKET_HALTED, request.symbol)
    if mode is TradingMode.CANCEL_ONLY:
        raise Rejected(RejectCode.CANCEL_ONLY, request.symbol)
    if mode is TradingMode.POST_ONLY and not request.post_only:
        raise Rejected(RejectCode.POST_ONLY_MODE, request.symbol)


def admit(
    request: OrderRequest,
    account: Account,
    listing: Listing,
    *,
    fees: FeeSchedule,
    register: Register,
    open_orders_max: int,
    wall_ns: int,
) -> WorkingOrder:
    """Return the order that the request describes, with `held` set to what it has to lock.

    Raises:
        Rejected: the first thing that is wrong with it.
    """
    instrument = listing.instrument
    filters.check_post_only(request)
    filters.check_terms(request, wall_ns)
    order = WorkingOrder(
        request,
        account,
        listing,
        is_buy=request.side is Side.BUY,
        price=filters.limit_price(request, instrument),
        lots=filters.quantity(request, instrument) if request.quote_amount is None else 0,
        stop=filters.stop_ticks(request, instrument),
    )
    if request.quote_amount is None:
        check_value(order)
    else:
        order.lots = _bought(order, register)
    check_moment(order)
    _check_register(request, register, open_orders_max)
    order.held = need(order, fees, register)
    check_funds(order, order.held)
    return order


def check_value(order: WorkingOrder) -> None:
    """Refuse an order that is worth too little at its own price, its stop price, or the best opposite one.

    Raises:
        Rejected: MIN_NOTIONAL.
    """
    reference = order.price
    if reference is None:
        reference = _opposite(order) if order.stop is None else order.stop
    if reference is not None:
        filters.check_notional(order.listing.instrument, reference, order.lots)


def check_moment(order: WorkingOrder) -> None:
    """Refuse a post-only order that would match now, and a stop price that has been reached by now.

    Raises:
        Rejected: POST_ONLY_WOULD_MATCH or STOP_WOULD_TRIGGER.
    """
    instrument, last = order.listing.instrument, order.listing.last
    if order.waits and last is not None and order.stop is not None:
        if is_reached(order.stop, last, rising=order.rises):
            raise Rejected(RejectCode.STOP_WOULD_TRIGGER, f"the last price is {instrument.price(last)}")
    elif order.request.post_only and order.price is not None:
        opposite = _opposite(order)
        if opposite is not None and (order.price >= opposite if order.is_buy else order.price <= opposite):
            best = instrument.price(opposite)
            raise Rejected(RejectCode.POST_ONLY_WOULD_MATCH, f"the best opposite price is {best}")


def check_funds(order: WorkingOrder, more: int) -> None:
    """Refuse an order that has to lock `more` units than are free.

    Raises:
        Rejected: INSUFFICIENT_BALANCE.
    """
    asset = order.held_asset
    if order.account.free[asset] < more:
        raise Rejected(RejectCode.INSUFFICIENT_BALANCE, f"the order needs more {asset} than is free")


def _check_register(request: OrderRequest, register: Register, open_orders_max: int) -> None:
    if request.client_order_id and register.has_client_id(request.account, request.client_order_id):
        raise Rejected(RejectCode.DUPLICATE_CLIENT_ORDER_ID, request.client_order_id)
    if register.count(request.account, request.symbol) >= open_orders_max:
        raise Rejected(RejectCode.TOO_MANY_ORDERS, f"{open_orders_max} are open in {request.symbol}")


def _bought(order: WorkingOrder, register: Register) -> int:
    """Return the lots that a quote amount comes to; the smallest quantity where no price is known at all."""
    listing, amount = order.listing, order.request.quote_amount
    assert amount is not None
    filters.check_quote_amount(amount, listing.instrument)
    if listing.last is None and _opposite(order) is None:
        return listing.instrument.lots(listing.instrument.min_quantity)
    units = listing.quote_units(amount)
    lots = lots_for(listing, is_buy=order.is_buy, units=units, without=passed_over(order, register))
    filters.check_lots(listing.instrument, lots)
    return lots


def _opposite(order: WorkingOrder) -> int | None:
    book = order.listing.book
    return book.best_ask if order.is_buy else book.best_bid
