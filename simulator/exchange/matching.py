"""The floor of an exchange: orders meet in the book, money moves, and everything that happened is noted.

Nothing here decides whether an order is welcome, and nothing here talks: the exchange lets orders in before, and
tells what was noted after, when all of it is true at once.
"""

from collections.abc import Iterator, Sequence

from simulator.exchange.book import Fill
from simulator.exchange.events import BalanceChanged, Event, OrderChanged, Traded
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.ledger import Account, Ledger
from simulator.exchange.listing import Listing
from simulator.exchange.orders import OrderStatus, OrderType, Side, TimeInForce, TradeRecord
from simulator.exchange.settlement import Charge, held_units, settle
from simulator.exchange.timeline import Timeline
from simulator.exchange.working_order import Register, WorkingOrder

HOUSE = "house"  # the account of the background ladder: the rest of the world, whose balances may be negative
_ANY_PRICE = 1 << 62


class Floor:
    """Working orders, their money, and the list of what has happened since it was last drained."""

    def __init__(self, ledger: Ledger, fees: FeeSchedule, timeline: Timeline, trade_ids: Iterator[int]) -> None:
        self.register = Register()
        self._ledger = ledger
        self._fees = fees
        self._timeline = timeline
        self._trade_ids = trade_ids
        self._happened: list[Event] = []
        ledger.open(HOUSE, {}, overdraft=True)
        self._house = ledger.account(HOUSE)

    def open(self, order: WorkingOrder) -> None:
        """Write down a new order."""
        self.register.add(order)
        self._note(order, OrderStatus.NEW)

    def match(self, order: WorkingOrder) -> None:
        """Lock what the order needs, let it trade, and rest or expire what is left of it."""
        listing, is_buy = order.listing, order.is_buy
        price = order.price if order.price is not None else _ANY_PRICE if is_buy else 1
        self._ledger.lock(order.account, order.held_asset, order.held)
        fills: Sequence[Fill] = ()
        if order.may_rest:
            fills = listing.book.place(order.order_id, is_buy, price, order.lots)
            listing.touch(is_buy, price)
        elif order.request.time_in_force is not TimeInForce.FOK or listing.can_fill(is_buy, price, order.lots):
            fills = listing.book.take(is_buy, price, order.lots)
        self._trade(listing, fills, order, order.account, is_buy)
        if order.remaining and not order.may_rest:
            market = order.request.type is OrderType.MARKET
            self.finish(order, OrderStatus.EXPIRED, "no liquidity" if market else order.request.time_in_force.value)

    def match_house(self, listing: Listing, house_id: int, is_buy: bool, price: int, lots: int) -> None:
        """Let an order of the house trade, and rest what is left of it."""
        fills = listing.book.place(house_id, is_buy, price, lots)
        listing.touch(is_buy, price)
        listing.house_orders.append((house_id, is_buy, price))
        self._trade(listing, fills, None, self._house, is_buy)

    def withdraw_house(self, listing: Listing) -> None:
        """Take all orders of the house out of the book."""
        for house_id, is_buy, price in listing.house_orders:
            if house_id in listing.book:
                listing.book.cancel(house_id)
                listing.touch(is_buy, price)
        listing.house_orders.clear()

    def unbook(self, order: WorkingOrder) -> None:
        """Take a resting order out of the book."""
        order.listing.book.cancel(order.order_id)
        if order.price is not None:
            order.listing.touch(order.is_buy, order.price)

    def finish(self, order: WorkingOrder, status: OrderStatus, reason: str) -> None:
        """End an order that is not filled, and free what it held."""
        self._ledger.release(order.account, order.held_asset, order.held)
        order.held = 0
        self.register.remove(order)
        self._note(order, status, reason=reason)

    def print_trade(self, listing: Listing, trade_id: int, side: Side, price: int, lots: int) -> None:
        """Put a trade on the tape."""
        now_ns, wall_ns = self._timeline.now_ns(), self._timeline.wall_ns()
        self._happened.append(listing.print_trade(now_ns, wall_ns, trade_id, side, price, lots))

    def drain(self, listing: Listing | None) -> list[Event]:
        """Return what has happened since the last call: orders and trades, then balances, then book and ticker."""
        now_ns, wall_ns = self._timeline.now_ns(), self._timeline.wall_ns()
        happened, self._happened = self._happened, []
        for account, balance in self._ledger.drain_touched():
            happened.append(BalanceChanged(at_ns=now_ns, account=account, balance=balance))
        if listing is not None:
            happened.extend(listing.drain_changes(now_ns, wall_ns))
        return happened

    def _trade(
        self, listing: Listing, fills: Sequence[Fill], taker: WorkingOrder | None, account: Account, buys: bool
    ) -> None:
        """Settle the fills of a taker (None: the house) with the makers they name, and write them down."""
        for maker_id, price, lots in fills:
            listing.touch(not buys, price)
            maker = self.register.by_id(maker_id) if maker_id > 0 else None
            other = maker.account if maker is not None else self._house
            buyer, seller = (account, other) if buys else (other, account)
            bought, sold = settle(
                self._ledger,
                self._fees,
                listing,
                price=price,
                lots=lots,
                buyer=buyer,
                seller=seller,
                buyer_is_maker=not buys,
            )
            trade_id = next(self._trade_ids)
            for order, is_maker in ((taker, False), (maker, True)):
                if order is not None:
                    charge = bought if order.is_buy else sold
                    self._fill(order, trade_id, price, lots, charge, is_maker=is_maker)
            self.print_trade(listing, trade_id, Side.BUY if buys else Side.SELL, price, lots)

    def _fill(
        self, order: WorkingOrder, trade_id: int, price: int, lots: int, charge: Charge, *, is_maker: bool
    ) -> None:
        order.filled += lots
        order.quote_units += price * lots * order.listing.quote_unit
        self._free_surplus(order, price, lots, charge)
        request = order.request
        trade = TradeRecord(
            trade_id=trade_id,
            order_id=order.order_id,
            client_order_id=request.client_order_id,
            account=request.account,
            symbol=request.symbol,
            side=request.side,
            price_ticks=price,
            quantity_lots=lots,
            fee=self._ledger.amount(charge.asset, charge.units),
            fee_asset=charge.asset,
            maker=is_maker,
            at_ns=self._timeline.wall_ns(),
        )
        if not order.remaining:
            self.register.remove(order)
        self._note(order, order.open_status, trade=trade)
        self._happened.append(Traded(at_ns=self._timeline.now_ns(), trade=trade))

    def _free_surplus(self, order: WorkingOrder, price: int, lots: int, charge: Charge) -> None:
        """Bring what the order holds, after it has paid for a fill, down to what the rest of it needs."""
        listing = order.listing
        paid = price * lots * listing.quote_unit if order.is_buy else lots * listing.base_unit
        if order.is_buy and charge.asset == listing.instrument.quote:
            paid += charge.units
        held = order.held - paid
        order.held = self._need(order, held)
        self._ledger.release(order.account, order.held_asset, held - order.held)

    def _need(self, order: WorkingOrder, held: int) -> int:
        if not order.remaining:
            return 0
        if order.price is None:
            return held
        return held_units(self._fees, order.listing, is_buy=order.is_buy, price=order.price, lots=order.remaining)

    def _note(
        self, order: WorkingOrder, status: OrderStatus, *, reason: str = "", trade: TradeRecord | None = None
    ) -> None:
        record = order.record(status, self._timeline.wall_ns(), reason)
        self._happened.append(OrderChanged(at_ns=self._timeline.now_ns(), record=record, trade=trade))
