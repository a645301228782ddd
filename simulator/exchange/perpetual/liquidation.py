"""How a venue takes away what has no margin left.

All open orders of the account go first. Then each position is closed by an order of the venue's own, which takes
from the book down to the price at which nothing of the account's equity would be left; what the book does not give
there, the insurance takes over at that price. A fee goes to the insurance out of what is left, and what is missing
comes out of it: money is moved, never lost. The insurance may go below zero; nobody else's profit is taken.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from simulator.exchange.events import FundingPaid
from simulator.exchange.orders import OrderRequest, OrderStatus, OrderType, Side, TimeInForce
from simulator.exchange.perpetual.accounts import Market, Trader, Working
from simulator.exchange.perpetual.floor import Floor
from simulator.exchange.perpetual.margin import Health, health, share_up, zero_equity_ticks
from simulator.exchange.perpetual.records import Funding
from simulator.exchange.timeline import Timeline

LIQUIDATED = "liquidated"


class Liquidator:
    """Watches the margin of every account."""

    def __init__(
        self, floor: Floor, markets: Mapping[str, Market], timeline: Timeline, order_ids: Iterator[int]
    ) -> None:
        self._floor = floor
        self._markets = markets
        self._timeline = timeline
        self._order_ids = order_ids

    def health(self, trader: Trader) -> Health:
        """Return the account's margin now."""
        legs = [trader.leg(self._markets[symbol]) for symbol in trader.holdings if self._markets[symbol].mark]
        return health(trader.wallet, legs)

    def is_due(self, trader: Trader) -> bool:
        """Tell whether the account's equity is below its maintenance margin."""
        if trader.is_free or not any(holding.lots for holding in trader.holdings.values()):
            return False
        now = self.health(trader)
        return now.equity < now.maintenance

    def liquidate(self, trader: Trader) -> list[Market]:
        """Close everything that the account has; return the markets in which that happened."""
        touched: dict[str, Market] = {}
        for order in trader.open_orders():
            touched[order.request.symbol] = order.market
            self._floor.end(order, OrderStatus.EXPIRED, LIQUIDATED)
        fee = 0
        symbol = ""
        for symbol in [symbol for symbol, holding in trader.holdings.items() if holding.lots]:
            touched[symbol] = self._markets[symbol]
            fee += self._close(trader, self._markets[symbol])
        paid = trader.wallet if trader.wallet < 0 else min(trader.wallet, fee)
        if paid:
            self._floor.pay(trader, -paid)
            self._floor.pay(self._floor.insurance, paid)
            self._tell(trader, symbol, -paid)
        return list(touched.values())

    def _tell(self, trader: Trader, symbol: str, received: int) -> None:
        """Write down what a liquidation has cost, under the last contract that it closed."""
        payment = Funding(
            account=trader.name,
            symbol=symbol,
            amount=self._floor.amount(received),
            rate=Decimal(0),
            mark_ticks=self._markets[symbol].mark,
            at_ns=self._timeline.wall_ns(),
            cleared=True,
        )
        self._floor.note(FundingPaid(at_ns=self._timeline.now_ns(), funding=payment))

    def _close(self, trader: Trader, market: Market) -> int:
        """Close one position and return the fee on it."""
        leg = trader.leg(market)
        price = zero_equity_ticks(leg, self.health(trader).equity)
        order = self._order(trader, market, leg.lots, price)
        self._floor.open(order)
        self._floor.match(order)
        self._floor.take_over(order, price)
        return share_up(order.quote_units, market.contract.liquidation_fee_bps / 10_000)

    def _order(self, trader: Trader, market: Market, lots: int, price: int) -> Working:
        order_id, wall_ns = next(self._order_ids), self._timeline.wall_ns()
        request = OrderRequest(
            account=trader.name,
            symbol=market.contract.symbol,
            side=Side.SELL if lots > 0 else Side.BUY,
            type=OrderType.LIQUIDATION,
            quantity=market.contract.quantity(abs(lots)),
            price=market.contract.price(price),
            time_in_force=TimeInForce.IOC,
            client_order_id=f"autoclose-{wall_ns // 1_000_000}{order_id}",
        )
        order = Working(request, trader, market, is_buy=lots < 0, lots=abs(lots))
        order.order_id, order.created_ns, order.price = order_id, wall_ns, price
        return order
