"""OKX's stops: algo orders, which wait apart from all other orders until a price sets them off, and then become one.

What waits has names of its own (`algoId`, `algoClOrdId`). The order that it becomes has another `ordId` and no client
order id, but tells whose it is; its fills tell the `ordId` and nothing else. For the engine a stop is one order with
one name from its beginning to its last fill, so all of this is told under the first: rows of the order by what stands
in them, fills by what was learned of their orders, which are looked up once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from engine.domain.errors import VenueTrouble
from engine.domain.evidence import Seen, Trade, VenueOrder, VenueStatus, View
from engine.domain.instrument import Side
from engine.domain.money import NOTHING, ZERO, Price, Quantity
from engine.domain.ticket import OrderRef
from engine.domain.trouble import TroubleKind
from engine.ports.venue import OrderNews
from engine.venues.dialects import Ask
from engine.venues.okx_pages import PAGE, SINCE_MARGIN_MS, pages
from engine.venues.unified import MS, member, number, rows, text

KNOWN_MAX = 2_000
"""Orders of which it is remembered what they were before; of more, the one learned first is asked for again."""
FORGOTTEN_MS = 7_200_000
"""So long an order that was cancelled without a fill can still be looked up."""
AT_MARKET = "-1"
ENDED = ("effective", "canceled", "order_failed")
STATES: Mapping[str, VenueStatus] = MappingProxyType(
    {
        "live": VenueStatus.WAITING,
        "pause": VenueStatus.WAITING,
        "effective": VenueStatus.OPEN,
        "partially_effective": VenueStatus.OPEN,
        "canceled": VenueStatus.CANCELLED,
        "order_failed": VenueStatus.REJECTED,
    }
)
"""Effective is a stop that was set off: what became of it, its order tells."""

Read = Callable[[Any, Any], VenueOrder]
"""Reads a row of an order, given ccxt's exchange and the row."""


class OkxStops:
    """The stops of one account, and what is remembered of the orders that they became."""

    def __init__(self, read: Read) -> None:
        """`read` makes an order of a row that tells one, under the names that `named` gives."""
        self._read = read
        self._before: dict[str, tuple[str, str | None]] = {}
        """By the `ordId` of an order, what it is called: as a stop, or by itself."""
        self._became: dict[str, str] = {}
        """The `ordId` of a stop that was set off, by its `algoId`."""

    def named(self, row: Mapping[str, Any]) -> tuple[str, str | None]:
        """Return what an order is called, by the venue and by us, and remember it."""
        order_id, algo_id = text(row["ordId"]), row.get("algoId") or None
        if algo_id is None:
            names = (order_id, row.get("clOrdId") or None)
        else:
            names = (algo_id, row.get("algoClOrdId") or None)
            _keep(self._became, algo_id, order_id)
        _keep(self._before, order_id, names)
        return names

    def order_id(self, venue_order_id: str | None) -> str | None:
        """Return the name of the order that a stop is known to have become."""
        return None if venue_order_id is None else self._became.get(venue_order_id)

    async def shown(self, ex: Any, ask: Ask, view: View, order: OrderRef) -> list[VenueOrder]:
        """Read what one view shows about a stop, as it waits or as the order that it became.

        The list of those that wait is read before that of open orders: what is set off between the two is in the first.
        """
        match view:
            case View.OPEN_ORDERS:
                return await self.waiting(ex, ask, ex.market_id(order.instrument))
            case View.CLOSED_ORDERS:
                ended = await self._ended(ex, ask, order)
                return [await self._followed(ex, ask, row) for row in ended]
            case _ if order.venue_order_id is not None:
                row = await self._one(ex, ask, {"algoId": order.venue_order_id})
            case _:
                row = await self._one(ex, ask, {"algoClOrdId": order.client_order_id})
        return [await self._followed(ex, ask, row)]

    async def waiting(self, ex: Any, ask: Ask, symbol: str) -> list[VenueOrder]:
        """Read all stops of one market that no price has set off."""
        query = {"ordType": "conditional,oco", "instType": "SPOT", "instId": symbol, "limit": PAGE}
        get = ex.privateGetTradeOrdersAlgoPending
        return await pages(ask, "open_stops", get, query, "algoId", partial(_stop, ex))

    async def order_of(self, ex: Any, ask: Ask, algo_id: str) -> str | None:
        """Return the name of the order that a stop has become; None where it has not, or was none."""
        try:
            row = await self._one(ex, ask, {"algoId": algo_id})
        except VenueTrouble as problem:
            if problem.trouble.kind is TroubleKind.NOT_FOUND:
                return None
            raise
        return _order_of(row)

    async def named_fills(self, ex: Any, ask: Ask, symbol: str, fills: Sequence[Trade]) -> list[Trade]:
        """Return fills under the names of their stops; the orders of those without our name are looked up, once."""
        strangers = {each.venue_order_id: None for each in fills if each.client_order_id is None}
        for order_id in strangers:
            if order_id not in self._before:
                await self.became(ex, ask, {"instId": symbol, "ordId": order_id})
        return [_renamed(each, self._before) if each.venue_order_id in strangers else each for each in fills]

    async def became(self, ex: Any, ask: Ask, by_id: dict[str, Any]) -> VenueOrder:
        """Look up an order."""

        async def request() -> VenueOrder:
            (row,) = rows(member(await ex.privateGetTradeOrder(by_id), "data"))
            return self._read(ex, row)

        return await ask("look_up", request)

    async def _one(self, ex: Any, ask: Ask, by_id: dict[str, Any]) -> dict[str, Any]:
        async def request() -> dict[str, Any]:
            (row,) = rows(member(await ex.privateGetTradeOrderAlgo(by_id), "data"))
            _stop(ex, row)  # what cannot be read is this request's trouble
            return row

        return await ask("look_up_stop", request)

    async def _followed(self, ex: Any, ask: Ask, row: dict[str, Any]) -> VenueOrder:
        """Return a stop, or what has become of the order that it is by now."""
        stop, order_id = _stop(ex, row), _order_of(row)
        if order_id is None:
            return stop
        try:
            return await self.became(ex, ask, {"instId": row["instId"], "ordId": order_id})
        except VenueTrouble as problem:
            if problem.trouble.kind is not TroubleKind.NOT_FOUND:
                raise
        age_ms = ex.milliseconds() - int(row.get("triggerTime") or 0)
        return replace(stop, status=VenueStatus.CANCELLED) if age_ms > FORGOTTEN_MS else stop

    async def _ended(self, ex: Any, ask: Ask, order: OrderRef) -> list[dict[str, Any]]:
        """Return what the list of ended stops has of one: by its name at once, else from each part of the list."""
        query = {"ordType": "conditional", "instType": "SPOT", "instId": ex.market_id(order.instrument), "limit": PAGE}
        since_ms = order.since_ns // MS - SINCE_MARGIN_MS
        if order.venue_order_id is not None:
            return await self._part(ex, ask, query | {"algoId": order.venue_order_id}, since_ms)
        parts = [await self._part(ex, ask, query | {"state": state}, since_ms) for state in ENDED]
        return [row for part in parts for row in part if row.get("algoClOrdId") == order.client_order_id]

    async def _part(self, ex: Any, ask: Ask, query: dict[str, Any], since_ms: int) -> list[dict[str, Any]]:
        get = ex.privateGetTradeOrdersAlgoHistory
        return await pages(ask, "closed_stops", get, query, "algoId", lambda row: row, since_ms=since_ms)


