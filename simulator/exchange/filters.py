"""What an order must be like before an exchange looks at it: on the grid, within the limits, worth enough.

Numbers come from strangers: each is compared before anything is computed with it, so that no exponent is too
large and no digits too many.
"""

from decimal import Decimal

from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import OrderRequest, OrderType, TimeInForce
from simulator.exchange.rejections import RejectCode, Rejected


def limit_price(request: OrderRequest, instrument: Instrument) -> int | None:
    """Return the price in ticks, None for a market order.

    Raises:
        Rejected: PRICE_MISSING or PRICE_FILTER.
    """
    if request.type is OrderType.MARKET:
        return None
    price = request.price
    if price is None:
        raise Rejected(RejectCode.PRICE_MISSING, instrument.symbol)
    _check_range(price, instrument.tick_size, instrument.max_price, RejectCode.PRICE_FILTER)
    try:
        return instrument.ticks(price)
    except ValueError as error:
        raise Rejected(RejectCode.PRICE_FILTER, str(error)) from None


def quantity(request: OrderRequest, instrument: Instrument) -> int:
    """Return the quantity in lots.

    Raises:
        Rejected: LOT_SIZE.
    """
    _check_range(request.quantity, instrument.min_quantity, instrument.max_quantity, RejectCode.LOT_SIZE)
    try:
        return instrument.lots(request.quantity)
    except ValueError as error:
        raise Rejected(RejectCode.LOT_SIZE, str(error)) from None


def check_notional(instrument: Instrument, price: int, lots: int) -> None:
    """Refuse an order that is worth too little.

    Raises:
        Rejected: MIN_NOTIONAL.
    """
    cost = instrument.cost(price, lots)
    if cost < instrument.min_notional:
        raise Rejected(RejectCode.MIN_NOTIONAL, f"{cost} is below {instrument.min_notional} {instrument.quote}")


def check_post_only(request: OrderRequest) -> None:
    """Refuse a post-only order that could never rest.

    Raises:
        Rejected: POST_ONLY_NOT_LIMIT.
    """
    may_rest = request.type is OrderType.LIMIT and request.time_in_force is TimeInForce.GTC
    if request.post_only and not may_rest:
        raise Rejected(RejectCode.POST_ONLY_NOT_LIMIT, f"{request.type.value} {request.time_in_force.value}")


def _check_range(value: Decimal, least: Decimal, most: Decimal, code: RejectCode) -> None:
    if not value.is_finite() or value < least or value > most:
        raise Rejected(code, f"{value} is not between {least} and {most}")
