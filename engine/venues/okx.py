"""OKX spot, as it is spoken to: `expTime` as the expiry of a submit, look-up by client order id.

The expiry is an HTTP header that ccxt does not send; the seam (`ccxt_kinds.Okx`) moves it there from the parameters.
Cancels carry none. For stops, which are algo orders (`okx_stops`), the venue reads none either, but it takes no
signature older than thirty seconds: they are signed as if they were that much older. A post-only order that would trade
is accepted and then cancelled. An order cancelled without a fill is forgotten after two hours, so that its history
proves nothing older than that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any

from engine.domain.evidence import Seen, Trade, VenueOrder, View
from engine.domain.instrument import Side
from engine.domain.money import Price, Quantity
from engine.domain.ticket import OrderRef, Ticket, TimeInForce
from engine.ports.venue import Balance, OrderNews
from engine.venues import okx_facts, okx_signs
from engine.venues.dialects import Ask
from engine.venues.okx_pages import PAGE, SINCE_MARGIN_MS, pages
from engine.venues.okx_stops import OkxStops, news_of
from engine.venues.unified import MS, STATUSES, member, number, rows, stop_params, text, trade, venue_order


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

    def __init__(self) -> None:
        self._stops = OkxStops(self._order)

    def used(self, headers: Mapping[str, str]) -> Iterable[tuple[str, float]]:
        return ()

    def submit_params(self, ticket: Ticket, now_ns: int) -> dict[str, Any]:
        params: dict[str, Any] = {
            "clOrdId": ticket.client_order_id,
            "tdMode": "cash",
            "expTime": str(ticket.expires_ns // MS),
        }
        if ticket.stop_price is not None:
            params |= {"algoClOrdId": ticket.client_order_id, **stop_params(ticket)}
            return params
        match ticket.time_in_force:
            case _ if ticket.price is None:
                return params
            case TimeInForce.POST_ONLY:
                return params | {"postOnly": True}
            case other:
                return params | {"timeInForce": other.upper()}

    def cancel_params(self, order: OrderRef, *, expires_ns: int, now_ns: int) -> dict[str, Any]:
        if (order_id := self._stops.order_id(order.venue_order_id)) is not None:
            return {"ordId": order_id}  # a stop that was set off is cancelled as the order that it has become
        by_id = {} if order.venue_order_id else {"clOrdId": order.client_order_id}
        return by_id | ({"trigger": True} if order.stop else {})

    def cancel_costs(self, age_ns: int) -> Mapping[str, float]:
        return self.costs["cancel"]

    def cancelled(self, answer: Mapping[str, Any], order: OrderRef) -> bool:
        info = member(answer, "info")
        ours, theirs = ("algoClOrdId", "algoId") if info.get("algoId") else ("clOrdId", "ordId")
        known_by = (order.venue_order_id, self._stops.order_id(order.venue_order_id))
        named = order.client_order_id == info.get(ours) or text(member(info, theirs)) in known_by
        return named and member(info, "sCode") == "0"

    async def orders(self, ex: Any, ask: Ask, view: View, order: OrderRef) -> list[VenueOrder]:
        symbol = ex.market_id(order.instrument)
        match view:
            case View.OPEN_ORDERS:
                waiting = await self._stops.shown(ex, ask, view, order) if order.stop else []
                return waiting + await self._open(ex, ask, symbol)
            case _ if order.stop:
                return await self._stops.shown(ex, ask, view, order)
            case View.CLOSED_ORDERS:
                return await self._history(ex, ask, symbol, order.since_ns)
            case _ if order.venue_order_id is not None:
                return await self.orders_by_venue_id(ex, ask, order.instrument, [order.venue_order_id])
            case _:
                return [await self._stops.became(ex, ask, {"instId": symbol, "clOrdId": order.client_order_id})]

    async def orders_by_venue_id(self, ex: Any, ask: Ask, instrument: str, ids: Sequence[str]) -> list[VenueOrder]:
        symbol = ex.market_id(instrument)
        names = [self._stops.order_id(venue_id) or venue_id for venue_id in ids]
        return [await self._stops.became(ex, ask, {"instId": symbol, "ordId": name}) for name in names]

    async def open_orders(self, ex: Any, ask: Ask, instrument: str) -> list[VenueOrder]:
        symbol = ex.market_id(instrument)
        waiting = await self._stops.waiting(ex, ask, symbol)
        found = {each.venue_order_id: each for each in (*waiting, *await self._open(ex, ask, symbol))}
        return list(found.values())  # one that was set off in between is told as what it is by now

    async def fills(
        self, ex: Any, ask: Ask, instrument: str, *, since_ns: int, venue_order_id: str | None
    ) -> list[Trade]:
        symbol = ex.market_id(instrument)
        if venue_order_id is None:
            told = await self._fills(ex, ask, symbol, {"begin": since_ns // MS})
        else:
            told = await self._fills_of(ex, ask, symbol, venue_order_id)
        return sorted(
            await self._stops.named_fills(ex, ask, symbol, told), key=lambda each: (each.at_ns, each.trade_id)
        )

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
        if frame.get("event") is not None:
            return []
        match (frame.get("arg") or {}).get("channel"):
            case "orders":
                return [_news(ex, row, *self._stops.named(row)) for row in rows(member(frame, "data"))]
            case "orders-algo":
                return [news_of(ex, row) for row in rows(member(frame, "data"))]
            case _:
                return []

    async def _open(self, ex: Any, ask: Ask, symbol: str) -> list[VenueOrder]:
        query = {"instType": "SPOT", "instId": symbol, "limit": PAGE}
        get = ex.privateGetTradeOrdersPending
        return await pages(ask, "open_orders", get, query, "ordId", partial(self._order, ex))

    async def _history(self, ex: Any, ask: Ask, symbol: str, since_ns: int) -> list[VenueOrder]:
        begin_ms = since_ns // MS - SINCE_MARGIN_MS
        query = {"instType": "SPOT", "instId": symbol, "begin": begin_ms, "limit": PAGE}
        get = ex.privateGetTradeOrdersHistory
        return await pages(ask, "closed_orders", get, query, "ordId", partial(self._order, ex))

    async def _fills_of(self, ex: Any, ask: Ask, symbol: str, venue_order_id: str) -> list[Trade]:
        """Read the fills of an order, or of what a stop has become: only that is asked for where there are none."""
        if (order_id := self._stops.order_id(venue_order_id)) is not None:
            return await self._fills(ex, ask, symbol, {"ordId": order_id})
        if told := await self._fills(ex, ask, symbol, {"ordId": venue_order_id}):
            return told
        order_id = await self._stops.order_of(ex, ask, venue_order_id)
        return [] if order_id is None else await self._fills(ex, ask, symbol, {"ordId": order_id})

    async def _fills(self, ex: Any, ask: Ask, symbol: str, which: dict[str, Any]) -> list[Trade]:
        def read(row: dict[str, Any]) -> Trade:
            return trade(ex.parse_trade(row), client_order_id=row.get("clOrdId") or None)

        query = {"instType": "SPOT", "instId": symbol, "limit": PAGE, **which}
        return await pages(ask, "fills", ex.privateGetTradeFillsHistory, query, "billId", read)

    def _order(self, ex: Any, row: Any) -> VenueOrder:
        """Read an order; its cost is not told but an average that is rounded, so it is left to the fills."""
        venue_order_id, client_order_id = self._stops.named(row)
        told = {**ex.parse_order(row), "id": venue_order_id, "clientOrderId": client_order_id}
        nothing = number(row.get("accFillSz") or "0") == 0
        return venue_order(told, cost=0 if nothing else None, reason=str(row.get("cancelSourceReason") or ""))


def _news(ex: Any, row: Mapping[str, Any], venue_order_id: str, client_order_id: str | None) -> OrderNews:
    """Read one row of the `orders` channel; one with a trade id tells of a fill."""
    symbol = text(ex.safe_symbol(row["instId"], None, None, "spot"))
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
