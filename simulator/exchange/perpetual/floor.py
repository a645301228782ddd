"""The floor of an exchange of perpetuals: orders meet, positions change, and everything that happened is noted.

As on the spot floor, nothing here decides whether an order is welcome, and nothing here talks.
"""

from collections.abc import Iterator, Sequence
from decimal import Context, Decimal

from simulator.exchange.book import Fill
from simulator.exchange.events import BalanceChanged, Event, OrderChanged, PositionChanged, Traded
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.orders import Balance, OrderStatus, OrderType, Side, TimeInForce, TradeRecord
from simulator.exchange.perpetual.accounts import Market, Trader, Working
from simulator.exchange.perpetual.records import Position
from simulator.exchange.timeline import Timeline

HOUSE = "house"  # the rest of the world
INSURANCE = "insurance"  # takes over what a liquidation leaves
NO_LIQUIDITY = "no liquidity"
NOTHING_TO_REDUCE = "nothing to reduce"
_ANY_PRICE = 1 << 62
_EXACT = Context(prec=80)


class PerpetualTrade(TradeRecord, frozen=True, kw_only=True, gc=False):
    """One account's half of a trade, and the profit that it realised, fees not counted."""

    realised: Decimal = Decimal(0)


class Floor:
    """Accounts, working orders, and the list of what has happened since it was last drained."""

    def __init__(
        self, asset: str, decimals: int, fees: FeeSchedule, timeline: Timeline, trade_ids: Iterator[int]
    ) -> None:
        self.asset = asset
        self.decimals = decimals
        self.fees_collected = 0
        self.house = Trader(HOUSE, 0, is_free=True)
        self.insurance = Trader(INSURANCE, 0, is_free=True)
        self.traders: dict[str, Trader] = {HOUSE: self.house, INSURANCE: self.insurance}
        self.orders: dict[int, Working] = {}
        self._fees = fees
        self._timeline = timeline
        self._trade_ids = trade_ids
        self._happened: list[Event] = []
        self._moved: dict[str, None] = {}  # accounts whose wallet moved, in that order
        self._turned: dict[tuple[str, str], None] = {}  # (account, symbol) whose position changed

    def amount(self, units: int) -> Decimal:
        """Return smallest units as an amount of the margin asset."""
        return Decimal(units).scaleb(-self.decimals, _EXACT)

    def pay(self, trader: Trader, units: int) -> None:
        """Put money into a wallet, or take it; whoever calls takes it from somewhere else."""
        trader.wallet += units
        self._moved[trader.name] = None

    def note(self, event: Event) -> None:
        """Let an event be told with the rest."""
        self._happened.append(event)

    def touch_position(self, trader: Trader, symbol: str) -> None:
        """Let a position be told as it is by then."""
        self._turned[trader.name, symbol] = None

    def open(self, order: Working) -> None:
        """Write down a new order."""
        self.orders[order.order_id] = order
        trader = order.account
        trader.orders[order.order_id] = order
        if order.request.client_order_id:
            trader.client_ids[order.request.client_order_id] = order.order_id
        self.tell(order, OrderStatus.NEW)

    def match(self, order: Working) -> None:
        """Let an order trade, and rest or expire what is left of it."""
        listing, is_buy = order.market.listing, order.is_buy
        price = order.price if order.price is not None else _ANY_PRICE if is_buy else 1
        fills: Sequence[Fill] = ()
        if order.may_rest:
            fills = listing.book.place(order.order_id, is_buy, price, order.remaining)
            listing.touch(is_buy, price)
        elif order.request.time_in_force is not TimeInForce.FOK or listing.can_fill(is_buy, price, order.remaining):
            fills = listing.book.take(is_buy, price, order.remaining)
        self._trade(order.market, fills, order, order.account, is_buy)
        if order.remaining and not order.may_rest and order.type is not OrderType.LIQUIDATION:
            is_market = order.type is OrderType.MARKET
            self.finish(order, OrderStatus.EXPIRED, NO_LIQUIDITY if is_market else order.request.time_in_force.value)

    def match_house(self, market: Market, house_id: int, is_buy: bool, price: int, lots: int) -> None:
        """Let an order of the house trade, and rest what is left of it."""
        fills = market.listing.book.place(house_id, is_buy, price, lots)
        market.listing.touch(is_buy, price)
        market.listing.house_orders.append((house_id, is_buy, price))
        self._trade(market, fills, None, self.house, is_buy)

    def withdraw_house(self, market: Market) -> None:
        """Take all orders of the house out of the book."""
        listing = market.listing
        for house_id, is_buy, price in listing.house_orders:
            if listing.book.cancel(house_id):
                listing.touch(is_buy, price)
        listing.house_orders.clear()

    def print_trade(self, market: Market, side: Side, price: int, lots: int, trade_id: int | None = None) -> None:
        """Put a trade on the tape."""
        trade_id = next(self._trade_ids) if trade_id is None else trade_id
        market.last = price
        now_ns, wall_ns = self._timeline.now_ns(), self._timeline.wall_ns()
        self.note(market.listing.print_trade(now_ns, wall_ns, trade_id, side, price, lots))

    def take_over(self, order: Working, price: int) -> None:
        """Let the insurance take what is left of a liquidation order, at a price of its own."""
        lots = order.remaining
        if lots:
            self._turn(order.market, self.insurance, not order.is_buy, price, lots)
            self._fill(order, next(self._trade_ids), price, lots, fee=0, is_maker=False)

    def unbook(self, order: Working) -> None:
        """Take an order out of the book, if it rests there."""
        listing = order.market.listing
        if listing.book.cancel(order.order_id) and order.price is not None:
            listing.touch(order.is_buy, order.price)

    def end(self, order: Working, status: OrderStatus, reason: str) -> None:
        """Take an open order away."""
        if order.doom is not None:
            order.doom.cancel()
        self.unbook(order)
        self.finish(order, status, reason)

    def finish(self, order: Working, status: OrderStatus, reason: str) -> None:
        """End an order that is not filled."""
        self._forget(order)
        self.tell(order, status, reason=reason)

    def trim(self, trader: Trader, market: Market) -> None:
        """Expire what reduce-only orders could no longer reduce.

        In the order in which they would trade, the account's orders on the closing side may not come to more than
        the position before each of its reduce-only ones, so that none of them can ever open a position.
        """
        resting = [order for order in trader.orders.values() if order.order_id in market.listing.book]
        if not any(order.request.reduce_only for order in resting):
            return
        lots = trader.holding(market.contract).lots
        for order in [one for one in resting if one.request.reduce_only and one.is_buy == (lots >= 0)]:
            self.end(order, OrderStatus.EXPIRED, NOTHING_TO_REDUCE)
        closing = [order for order in resting if order.is_buy == (lots < 0) and order.order_id in trader.orders]
        closing.sort(key=lambda order: (order.price or 0) * (-1 if order.is_buy else 1))
        left = abs(lots)
        for order in closing:
            if order.request.reduce_only and order.remaining > left:
                self.end(order, OrderStatus.EXPIRED, NOTHING_TO_REDUCE)
            else:
                left = max(0, left - order.remaining)

    def tell(
        self, order: Working, status: OrderStatus, *, reason: str = "", trade: PerpetualTrade | None = None
    ) -> None:
        """Note how an order stands."""
        record = order.record(status, self._timeline.wall_ns(), reason)
        self.note(OrderChanged(at_ns=self._timeline.now_ns(), record=record, trade=trade))

    def moved_since_told(self) -> list[str]:
        """Return the accounts whose position or wallet has changed since the last drain."""
        return list(dict.fromkeys([*(name for name, _ in self._turned), *self._moved]))

    def drain(self, market: Market | None) -> list[Event]:
        """Return what has happened: orders and trades, then balances and positions, then book and ticker."""
        now_ns, wall_ns = self._timeline.now_ns(), self._timeline.wall_ns()
        happened, self._happened = self._happened, []
        for name in self._moved:
            balance = Balance(asset=self.asset, free=self.amount(self.traders[name].wallet), locked=Decimal(0))
            happened.append(BalanceChanged(at_ns=now_ns, account=name, balance=balance))
        for name, symbol in self._turned:
            happened.append(PositionChanged(at_ns=now_ns, position=self._position(name, symbol, wall_ns)))
        self._moved.clear()
        self._turned.clear()
        if market is not None:
            happened.extend(market.listing.drain_changes(now_ns, wall_ns))
        return happened

    def _position(self, name: str, symbol: str, wall_ns: int) -> Position:
        holding = self.traders[name].holdings[symbol]
        return Position(
            account=name,
            symbol=symbol,
            lots=holding.lots,
            cost=self.amount(holding.cost),
            realised=self.amount(holding.realised),
            funding=self.amount(holding.funding),
            leverage=holding.leverage,
            updated_ns=wall_ns,
        )

    def _trade(self, market: Market, fills: Sequence[Fill], taker: Working | None, account: Trader, buys: bool) -> None:
        """Settle the fills of a taker (None: the house) with the makers they name, and write them down."""
        listing = market.listing
        makers: dict[str, Trader] = {}
        for maker_id, price, lots in fills:
            listing.touch(not buys, price)
            maker = self.orders[maker_id] if maker_id > 0 else None
            other = maker.account if maker is not None else self.house
            makers[other.name] = other
            trade_id = next(self._trade_ids)
            for order, trader, is_buy in ((taker, account, buys), (maker, other, not buys)):
                if order is None:
                    self._turn(market, trader, is_buy, price, lots)
                    continue
                fee = self._fee(order, trader, price * lots * listing.quote_unit, is_maker=order is maker)
                self._fill(order, trade_id, price, lots, fee=fee, is_maker=order is maker)
            self.print_trade(market, Side.BUY if buys else Side.SELL, price, lots, trade_id)
        for trader in (account, *makers.values()):
            self.trim(trader, market)

    def _fee(self, order: Working, trader: Trader, value: int, *, is_maker: bool) -> int:
        if trader.is_free or order.type is OrderType.LIQUIDATION:
            return 0
        return self._fees.fee(value, maker=is_maker)

    def _turn(self, market: Market, trader: Trader, is_buy: bool, price: int, lots: int) -> int:
        """Change a position by a fill and return the profit that this realised."""
        signed = lots if is_buy else -lots
        realised = trader.holding(market.contract).trade(signed, signed * price * market.listing.quote_unit)
        self.touch_position(trader, market.contract.symbol)
        if realised:
            self.pay(trader, realised)
        return realised

    def _fill(self, order: Working, trade_id: int, price: int, lots: int, *, fee: int, is_maker: bool) -> None:
        realised = self._turn(order.market, order.account, order.is_buy, price, lots)
        if fee:
            self.pay(order.account, -fee)
            self.fees_collected += fee
        order.filled += lots
        order.quote_units += price * lots * order.market.listing.quote_unit
        request = order.request
        trade = PerpetualTrade(
            trade_id=trade_id,
            order_id=order.order_id,
            client_order_id=request.client_order_id,
            account=request.account,
            symbol=request.symbol,
            side=request.side,
            price_ticks=price,
            quantity_lots=lots,
            fee=self.amount(fee),
            fee_asset=self.asset,
            maker=is_maker,
            at_ns=self._timeline.wall_ns(),
            realised=self.amount(realised),
        )
        if not order.remaining:
            self._forget(order)
        self.tell(order, order.open_status, trade=trade)
        self.note(Traded(at_ns=self._timeline.now_ns(), trade=trade))

    def _forget(self, order: Working) -> None:
        trader, client_order_id = order.account, order.request.client_order_id
        self.orders.pop(order.order_id, None)
        trader.orders.pop(order.order_id, None)
        if trader.client_ids.get(client_order_id) == order.order_id:
            del trader.client_ids[client_order_id]
