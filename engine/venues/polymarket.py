"""Polymarket, as it is spoken to: no client order ids, names that are known before, and fills that count once settled.

An order is the hash of what was signed, so an order whose acknowledgement was lost is looked up by what we signed. A
match is no fill yet: it has to be settled on the chain, and may fail there. Until then an order that was matched counts
as open, which is the worst way; no balance moves before either. What is on the chain is a fill, and is taken back if
the chain loses it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar

from engine.domain.errors import VenueTrouble
from engine.domain.evidence import Trade, VenueOrder, View
from engine.domain.ticket import OrderRef, Ticket, TimeInForce
from engine.domain.trouble import Trouble, TroubleKind
from engine.domain.venue_facts import NS
from engine.ports.venue import Balance, OrderNews
from engine.venues import polymarket_facts, polymarket_signs
from engine.venues.ccxt_polymarket import COLLATERAL, pins_of
from engine.venues.dialects import Ask
from engine.venues.paging import every_page
from engine.venues.polymarket_matches import UNIT, Part, has_ended, news, order_of, parts_of, symbol_of
from engine.venues.unified import member, number, rows, text

T = TypeVar("T")

LAST_PAGE = "LTE="
SINCE_MARGIN_S = 60
"""Histories are read from a minute earlier: the clocks of two views need not agree."""
POSITIONS_PAGE = 500
PING_MS = 10_000
DEPOSIT_WALLET = 3
"""The kind of wallet whose owner signs for it: ccxt's default."""

TIMES_IN_FORCE: Mapping[TimeInForce, Mapping[str, Any]] = MappingProxyType(
    {
        TimeInForce.GTC: {"orderType": "GTC"},
        TimeInForce.IOC: {"orderType": "FAK"},
        TimeInForce.FOK: {"orderType": "FOK"},
        TimeInForce.POST_ONLY: {"orderType": "GTC", "postOnly": True},
    }
)


class Polymarket:
    """Polymarket (`engine.venues.dialects.Dialect`)."""

    facts = polymarket_facts.FACTS
    meters = staticmethod(polymarket_facts.meters)
    signs = polymarket_signs.SIGNS
    read = staticmethod(polymarket_signs.read)
    until_ns = staticmethod(polymarket_signs.until_ns)
    options: Mapping[str, Any] = MappingProxyType(
        {"builder": None, "signatureType": DEPOSIT_WALLET, "ws": {"keepAlive": PING_MS}}
    )
    """Orders are not counted as somebody else's: ccxt has them built in the name of its own authors."""
    currencies = False
    in_order = False
    costs = polymarket_facts.COSTS
    shares = polymarket_facts.SHARES
    time_resolution_ns = NS
    cancels_by_name = True

    def used(self, headers: Mapping[str, str]) -> Iterable[tuple[str, float]]:
        return ()

    def submit_params(self, ticket: Ticket, now_ns: int) -> dict[str, Any]:
        kind = {"orderType": "FAK"} if ticket.price is None else TIMES_IN_FORCE[ticket.time_in_force]
        pins = pins_of(ticket.client_order_id, ticket.since_ns)
        return {**kind, **pins, "stamp": self._stamp_s(ticket.expires_ns, now_ns)}

    def cancel_params(self, order: OrderRef, *, expires_ns: int, now_ns: int) -> dict[str, Any]:
        return {"stamp": self._stamp_s(expires_ns, now_ns)}

    def _stamp_s(self, expires_ns: int, now_ns: int) -> int:
        """Return the time that a request says it is, so that it dies when it should."""
        return min(now_ns, expires_ns - self.facts.request_window_ns) // NS

    def cancel_costs(self, age_ns: int) -> Mapping[str, float]:
        return self.costs["cancel"]

    def cancelled(self, answer: Mapping[str, Any], order: OrderRef) -> bool:
        told = answer.get("info")
        return isinstance(told, dict) and order.venue_order_id in (told.get("canceled") or [])

    async def orders(self, ex: Any, ask: Ask, view: View, order: OrderRef) -> list[VenueOrder]:
        if view is View.OPEN_ORDERS:
            return await self.open_orders(ex, ask, order.instrument)
        if order.venue_order_id is None:
            told = "an order that nobody can name cannot be looked up"
            raise VenueTrouble(Trouble(kind=TroubleKind.UNKNOWN, venue=self.facts.name, operation="look_up", text=told))
        return await self.orders_by_venue_id(ex, ask, order.instrument, [order.venue_order_id])

    async def orders_by_venue_id(self, ex: Any, ask: Ask, instrument: str, ids: Sequence[str]) -> list[VenueOrder]:
        found: list[VenueOrder] = []
        for venue_id in ids:
            row = await _row(ex, ask, venue_id)
            if row is not None:
                found.append(await self._whole(ex, ask, row))
        return found

    async def _whole(self, ex: Any, ask: Ask, row: Mapping[str, Any]) -> VenueOrder:
        """Return an order with what has become of its matches; of one that has ended, all may have failed."""
        traded = number(row["size_matched"]) > 0 or has_ended(row)
        made_ns, symbol = int(row["created_at"]) * NS, symbol_of(ex, row)
        return order_of(ex, row, await _parts(ex, ask, symbol, since_ns=made_ns) if traded else [])

    async def open_orders(self, ex: Any, ask: Ask, instrument: str) -> list[VenueOrder]:
        query = {"asset_id": ex.outcome(instrument)["outcomeId"]}
        get = ex.clobPrivateGetDataOrders
        return await _pages(ask, "open_orders", get, query, ex, lambda row: order_of(ex, row, []))

    async def fills(
        self, ex: Any, ask: Ask, instrument: str, *, since_ns: int, venue_order_id: str | None
    ) -> list[Trade]:
        parts = await _parts(ex, ask, instrument, since_ns=since_ns)
        found = [part.trade for part in parts if part.over and part.trade.instrument == instrument]
        found = [trade for trade in found if venue_order_id in (None, trade.venue_order_id)]
        return sorted(found, key=lambda trade: (trade.at_ns, trade.trade_id))

    async def balances(self, ex: Any, ask: Ask) -> dict[str, Balance]:
        held = dict[str, Decimal]()
        get = ex.clobPrivateGetDataOrders
        for asset, amount in await _pages(ask, "open_orders", get, {}, ex, lambda row: _wanted(ex, row)):
            held[asset] = held.get(asset, Decimal(0)) + amount
        totals = {COLLATERAL: await _collateral(ex, ask), **await _tokens(ex, ask)}
        return {asset: _balance(total, held.get(asset, Decimal(0))) for asset, total in totals.items()}

    def watch_quotes(self, ex: Any, instruments: Sequence[str]) -> Awaitable[object]:
        watching: Awaitable[object] = ex.watch_tickers(list(instruments))
        return watching

    async def authenticate(self, ex: Any, ask: Ask) -> None:
        """Learn the credentials that the subscription carries."""
        await ask("look_up", ex.load_api_credentials)

    def news(self, ex: Any, frame: Any, names: Mapping[str, str]) -> list[OrderNews]:
        if frame == "INVALID OPERATION":
            raise ValueError("the venue did not understand the subscription")
        events = frame if isinstance(frame, list) else [frame]
        return [each for event in events for each in news(ex, event, names)]