def news_of(ex: Any, row: Mapping[str, Any]) -> OrderNews:
    """Read one row of the `orders-algo` channel."""
    stop = _stop(ex, row)
    seen = Seen(
        view=View.STREAM,
        at_ns=stop.at_ns,
        status=stop.status,
        filled=stop.filled,
        cost=None,
        venue_order_id=stop.venue_order_id,
        reason=stop.reason,
    )
    return OrderNews(
        instrument=stop.instrument, client_order_id=stop.client_order_id, venue_order_id=stop.venue_order_id, seen=seen
    )


def _stop(ex: Any, row: Mapping[str, Any]) -> VenueOrder:
    """Read an algo order; ccxt's parser leaves out its client order id, its stop price, and what it failed of."""
    price = row.get("slOrdPx") or row.get("ordPx") or AT_MARKET
    stop_price = row.get("slTriggerPx") or row.get("triggerPx")
    return VenueOrder(
        venue_order_id=text(row["algoId"]),
        client_order_id=row.get("algoClOrdId") or None,
        instrument=text(ex.safe_symbol(row["instId"], None, None, "spot")),
        side=Side(row["side"]),
        status=STATES[row["state"]],
        quantity=Quantity(number(row["sz"])),
        price=None if price == AT_MARKET else Price(number(price)),
        filled=ZERO,
        cost=NOTHING,
        at_ns=int(row.get("uTime") or row["cTime"]) * MS,
        reason=str(row.get("failCode") or ""),
        stop_price=Price(number(stop_price)) if stop_price else None,
    )


def _order_of(row: Mapping[str, Any]) -> str | None:
    """Return the order that an algo order has become, as its row tells it."""
    order_id = next(iter(row.get("ordIdList") or ()), None) or row.get("ordId")
    return None if order_id in (None, "", "0") else text(order_id)


def _renamed(fill: Trade, names: Mapping[str, tuple[str, str | None]]) -> Trade:
    venue_order_id, client_order_id = names[fill.venue_order_id]
    return replace(fill, venue_order_id=venue_order_id, client_order_id=client_order_id)


def _keep(memory: dict[str, Any], name: str, value: object) -> None:
    """Remember something, and forget the first of too many."""
    memory[name] = value
    if len(memory) > KNOWN_MAX:
        del memory[next(iter(memory))]
