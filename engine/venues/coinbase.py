"""Coinbase Advanced Trade, as it is spoken to: no look-up by client id, cancels by the venue's name only.

What became of an order is found by reading lists and comparing ids: those that are open, then all since it was meant. A
request is signed by a token, whose life (`ccxt_kinds.Coinbase`) is the only expiry that there is. Stops are orders like
any other, and need a limit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from engine.domain.evidence import Seen, Trade, VenueOrder, VenueStatus, View
from engine.domain.instrument import Side
from engine.domain.money import Money, Price, Quantity
from engine.domain.ticket import OrderRef, Ticket, TimeInForce
from engine.domain.venue_facts import NS
from engine.ports.venue import Balance, OrderNews
from engine.venues import coinbase_facts, coinbase_signs
from engine.venues.dialects import Ask
from engine.venues.paging import every_page
from engine.venues.unified import MS, member, number, rows, stop_params, text, trade

T = TypeVar("T")

PAGE = 250
SINCE_MARGIN_S = 60
"""Histories are read from a minute earlier: the clocks of two views need not agree."""

PENDING = "STOP_PENDING"
"""A stop that no price has set off."""

STATUSES: Mapping[str, VenueStatus] = MappingProxyType(
    {
        "PENDING": VenueStatus.OPEN,
        "QUEUED": VenueStatus.OPEN,
        "OPEN": VenueStatus.OPEN,
        "CANCEL_QUEUED": VenueStatus.OPEN,
        "EDIT_QUEUED": VenueStatus.OPEN,
        "FILLED": VenueStatus.FILLED,
        "CANCELLED": VenueStatus.CANCELLED,
        "EXPIRED": VenueStatus.EXPIRED,
        "FAILED": VenueStatus.REJECTED,
    }
)


class Coinbase:
    """Coinbase Advanced Trade spot (`engine.venues.dialects.Dialect`)."""

    facts = coinbase_facts.FACTS
    meters = staticmethod(coinbase_facts.meters)
    signs = coinbase_signs.SIGNS
    read = staticmethod(coinbase_signs.read)
    until_ns = staticmethod(coinbase_signs.until_ns)
    options: Mapping[str, Any] = MappingProxyType({"fetchTime": "v3PublicGetBrokerageTime"})
    currencies = False
    in_order = False
    costs = coinbase_facts.COSTS
    shares = coinbase_facts.SHARES
    time_resolution_ns = NS
    cancels_by_name = True

    def used(self, headers: Mapping[str, str]) -> Iterable[tuple[str, float]]:
        return ()

    def submit_params(self, ticket: Ticket, now_ns: int) -> dict[str, Any]:
        params = {"client_order_id": ticket.client_order_id, "tokenExpires": ticket.expires_ns // NS}
        params |= stop_params(ticket)
        match ticket.time_in_force:
            case _ if ticket.price is None:
                return params
            case TimeInForce.POST_ONLY:
                return params | {"postOnly": True}
            case other:
                return params | {"timeInForce": other.upper()}

    def cancel_params(self, order: OrderRef, *, expires_ns: int, now_ns: int) -> dict[str, Any]:
        return {"tokenExpires": expires_ns // NS}

    def cancel_costs(self, age_ns: int) -> Mapping[str, float]:
        return self.costs["cancel"]

    def cancelled(self, answer: Mapping[str, Any], order: OrderRef) -> bool:
        told = member(answer, "info")
        return member(told, "success") is True and text(member(told, "order_id")) == order.venue_order_id

    async def orders(self, ex: Any, ask: Ask, view: View, order: OrderRef) -> list[VenueOrder]:
        match view:
            case View.OPEN_ORDERS:
                return await self.open_orders(ex, ask, order.instrument)
            case View.CLOSED_ORDERS:
                return await _since(ex, ask, order)
            case _ if order.venue_order_id is not None:
                return await self.orders_by_venue_id(ex, ask, order.instrument, [order.venue_order_id])
            case _:
                return await _since(ex, ask, order)

    async def orders_by_venue_id(self, ex: Any, ask: Ask, instrument: str, ids: Sequence[str]) -> list[VenueOrder]:
        found: list[VenueOrder] = []
        for venue_id in ids:
            found.append(await _one(ex, ask, venue_id))  # noqa: PERF401  # one request after the other
        return found

    async def open_orders(self, ex: Any, ask: Ask, instrument: str) -> list[VenueOrder]:
        query = {"product_ids": [ex.market_id(instrument)], "order_status": ["OPEN"], "limit": PAGE}
        get = ex.v3PrivateGetBrokerageOrdersHistoricalBatch
        return await _pages(ask, "open_orders", get, query, "orders", lambda row: _order(ex, row))

    async def fills(
        self, ex: Any, ask: Ask, instrument: str, *, since_ns: int, venue_order_id: str | None
    ) -> list[Trade]:
        query: dict[str, Any] = {"product_ids": [ex.market_id(instrument)], "limit": PAGE}
        query |= (
            {"start_sequence_timestamp": rfc3339(since_ns // NS)}
            if venue_order_id is None
            else {"order_ids": [venue_order_id]}
        )
        get, market = ex.v3PrivateGetBrokerageOrdersHistoricalFills, ex.market(instrument)
        told = await _pages(ask, "fills", get, query, "fills", lambda row: trade(ex.parse_trade(row, market)))
        return sorted(told, key=lambda each: (each.at_ns, each.trade_id))

    async def balances(self, ex: Any, ask: Ask) -> dict[str, Balance]:
        def read(row: dict[str, Any]) -> tuple[str, Balance]:
            free, held = (number(member(row, name, "value")) for name in ("available_balance", "hold"))
            return ex.safe_currency_code(text(row["currency"])), Balance(free=free, held=held)

        return dict(await _pages(ask, "balances", ex.v3PrivateGetBrokerageAccounts, {"limit": PAGE}, "accounts", read))

    def watch_quotes(self, ex: Any, instruments: Sequence[str]) -> Awaitable[object]:
        watching: Awaitable[object] = ex.watch_tickers(list(instruments))
        return watching

    async def authenticate(self, ex: Any, ask: Ask) -> None:
        """Nothing: the subscription itself is signed."""

    def news(self, ex: Any, frame: Any, names: Mapping[str, str]) -> list[OrderNews]:
        if not isinstance(frame, dict):
            return []
        if frame.get("type") == "error":
            raise ValueError(f"the venue refused the stream: {frame.get('message')}")
        if frame.get("channel") != "user":
            return []
        told = [row for event in rows(member(frame, "events")) for row in rows(event.get("orders") or [])]
        at_ns = int(ex.parse8601(text(frame["timestamp"])) or 0) * MS
        return [_news(ex, row, at_ns) for row in told if row.get("status") in STATUSES]


def rfc3339(at_s: int) -> str:
    """Return a time in whole seconds as Coinbase reads it."""
    return f"{datetime.fromtimestamp(at_s, tz=UTC):%Y-%m-%dT%H:%M:%S}Z"


async def _one(ex: Any, ask: Ask, venue_id: str) -> VenueOrder:
    async def request() -> VenueOrder:
        answer = await ex.v3PrivateGetBrokerageOrdersHistoricalOrderId({"order_id": venue_id})
        return _order(ex, member(answer, "order"))

    return await ask("look_up", request)


async def _since(ex: Any, ask: Ask, order: OrderRef) -> list[VenueOrder]:
    start = rfc3339(order.since_ns // NS - SINCE_MARGIN_S)
    query = {"product_ids": [ex.market_id(order.instrument)], "start_date": start, "limit": PAGE}
    get = ex.v3PrivateGetBrokerageOrdersHistoricalBatch
    return await _pages(ask, "closed_orders", get, query, "orders", lambda row: _order(ex, row))


async def _pages(
    ask: Ask, operation: str, get: Any, query: dict[str, Any], name: str, read: Callable[[dict[str, Any]], T]
) -> list[T]:
    """Read all pages of a list."""

    async def turn(after: str | None) -> tuple[list[T], str | None]:
        answer = await get(query | ({} if after is None else {"cursor": after}))
        page = [read(row) for row in rows(member(answer, name))]
        return page, (answer.get("cursor") or None) if page else None

    return await every_page(ask, coinbase_facts.FACTS.name, operation, turn)


def _terms(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an order was placed with, whatever its kind is called."""
    (terms,) = (each for each in member(row, "order_configuration").values() if isinstance(each, dict))
    return dict(terms)


