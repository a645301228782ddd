"""Kraken spot, as it is spoken to: `deadline` as the expiry of a submit, look-up by client order id in two lists.

Its errors come with status 200, its nonces must arrive rising, its cancels carry no expiry, and its trades name the
venue's order id only. ccxt's `fetch_order` by client id sends an empty id and is not used (`venues.md` 2.2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from engine.domain.evidence import Trade, VenueOrder, View
from engine.domain.ticket import OrderRef, Ticket, TimeInForce
from engine.domain.venue_facts import NS
from engine.ports.venue import Balance, OrderNews
from engine.venues import kraken_facts, kraken_signs
from engine.venues.dialects import Ask
from engine.venues.kraken_news import news
from engine.venues.paging import every_page
from engine.venues.unified import MS, member, number, rows, stop_params, text, trade, venue_order

PAGE = 50


class Kraken:
    """Kraken spot (`engine.venues.dialects.Dialect`)."""

    facts = kraken_facts.FACTS
    meters = staticmethod(kraken_facts.meters)
    signs = kraken_signs.SIGNS
    read = staticmethod(kraken_signs.read)
    until_ns = staticmethod(kraken_signs.until_ns)
    options: Mapping[str, Any] = MappingProxyType({})
    currencies = True
    in_order = True
    costs = kraken_facts.COSTS
    shares = kraken_facts.SHARES
    time_resolution_ns = NS
    cancels_by_name = False

    def used(self, headers: Mapping[str, str]) -> Iterable[tuple[str, float]]:
        return ()

    def submit_params(self, ticket: Ticket, now_ns: int) -> dict[str, Any]:
        params: dict[str, Any] = {"clientOrderId": ticket.client_order_id, "deadline": rfc3339(ticket.expires_ns)}
        params |= stop_params(ticket)
        match ticket.time_in_force:
            case _ if ticket.price is None:
                return params
            case TimeInForce.POST_ONLY:
                return params | {"postOnly": True}
            case TimeInForce.FOK:
                raise ValueError("Kraken spot has no fill-or-kill")
            case other:
                return params | {"timeInForce": other.upper()}

    def cancel_params(self, order: OrderRef, *, expires_ns: int, now_ns: int) -> dict[str, Any]:
        return {} if order.venue_order_id else {"clientOrderId": order.client_order_id}

    def cancel_costs(self, age_ns: int) -> Mapping[str, float]:
        return {"trading": kraken_facts.cancel_cost(age_ns)}

    def cancelled(self, answer: Mapping[str, Any], order: OrderRef) -> bool:
        result = member(answer, "info", "result")
        return int(result.get("count", 0)) > 0 or bool(result.get("pending"))

    async def orders(self, ex: Any, ask: Ask, view: View, order: OrderRef) -> list[VenueOrder]:
        match view:
            case View.OPEN_ORDERS:
                return await _by_client_id(ex, ask, "open", order)
            case View.CLOSED_ORDERS:
                return await _by_client_id(ex, ask, "closed", order)
            case _ if order.venue_order_id is not None:
                return await self.orders_by_venue_id(ex, ask, order.instrument, [order.venue_order_id])
            case _:
                resting = await _by_client_id(ex, ask, "open", order)
                return resting or await _by_client_id(ex, ask, "closed", order)

    async def orders_by_venue_id(self, ex: Any, ask: Ask, instrument: str, ids: Sequence[str]) -> list[VenueOrder]:
        async def request() -> list[VenueOrder]:
            found = member(await ex.privatePostQueryOrders({"txid": ",".join(ids)}), "result")
            return _orders(ex, found)

        return await ask("look_up", request)

    async def open_orders(self, ex: Any, ask: Ask, instrument: str) -> list[VenueOrder]:
        async def request() -> list[VenueOrder]:
            found = member(await ex.privatePostOpenOrders(), "result", "open")
            return [order for order in _orders(ex, found) if order.instrument == instrument]

        return await ask("open_orders", request)

    async def fills(
        self, ex: Any, ask: Ask, instrument: str, *, since_ns: int, venue_order_id: str | None
    ) -> list[Trade]:
        async def turn(seen: int | None) -> tuple[list[Trade], int | None]:
            query = {"start": since_ns // NS - 1, "ofs": seen or 0}
            result = member(await ex.privatePostTradesHistory(query), "result")
            page = [
                trade(ex.parse_trade({**row, "id": trade_id})) for trade_id, row in _items(member(result, "trades"))
            ]
            so_far = (seen or 0) + len(page)
            return page, so_far if page and so_far < int(member(result, "count")) else None

        told = await every_page(ask, self.facts.name, "fills", turn)
        ours = {each.trade_id: each for each in told if each.instrument == instrument}  # a page may shift meanwhile
        return sorted(
            (each for each in ours.values() if venue_order_id in (None, each.venue_order_id)),
            key=lambda each: (each.at_ns, each.trade_id),
        )

    async def balances(self, ex: Any, ask: Ask) -> dict[str, Balance]:
        async def request() -> dict[str, Balance]:
            found = member(await ex.privatePostBalanceEx(), "result")
            balances: dict[str, Balance] = {}
            for asset, row in _items(found):
                held = number(row.get("hold_trade", "0"))
                balances[ex.safe_currency_code(asset)] = Balance(free=number(row["balance"]) - held, held=held)
            if not balances:
                raise ValueError("an account that trades has at least one balance")
            return balances

        return await ask("balances", request)

    def watch_quotes(self, ex: Any, instruments: Sequence[str]) -> Awaitable[object]:
        # Quotes move without trades: ask for every change of the best bid and offer.
        watching: Awaitable[object] = ex.watch_tickers(list(instruments), {"event_trigger": "bbo"})
        return watching

    async def authenticate(self, ex: Any, ask: Ask) -> None:
        await ask("token", ex.authenticate)

    def news(self, ex: Any, frame: Any, names: Mapping[str, str]) -> list[OrderNews]:
        return news(frame, names)


def rfc3339(at_ns: int) -> str:
    """Return a time as Kraken's `deadline` wants it, in milliseconds, rounded down: a request dies too early,
    never late.
    """
    whole = datetime.fromtimestamp(at_ns // NS, tz=UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{at_ns // MS % 1000:03d}Z"


async def _by_client_id(ex: Any, ask: Ask, which: str, order: OrderRef) -> list[VenueOrder]:
    async def request() -> list[VenueOrder]:
        post = ex.privatePostOpenOrders if which == "open" else ex.privatePostClosedOrders
        found = _orders(ex, member(await post({"cl_ord_id": order.client_order_id}), "result", which))
        if any(each.client_order_id != order.client_order_id for each in found):
            raise ValueError("the list is not limited to the client order id asked for, so it may be incomplete")
        return found

    return await ask(f"{which}_orders", request)


def _orders(ex: Any, found: Any) -> list[VenueOrder]:
    return [
        venue_order(
            ex.parse_order({**row, "id": venue_id}),
            cost=member(row, "cost"),
            reason=str(row.get("reason") or ""),
            waits=_waits(row),
        )
        for venue_id, row in _items(found)
    ]


def _waits(row: Mapping[str, Any]) -> bool:
    """Tell whether an order is a stop that no price has set off: its `stopprice` is told once one has."""
    return str(member(row, "descr", "ordertype")).startswith("stop-loss") and not number(row.get("stopprice", "0"))


def _items(found: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return the members of an object of objects, in the order in which they were told."""
    if not isinstance(found, dict):
        raise TypeError(f"an object was due, not {type(found).__name__}")
    return list(zip((text(name) for name in found), rows(list(found.values())), strict=True))
