"""Orders that wait for a price: a service beside the book, as venues of perpetuals have it.

A waiting order holds no margin and is no order yet. When the last price or the mark reaches its trigger it places
one, which may be refused like any other; then it is REJECTED with the exchange's words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from msgspec.structs import replace as revised

from simulator.exchange import filters
from simulator.exchange.events import WaitingOrderChanged
from simulator.exchange.orders import OrderRequest, OrderType, Side
from simulator.exchange.perpetual.accounts import Market, Trader
from simulator.exchange.perpetual.floor import Floor
from simulator.exchange.perpetual.records import WaitingOrder, WaitingStatus, WorkedBy
from simulator.exchange.rejections import RejectCode, Rejected, UnknownOrder
from simulator.exchange.timeline import Timeline

WAITING_MAX = 200  # of an account in a contract


class WaitingRoom:
    """Every order that waits at one exchange."""

    def __init__(self, floor: Floor, markets: Mapping[str, Market], timeline: Timeline, ids: Iterator[int]) -> None:
        self._floor = floor
        self._markets = markets
        self._timeline = timeline
        self._ids = ids
        self._waiting: dict[int, WaitingOrder] = {}

    def enter(self, draft: WaitingOrder) -> WaitingOrder:
        """Let an order wait; its id, status and times are given here.

        Raises:
            Rejected: its terms are off the grid, its client id waits already, or it would be set off at once.
        """
        market = self._markets.get(draft.request.symbol)
        if market is None or not market.mark:
            raise Rejected(RejectCode.UNKNOWN_SYMBOL, draft.request.symbol)
        if not draft.close_position:
            filters.quantity(draft.request, market.contract)
        filters.limit_price(draft.request, market.contract)
        mine = [one for one in self._waiting.values() if one.account == draft.account]
        if draft.client_id and any(one.client_id == draft.client_id for one in mine):
            raise Rejected(RejectCode.DUPLICATE_CLIENT_ORDER_ID, draft.client_id)
        if sum(one.request.symbol == draft.request.symbol for one in mine) >= WAITING_MAX:
            raise Rejected(RejectCode.TOO_MANY_ORDERS, f"{WAITING_MAX} wait in {draft.request.symbol}")
        if self._is_reached(draft):
            raise Rejected(RejectCode.STOP_WOULD_TRIGGER, "the price is there already")
        wall_ns = self._timeline.wall_ns()
        order = replace(draft, waiting_id=next(self._ids), status=WaitingStatus.WAITING, created_ns=wall_ns)
        return self._put(order)

    def leave(
        self, account: str, *, waiting_id: int | None = None, client_id: str | None = None, reason: str = ""
    ) -> WaitingOrder:
        """Cancel a waiting order, named by either id.

        Raises:
            UnknownOrder: none that waits has it.
        """
        is_named = waiting_id is not None or client_id is not None
        for one in self._waiting.values():
            is_meant = waiting_id in (None, one.waiting_id) and client_id in (None, one.client_id)
            if is_named and is_meant and one.account == account:
                return self._put(replace(one, status=WaitingStatus.CANCELED, reason=reason))
        raise UnknownOrder(f"no waiting order {waiting_id or ''} {client_id or ''}".rstrip())

    def of(self, account: str, symbol: str | None = None) -> list[WaitingOrder]:
        """Return what waits for an account, oldest first."""
        return [
            one for one in self._waiting.values() if one.account == account and symbol in (None, one.request.symbol)
        ]

    def next_reached(self) -> WaitingOrder | None:
        """Return the oldest order whose price has been reached, None if there is none."""
        return next((one for one in self._waiting.values() if self._is_reached(one)), None)

    def set_off(self, order: WaitingOrder, order_id: int | None, reason: str = "") -> None:
        """Note what became of an order whose price was reached."""
        status = WaitingStatus.REJECTED if order_id is None else WaitingStatus.TRIGGERED
        self._put(replace(order, status=status, order_id=order_id, reason=reason))

    def request_of(self, order: WaitingOrder, trader: Trader) -> OrderRequest:
        """Return the order that is placed now; of one that closes a position, as much as that is."""
        if not order.close_position:
            return order.request
        lots = self.closes(order, trader)
        quantity = self._markets[order.request.symbol].contract.quantity(lots)
        return revised(order.request, quantity=quantity, reduce_only=True, type=OrderType.MARKET)

    def closes(self, order: WaitingOrder, trader: Trader) -> int:
        """Return the lots that an order on this side would close."""
        holding = trader.holdings.get(order.request.symbol)
        lots = 0 if holding is None else holding.lots
        return max(0, lots if order.request.side is Side.SELL else -lots)

    def _is_reached(self, order: WaitingOrder) -> bool:
        market = self._markets[order.request.symbol]
        price = market.last if order.worked_by is WorkedBy.LAST else market.mark
        if not price:
            return False
        return price >= order.trigger_ticks if order.rising else price <= order.trigger_ticks

    def _put(self, order: WaitingOrder) -> WaitingOrder:
        order = replace(order, updated_ns=self._timeline.wall_ns())
        if order.status is WaitingStatus.WAITING:
            self._waiting[order.waiting_id] = order
        else:
            del self._waiting[order.waiting_id]
        self._floor.note(WaitingOrderChanged(at_ns=self._timeline.now_ns(), record=order))
        return order
