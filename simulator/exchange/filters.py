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
    if request.price is None:
        raise Rejected(RejectCode.PRICE_MISSING, instrument.symbol)
    return price_ticks(request.price, instrument, RejectCode.PRICE_FILTER)


def stop_ticks(request: OrderRequest, instrument: Instrument) -> int | None:
    """Return the stop price in ticks, None for an order without a trigger.

    Raises:
        Rejected: STOP_PRICE.
    """
    if request.trigger is None and request.stop_price is None:
        return None
    if request.trigger is None or request.stop_price is None:
        raise Rejected(RejectCode.STOP_PRICE, "a trigger and a stop price go together")
    return price_ticks(request.stop_price, instrument, RejectCode.STOP_PRICE)


def price_ticks(price: Decimal, instrument: Instrument, code: RejectCode) -> int:
    """Return a price in ticks.

    Raises:
        Rejected: `code`.
    """
    _check_range(price, instrument.tick_size, instrument.max_price, code)
    try:
        return instrument.ticks(price)
    except ValueError as error:
        raise Rejected(code, str(error)) from None


def quantity(request: OrderRequest, instrument: Instrument) -> int:
    """Return the quantity in lots.

    Raises:
        Rejected: LOT_SIZE.
    """
    return lots(request.quantity, instrument)


def lots(quantity: Decimal, instrument: Instrument) -> int:
    """Return a quantity in lots.

    Raises:
        Rejected: LOT_SIZE.
    """
    _check_range(quantity, instrument.min_quantity, instrument.max_quantity, RejectCode.LOT_SIZE)
    try:
        return instrument.lots(quantity)
    except ValueError as error:
        raise Rejected(RejectCode.LOT_SIZE, str(error)) from None


def check_lots(instrument: Instrument, lots: int) -> None:
    """Refuse what a quote amount comes to if it is outside the limits of quantities.

    Raises:
        Rejected: LOT_SIZE.
    """
    quantity = instrument.quantity(lots)
    _check_range(quantity, instrument.min_quantity, instrument.max_quantity, RejectCode.LOT_SIZE)


def check_quote_amount(amount: Decimal, instrument: Instrument) -> None:
    """Refuse an amount that is no amount, too little, or more than the instrument can be worth.

    Raises:
        Rejected: QUOTE_AMOUNT or MIN_NOTIONAL.
    """
    most = instrument.cost(instrument.ticks_most, instrument.lots_most)
    if not amount.is_finite() or amount <= 0 or amount > most:
        raise Rejected(RejectCode.QUOTE_AMOUNT, f"{amount} is not between 0 and {most}")
    if amount < instrument.min_notional:
        raise Rejected(RejectCode.MIN_NOTIONAL, f"{amount} is below {instrument.min_notional} {instrument.quote}")


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
    if request.post_only and not _may_rest(request):
        raise Rejected(RejectCode.POST_ONLY_NOT_LIMIT, f"{request.type.value} {request.time_in_force.value}")


def check_terms(request: OrderRequest, wall_ns: int) -> None:
    """Refuse an order whose terms do not go together.

    Raises:
        Rejected: REDUCE_ONLY, QUOTE_AMOUNT, EXPIRY or TERMS.
    """
    if request.reduce_only:
        raise Rejected(RejectCode.REDUCE_ONLY, "there are no positions on a spot market")
    if request.trigger is not None and (request.post_only or request.quote_amount is not None):
        raise Rejected(RejectCode.TERMS, "an order with a trigger is neither post-only nor by quote amount")
    if request.quote_amount is not None and (request.type is not OrderType.MARKET or request.quantity):
        raise Rejected(RejectCode.QUOTE_AMOUNT, "a quote amount is for a market order without a quantity")
    if request.expires_ns is not None:
        if not _may_rest(request) and request.trigger is None:
            raise Rejected(RejectCode.EXPIRY, "the order never waits")
        if request.expires_ns <= wall_ns:
            raise Rejected(RejectCode.EXPIRY, f"{request.expires_ns} has passed, it is {wall_ns}")


def _may_rest(request: OrderRequest) -> bool:
    return request.type is OrderType.LIMIT and request.time_in_force is TimeInForce.GTC


def _check_range(value: Decimal, least: Decimal, most: Decimal, code: RejectCode) -> None:
    if not value.is_finite() or value < least or value > most:
        raise Rejected(code, f"{value} is not between {least} and {most}")
