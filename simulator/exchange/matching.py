"""The floor of an exchange: orders meet in the book, money moves, and everything that happened is noted.

Nothing here decides whether an order is welcome, and nothing here talks: the exchange lets orders in before, and
tells what was noted after, when all of it is true at once.
"""

from collections.abc import Iterator, Sequence
from itertools import count

from simulator.exchange import reasons
from simulator.exchange.amendment import only_shrinks
from simulator.exchange.book import Fill
from simulator.exchange.events import BalanceChanged, Event, OrderChanged, Traded
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.holds import held_units, need
from simulator.exchange.ledger import Account, Ledger
from simulator.exchange.listing import Listing
from simulator.exchange.orders import OrderStatus, OrderType, SelfTrade, Side, TimeInForce, TradeRecord
from simulator.exchange.settlement import Charge, settle
from simulator.exchange.timeline import Timeline
from simulator.exchange.working_order import Register, WorkingOrder

HOUSE = "house"  # the account of the background ladder: the rest of the world, whose balances may be negative
Ladder = Sequence[tuple[int, int]]  # (price in ticks, lots), best first
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
        self._house_ids = count(-1, -1)  # negative, so that a maker's id tells whose it is
        ledger.open(HOUSE, {}, overdraft=True)
        self._house = ledger.account(HOUSE)

    def open(self, order: WorkingOrder) -> None:
        """Write down a new order."""
        self.register.add(order)
        self._note(order, order.open_status)

    def enter(self, order: WorkingOrder) -> None:
        """Lock what the order needs, and let it wait for its trigger or meet the book."""
        self._ledger.lock(order.account, order.held_asset, order.held)
        if order.waits and order.stop is not None:
            order.listing.triggers.add(order.order_id, order.stop, rising=order.rises)
        else:
            self._meet(order)

    def amend(self, order: WorkingOrder, future: WorkingOrder) -> None:
        """Give the order the terms of `future`, at the end of the queue unless it only shrinks."""
        keeps_place = order.order_id in order.listing.book and only_shrinks(order, future)
        if keeps_place:
            order.listing.book.reduce(order.order_id, order.lots - future.lots)
            self._touch(order)
        else:
            self.withdraw(order)
        self._ledger.lock(order.account, order.held_asset, future.held - order.held)
        order.price, order.lots, order.stop, order.held = future.price, future.lots, future.stop, future.held
        self._note(order, order.open_status, reason=reasons.AMENDED)
        if order.waits and order.stop is not None:
            order.listing.triggers.add(order.order_id, order.stop, rising=order.rises)
        elif not keeps_place:
            self._meet(order)

    def fire_triggers(self, listing: Listing) -> None:
        """Let act what has seen its stop price reached, and what its trades reach in turn."""
        while reached := listing.triggers.pop_reached():
            for order_id in reached:
                self._trigger(self.register.by_id(order_id))

    def _trigger(self, order: WorkingOrder) -> None:
        order.triggered_ns = self._timeline.wall_ns()
        held = need(order, self._fees, self.register)
        if order.account.free[order.held_asset] < held - order.held:
            self.finish(order, OrderStatus.REJECTED, reasons.NO_FUNDS)
            return
        self._ledger.lock(order.account, order.held_asset, held - order.held)
        order.held = held
        self._note(order, order.open_status, reason=reasons.TRIGGERED)
        self._meet(order)

    def _meet(self, order: WorkingOrder) -> None:
        """Let the order trade, and rest or expire what is left of it."""
        listing, is_buy, tif = order.listing, order.is_buy, order.request.time_in_force
        price = order.price if order.price is not None else _ANY_PRICE if is_buy else 1
        lots = order.remaining
        reach = lots if order.request.self_trade is SelfTrade.ALLOW else self._keep_apart(order, price)
        may_rest = order.may_rest and reach == lots
        fills: Sequence[Fill] = ()
        if may_rest:
            fills = listing.book.place(order.order_id, is_buy, price, lots)
            listing.touch(is_buy, price)
        elif tif is not TimeInForce.FOK or (reach == lots and listing.can_fill(is_buy, price, lots)):
            fills = listing.book.take(is_buy, price, reach)
        if fills:
            self._trade(listing, fills, order, order.account, is_buy)
        if not may_rest and order.remaining:
            unmet = reasons.NO_LIQUIDITY if order.request.type is OrderType.MARKET else tif.value
            self.finish(order, OrderStatus.EXPIRED, unmet if reach == lots else reasons.SELF_TRADE)

    def _keep_apart(self, order: WorkingOrder, price: int) -> int:
        """Return the lots that the order may trade before it meets one of its own account that stops it.

        Those of its own that it meets expire or stop it, as its request says.
        """
        book, mode = order.listing.book, order.request.self_trade
        own = [other for other in self.register.opposing(order) if _crosses(order.is_buy, price, other.price)]
        own.sort(key=lambda other: book.lots_before(other.order_id))
        for other in own:
            before = book.lots_before(other.order_id)
            if before >= order.remaining:
                break
            if mode is not SelfTrade.EXPIRE_TAKER:
                self.withdraw(other)
                self.finish(other, OrderStatus.EXPIRED, reasons.SELF_TRADE)
            if mode is not SelfTrade.EXPIRE_MAKER:
                return before
        return order.remaining

    def quote_house(self, listing: Listing, bids: Ladder, asks: Ladder) -> None:
        """Take all orders of the house out of the book, let new ones trade, and rest what is left of them."""
        book, touch, quoted = listing.book, listing.touch, listing.house_orders
        for house_id, is_buy, price in quoted:
            if book.cancel(house_id):
                touch(is_buy, price)
        quoted.clear()
        for is_buy, ladder in ((True, bids), (False, asks)):
            for price, lots in ladder:
                house_id = next(self._house_ids)
                fills = book.place(house_id, is_buy, price, lots)
                touch(is_buy, price)
                quoted.append((house_id, is_buy, price))
                if fills:
                    self._trade(listing, fills, None, self._house, is_buy)

    def withdraw(self, order: WorkingOrder) -> None:
        """Take an open order from where it is: the book, the queue for a trigger, or its way to a rejection."""
        if order.doom is not None:
            order.doom.cancel()
        elif order.order_id in order.listing.triggers:
            order.listing.triggers.remove(order.order_id)
        elif order.listing.book.cancel(order.order_id):
            self._touch(order)
        else:
            raise RuntimeError(f"order {order.order_id} is open and nowhere to be found")

    def finish(self, order: WorkingOrder, status: OrderStatus, reason: str) -> None:
        """End an order that is not filled, and free what it held."""
        self._ledger.release(order.account, order.held_asset, order.held)
        order.held = 0
        self._close(order)
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
            self._close(order)
        self._note(order, order.open_status, trade=trade)
        self._happened.append(Traded(at_ns=self._timeline.now_ns(), trade=trade))

    def _close(self, order: WorkingOrder) -> None:
        self.register.remove(order)
        if order.expiry is not None:
            order.expiry.cancel()

    def _touch(self, order: WorkingOrder) -> None:
        if order.price is not None:
            order.listing.touch(order.is_buy, order.price)

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


def _crosses(is_buy: bool, price: int, resting: int | None) -> bool:
    return resting is not None and (resting <= price if is_buy else resting >= price)
