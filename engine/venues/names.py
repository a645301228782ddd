"""Whose order is it: the client order ids of the orders that a venue has named to us.

Fills name the venue's id only, and streams leave ours out. A bounded memory, filled from every answer that has
both; what falls out of it is asked for again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from engine.domain.evidence import Trade

NAMES_MAX = 2_000


class Names(Mapping[str, str]):
    """Client order ids by the venue's ids; an order without one has the empty name."""

    def __init__(self) -> None:
        self._by_venue_id: dict[str, str] = {}

    def learn(self, venue_order_id: str, client_order_id: str | None) -> None:
        """Remember one order; of too many, the first learned is forgotten. Who tells no name takes none away."""
        self._by_venue_id[venue_order_id] = client_order_id or self._by_venue_id.get(venue_order_id, "")
        if len(self._by_venue_id) > NAMES_MAX:
            del self._by_venue_id[next(iter(self._by_venue_id))]

    def venue_order_id(self, client_order_id: str) -> str | None:
        """Return the venue's id of an order of ours."""
        newest_first = reversed(self._by_venue_id.items())
        return next((venue_id for venue_id, name in newest_first if name == client_order_id), None)

    def named(self, trade: Trade) -> Trade:
        """Return a fill with its client order id, if that is known."""
        name = self._by_venue_id.get(trade.venue_order_id)
        return replace(trade, client_order_id=name) if name and trade.client_order_id is None else trade

    def __getitem__(self, venue_order_id: str) -> str:
        return self._by_venue_id[venue_order_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_venue_id)

    def __len__(self) -> int:
        return len(self._by_venue_id)
