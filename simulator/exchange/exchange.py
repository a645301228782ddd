"""The truth of one venue: accounts, orders, books and trades, changed only here and all at once.

A request is checked, held against the balance, matched and written down before `submit` returns; nobody can see
the moment in between. What clients see, and how late, is left to the views.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import count
from types import MappingProxyType

from simulator.exchange import reasons
from simulator.exchange.admission import TradingMode, admit, check_mode
from simulator.exchange.amendment import Amendment, amended
from simulator.exchange.events import EventStream
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.instrument import Instrument
from simulator.exchange.ledger import Ledger
from simulator.exchange.lifetimes import Lifetimes
from simulator.exchange.listing import Listing
from simulator.exchange.matching import HOUSE, Floor
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderStatus, Side
from simulator.exchange.picture import Picture
from simulator.exchange.rejections import RejectCode, Rejected, UnknownOrder, UnknownSymbol
from simulator.exchange.reopening import Reopening
from simulator.exchange.switches import DeadMansSwitches
from simulator.exchange.timeline import Timeline
from simulator.exchange.working_order import WorkingOrder

STAGES = (TradingMode.HALTED, TradingMode.CANCEL_ONLY, TradingMode.POST_ONLY)  # before a venue trades in full
__all__ = ["HOUSE", "Exchange", "TradingMode"]


class Exchange:
    """One spot exchange.

    `truth` is everything that is, without lag; `events` tells each change as it happens. `mode` and
    `matching_delay_ns` may be set at any time. `silent_reject` is a fault's hook: an order it picks is accepted
    like any other, and rejected `matching_delay_ns` later without ever having touched a balance or the book.
    `refuses` says with which code an order is refused that would be fine without the fault, and while
    `stops_asleep` a price sets off no waiting order; those it passed go when they are awake again. With a
    `cancel_lag_ns` a cancel is taken at once and done so much later; until then the order can still trade.
    """

    _floor_kind: type[Floor] = Floor  # another kind of exchange may settle otherwise
    _picture_kind: type[Picture] = Picture  # and tell more

    def __init__(
        self,
        name: str,
        instruments: Iterable[Instrument],
        timeline: Timeline,
        *,
        fees: FeeSchedule,
        random: random.Random,
        matching_delay_ns: int = 50_000_000,
        open_orders_max: int = 200,
    ) -> None:
        """Open without accounts; `random` only chooses where the order and trade ids begin."""
        self.name = name
        self.events = EventStream()
        self._mode = TradingMode.FULL
        self.silent_reject: Callable[[OrderRequest], bool] | None = None
        self.stops_asleep = False
        self.refuses: Callable[[OrderRequest], RejectCode | None] | None = None
        self.cancel_lag_ns = 0
        self.matching_delay_ns = matching_delay_ns
        self._timeline = timeline
        self._fees = fees
        self._open_orders_max = open_orders_max
        self._instruments = {instrument.symbol: instrument for instrument in instruments}
        self._ledger = Ledger(self._instruments.values())
        self._listings = {symbol: Listing(one, self._ledger) for symbol, one in self._instruments.items()}
        self._order_ids = count(random.randrange(10**9, 10**10))
        self._trade_ids = count(random.randrange(10**8, 10**9))
        self._floor = self._floor_kind(self._ledger, fees, timeline, self._trade_ids)
        self._lifetimes = Lifetimes(timeline, self._end)
        self._switches = DeadMansSwitches(
            timeline, fire=self._fire_switch, is_halted=lambda: self._mode is TradingMode.HALTED
        )
        self._reopening = Reopening(timeline, self._enter)
        now_ns, wall_ns = timeline.now_ns(), timeline.wall_ns()
        self.truth = self._picture_kind(listing.ticker(now_ns, wall_ns) for listing in self._listings.values())
        self._commit()

    @property
    def mode(self) -> TradingMode:
        """What clients may do now; setting it ends a reopening that is under way."""
        return self._mode

    @mode.setter
    def mode(self, mode: TradingMode) -> None:
        self._reopening.end()
        self._enter(mode)

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """The instruments by symbol, in the order given."""
        return MappingProxyType(self._instruments)

    @property
    def fees(self) -> FeeSchedule:
        """What trades cost."""
        return self._fees

    @property
    def fees_collected(self) -> Mapping[str, Decimal]:
        """What the exchange has earned, per asset."""
        return {asset: self._ledger.amount(asset, units) for asset, units in self._ledger.fees.items()}

    def instrument(self, symbol: str) -> Instrument:
        """Return the instrument of `symbol`.

        Raises:
            UnknownSymbol: it is not traded here.
        """
        return self._listing(symbol).instrument

    def relist(self, symbol: str, *, min_quantity: Decimal, min_notional: Decimal) -> None:
        """Trade an instrument under other limits from now on; orders that rest are left alone.

        Raises:
            UnknownSymbol: it is not traded here.
            ValueError: a limit makes no sense.
        """
        listing = self._listing(symbol)
        listing.instrument = replace(listing.instrument, min_quantity=min_quantity, min_notional=min_notional)
        self._instruments[symbol] = listing.instrument

    def open_account(self, account: str, balances: Mapping[str, Decimal]) -> None:
        """Open an account with these amounts per asset.

        Raises:
            ValueError: the name is taken, an asset is not traded here, or an amount is negative or too fine.
        """
        self._ledger.open(account, balances)
        self._commit()

    def submit(self, request: OrderRequest) -> OrderRecord:
        """Accept an order, match it, and return the record after matching.

        Raises:
            Rejected: `code` says why; nothing has changed.
            UnknownAccount: no such account.
        """
        account = self._ledger.account(request.account)
        listing = self._listings.get(request.symbol)
        if listing is None:
            raise Rejected(RejectCode.UNKNOWN_SYMBOL, request.symbol)
        if self._mode is not TradingMode.FULL:
            check_mode(self._mode, request)
        refused = self.refuses(request) if self.refuses is not None else None
        if refused is not None:
            raise Rejected(refused, "as a fault has it")
        wall_ns = self._timeline.wall_ns()
        order = admit(
            request,
            account,
            listing,
            fees=self._fees,
            register=self._floor.register,
            open_orders_max=self._open_orders_max,
            wall_ns=wall_ns,
        )
        order.order_id = next(self._order_ids)
        order.created_ns = wall_ns
        self._floor.open(order)
        if self.silent_reject is not None and self.silent_reject(request):
            self._lifetimes.doom(order, self.matching_delay_ns)
        else:
            self._floor.enter(order)
        if request.expires_ns is not None and self._floor.register.has(order.order_id):
            self._lifetimes.limit(order, request.expires_ns)
        self._commit(listing)
        return self.truth.order(request.account, order_id=order.order_id)

    def cancel(
        self,
        account: str,
        *,
        order_id: int | None = None,
        client_order_id: str | None = None,
        symbol: str | None = None,
        reason: str = reasons.BY_CLIENT,
    ) -> OrderRecord:
        """Cancel an open order, named by either id, and return its last record.

        Raises:
            UnknownOrder: none that is open has this id (and symbol, where one is given).
            Rejected: MARKET_HALTED.
        """
        if self._mode is TradingMode.HALTED:
            raise Rejected(RejectCode.MARKET_HALTED, "cancels are not accepted either")
        order = self._floor.register.find(account, order_id, client_order_id, symbol)
        if self.cancel_lag_ns:
            self._timeline.call_later(self.cancel_lag_ns, partial(self._end_late, order, reason))
            return self.truth.order(account, order_id=order.order_id)
        return self._end(order, OrderStatus.CANCELED, reason)

    def cancel_all(
        self, account: str, symbol: str | None = None, *, reason: str = reasons.BY_CLIENT
    ) -> list[OrderRecord]:
        """Cancel the open orders of an account, oldest first, and return their last records."""
        orders = self._floor.register.of(account, symbol)
        return [self.cancel(account, order_id=order.order_id, reason=reason) for order in orders]

    def amend(
        self,
        account: str,
        *,
        order_id: int | None = None,
        client_order_id: str | None = None,
        symbol: str | None = None,
        price: Decimal | None = None,
        quantity: Decimal | None = None,
        stop_price: Decimal | None = None,
    ) -> OrderRecord:
        """Change an open order and return its record after any matching; None leaves a term as it is.

        `quantity` is the whole of it, what is filled included. The order keeps its place in the queue only if
        nothing but its quantity changes, and that shrinks; otherwise it goes to the end, or trades at once.

        Raises:
            UnknownOrder: none that is open has this id (and symbol, where one is given).
            Rejected: the order is as it was; AMEND_NOTHING, AMEND_FILLED, or what `submit` would say.
        """
        order = self._floor.register.find(account, order_id, client_order_id, symbol)
        if order.doom is not None:
            raise UnknownOrder(f"matching does not know order {order.order_id}")
        check_mode(self._mode, order.request)
        wish = Amendment(price=price, quantity=quantity, stop_price=stop_price)
        self._floor.amend(order, amended(order, wish, fees=self._fees, register=self._floor.register))
        self._commit(order.listing)
        return self.truth.order(account, order_id=order.order_id)

    def cancel_all_after(self, account: str, delay_ns: int | None, symbol: str | None = None) -> int | None:
        """Set the dead man's switch: cancel all orders (of `symbol`) in `delay_ns` unless this is called again.

        None disarms it. The switches of the account and of single symbols run beside each other; one that is due in
        a halt goes off when the halt ends. Return the Unix ns at which it goes off.

        Raises:
            UnknownAccount: no such account.
            ValueError: the delay is negative.
        """
        self._ledger.account(account)
        if delay_ns is None:
            self._switches.disarm(account, symbol)
            return None
        return self._switches.arm(account, symbol, delay_ns)

    def restart(self, *, keep: float, random: random.Random) -> list[OrderRecord]:
        """Cancel each client's order unless a draw is below `keep`, in any mode; return the last records of those."""
        lost = [order for order in self._floor.register.all() if random.random() >= keep]
        return [self._end(order, OrderStatus.CANCELED, reasons.BY_RESTART) for order in lost]

    def reopen(self, *, halted_ns: int = 0, cancel_only_ns: int = 0, post_only_ns: int = 0) -> Callable[[], None]:
        """Halt for so long, then accept cancels only, then post-only orders too, then trade in full.

        A stage of 0 is left out. Setting `mode`, or calling this again, ends a sequence; what is returned opens now.

        Raises:
            ValueError: a stage lasts less than no time.
        """
        return self._reopening.begin(list(zip(STAGES, (halted_ns, cancel_only_ns, post_only_ns), strict=True)))

    def quote(self, symbol: str, bids: Sequence[tuple[int, int]], asks: Sequence[tuple[int, int]]) -> None:
        """Replace the house's orders by this ladder of (price in ticks, lots), best first on each side.

        House orders trade with anybody they meet; they have no records, no holds and no fees. While the market is
        not open in full the house waits.

        Raises:
            UnknownSymbol: it is not traded here.
            ValueError: the ladder crosses itself.
        """
        listing = self._listing(symbol)
        if bids and asks and bids[0][0] >= asks[0][0]:
            raise ValueError(f"{symbol}: the house would trade with itself, bid {bids[0]} and ask {asks[0]}")
        if self._mode is not TradingMode.FULL:
            return
        self._floor.quote_house(listing, bids, asks)
        self._commit(listing)

    def print_trade(self, symbol: str, side: Side, price_ticks: int, quantity_lots: int) -> None:
        """Put a trade between strangers on the tape: it moves the last price and the statistics, and no money.

        Raises:
            UnknownSymbol: it is not traded here.
        """
        listing = self._listing(symbol)
        if self._mode is TradingMode.FULL:
            self._floor.print_trade(listing, next(self._trade_ids), side, price_ticks, quantity_lots)
            self._commit(listing)

    def _end(self, order: WorkingOrder, status: OrderStatus, reason: str) -> OrderRecord:
        self._floor.withdraw(order)
        self._floor.finish(order, status, reason)
        self._commit(order.listing)
        return self.truth.order(order.request.account, order_id=order.order_id)

    def _end_late(self, order: WorkingOrder, reason: str) -> None:
        if self._floor.register.has(order.order_id):
            self._end(order, OrderStatus.CANCELED, reason)

    def _fire_switch(self, account: str, symbol: str | None) -> None:
        for order in self._floor.register.of(account, symbol):
            self._end(order, OrderStatus.CANCELED, reasons.BY_SWITCH)

    def _enter(self, mode: TradingMode) -> None:
        self._mode = mode
        if mode is not TradingMode.HALTED:
            self._switches.catch_up()

    def _listing(self, symbol: str) -> Listing:
        try:
            return self._listings[symbol]
        except KeyError:
            raise UnknownSymbol(f"{self.name} does not trade {symbol}") from None

    def _commit(self, listing: Listing | None = None) -> None:
        """Make what has happened the truth, all at once, and then tell it."""
        if listing is not None and not self.stops_asleep:
            self._floor.fire_triggers(listing)
        happened = self._floor.drain(listing)
        apply, publish = self.truth.apply, self.events.publish
        for event in happened:
            apply(event)
        for event in happened:
            publish(event)