async def _row(ex: Any, ask: Ask, venue_id: str) -> dict[str, Any] | None:
    """Return an order as the venue tells it; None where it tells of none, which it does in two ways."""

    async def request() -> dict[str, Any] | None:
        await ex.load_api_credentials()
        said = await ex.clobPrivateGetDataOrderId({"id": venue_id})
        if said in (None, {}):
            return None
        (row,) = rows([said])
        if text(row["id"]).lower() != venue_id.lower():
            raise ValueError("the answer is about another order")
        order_of(ex, row, [])  # what makes no sense is this request's trouble
        return row

    return await ask("look_up", request)


async def _pages(
    ask: Ask, operation: str, get: Any, query: Mapping[str, Any], ex: Any, read: Callable[[dict[str, Any]], T]
) -> list[T]:
    """Read all pages of a list."""

    async def turn(after: str | None) -> tuple[list[T], str | None]:
        await ex.load_api_credentials()
        said = await get({**query, **({} if after is None else {"next_cursor": after})})
        end = text(member(said, "next_cursor"))
        return [read(row) for row in rows(member(said, "data"))], None if end == LAST_PAGE else end

    return await every_page(ask, polymarket_facts.FACTS.name, operation, turn)


async def _parts(ex: Any, ask: Ask, instrument: str, *, since_ns: int) -> list[Part]:
    """Read our parts in the matches of a question since a time, whatever has become of them."""
    question = text(ex.outcome(instrument)["info"]["conditionId"])
    query = {"market": question, "after": str(since_ns // NS - SINCE_MARGIN_S)}
    told = await _pages(ask, "fills", ex.clobPrivateGetDataTrades, query, ex, lambda row: parts_of(ex, row))
    return [part for parts in told for part in parts]


def _wanted(ex: Any, row: Mapping[str, Any]) -> tuple[str, Decimal]:
    """Return what the rest of an open order wants, and how much of it."""
    rest = number(row["original_size"]) - number(row["size_matched"])
    if row["side"] == "BUY":
        return COLLATERAL, rest * number(row["price"])
    return symbol_of(ex, row).partition("/")[0], rest


async def _collateral(ex: Any, ask: Ask) -> Decimal:
    async def request() -> Decimal:
        await ex.load_api_credentials()
        query = {"asset_type": "COLLATERAL", "signature_type": DEPOSIT_WALLET}
        said = await ex.clobPrivateGetBalanceAllowance(query)
        return number(text(said["balance"])) * UNIT

    return await ask("balances", request)


async def _tokens(ex: Any, ask: Ask) -> dict[str, Decimal]:
    """Read what the wallet holds of answers: those that are not listed any more are nothing that is traded."""

    async def request() -> dict[str, Decimal]:
        told = rows(await ex.dataPublicGetPositions({"user": ex.walletAddress, "limit": POSITIONS_PAGE}))
        if len(told) >= POSITIONS_PAGE:
            raise ValueError("more positions than one page holds")
        known = {row["asset"]: number(row["size"]) for row in told if row["asset"] in ex.outcomes_by_id}
        return {text(ex.outcomes_by_id[token]["outcome"]).partition("/")[0]: size for token, size in known.items()}

    return await ask("positions", request)


def _balance(total: Decimal, wanted: Decimal) -> Balance:
    """Return what is free of an asset: the venue tells all of it, and open orders may want more than there is."""
    held = min(total, wanted)
    return Balance(free=total - held, held=held)
