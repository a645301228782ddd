"""Binance spot, as it is spoken to: `recvWindow` as the expiry of every signed request, look-up by client order id."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from engine.domain.evidence import Seen, Trade, VenueOrder, VenueStatus, View
from engine.domain.instrument import Side
from engine.domain.money import Money, Price, Quantity
from engine.domain.ticket import OrderRef, Ticket, TimeInForce
from engine.ports.venue import Balance, OrderNews
from engine.venues import binance_facts, binance_signs
from engine.venues.dialects import Ask
from engine.venues.paging import every_page
from engine.venues.unified import MS, STATUSES, member, number, rows, stop_params, text, trade, venue_order

PAGE = 1000
STOP = "STOP_LOSS"
"""How the names of its two kinds of stop begin."""
SINCE_MARGIN_MS = 60_000
"""Histories are read from a minute earlier: the clocks of two views need not agree."""


class Binance:
    """Binance spot (`engine.venues.dialects.Dialect`)."""

    facts = binance_facts.FACTS
    meters = staticmethod(binance_facts.meters)
    signs = binance_signs.SIGNS
    read = staticmethod(binance_signs.read)
    until_ns = staticmethod(binance_signs.until_ns)
    options: Mapping[str, Any] = MappingProxyType(
        {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}, "fetchMargins": False}
    )
    currencies = False
    in_order = False
    costs = binance_facts.COSTS
    shares = binance_facts.SHARES
    time_resolution_ns = MS
    cancels_by_name = False

    def used(self, headers: Mapping[str, str]) -> Iterable[tuple[str, float]]:
        for name, meter in binance_facts.HEADERS.items():
            if headers.get(name, "").isdigit():
                yield meter, float(headers[name])

    def submit_params(self, ticket: Ticket, now_ns: int) -> dict[str, Any]:
        params = {"newClientOrderId": ticket.client_order_id, **_window(ticket.expires_ns, now_ns)}
        params |= stop_params(ticket)
        if ticket.price is None:
            return params
        post_only = ticket.time_in_force is TimeInForce.POST_ONLY
        return params | ({"postOnly": True} if post_only else {"timeInForce": ticket.time_in_force.upper()})

    def cancel_params(self, order: OrderRef, *, expires_ns: int, now_ns: int) -> dict[str, Any]:
        window = _window(expires_ns, now_ns)
        return window if order.venue_order_id else {"origClientOrderId": order.client_order_id, **window}

    def cancel_costs(self, age_ns: int) -> Mapping[str, float]:
        return self.costs["cancel"]

    def cancelled(self, answer: Mapping[str, Any], order: OrderRef) -> bool:
        known_by = (member(answer, "info", "origClientOrderId"), text(answer["id"]))
        return order.client_order_id == known_by[0] or order.venue_order_id == known_by[1]

    async def orders(self, ex: Any, ask: Ask, view: View, order: OrderRef) -> list[VenueOrder]:
        symbol = ex.market_id(order.instrument)
        match view:
            case View.OPEN_ORDERS:
                return await self.open_orders(ex, ask, order.instrument)
            case View.CLOSED_ORDERS:
                return await self._all_orders(ex, ask, symbol, order.since_ns)
            case _ if order.venue_order_id is not None:
                return await self.orders_by_venue_id(ex, ask, order.instrument, [order.venue_order_id])
            case _:
                by_id = {"symbol": symbol, "origClientOrderId": order.client_order_id}
                return [await self._one(ex, ask, by_id)]

    async def orders_by_venue_id(self, ex: Any, ask: Ask, instrument: str, ids: Sequence[str]) -> list[VenueOrder]:
        symbol = ex.market_id(instrument)
        return [await self._one(ex, ask, {"symbol": symbol, "orderId": venue_id}) for venue_id in ids]

    async def open_orders(self, ex: Any, ask: Ask, instrument: str) -> list[VenueOrder]:
        async def request() -> list[VenueOrder]:
            found = await ex.privateGetOpenOrders({"symbol": ex.market_id(instrument)})
            return [_order(ex, row) for row in rows(found)]

        return await ask("open_orders", request)

    async def fills(
        self, ex: Any, ask: Ask, instrument: str, *, since_ns: int, venue_order_id: str | None
    ) -> list[Trade]:
        symbol = ex.market_id(instrument)
        if venue_order_id is not None:
            by_order = {"symbol": symbol, "orderId": venue_order_id}
            return await ask("fills_of_order", partial(trades, ex, ex.privateGetMyTrades, by_order))
        return await trades_since(ex, ask, self.facts.name, ex.privateGetMyTrades, symbol, since_ns)

    async def balances(self, ex: Any, ask: Ask) -> dict[str, Balance]:
        async def request() -> dict[str, Balance]:
            account = await ex.privateGetAccount({"omitZeroBalances": "true"})
            return {
                ex.safe_currency_code(text(row["asset"])): Balance(free=number(row["free"]), held=number(row["locked"]))
                for row in rows(member(account, "balances"))
            }

        return await ask("balances", request)

    def watch_quotes(self, ex: Any, instruments: Sequence[str]) -> Awaitable[object]:
        # `ticker` tells bid and ask; ccxt's default, `miniTicker`, does not.
        watching: Awaitable[object] = ex.watch_tickers(list(instruments), {"name": "ticker"})
        return watching

    async def authenticate(self, ex: Any, ask: Ask) -> None:
        """Nothing: the subscription itself is signed."""

    def news(self, ex: Any, frame: Any, names: Mapping[str, str]) -> list[OrderNews]:
        event = frame.get("event", frame) if isinstance(frame, dict) else {}
        kind = event.get("e")
        if kind in ("eventStreamTerminated", "serverShutdown"):
            raise ValueError(f"the venue ended the stream: {kind}")
        return [_news(ex, event)] if kind == "executionReport" else []

    async def _one(self, ex: Any, ask: Ask, by_id: dict[str, Any]) -> VenueOrder:
        async def request() -> VenueOrder:
            return _order(ex, await ex.privateGetOrder(by_id))

        return await ask("look_up", request)

    async def _all_orders(self, ex: Any, ask: Ask, symbol: str, since_ns: int) -> list[VenueOrder]:
        async def request() -> list[VenueOrder]:
            since_ms = since_ns // MS - SINCE_MARGIN_MS
            found = rows(await ex.privateGetAllOrders({"symbol": symbol, "startTime": since_ms, "limit": PAGE}))
            if len(found) >= PAGE:
                raise ValueError("more orders since then than one page holds")
            return [_order(ex, row) for row in found]

        return await ask("closed_orders", request)


def _window(expires_ns: int, now_ns: int) -> dict[str, Any]:
    """Return the stamp of a request and how long it may live, in milliseconds; the venue adds the two."""
    now_ms = now_ns // MS
    return {"timestamp": now_ms, "recvWindow": min(expires_ns // MS - now_ms, binance_facts.WINDOW_MS_MAX)}


def _order(ex: Any, row: Any) -> VenueOrder:
    """Read an order as queries show it: a stop that is not set off is new, and not working."""
    member(row, "orderId")
    waits = str(row.get("type")).startswith(STOP) and row.get("isWorking") is False
    return venue_order(ex.parse_order(row), cost=member(row, "cummulativeQuoteQty"), waits=waits)


async def trades(ex: Any, get: Any, query: dict[str, Any]) -> list[Trade]:
    """Read one page of fills."""
    return [trade(ex.parse_trade(row)) for row in rows(await get(query))]


async def trades_since(ex: Any, ask: Ask, venue: str, get: Any, symbol: str, since_ns: int) -> list[Trade]:
    """Read the fills of a market since a time, oldest first: each page after the last number of the one before."""

    async def turn(last: int | None) -> tuple[list[Trade], int | None]:
        start = {"startTime": since_ns // MS} if last is None else {"fromId": last + 1}
        page = await trades(ex, get, {"symbol": symbol, "limit": PAGE, **start})
        return page, max(int(each.trade_id) for each in page) if len(page) >= PAGE else None

    return await every_page(ask, venue, "fills", turn)


def _news(ex: Any, event: Mapping[str, Any]) -> OrderNews:
    """Read an execution report; in that of a cancel, `C` is the order's own id and `c` the cancel's."""
    symbol = text(ex.safe_symbol(event["s"], None, None, "spot"))
    venue_order_id, at_ns = str(event["i"]), int(event["T"]) * MS
    cancel_of = event.get("C")
    client_order_id = text(cancel_of if cancel_of and event["x"] == "CANCELED" else event["c"])
    filled: tuple[Trade, ...] = ()
    if event["x"] == "TRADE":
        filled = (
            Trade(
                trade_id=str(event["t"]),
                venue_order_id=venue_order_id,
                client_order_id=client_order_id,
                instrument=symbol,
                side=Side(event["S"].lower()),
                price=Price(number(event["L"])),
                quantity=Quantity(number(event["l"])),
                fee=number(event["n"] or "0"),
                fee_asset=ex.safe_currency_code(event["N"]) if event.get("N") else symbol.partition("/")[2],
                at_ns=at_ns,
            ),
        )
    waits = str(event["o"]).startswith(STOP) and event["X"] == "NEW" and not event["w"]
    seen = Seen(
        view=View.STREAM,
        at_ns=at_ns,
        status=VenueStatus.WAITING if waits else STATUSES[ex.parse_order_status(event["X"])],
        filled=Quantity(number(event["z"])),
        cost=Money(number(event["Z"])),
        venue_order_id=venue_order_id,
        trades=filled,
        reason="" if event.get("r") in (None, "NONE") else str(event["r"]),
    )
    return OrderNews(instrument=symbol, client_order_id=client_order_id, venue_order_id=venue_order_id, seen=seen)