def _status(row: Mapping[str, Any]) -> VenueStatus:
    """Return how an order stands: a stop that is not set off is `OPEN` like one in the book."""
    status = STATUSES[row["status"]]
    waits = str(row.get("order_type")).upper().startswith("STOP") and row.get("trigger_status") == PENDING
    return VenueStatus.WAITING if waits and status is VenueStatus.OPEN else status


def _value(row: Mapping[str, Any]) -> Money | None:
    """Return what an order's fills came to without fees; None where that is not told."""
    value = row.get("filled_value")
    return Money(number(value)) if value else None


def _order(ex: Any, row: Mapping[str, Any]) -> VenueOrder:
    """Read an order; its value is told before fees, and may be rounded until its fills are known one by one."""
    terms = _terms(row)
    price, stop_price = terms.get("limit_price"), terms.get("stop_price")
    filled = number(row.get("filled_size") or "0")
    ex_ms = ex.parse8601(row.get("last_fill_time") or row.get("created_time")) or 0
    return VenueOrder(
        venue_order_id=text(row["order_id"]),
        client_order_id=row.get("client_order_id") or None,
        instrument=text(ex.safe_symbol(text(row["product_id"]), None, "-", "spot")),
        side=Side(text(row["side"]).lower()),
        status=_status(row),
        quantity=Quantity(number(terms.get("base_size") or filled)),
        price=None if price is None else Price(number(price)),
        filled=Quantity(filled),
        cost=_value(row),
        at_ns=int(ex_ms) * MS,
        reason=str(row.get("reject_message") or ""),
        stop_price=None if stop_price is None else Price(number(stop_price)),
    )


def _news(ex: Any, row: Mapping[str, Any], at_ns: int) -> OrderNews:
    """Read one order of the `user` channel; fills are read where they are told one by one.

    A row says when its order was made and never when it changed, so it is as late as the message that tells it.
    """
    venue_order_id, client_order_id = text(row["order_id"]), row.get("client_order_id") or None
    seen = Seen(
        view=View.STREAM,
        at_ns=at_ns,
        status=_status(row),
        filled=Quantity(number(row.get("cumulative_quantity") or "0")),
        cost=_value(row),
        venue_order_id=venue_order_id,
        reason=str(row.get("reject_reason") or ""),
    )
    symbol = text(ex.safe_symbol(text(row["product_id"]), None, "-", "spot"))
    return OrderNews(instrument=symbol, client_order_id=client_order_id, venue_order_id=venue_order_id, seen=seen)
