"""Reads a venue's views about one order, and says of each what it shows, what it does not show, or that it could
not be read.

A reading counts from the moment before it was asked. It is negative only if it was complete: fills name the venue's
id of an order only, so for an order that the venue has not named to us, the fills are silent once the order of
every single one is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from engine.domain.errors import VenueTrouble
from engine.domain.evidence import Evidence, NotSeen, Seen, Trade, VenueOrder, View, ViewFailed
from engine.domain.money import ZERO
from engine.domain.ticket import OrderRef
from engine.domain.trouble import Trouble, TroubleKind
from engine.venues.dialects import Ask, Dialect
from engine.venues.names import Names
from engine.venues.payments import READERS

STRANGERS_MAX = 10
"""How many orders are looked up by venue id to learn whose fills these are."""


class EvidenceReader:
    """Reads views of one account at one venue."""

    def __init__(
        self, dialect: Dialect, ask: Ask, names: Names, *, ex: Callable[[], Any], now_ns: Callable[[], int]
    ) -> None:
        self._dialect = dialect
        self._ask = ask
        self._names = names
        self._ex = ex
        self._now_ns = now_ns

    async def look_up(self, order: OrderRef, views: Sequence[View]) -> tuple[Evidence, ...]:
        """Read views until one shows the order; then only fills, if it has any."""
        evidence: list[Evidence] = []
        found: Seen | None = None
        for view in views:
            if found is not None and (view is not View.FILLS or not found.filled):
                continue
            named = replace(order, venue_order_id=order.venue_order_id or (found.venue_order_id if found else None))
            readings = await self._read(view, named)
            evidence += readings
            found = found or next((reading for reading in readings if isinstance(reading, Seen)), None)
        return tuple(evidence)

    async def _read(self, view: View, order: OrderRef) -> list[Evidence]:
        """Read one view; what it says counts from the moment before it was asked."""
        at_ns = self._now_ns()
        try:
            if view is View.FILLS:
                return [await self._fills_evidence(order, at_ns)]
            shown = await self._dialect.orders(self._ex(), self._ask, view, order)
        except VenueTrouble as problem:
            if problem.trouble.kind is TroubleKind.NOT_FOUND:
                return [NotSeen(view=view, at_ns=at_ns)]
            return [ViewFailed(view=view, trouble=problem.trouble)]
        for each in shown:
            self._names.learn(each.venue_order_id, each.client_order_id)
        mine = [each for each in shown if _is(order, each)]
        return [_seen(view, each, at_ns) for each in mine] or [NotSeen(view=view, at_ns=at_ns)]

    async def _fills_evidence(self, order: OrderRef, at_ns: int) -> Evidence:
        venue_order_id = order.venue_order_id or self._names.venue_order_id(order.client_order_id)
        fills = await self._fills(order.instrument, order.since_ns, venue_order_id)
        if venue_order_id is None:
            await self._learn_whose(order.instrument, fills)
            venue_order_id = self._names.venue_order_id(order.client_order_id)
        mine = tuple(each for each in fills if each.venue_order_id == venue_order_id)
        if not mine:
            return NotSeen(view=View.FILLS, at_ns=at_ns)
        return Seen(
            view=View.FILLS,
            at_ns=at_ns,
            status=None,
            filled=ZERO,
            cost=None,
            venue_order_id=venue_order_id,
            trades=mine,
        )

    async def _learn_whose(self, instrument: str, fills: Sequence[Trade]) -> None:
        """Look up the orders of fills that nobody knows: a fill of ours whose order was lost names only the
        venue's id.
        """
        whose = await self.whose(instrument, [each.venue_order_id for each in fills])
        if any(each.venue_order_id not in whose for each in fills):
            trouble = Trouble(
                kind=TroubleKind.UNKNOWN, venue=self._dialect.facts.name, operation="fills", text="unknown orders"
            )
            raise VenueTrouble(trouble)

    async def whose(self, instrument: str, venue_order_ids: Sequence[str]) -> dict[str, str]:
        """Return the client order ids of orders, after asking for a few that nobody knows yet."""
        strangers = sorted({each for each in venue_order_ids if each not in self._names})
        for each in await self._by_venue_id(instrument, strangers[:STRANGERS_MAX]) if strangers else ():
            self._names.learn(each.venue_order_id, each.client_order_id)
        return {each: self._names[each] for each in venue_order_ids if each in self._names}

    async def _by_venue_id(self, instrument: str, ids: Sequence[str]) -> list[VenueOrder]:
        return await self._dialect.orders_by_venue_id(self._ex(), self._ask, instrument, ids)

    async def fills_since(self, instrument: str, since_ns: int) -> tuple[Trade, ...]:
        """Read a market's fills, each with its client order id where that is known, and what was paid without one."""
        fills = [self._names.named(each) for each in await self._fills(instrument, since_ns, None)]
        if (payments := READERS.get(self._dialect.facts.name)) is None:
            return tuple(fills)
        paid = await payments(self._ex(), self._ask, instrument, since_ns)
        return tuple(sorted((*fills, *paid), key=lambda each: each.at_ns))

    async def _fills(self, instrument: str, since_ns: int, venue_order_id: str | None) -> list[Trade]:
        fills = await self._dialect.fills(
            self._ex(), self._ask, instrument, since_ns=since_ns, venue_order_id=venue_order_id
        )
        for each in fills:
            if each.client_order_id is not None:
                self._names.learn(each.venue_order_id, each.client_order_id)
        return fills


def _is(order: OrderRef, shown: VenueOrder) -> bool:
    return shown.client_order_id == order.client_order_id or shown.venue_order_id == order.venue_order_id


def _seen(view: View, shown: VenueOrder, at_ns: int) -> Seen:
    return Seen(
        view=view,
        at_ns=at_ns,
        status=shown.status,
        filled=shown.filled,
        cost=shown.cost,
        venue_order_id=shown.venue_order_id,
        trades=shown.trades,
        reason=shown.reason,
        quantity=shown.quantity,
    )
