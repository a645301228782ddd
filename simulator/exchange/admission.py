"""Whether an exchange accepts an order: its mode, its filters, the ids and the money of the account.

The checks stand in the order in which clients are told of them: what is wrong with the order itself comes before
what is wrong with its moment.
"""

from enum import Enum

from simulator.exchange import filters
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.ledger import Account
from simulator.exchange.listing import Listing
from simulator.exchange.orders import OrderRequest, Side
from simulator.exchange.rejections import RejectCode, Rejected
from simulator.exchange.settlement import held_units, market_units
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
) -> WorkingOrder:
    """Return the order that the request describes, with `held` set to what it has to lock.

    Raises:
        Rejected: the first thing that is wrong with it.
    """
    instrument = listing.instrument
    filters.check_post_only(request)
    order = WorkingOrder(
        request,
        account,
        listing,
        is_buy=request.side is Side.BUY,
        price=filters.limit_price(request, instrument),
        lots=filters.quantity(request, instrument),
    )
    opposite = listing.book.best_ask if order.is_buy else listing.book.best_bid
    reference = order.price if order.price is not None else opposite
    if reference is not None:
        filters.check_notional(instrument, reference, order.lots)
    _check_post_only(order, opposite)
    _check_register(request, register, open_orders_max)
    order.held = _need(order, fees)
    _check_funds(order)
    return order


def _check_post_only(order: WorkingOrder, opposite: int | None) -> None:
    if not order.request.post_only or opposite is None or order.price is None:
        return
    if order.price >= opposite if order.is_buy else order.price <= opposite:
        best = order.listing.instrument.price(opposite)
        raise Rejected(RejectCode.POST_ONLY_WOULD_MATCH, f"the best opposite price is {best}")


def _check_register(request: OrderRequest, register: Register, open_orders_max: int) -> None:
    if request.client_order_id and register.has_client_id(request.account, request.client_order_id):
        raise Rejected(RejectCode.DUPLICATE_CLIENT_ORDER_ID, request.client_order_id)
    if register.count(request.account, request.symbol) >= open_orders_max:
        raise Rejected(RejectCode.TOO_MANY_ORDERS, f"{open_orders_max} are open in {request.symbol}")


def _need(order: WorkingOrder, fees: FeeSchedule) -> int:
    if order.price is None:
        return market_units(fees, order.listing, is_buy=order.is_buy, lots=order.lots)
    return held_units(fees, order.listing, is_buy=order.is_buy, price=order.price, lots=order.lots)


def _check_funds(order: WorkingOrder) -> None:
    asset = order.held_asset
    if order.account.free[asset] < order.held:
        raise Rejected(RejectCode.INSUFFICIENT_BALANCE, f"the order needs more {asset} than is free")
