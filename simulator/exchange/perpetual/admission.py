"""Whether an exchange of perpetuals accepts an order: its filters, its ids, its margin, and what it may reduce."""

from simulator.exchange import filters
from simulator.exchange.orders import OrderRequest, OrderType, Side
from simulator.exchange.perpetual.accounts import Market, Trader, Working
from simulator.exchange.perpetual.floor import Floor
from simulator.exchange.perpetual.margin import Leg, health
from simulator.exchange.rejections import RejectCode, Rejected


class PositionTooLarge(Rejected):
    """The position could come to be worth more than its leverage allows."""

    def __init__(self, detail: str) -> None:
        super().__init__(RejectCode.INSUFFICIENT_BALANCE, detail)


class Gatekeeper:
    """Lets orders onto a floor."""

    def __init__(self, floor: Floor, markets: dict[str, Market], open_orders_max: int) -> None:
        self._floor = floor
        self._markets = markets
        self._open_orders_max = open_orders_max

    def admit(self, request: OrderRequest, trader: Trader) -> Working:
        """Return the order that the request describes; of a reduce-only one, what there is to reduce.

        Raises:
            Rejected: the first thing that is wrong with it.
        """
        market = self._markets.get(request.symbol)
        if market is None or not market.mark:
            raise Rejected(RejectCode.UNKNOWN_SYMBOL, request.symbol)
        self._check_terms(request)
        instrument = market.contract
        is_buy = request.side is Side.BUY
        price = filters.limit_price(request, instrument)
        order = Working(request, trader, market, is_buy=is_buy, lots=filters.quantity(request, instrument))
        order.price = price
        opposite = market.listing.book.best_ask if is_buy else market.listing.book.best_bid
        if not request.reduce_only:
            filters.check_notional(instrument, price or opposite or market.mark, order.lots)
        check_post_only(order, opposite)
        self._check_register(request, trader)
        if request.reduce_only:
            order.lots = self._reducible(order)
        else:
            self.check_margin(order)
        return order

    def check_amended(self, order: Working, price: int | None, lots: int) -> None:
        """Refuse other terms for an open order, which stays as it is.

        Raises:
            Rejected: the first thing that is wrong with them.
        """
        market, contract = order.market, order.market.contract
        if price is None or not (0 < price <= contract.ticks(contract.max_price)):
            raise Rejected(RejectCode.PRICE_FILTER, f"{price} ticks")
        if not contract.min_quantity <= contract.quantity(lots) <= contract.max_quantity:
            raise Rejected(RejectCode.LOT_SIZE, f"{lots} lots")
        twin = Working(order.request, order.account, market, is_buy=order.is_buy, lots=lots)
        twin.price, twin.filled = price, order.filled
        if not order.request.reduce_only:
            filters.check_notional(contract, price, lots)
        check_post_only(twin, market.listing.book.best_ask if order.is_buy else market.listing.book.best_bid)
        orders = order.account.orders
        order.account.orders = {number: one for number, one in orders.items() if one is not order}
        try:
            if order.request.reduce_only:
                if self._reducible(twin) < twin.remaining:
                    raise Rejected(RejectCode.REDUCE_ONLY, "there is less to reduce")
            else:
                self.check_margin(twin)
        finally:
            order.account.orders = orders

    def check_margin(self, order: Working) -> None:
        """Refuse an order that needs more margin than is available; whatever needs no more passes.

        The order must not be among the account's open ones.

        Raises:
            Rejected: INSUFFICIENT_BALANCE.
        """
        trader, market = order.account, order.market
        if trader.is_free:
            return
        before = [(one, trader.leg(one)) for one in self._markets.values() if one.mark]
        cost, loss = self._cost(order)
        legs = [_with_order(leg, order, cost) if one is market else leg for one, leg in before]
        old, new = health(trader.wallet, (leg for _, leg in before)), health(trader.wallet, legs)
        if new.initial > old.initial and new.available < loss:
            raise Rejected(RejectCode.INSUFFICIENT_BALANCE, f"needs {new.initial - old.initial + loss} units")
        leg = next(leg for leg in legs if leg.contract is market.contract)
        most = market.contract.value_max(leg.leverage)
        if leg.exposure > abs(leg.value) and self._floor.amount(leg.exposure) > most:
            raise PositionTooLarge(f"{leg.leverage} times leverage bears {most} at most")

    def _cost(self, order: Working) -> tuple[int, int]:
        """Return the order's ticks times lots, and what it would lose at once against the mark, in units."""
        market, lots = order.market, order.remaining
        cost, left, last = 0, lots, market.mark
        if order.price is not None:
            cost, left = order.price * lots, 0
        else:
            for price, resting in market.listing.book.levels(is_buy=not order.is_buy):
                taken = min(left, resting)
                cost, left, last = cost + price * taken, left - taken, price
                if not left:
                    break
        cost += left * last
        worse = cost - market.mark * lots
        return cost, max(0, worse if order.is_buy else -worse) * market.listing.quote_unit

    def _check_terms(self, request: OrderRequest) -> None:
        filters.check_post_only(request)
        if request.type is OrderType.LIQUIDATION or request.trigger is not None or request.quote_amount is not None:
            raise Rejected(RejectCode.TERMS, "not an order that clients place here; triggers wait elsewhere")
        if request.expires_ns is not None:
            raise Rejected(RejectCode.EXPIRY, "good-till-date is not offered here")

    def _check_register(self, request: OrderRequest, trader: Trader) -> None:
        if request.client_order_id and request.client_order_id in trader.client_ids:
            raise Rejected(RejectCode.DUPLICATE_CLIENT_ORDER_ID, request.client_order_id)
        if len(trader.open_orders(request.symbol)) >= self._open_orders_max:
            raise Rejected(RejectCode.TOO_MANY_ORDERS, f"{self._open_orders_max} are open in {request.symbol}")

    def _reducible(self, order: Working) -> int:
        """Return how many lots a reduce-only order can reduce, all that trades before it taken off."""
        trader, sign = order.account, -1 if order.is_buy else 1
        lots = trader.holding(order.market.contract).lots
        left = lots * sign
        for other in trader.open_orders(order.request.symbol):
            if other.is_buy != order.is_buy or other.price is None:
                continue
            is_before = order.price is not None and other.price * sign <= order.price * sign
            if is_before or other.request.reduce_only:
                left -= other.remaining
        if left <= 0:
            raise Rejected(RejectCode.REDUCE_ONLY, f"the position is {lots} lots")
        return min(left, order.remaining)


def check_post_only(order: Working, opposite: int | None) -> None:
    """Refuse a post-only order that would take.

    Raises:
        Rejected: POST_ONLY_WOULD_MATCH.
    """
    if not order.request.post_only or opposite is None or order.price is None:
        return
    if order.price >= opposite if order.is_buy else order.price <= opposite:
        best = order.market.contract.price(opposite)
        raise Rejected(RejectCode.POST_ONLY_WOULD_MATCH, f"the best opposite price is {best}")


def _with_order(leg: Leg, order: Working, cost: int) -> Leg:
    """Return a leg as it would be with one more order in the book."""
    return Leg(
        contract=leg.contract,
        unit=leg.unit,
        lots=leg.lots,
        cost=leg.cost,
        mark=leg.mark,
        leverage=leg.leverage,
        bids=leg.bids + (cost if order.is_buy else 0),
        asks=leg.asks + (0 if order.is_buy else cost),
    )
