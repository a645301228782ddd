"""What an order must lock before it may act, in smallest units: enough for the dearest way it can end, fees included.

An order that waits for a trigger holds as its request says: at its own price, at its stop price where it will be a
market order, or nothing, as on venues that look at the money only when it is triggered.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.listing import Listing
from simulator.exchange.orders import SelfTrade
from simulator.exchange.working_order import Register, WorkingOrder

Levels = Mapping[int, int]  # lots by price in ticks
NOTHING: Levels = MappingProxyType({})


def need(order: WorkingOrder, fees: FeeSchedule, register: Register) -> int:
    """Return what an order must hold as it stands."""
    price = order.price
    if order.waits:
        if not order.request.holds_untriggered:
            return 0
        price = order.stop if price is None else price
    if price is None:
        without = passed_over(order, register)
        return market_units(fees, order.listing, is_buy=order.is_buy, lots=order.remaining, without=without)
    return held_units(fees, order.listing, is_buy=order.is_buy, price=price, lots=order.remaining)


def passed_over(order: WorkingOrder, register: Register) -> Levels:
    """Return the account's own lots that the order will expire instead of trading with them."""
    if order.request.self_trade is not SelfTrade.EXPIRE_MAKER:
        return NOTHING
    levels: dict[int, int] = {}
    for other in register.opposing(order):
        assert other.price is not None
        levels[other.price] = levels.get(other.price, 0) + other.remaining
    return levels


def held_units(fees: FeeSchedule, listing: Listing, *, is_buy: bool, price: int, lots: int) -> int:
    """Return what an order for `lots` at `price` must lock, fees that are taken from it included."""
    if not is_buy:
        return lots * listing.base_unit
    return _with_fee(fees, price * lots * listing.quote_unit)


def market_units(fees: FeeSchedule, listing: Listing, *, is_buy: bool, lots: int, without: Levels = NOTHING) -> int:
    """Return what a market order needs for what the book can give it now; see `offers` for `without`."""
    if not is_buy:
        return lots * listing.base_unit
    cost = 0
    for price, resting in offers(listing, to_buyer=True, without=without):
        taken = min(lots, resting)
        cost += price * taken
        lots -= taken
        if not lots:
            break
    return _with_fee(fees, cost * listing.quote_unit)


def lots_for(listing: Listing, *, is_buy: bool, units: int, without: Levels = NOTHING) -> int:
    """Return the lots that `units` of the quote asset come to at what the book offers now, 0 if less than one.

    Where the book cannot give all of it, the rest is counted at its last price, and will find nobody.
    """
    lots, price, left = 0, listing.last or 1, units // listing.quote_unit
    for price, resting in offers(listing, to_buyer=is_buy, without=without):
        taken = min(left // price, resting)
        lots += taken
        left -= taken * price
        if taken < resting:
            return lots
    return lots + left // price


def offers(listing: Listing, *, to_buyer: bool, without: Levels = NOTHING) -> Iterator[tuple[int, int]]:
    """Yield (price, lots) of what the book offers a taker, best first, less the lots of `without` at their prices."""
    for price, resting in listing.book.levels(is_buy=not to_buyer):
        lots = resting - without.get(price, 0)
        if lots:
            yield price, lots


def _with_fee(fees: FeeSchedule, units: int) -> int:
    return units + (fees.reserve(units) if fees.charged_in is ChargedIn.QUOTE else 0)
