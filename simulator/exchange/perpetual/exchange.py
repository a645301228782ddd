"""The truth of one venue of perpetuals, as its clients change it: orders, amendments, cancels, orders in waiting.

As on spot, a request is checked, matched and written down before `submit` returns; nobody sees the moment between.
"""

import random
from functools import partial

from simulator.exchange import reasons
from simulator.exchange.admission import TradingMode, check_mode
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderStatus
from simulator.exchange.perpetual.accounts import Working
from simulator.exchange.perpetual.clearing import ClearingHouse
from simulator.exchange.perpetual.floor import HOUSE, INSURANCE, PerpetualTrade
from simulator.exchange.perpetual.records import WaitingOrder
from simulator.exchange.rejections import RejectCode, Rejected, UnknownOrder

__all__ = ["HOUSE", "INSURANCE", "PerpetualExchange", "PerpetualTrade"]


class PerpetualExchange(ClearingHouse):
    """One exchange of linear perpetuals, margined in the quote asset that all of them share.

    `truth`, `events`, `mode` and the doors for faults (`matching_delay_ns`, `silent_reject`, `refuses`, `stops_asleep`,
    `cancel_lag_ns`) are as on a spot exchange. A balance is an account's wallet: what of it is available depends on
    marks, and is asked with `health`.
    """

    def submit(self, request: OrderRequest) -> OrderRecord:
        """Accept an order, match it, and return the record after matching.

        Raises:
            Rejected: `code` says why; nothing has changed. REDUCE_ONLY where nothing is to be reduced.
            UnknownAccount: no such account.
        """
        order = self._accept(request)
        self._settle_down(order.market)
        return self.truth.order(request.account, order_id=order.order_id)

    def amend(
        self,
        account: str,
        *,
        order_id: int | None = None,
        client_order_id: str | None = None,
        price_ticks: int | None = None,
        quantity_lots: int | None = None,
    ) -> OrderRecord:
        """Give an open limit order another price, quantity or both; it goes to the end of its queue.

        Raises:
            UnknownOrder: none that is open has this id.
            Rejected: the new terms are refused, and the order stays as it was.
        """
        order = self._find(account, order_id, client_order_id, None)
        check_mode(self.mode, order.request)
        before = (order.price, order.lots)
        wanted = (price_ticks or order.price, quantity_lots or order.lots)
        if wanted == before:
            raise Rejected(RejectCode.AMEND_NOTHING, "the same price and quantity")
        if wanted[1] <= order.filled:
            raise Rejected(RejectCode.AMEND_FILLED, f"{order.filled} lots are filled")
        self._gatekeeper.check_amended(order, *wanted)
        self._floor.unbook(order)
        order.price, order.lots = wanted
        self._floor.tell(order, order.open_status, reason=reasons.AMENDED)
        if order.doom is None:
            self._floor.match(order)
            self._floor.trim(order.account, order.market)
        self._settle_down(order.market)
        return self.truth.order(account, order_id=order.order_id)

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
        if self.mode is TradingMode.HALTED:
            raise Rejected(RejectCode.MARKET_HALTED, "cancels are not accepted either")
        order = self._find(account, order_id, client_order_id, symbol)
        if self.cancel_lag_ns:
            self._timeline.call_later(self.cancel_lag_ns, partial(self._end_late, order, reason))
            return self.truth.order(account, order_id=order.order_id)
        return self._end(order, reason)

    def cancel_all(
        self, account: str, symbol: str | None = None, *, reason: str = reasons.BY_CLIENT
    ) -> list[OrderRecord]:
        """Cancel the open orders of an account, oldest first, and return their last records; none waits on."""
        orders = self._trader(account).open_orders(symbol)
        return [self.cancel(account, order_id=order.order_id, reason=reason) for order in orders]

    def cancel_all_after(self, account: str, delay_ns: int | None, symbol: str | None = None) -> int | None:
        """Cancel all orders (of a symbol) in `delay_ns`, unless told otherwise before; None disarms.

        Waiting orders wait on. Return the Unix ns at which the switch goes off; one due in a halt does after it.

        Raises:
            UnknownAccount: no such account.
            ValueError: the delay is negative.
        """
        self._trader(account)
        if delay_ns is None:
            self._switches.disarm(account, symbol)
            return None
        return self._switches.arm(account, symbol, delay_ns)

    def restart(self, *, keep: float, random: random.Random) -> list[OrderRecord]:
        """Cancel each client's order unless a draw is below `keep`, in any mode; return the last records of those."""
        lost = [order for order in self._floor.orders.values() if random.random() >= keep]
        return [self._end(order, reasons.BY_RESTART) for order in lost]

    def wait(self, draft: WaitingOrder) -> WaitingOrder:
        """Let an order wait for its price.

        Raises:
            Rejected: its terms are refused, or it would be set off at once (STOP_WOULD_TRIGGER).
            UnknownAccount: no such account.
        """
        self._trader(draft.account)
        check_mode(self.mode, draft.request)
        order = self._room.enter(draft)
        self._commit()
        return order

    def stop_waiting(
        self, account: str, *, waiting_id: int | None = None, client_id: str | None = None
    ) -> WaitingOrder:
        """Cancel a waiting order, named by either id.

        Raises:
            UnknownOrder: none that waits has it.
        """
        order = self._room.leave(account, waiting_id=waiting_id, client_id=client_id, reason=reasons.BY_CLIENT)
        self._commit()
        return order

    def _fire_switch(self, account: str, symbol: str | None) -> None:
        for order in self._trader(account).open_orders(symbol):
            self._end(order, reasons.BY_SWITCH)

    def _end(self, order: Working, reason: str) -> OrderRecord:
        self._floor.end(order, OrderStatus.CANCELED, reason)
        self._commit(order.market)
        return self.truth.order(order.request.account, order_id=order.order_id)

    def _end_late(self, order: Working, reason: str) -> None:
        if order.order_id in self._floor.orders:
            self._end(order, reason)

    def _place(self, request: OrderRequest) -> int:
        order = self._accept(request)
        self._commit(order.market)
        return order.order_id

    def _accept(self, request: OrderRequest) -> Working:
        """Check an order, match it, and write it down."""
        trader = self._trader(request.account)
        check_mode(self.mode, request)
        refused = self.refuses(request) if self.refuses is not None else None
        if refused is not None:
            raise Rejected(refused, "as a fault has it")
        order = self._gatekeeper.admit(request, trader)
        order.order_id = next(self._order_ids)
        order.created_ns = self._timeline.wall_ns()
        self._floor.open(order)
        if self.silent_reject is not None and self.silent_reject(request):
            order.doom = self._timeline.call_later(self.matching_delay_ns, lambda: self._reject(order))
        else:
            self._floor.match(order)
            self._floor.trim(trader, order.market)
        return order

    def _reject(self, order: Working) -> None:
        self._floor.finish(order, OrderStatus.REJECTED, reasons.SILENTLY)
        self._commit(order.market)

    def _find(self, account: str, order_id: int | None, client_order_id: str | None, symbol: str | None) -> Working:
        trader = self._trader(account)
        if order_id is None:
            order_id = trader.client_ids.get(client_order_id or "")
        order = None if order_id is None else trader.orders.get(order_id)
        if (
            order is None
            or client_order_id not in (None, "", order.request.client_order_id)
            or symbol not in (None, order.request.symbol)
        ):
            raise UnknownOrder(f"no open order {order_id or ''} {client_order_id or ''}".rstrip())
        return order
