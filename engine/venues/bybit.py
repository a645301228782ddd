"""Bybit spot, as it is spoken to: `recv_window` as the expiry of every signed request, orders in two lists.

An acknowledgement only says that the order was received; what became of it is in the list of open and just finished
orders, or later in the history, and only both together say that there is none. A stop is an order like any other, under
the same names before and after a price sets it off; it locks its coins, and a cancel must say that it means one. ccxt
takes the window from an option of the whole instance; the seam (`ccxt_kinds.Bybit`) takes it from the request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from engine.domain.evidence import Seen, Trade, VenueOrder, VenueStatus, View
from engine.domain.instrument import Side
from engine.domain.money import Money, Price, Quantity
from engine.domain.ticket import OrderRef, Ticket, TimeInForce
from engine.ports.venue import Balance, OrderNews
from engine.venues import bybit_facts, bybit_signs
from engine.venues.dialects import Ask
from engine.venues.paging import every_page
from engine.venues.unified import MS, member, number, rows, stop_params, text, trade

T = TypeVar("T")

PAGE = 50
STOP = "tpslOrder"
"""What Bybit calls a stop that locks what it would sell; its `StopOrder` does not."""
SINCE_MARGIN_MS = 60_000
"""Histories are read from a minute earlier: the clocks of two views need not agree."""

STATUSES: Mapping[str, VenueStatus] = MappingProxyType(
    {
        "Created": VenueStatus.OPEN,
        "New": VenueStatus.OPEN,
        "PartiallyFilled": VenueStatus.OPEN,
        "Untriggered": VenueStatus.WAITING,
        "Triggered": VenueStatus.OPEN,
        "Filled": VenueStatus.FILLED,
        "Cancelled": VenueStatus.CANCELLED,
        "PartiallyFilledCanceled": VenueStatus.CANCELLED,
        "Deactivated": VenueStatus.CANCELLED,
        "Rejected": VenueStatus.REJECTED,
    }
)
"""ccxt calls what was filled in part and then cancelled closed, and so filled; it is not."""


class Bybit:
    """Bybit spot (`engine.venues.dialects.Dialect`)."""

    facts = bybit_facts.FACTS
    meters = staticmethod(bybit_facts.meters)
    signs = bybit_signs.SIGNS
    read = staticmethod(bybit_signs.read)
    until_ns = staticmethod(bybit_signs.until_ns)
    options: Mapping[str, Any] = MappingProxyType(
        {
            "defaultType": "spot",
            "fetchMarkets": {"types": ["spot"]},
            "enableUnifiedMargin": False,
            "enableUnifiedAccount": True,
            "unifiedMarginStatus": 6,
        }
    )
    currencies = False
    in_order = False
    costs = bybit_facts.COSTS
    shares = bybit_facts.SHARES
    time_resolution_ns = MS
    cancels_by_name = False

    def used(self, headers: Mapping[str, str]) -> Iterable[tuple[str, float]]:
        return ()

    def submit_params(self, ticket: Ticket, now_ns: int) -> dict[str, Any]:
        params = {"clientOrderId": ticket.client_order_id, **_window(ticket.expires_ns, now_ns)}
        params |= stop_params(ticket)
        if ticket.price is None:
            return params
        post_only = ticket.time_in_force is TimeInForce.POST_ONLY
        return params | ({"postOnly": True} if post_only else {"timeInForce": ticket.time_in_force.upper()})

    def cancel_params(self, order: OrderRef, *, expires_ns: int, now_ns: int) -> dict[str, Any]:
        params = _window(expires_ns, now_ns) | ({"orderFilter": STOP} if order.stop else {})
        return params if order.venue_order_id else {"orderLinkId": order.client_order_id, **params}

    def cancel_costs(self, age_ns: int) -> Mapping[str, float]:
        return self.costs["cancel"]

    def cancelled(self, answer: Mapping[str, Any], order: OrderRef) -> bool:
        known_by = (member(answer, "info", "orderLinkId"), member(answer, "info", "orderId"))
        return order.client_order_id == known_by[0] or order.venue_order_id == text(known_by[1])

    async def orders(self, ex: Any, ask: Ask, view: View, order: OrderRef) -> list[VenueOrder]:
        named = {"orderLinkId": order.client_order_id}
        if order.venue_order_id is not None:
            named = {"orderId": order.venue_order_id}
        match view:
            case View.OPEN_ORDERS:
                return await _realtime(ex, ask, order.instrument, named)
            case View.CLOSED_ORDERS:
                return await _history(ex, ask, order.instrument, named)
            case _:
                found = await _realtime(ex, ask, order.instrument, named)
                return found or await _history(ex, ask, order.instrument, named)

    async def orders_by_venue_id(self, ex: Any, ask: Ask, instrument: str, ids: Sequence[str]) -> list[VenueOrder]:
        found: list[VenueOrder] = []
        for venue_id in ids:
            named = {"orderId": venue_id}
            found += await _realtime(ex, ask, instrument, named) or await _history(ex, ask, instrument, named)
        return found

    async def open_orders(self, ex: Any, ask: Ask, instrument: str) -> list[VenueOrder]:
        query = {"category": "spot", "symbol": ex.market_id(instrument), "openOnly": 0, "limit": PAGE}
        return await _pages(ask, "open_orders", ex.privateGetV5OrderRealtime, query, lambda row: _order(ex, row))

    async def fills(
        self, ex: Any, ask: Ask, instrument: str, *, since_ns: int, venue_order_id: str | None
    ) -> list[Trade]:
        query: dict[str, Any] = {"category": "spot", "symbol": ex.market_id(instrument), "limit": PAGE}
        query |= {"startTime": since_ns // MS} if venue_order_id is None else {"orderId": venue_order_id}
        market = ex.market(instrument)

        def read(row: dict[str, Any]) -> Trade:
            return trade(ex.parse_trade(row, market), client_order_id=row.get("orderLinkId") or None)

        told = await _pages(ask, "fills", ex.privateGetV5ExecutionList, query, read)
        return sorted(told, key=lambda each: (each.at_ns, each.trade_id))

    async def balances(self, ex: Any, ask: Ask) -> dict[str, Balance]:
        async def request() -> dict[str, Balance]:
            answer = await ex.privateGetV5AccountWalletBalance({"accountType": "UNIFIED"})
            (account,) = rows(member(answer, "result", "list"))
            balances: dict[str, Balance] = {}
            for row in rows(member(account, "coin")):
                held = number(row["locked"])
                balances[ex.safe_currency_code(text(row["coin"]))] = Balance(
                    free=number(row["walletBalance"]) - held, held=held
                )
            return balances

        return await ask("balances", request)

    def watch_quotes(self, ex: Any, instruments: Sequence[str]) -> Awaitable[object]:
        # The stream of spot tickers tells the last price only; bid and ask come by REST.
        watching: Awaitable[object] = ex.watch_tickers(list(instruments))
        return watching

    async def authenticate(self, ex: Any, ask: Ask) -> None:
        """Nothing: the stream itself is logged into."""

    def news(self, ex: Any, frame: Any, names: Mapping[str, str]) -> list[OrderNews]:
        if not isinstance(frame, dict):
            return []
        if frame.get("success") is False:
            raise ValueError(f"the venue refused the stream: {frame.get('ret_msg')}")
        if frame.get("topic") != "order":
            return []
        return [_news(ex, row) for row in rows(member(frame, "data")) if row.get("category") == "spot"]


def _window(expires_ns: int, now_ns: int) -> dict[str, Any]:
    """Return how long a request that is signed now may live, in milliseconds; the seam takes it out again."""
    return {"recvWindow": str(max(0, expires_ns // MS - now_ns // MS))}


async def _realtime(ex: Any, ask: Ask, instrument: str, named: Mapping[str, str]) -> list[VenueOrder]:
    query = {"category": "spot", "symbol": ex.market_id(instrument), **named}
    return await _pages(ask, "look_up", ex.privateGetV5OrderRealtime, query, lambda row: _order(ex, row))


async def _history(ex: Any, ask: Ask, instrument: str, named: Mapping[str, str]) -> list[VenueOrder]:
    query = {"category": "spot", "symbol": ex.market_id(instrument), **named}
    return await _pages(ask, "closed_orders", ex.privateGetV5OrderHistory, query, lambda row: _order(ex, row))


async def _pages(
    ask: Ask, operation: str, get: Any, query: dict[str, Any], read: Callable[[dict[str, Any]], T]
) -> list[T]:
    """Read all pages of a list."""

    async def turn(after: str | None) -> tuple[list[T], str | None]:
        result = member(await get(query | ({} if after is None else {"cursor": after})), "result")
        page = [read(row) for row in rows(member(result, "list"))]
        return page, (result.get("nextPageCursor") or None) if page else None

    return await every_page(ask, bybit_facts.FACTS.name, operation, turn)


def _order(ex: Any, row: Mapping[str, Any]) -> VenueOrder:
    price, stop_price = number(row["price"] or "0"), number(row.get("triggerPrice") or "0")
    return VenueOrder(
        venue_order_id=text(row["orderId"]),
        client_order_id=row.get("orderLinkId") or None,
        instrument=text(ex.safe_symbol(text(row["symbol"]), None, None, "spot")),
        side=Side(text(row["side"]).lower()),
        status=STATUSES[row["orderStatus"]],
        quantity=Quantity(number(row["qty"])),
        price=Price(price) if price else None,
        filled=Quantity(number(row["cumExecQty"] or "0")),
        cost=Money(number(row["cumExecValue"] or "0")),
        at_ns=int(row["updatedTime"]) * MS,
        reason=_reason(row),
        stop_price=Price(stop_price) if stop_price else None,
    )


def _reason(row: Mapping[str, Any]) -> str:
    told = str(row.get("rejectReason") or "")
    return "" if told == "EC_NoError" else told


def _news(ex: Any, row: Mapping[str, Any]) -> OrderNews:
    """Read one row of the `order` topic; fills are read where their fees are told."""
    order = _order(ex, row)
    seen = Seen(
        view=View.STREAM,
        at_ns=order.at_ns,
        status=order.status,
        filled=order.filled,
        cost=order.cost,
        venue_order_id=order.venue_order_id,
        reason=order.reason,
        quantity=order.quantity,
    )
    return OrderNews(
        instrument=order.instrument,
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id,
        seen=seen,
    )
