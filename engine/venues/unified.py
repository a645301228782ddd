"""What ccxt has parsed, as exact values of ours; what is not there or makes no sense raises, and is then malformed.

ccxt is told to hand numbers through as the text that the venue sent. Its parsers forgive nearly everything (a body
without an id becomes an order without an id), so that shape is checked here: a list that is not a list must not
read as "no orders".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.domain.evidence import Trade, VenueOrder, VenueStatus
from engine.domain.instrument import Instrument, Side
from engine.domain.money import Money, Price, Quantity, exact
from engine.domain.ticket import OrderType, Ticket
from engine.domain.venue_facts import VenueFacts
from engine.ports.venue import Quote

MS = 1_000_000
HALF = Decimal("0.5")

STATUSES: Mapping[str, VenueStatus] = {
    "open": VenueStatus.OPEN,
    "canceling": VenueStatus.OPEN,
    "closed": VenueStatus.FILLED,
    "canceled": VenueStatus.CANCELLED,
    "expired": VenueStatus.EXPIRED,
    "rejected": VenueStatus.REJECTED,
}


def rows(value: Any) -> list[dict[str, Any]]:
    """Return a list of objects, or raise `ValueError`."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise ValueError(f"a list of objects was due, not {type(value).__name__}")
    return value


def member(value: Any, *names: str) -> Any:
    """Return what lies under these names, one inside the other, or raise `ValueError`."""
    for name in names:
        if not isinstance(value, dict) or name not in value:
            raise ValueError(f"{name!r} is missing")
        value = value[name]
    return value


def text(value: Any) -> str:
    """Return a text that is not empty, or raise `ValueError`."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"a text was due, not {value!r}")
    return value


def number(value: Any) -> Decimal:
    """Return an exact number from JSON text or a JSON number (whose shortest text is what was sent)."""
    return exact(str(value) if isinstance(value, float) else value)


def kind(ticket: Ticket) -> str:
    """Return ccxt's type of an order; a stop is the type that it becomes, with `stopLossPrice` among its parameters."""
    if ticket.type is OrderType.STOP:
        return "market" if ticket.price is None else "limit"
    return str(ticket.type.value)


def stop_params(ticket: Ticket) -> dict[str, Any]:
    """Return what makes a stop of an order in ccxt's words; nothing for any other order."""
    return {} if ticket.stop_price is None else {"stopLossPrice": str(ticket.stop_price)}


def stop_refusal(ticket: Ticket, facts: VenueFacts) -> str:
    """Say why a stop cannot be placed at a venue; nothing where it can, or is no stop."""
    if ticket.type is not OrderType.STOP:
        return ""
    if not facts.takes_stops:
        return "stops cannot be placed here"
    return "stops need a limit here" if facts.stops_need_limit and ticket.price is None else ""


def venue_order(order: Mapping[str, Any], *, cost: Any, reason: str = "", waits: bool = False) -> VenueOrder:
    """Return an order from ccxt's structure; `cost` is the venue's own figure, since ccxt computes one from
    rounded averages, and `waits` says of a stop that no price has set it off.
    """
    status = STATUSES[order["status"]]
    at_ms = order.get("lastUpdateTimestamp") or order.get("timestamp") or 0
    return VenueOrder(
        venue_order_id=text(order["id"]),
        client_order_id=order.get("clientOrderId") or None,
        instrument=text(order["symbol"]),
        side=Side(order["side"]),
        status=VenueStatus.WAITING if waits and status is VenueStatus.OPEN else status,
        quantity=Quantity(number(order["amount"])),
        price=_positive(order.get("price")),
        filled=Quantity(number(order["filled"])),
        cost=None if cost is None else Money(number(cost)),
        at_ns=int(at_ms) * MS,
        reason=reason,
        stop_price=_positive(order.get("triggerPrice")),
    )


def trade(row: Mapping[str, Any], *, client_order_id: str | None = None) -> Trade:
    """Return a fill from ccxt's structure."""
    fee = row.get("fee") or {}
    return Trade(
        trade_id=text(row["id"]),
        venue_order_id=text(row["order"]),
        client_order_id=client_order_id,
        instrument=text(row["symbol"]),
        side=Side(row["side"]),
        price=Price(number(row["price"])),
        quantity=Quantity(number(row["amount"])),
        fee=number(fee.get("cost") or "0"),
        fee_asset=fee.get("currency") or row["symbol"].partition("/")[2],
        at_ns=int(row["timestamp"]) * MS,
    )


def quote(instrument: str, ticker: Mapping[str, Any], *, now_ms: int) -> Quote:
    """Return a price from ccxt's structure; a last price that is not positive is no price."""
    last = Price(number(ticker["last"]))
    if last <= Price(0):
        raise ValueError(f"a price of {last}")
    return Quote(
        instrument=instrument,
        bid=_positive(ticker.get("bid")),
        ask=_positive(ticker.get("ask")),
        last=last,
        venue_time_ms=int(ticker.get("timestamp") or now_ms),
    )


def top(instrument: str, book: Mapping[str, Any], *, now_ms: int) -> Quote:
    """Return the best bid and offer of ccxt's book; a crossed one raises, since changes of it were lost."""
    bid, ask = Price(number(book["bids"][0][0])), Price(number(book["asks"][0][0]))
    if not Price(0) < bid < ask:
        raise ValueError(f"the book is crossed: {bid} is bid, and {ask} asked")
    return Quote(
        instrument=instrument,
        bid=bid,
        ask=ask,
        last=(bid + ask).scaled(HALF),
        venue_time_ms=int(book.get("timestamp") or now_ms),
    )


def is_traded(market: Mapping[str, Any], *, positions: bool) -> bool:
    """Tell whether a market is one of coins, or where `positions` are held of perpetuals counted in whole coins."""
    if not positions:
        return bool(market.get("spot"))
    return bool(market.get("swap") and market.get("linear")) and number(market["contractSize"]) == 1


def instruments(markets: Mapping[str, Any], *, positions: bool) -> dict[str, Instrument]:
    """Return what a venue declares about the markets of our kind, by symbol.

    A market that is shut for the moment is one of them: whoever starts meanwhile has orders and positions there. Many
    are shut for ever, and of these the terms need not make sense.
    """
    found = {}
    for symbol, market in markets.items():
        if is_traded(market, positions=positions):
            try:
                found[symbol] = instrument(market)
            except (ValueError, TypeError, KeyError):
                if market.get("active") is not False:
                    raise
    return found


def instrument(market: Mapping[str, Any]) -> Instrument:
    """Return what a venue declares about a market, from ccxt's structure."""
    limits = market["limits"]
    lot = number(market["precision"]["amount"])
    smallest = limits["amount"]["min"]
    largest = limits["amount"]["max"]
    notional = limits["cost"]["min"]
    return Instrument(
        symbol=text(market["symbol"]),
        base=text(market["base"]),
        quote=text(market["quote"]),
        tick_size=number(market["precision"]["price"]),
        lot_size=lot,
        quantity_min=Quantity(lot if smallest is None else number(smallest)),
        quantity_max=None if largest is None else Quantity(number(largest)),
        notional_min=None if notional is None else Money(number(notional)),
        settle=text(market["settle"]) if market.get("contract") else None,
    )


def _positive(value: Any) -> Price | None:
    if value is None:
        return None
    price = Price(number(value))
    return price if price > Price(0) else None
