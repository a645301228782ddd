"""Orders of Binance's perpetuals that wait for a price: one life, though the venue tells it of two orders.

The service that keeps them places an order of its own when the price is there, under another number and with a client
id of its own. Whoever asked for a stop wants to hear of one order: so the second is told under the name of the first,
and what is known of either is told of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from engine.domain.evidence import Seen, Trade, VenueOrder, VenueStatus, View
from engine.domain.instrument import Side
from engine.domain.money import NOTHING, Price, Quantity
from engine.ports.venue import OrderNews
from engine.venues.ccxt_binanceusdm import ALGO
from engine.venues.unified import MS, STATUSES, member, number, text, venue_order

T = TypeVar("T")

ALIASES_MAX = 2_000
WAITS = ("NEW", "TRIGGERING")
SET_OFF = ("TRIGGERED", "FINISHED")


class _Name(NamedTuple):
    venue_order_id: str
    client_order_id: str | None


class Aliases:
    """Which waiting order an order was, by what it became; the oldest are forgotten.

    What it became is known by the venue's number for it; until that is told, by the client id, in case it has the same.
    """

    def __init__(self) -> None:
        self._was: dict[str, _Name] = {}
        self._became: dict[str, str] = {}
        self._by_client_id: dict[str, _Name] = {}

    def learn(self, algo_id: str, client_order_id: str | None, order_id: str) -> None:
        """Remember a waiting order, and its number in the book once its price has been reached."""
        name = _Name(f"{ALGO}{algo_id}", client_order_id)
        if client_order_id is not None:
            _remember(self._by_client_id, client_order_id, name)
        if order_id and order_id != "0":
            _remember(self._was, order_id, name)
            _remember(self._became, name.venue_order_id, order_id)

    def knows(self, order_id: str) -> bool:
        """Tell whether an order is known to have waited."""
        return order_id in self._was

    def became(self, venue_order_id: str) -> str | None:
        """Return the venue's number of what a waiting order has become; None while that is not known."""
        return self._became.get(venue_order_id)

    def name(self, order_id: str, client_order_id: str | None) -> _Name:
        """Return the names under which an order was asked for."""
        waited = self._was.get(order_id) or self._by_client_id.get(client_order_id or "")
        return waited or _Name(order_id, client_order_id)

    def order(self, shown: VenueOrder) -> VenueOrder:
        """Return an order under those names."""
        return replace(shown, **self.name(shown.venue_order_id, shown.client_order_id)._asdict())

    def trade(self, shown: Trade) -> Trade:
        """Return a fill under those names."""
        return replace(shown, **self.name(shown.venue_order_id, shown.client_order_id)._asdict())


def _remember(memory: dict[str, T], key: str, value: T) -> None:
    memory[key] = value
    if len(memory) > ALIASES_MAX:
        del memory[next(iter(memory))]


def order_of(ex: Any, row: Any) -> VenueOrder:
    """Read an order as queries show it."""
    member(row, "orderId")
    return venue_order(ex.parse_order(row), cost=member(row, "cumQuote"))


def waiting_of(ex: Any, row: Any, became: VenueOrder | None) -> VenueOrder:
    """Read a waiting order together with what it has become, as far as that is told."""
    told = text(member(row, "algoStatus"))
    waiting = venue_order(ex.parse_order(row), cost=0)
    if became is not None:
        return replace(waiting, status=became.status, filled=became.filled, cost=became.cost, at_ns=became.at_ns)
    if told in SET_OFF:
        return replace(waiting, status=VenueStatus.OPEN, cost=None)
    return replace(waiting, status=VenueStatus.WAITING) if told in WAITS else waiting


def news_of_order(ex: Any, event: Mapping[str, Any], aliases: Aliases) -> OrderNews:
    """Read an `ORDER_TRADE_UPDATE`; what it has cost is not told but by a mean that is rounded."""
    symbol = text(ex.safe_symbol(event["s"], None, None, "contract"))
    name, at_ns = aliases.name(str(event["i"]), text(event["c"])), int(event["T"]) * MS
    filled = Quantity(number(event["z"]))
    seen = Seen(
        view=View.STREAM,
        at_ns=at_ns,
        status=STATUSES[ex.parse_order_status(event["X"])],
        filled=filled,
        cost=None if filled else NOTHING,
        venue_order_id=name.venue_order_id,
        trades=(_trade(ex, event, symbol, name, at_ns),) if number(event["l"]) else (),
        quantity=Quantity(number(event["q"])),
    )
    return OrderNews(instrument=symbol, **name._asdict(), seen=seen)


def news_of_waiting(ex: Any, event: Mapping[str, Any], at_ms: Any, aliases: Aliases) -> OrderNews:
    """Read an `ALGO_UPDATE`: of one that was set off it tells how much was filled, and the rest is asked for."""
    algo_id, client_order_id, told = str(event["aid"]), text(event["caid"]), text(event["X"])
    aliases.learn(algo_id, client_order_id, str(event.get("ai") or ""))
    filled = Quantity(number(event.get("aq") or 0))
    if told in WAITS:
        status = VenueStatus.WAITING
    elif told in SET_OFF:
        status = VenueStatus.FILLED if filled and filled == Quantity(number(event["q"])) else VenueStatus.OPEN
    else:
        status = STATUSES[ex.parse_order_status(told)]
    seen = Seen(
        view=View.STREAM,
        at_ns=int(at_ms) * MS,
        status=status,
        filled=filled,
        cost=None if filled else NOTHING,
        venue_order_id=f"{ALGO}{algo_id}",
        reason=str(event.get("rm") or ""),
    )
    symbol = text(ex.safe_symbol(event["s"], None, None, "contract"))
    return OrderNews(instrument=symbol, client_order_id=client_order_id, venue_order_id=f"{ALGO}{algo_id}", seen=seen)


def _trade(ex: Any, event: Mapping[str, Any], symbol: str, name: _Name, at_ns: int) -> Trade:
    return Trade(
        trade_id=str(event["t"]),
        **name._asdict(),
        instrument=symbol,
        side=Side(event["S"].lower()),
        price=Price(number(event["L"])),
        quantity=Quantity(number(event["l"])),
        fee=number(event.get("n") or "0"),
        fee_asset=ex.safe_currency_code(event["N"]) if event.get("N") else symbol.rpartition(":")[2],
        at_ns=at_ns,
    )
