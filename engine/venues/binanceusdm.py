"""Binance's perpetuals (USD-M), as they are spoken to: positions instead of coins, stops that another service keeps.

Whatever leaves a position is reduce-only, exits and stops alike, so that no order of answers can turn a position round:
the venue itself cuts or refuses what there is nothing left to reduce. The account is read as a spot account (see
`engine.domain.instrument.asset_of`): wallet and positions come in one answer, so that they belong together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from engine.domain.errors import VenueTrouble
from engine.domain.evidence import Trade, VenueOrder, VenueStatus, View
from engine.domain.money import EXACT
from engine.domain.safety import Purpose
from engine.domain.ticket import OrderRef, Ticket
from engine.domain.trouble import TroubleKind
from engine.ports.venue import Balance, OrderNews
from engine.venues import binance, binanceusdm_facts, binanceusdm_signs
from engine.venues.binance import PAGE, SINCE_MARGIN_MS, trades, trades_since
from engine.venues.binanceusdm_waiting import Aliases, news_of_order, news_of_waiting, order_of, waiting_of
from engine.venues.ccxt_binanceusdm import ALGO
from engine.venues.dialects import Ask
from engine.venues.unified import MS, member, number, rows, text


class BinanceUsdm(binance.Binance):
    """Binance's perpetuals (`engine.venues.dialects.Dialect`); what is not said here is as on its spot exchange."""

    facts = binanceusdm_facts.FACTS
    meters = staticmethod(binanceusdm_facts.meters)
    signs = binanceusdm_signs.SIGNS
    options: Mapping[str, Any] = MappingProxyType(
        {
            "defaultType": "swap",
            "defaultSubType": "linear",
            "fetchMarkets": {"types": ["linear"]},
            "fetchMargins": False,
            "watchBalance": {"fetchBalanceSnapshot": False},
            "watchPositions": {"fetchPositionsSnapshot": False},
        }
    )
    costs = binanceusdm_facts.COSTS
    shares = binanceusdm_facts.SHARES
    cancels_by_name = True
    """Its client id does not tell which of the two services has an order."""

    def __init__(self) -> None:
        self._aliases = Aliases()

    def submit_params(self, ticket: Ticket, now_ns: int) -> dict[str, Any]:
        params = super().submit_params(ticket, now_ns)
        return params if ticket.purpose is Purpose.ENTRY else params | {"reduceOnly": True}

    def cancel_params(self, order: OrderRef, *, expires_ns: int, now_ns: int) -> dict[str, Any]:
        params = super().cancel_params(order, expires_ns=expires_ns, now_ns=now_ns)
        name = order.venue_order_id or ""
        if not name.startswith(ALGO):
            return params
        became = self._aliases.became(name)
        named = {"conditional": True, "algoId": name.removeprefix(ALGO)} if became is None else {"orderId": became}
        return params | named

    def cancelled(self, answer: Mapping[str, Any], order: OrderRef) -> bool:
        named = order.venue_order_id, self._aliases.became(order.venue_order_id or "")
        return answer.get("clientOrderId") == order.client_order_id or text(answer["id"]) in named

    # -- orders

    async def orders(self, ex: Any, ask: Ask, view: View, order: OrderRef) -> list[VenueOrder]:
        match view:
            case View.OPEN_ORDERS:
                return await self.open_orders(ex, ask, order.instrument)
            case View.CLOSED_ORDERS:
                return await self._history(ex, ask, ex.market_id(order.instrument), order.since_ns)
            case _ if order.venue_order_id is not None:
                return await self.orders_by_venue_id(ex, ask, order.instrument, [order.venue_order_id])
            case _:
                return [await self._by_client_id(ex, ask, order)]

    async def orders_by_venue_id(self, ex: Any, ask: Ask, instrument: str, ids: Sequence[str]) -> list[VenueOrder]:
        symbol = ex.market_id(instrument)
        found: list[VenueOrder] = []
        for name in ids:
            if name.startswith(ALGO):
                found.append(await self._waiting(ex, ask, {"algoId": name.removeprefix(ALGO)}))
            else:
                shown = await _order(ex, ask, {"symbol": symbol, "orderId": name})
                found.append(self._aliases.order(shown))
        return found

    async def open_orders(self, ex: Any, ask: Ask, instrument: str) -> list[VenueOrder]:
        query = {"symbol": ex.market_id(instrument)}

        async def resting() -> list[VenueOrder]:
            found = rows(await ex.fapiPrivateGetOpenOrders(query))
            return [self._aliases.order(order_of(ex, row)) for row in found]

        async def waiting() -> list[VenueOrder]:
            found = rows(await ex.fapiPrivateGetOpenAlgoOrders(query))
            return [waiting_of(ex, row, None) for row in found]

        return [*await ask("open_orders", resting), *await ask("open_orders", waiting)]

    async def _by_client_id(self, ex: Any, ask: Ask, order: OrderRef) -> VenueOrder:
        """Ask the service for waiting orders, and where that does not know it the other: what waited is one order."""
        try:
            return await self._waiting(ex, ask, {"clientAlgoId": order.client_order_id})
        except VenueTrouble as problem:
            if problem.trouble.kind is not TroubleKind.NOT_FOUND:
                raise
        by_id = {"symbol": ex.market_id(order.instrument), "origClientOrderId": order.client_order_id}
        return await _order(ex, ask, by_id)

    async def _waiting(self, ex: Any, ask: Ask, by_id: dict[str, Any]) -> VenueOrder:
        async def request() -> tuple[Any, VenueOrder]:
            row = await ex.fapiPrivateGetAlgoOrder(by_id)
            return row, waiting_of(ex, row, None)

        row, alone = await ask("look_up", request)
        return await self._whole(ex, ask, row, alone)

    async def _whole(self, ex: Any, ask: Ask, row: Mapping[str, Any], alone: VenueOrder) -> VenueOrder:
        """Return a waiting order with what it has become; one that ended with nothing filled is soon forgotten."""
        became = self._learn(row)
        if became is None:
            return alone
        try:
            return waiting_of(ex, row, await _order(ex, ask, {"symbol": row["symbol"], "orderId": became}))
        except VenueTrouble as problem:
            if problem.trouble.kind is not TroubleKind.NOT_FOUND:
                raise
        return replace(alone, status=VenueStatus.EXPIRED) if row["algoStatus"] == "FINISHED" else alone

    def _learn(self, row: Mapping[str, Any]) -> str | None:
        """Note what became of a waiting order, and return its number; None where nothing has."""
        algo_id = str(row["algoId"])
        self._aliases.learn(algo_id, row.get("clientAlgoId") or None, str(row.get("actualOrderId") or ""))
        return self._aliases.became(f"{ALGO}{algo_id}")

    async def _history(self, ex: Any, ask: Ask, symbol: str, since_ns: int) -> list[VenueOrder]:
        waited = await self._waited(ex, ask, symbol, since_ns)

        async def request() -> list[VenueOrder]:
            return [order_of(ex, row) for row in await _since(ex.fapiPrivateGetAllOrders, symbol, since_ns)]

        plain = {each.venue_order_id: each for each in await ask("closed_orders", request)}
        found = [each for each in plain.values() if not self._aliases.knows(each.venue_order_id)]
        for row, alone in waited:
            became = plain.get(self._learn(row) or "")
            found.append(await self._whole(ex, ask, row, alone) if became is None else waiting_of(ex, row, became))
        return found

    async def _waited(self, ex: Any, ask: Ask, symbol: str, since_ns: int) -> list[tuple[Any, VenueOrder]]:
        """Return the orders that wait or have waited, and note what they have become."""

        async def request() -> list[tuple[Any, VenueOrder]]:
            found = await _since(ex.fapiPrivateGetAllAlgoOrders, symbol, since_ns)
            for row in found:
                self._learn(row)
            return [(row, waiting_of(ex, row, None)) for row in found]

        return await ask("closed_orders", request)

    # -- fills and money

    async def fills(
        self, ex: Any, ask: Ask, instrument: str, *, since_ns: int, venue_order_id: str | None
    ) -> list[Trade]:
        symbol = ex.market_id(instrument)
        if venue_order_id is not None:
            return await self._fills_of(ex, ask, symbol, venue_order_id)
        found = await trades_since(ex, ask, self.facts.name, ex.fapiPrivateGetUserTrades, symbol, since_ns)
        if any(not self._aliases.knows(each.venue_order_id) for each in found):
            await self._waited(ex, ask, symbol, since_ns)
        return [self._aliases.trade(each) for each in found]

    async def _fills_of(self, ex: Any, ask: Ask, symbol: str, name: str) -> list[Trade]:
        if name.startswith(ALGO) and self._aliases.became(name) is None:
            await self._waiting(ex, ask, {"algoId": name.removeprefix(ALGO)})
        number_there = self._aliases.became(name) if name.startswith(ALGO) else name
        if number_there is None:
            return []
        by_order = {"symbol": symbol, "orderId": number_there}
        found = await ask("fills_of_order", partial(trades, ex, ex.fapiPrivateGetUserTrades, by_order))
        return [self._aliases.trade(each) for each in found]

    async def balances(self, ex: Any, ask: Ask) -> dict[str, Balance]:
        async def request() -> dict[str, Balance]:
            return _balances(ex, await ex.fapiPrivateV3GetAccount())

        return await ask("balances", request)

    # -- streams

    def watch_quotes(self, ex: Any, instruments: Sequence[str]) -> Awaitable[object]:
        # Two streams: one tells the last price whatever happens, the other each change of the best bid and offer.
        both = ex.watch_tickers(list(instruments), {"name": "ticker"}), ex.watch_bids_asks(list(instruments))
        watching: Awaitable[object] = asyncio.gather(*both)
        return watching

    async def authenticate(self, ex: Any, ask: Ask) -> None:
        """Get the key of the stream, unless there is one, which ccxt keeps alive."""
        if not (ex.options.get("linear") or {}).get("listenKey"):
            await ask("listen_key", ex.authenticate)

    def news(self, ex: Any, frame: Any, names: Mapping[str, str]) -> list[OrderNews]:
        event = frame if isinstance(frame, dict) else {}
        match event.get("e"):
            case "listenKeyExpired":
                raise ValueError("the venue ended the stream: its key has expired")
            case "ORDER_TRADE_UPDATE":
                return [news_of_order(ex, member(event, "o"), self._aliases)]
            case "ALGO_UPDATE":
                return [news_of_waiting(ex, member(event, "o"), event["T"], self._aliases)]
        return []


