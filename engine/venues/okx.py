"""OKX spot, as it is spoken to: `expTime` as the expiry of a submit, look-up by client order id.

The expiry is an HTTP header that ccxt does not send; the seam (`ccxt_kinds.Okx`) moves it there from the parameters.
Cancels carry none. A post-only order that would trade is accepted and then cancelled. An order cancelled without a fill
is forgotten after two hours, so that its history proves nothing older than that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar

from engine.domain.evidence import Seen, Trade, VenueOrder, View
from engine.domain.instrument import Side
from engine.domain.money import Price, Quantity
from engine.domain.ticket import OrderRef, Ticket, TimeInForce
from engine.ports.venue import Balance, OrderNews
from engine.venues import okx_facts, okx_signs
from engine.venues.dialects import Ask
from engine.venues.paging import every_page
from engine.venues.unified import MS, STATUSES, member, number, rows, text, trade, venue_order

T = TypeVar("T")

PAGE = 100
SINCE_MARGIN_MS = 60_000
"""Histories are read from a minute earlier: the clocks of two views need not agree."""


class Okx:
    """OKX spot (`engine.venues.dialects.Dialect`)."""

    facts = okx_facts.FACTS
    meters = staticmethod(okx_facts.meters)
    signs = okx_signs.SIGNS
    read = staticmethod(okx_signs.read)
    until_ns = staticmethod(okx_signs.until_ns)
    options: Mapping[str, Any] = MappingProxyType(
        {
            "defaultType": "spot",
            "fetchMarkets": {"types": ["spot"]},
            "createOrder": "privatePostTradeOrder",
            "watchOrders": {"type": "SPOT"},
        }
    )
    currencies = False
    in_order = False
    costs = okx_facts.COSTS
    shares = okx_facts.SHARES
    time_resolution_ns = MS
    cancels_by_name = False

    def used(self, headers: Mapping[str, str]) -> Iterable[tuple[str, float]]:
        return ()

    def submit_params(self, ticket: Ticket, now_ns: int) -> dict[str, Any]:
        params: dict[str, Any] = {
            "clOrdId": ticket.client_order_id,
            "tdMode": "cash",
            "expTime": str(ticket.expires_ns // MS),
        }
        match ticket.time_in_force:
            case _ if ticket.price is None:
                return params
            case TimeInForce.POST_ONLY:
                return params | {"postOnly": True}
            case other:
                return params | {"timeInForce": other.upper()}

    def cancel_params(self, order: OrderRef, *, expires_ns: int, now_ns: int) -> dict[str, Any]:
        return {} if order.venue_order_id else {"clOrdId": order.client_order_id}

    def cancel_costs(self, age_ns: int) -> Mapping[str, float]:
        return self.costs["cancel"]

    def cancelled(self, answer: Mapping[str, Any], order: OrderRef) -> bool:
        known_by = (member(answer, "info", "clOrdId"), text(member(answer, "info", "ordId")))
        named = order.client_order_id == known_by[0] or order.venue_order_id == known_by[1]
        return named and member(answer, "info", "sCode") == "0"

    async def orders(self, ex: Any, ask: Ask, view: View, order: OrderRef) -> list[VenueOrder]:
        symbol = ex.market_id(order.instrument)
        match view:
            case View.OPEN_ORDERS:
                return await self.open_orders(ex, ask, order.instrument)
            case View.CLOSED_ORDERS:
                return await _history(ex, ask, symbol, order.since_ns)
            case _ if order.venue_order_id is not None:
                return await self.orders_by_venue_id(ex, ask, order.instrument, [order.venue_order_id])
            case _:
                return [await _one(ex, ask, {"instId": symbol, "clOrdId": order.client_order_id})]

    async def orders_by_venue_id(self, ex: Any, ask: Ask, instrument: str, ids: Sequence[str]) -> list[VenueOrder]:
        symbol = ex.market_id(instrument)
        return [await _one(ex, ask, {"instId": symbol, "ordId": venue_id}) for venue_id in ids]

    async def open_orders(self, ex: Any, ask: Ask, instrument: str) -> list[VenueOrder]:
        query = {"instType": "SPOT", "instId": ex.market_id(instrument), "limit": PAGE}
        get = ex.privateGetTradeOrdersPending
        return await _pages(ask, "open_orders", get, query, "ordId", lambda row: _order(ex, row))

    async def fills(
        self, ex: Any, ask: Ask, instrument: str, *, since_ns: int, venue_order_id: str | None
    ) -> list[Trade]:
        query: dict[str, Any] = {"instType": "SPOT", "instId": ex.market_id(instrument), "limit": PAGE}
        query |= {"begin": since_ns // MS} if venue_order_id is None else {"ordId": venue_order_id}

        def read(row: dict[str, Any]) -> Trade:
            return trade(ex.parse_trade(row), client_order_id=row.get("clOrdId") or None)

        told = await _pages(ask, "fills", ex.privateGetTradeFillsHistory, query, "billId", read)
        return sorted(told, key=lambda each: (each.at_ns, each.trade_id))

    async def balances(self, ex: Any, ask: Ask) -> dict[str, Balance]:
        async def request() -> dict[str, Balance]:
            (account,) = rows(member(await ex.privateGetAccountBalance(), "data"))
            return {
                ex.safe_currency_code(text(row["ccy"])): Balance(
                    free=number(row["availBal"]), held=number(row["frozenBal"])
                )
                for row in rows(member(account, "details"))
            }

        return await ask("balances", request)

    def watch_quotes(self, ex: Any, instruments: Sequence[str]) -> Awaitable[object]:
        watching: Awaitable[object] = ex.watch_tickers(list(instruments))
        return watching

    async def authenticate(self, ex: Any, ask: Ask) -> None:
        """Nothing: the stream itself is logged into."""

    def news(self, ex: Any, frame: Any, names: Mapping[str, str]) -> list[OrderNews]:
        if not isinstance(frame, dict):
            return []
        if frame.get("event") in ("error", "notice"):
            raise ValueError(f"the venue ends the stream: {frame.get('code')} {frame.get('msg')}")
        if frame.get("event") is not None or (frame.get("arg") or {}).get("channel") != "orders":
            return []
        return [_news(ex, row) for row in rows(member(frame, "data"))]


async def _one(ex: Any, ask: Ask, by_id: dict[str, Any]) -> VenueOrder:
    async def request() -> VenueOrder:
        (row,) = rows(member(await ex.privateGetTradeOrder(by_id), "data"))
        return _order(ex, row)

    return await ask("look_up", request)


async def _history(ex: Any, ask: Ask, symbol: str, since_ns: int) -> list[VenueOrder]:
    begin_ms = since_ns // MS - SINCE_MARGIN_MS
    query = {"instType": "SPOT", "instId": symbol, "begin": begin_ms, "limit": PAGE}
    get = ex.privateGetTradeOrdersHistory
    return await _pages(ask, "closed_orders", get, query, "ordId", lambda row: _order(ex, row))


async def _pages(
    ask: Ask, operation: str, get: Any, query: dict[str, Any], by: str, read: Callable[[dict[str, Any]], T]
) -> list[T]:
    """Read all pages of a list, newest first; `by` names what the next page is asked after."""

    async def turn(after: str | None) -> tuple[list[T], str | None]:
        page = rows(member(await get(query | ({} if after is None else {"after": after})), "data"))
        return [read(row) for row in page], text(page[-1][by]) if len(page) >= PAGE else None

    return await every_page(ask, okx_facts.FACTS.name, operation, turn)


def _order(ex: Any, row: Any) -> VenueOrder:
    """Read an order; its cost is not told but an average that is rounded, so it is left to the fills."""
    member(row, "ordId")
    nothing = number(row.get("accFillSz") or "0") == 0
    return venue_order(
        ex.parse_order(row), cost=0 if nothing else None, reason=str(row.get("cancelSourceReason") or "")
    )


def _news(ex: Any, row: Mapping[str, Any]) -> OrderNews:
    """Read one row of the `orders` channel; one with a trade id tells of a fill."""
    symbol = text(ex.safe_symbol(row["instId"], None, None, "spot"))
    venue_order_id, client_order_id = text(row["ordId"]), row.get("clOrdId") or None
    at_ns = int(row["uTime"]) * MS
    filled: tuple[Trade, ...] = ()
    if row.get("tradeId"):
        filled = (
            Trade(
                trade_id=text(row["tradeId"]),
                venue_order_id=venue_order_id,
                client_order_id=client_order_id,
                instrument=symbol,
                side=Side(row["side"]),
                price=Price(number(row["fillPx"])),
                quantity=Quantity(number(row["fillSz"])),
                fee=-number(row.get("fillFee") or Decimal(0)),
                fee_asset=ex.safe_currency_code(row["fillFeeCcy"]) if row.get("fillFeeCcy") else symbol.split("/")[1],
                at_ns=int(row["fillTime"]) * MS,
            ),
        )
    seen = Seen(
        view=View.STREAM,
        at_ns=at_ns,
        status=STATUSES[ex.parse_order_status(row["state"])],
        filled=Quantity(number(row["accFillSz"] or "0")),
        cost=None,
        venue_order_id=venue_order_id,
        trades=filled,
        reason=str(row.get("cancelSource") or ""),
    )
    return OrderNews(instrument=symbol, client_order_id=client_order_id, venue_order_id=venue_order_id, seen=seen)