async def _order(ex: Any, ask: Ask, by_id: dict[str, Any]) -> VenueOrder:
    async def request() -> VenueOrder:
        return order_of(ex, await ex.fapiPrivateGetOrder(by_id))

    return await ask("look_up", request)


async def _since(get: Any, symbol: str, since_ns: int) -> list[dict[str, Any]]:
    """Return a history since a time, as a whole or not at all."""
    found = rows(await get({"symbol": symbol, "startTime": since_ns // MS - SINCE_MARGIN_MS, "limit": PAGE}))
    if len(found) >= PAGE:
        raise ValueError("more orders since then than one page holds")
    return found


def _balances(ex: Any, account: Any) -> dict[str, Balance]:
    """Read wallet and positions as the coins and the money of a spot account.

    What a position has cost is its value less what is unrealised of it, both by the same price.
    """
    totals = {
        text(ex.safe_currency_code(text(row["asset"]))): number(row["walletBalance"])
        for row in rows(member(account, "assets"))
    }
    if not totals:
        raise ValueError("an account that trades has at least one balance")
    for row in rows(member(account, "positions")):
        market = ex.safe_market(text(row["symbol"]), None, None, "contract")
        symbol, settle = text(market["symbol"]), text(market["settle"])
        cost = EXACT.subtract(number(row["notional"]), number(row["unrealizedProfit"]))
        totals[symbol] = EXACT.add(totals.get(symbol, Decimal(0)), number(row["positionAmt"]))
        totals[settle] = EXACT.subtract(totals.get(settle, Decimal(0)), cost)
    return {asset: Balance(free=total, held=Decimal(0)) for asset, total in totals.items()}
