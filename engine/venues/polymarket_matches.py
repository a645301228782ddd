"""Polymarket's orders and matches, in our words: what is ours of a match, and whether it is settled.

A match is told as its taker's, whoever asks; the makers' parts are inside, each with its own side, price and token.
ccxt reads the taker's for everybody, so rows are read here. A maker's part is named after the match and the order,
since two of ours may be in one match.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from engine.domain.evidence import Seen, Trade, VenueOrder, VenueStatus, View
from engine.domain.instrument import Side
from engine.domain.money import NOTHING, ZERO, Price, Quantity
from engine.domain.venue_facts import NS
from engine.ports.venue import OrderNews
from engine.venues.unified import MS, number, rows, text

UNIT = Decimal("0.000001")
"""Collateral and tokens have six decimals."""
TEN_THOUSANDTH = Decimal("0.0001")
LIVE = ("LIVE", "DELAYED")
ENDED = ("MATCHED", "CANCELED", "CANCELLED", "CANCELED_MARKET_RESOLVED", "UNMATCHED")
SETTLED = ("MINED", "CONFIRMED")
FAILED = "FAILED"
UNDER_WAY = ("MATCHED", "RETRYING")


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one of our orders has in a match."""

    trade: Trade
    status: str

    @property
    def settled(self) -> bool:
        """Tell whether it is on the chain, so that it counts."""
        return self.status in SETTLED

    @property
    def over(self) -> bool:
        """Tell whether it is known what became of it."""
        return self.settled or self.status == FAILED


def parts_of(ex: Any, row: Mapping[str, Any]) -> list[Part]:
    """Return our parts in a match.

    Raises:
        ValueError: its status is none that we know; what is not understood must not be taken for settled, or failed.
    """
    status = text(row["status"]).upper()
    if status not in (*SETTLED, *UNDER_WAY, FAILED):
        raise ValueError(f"a match is {status}")
    told = [_maker(ex, row, line) for line in rows(row.get("maker_orders") or []) if line["owner"] == _me(ex)]
    if text(row["trader_side"]).upper() == "TAKER":
        told.append(_taker(ex, row))
    gone = status == FAILED
    return [Part(trade=replace(trade, taken_back=gone), status=status) for trade in told if trade is not None]


def order_of(ex: Any, row: Mapping[str, Any], parts: Sequence[Part]) -> VenueOrder:
    """Return an order; it is open as long as it is not known what became of each of its matches."""
    mine = [part for part in parts if part.trade.venue_order_id == row["id"]]
    known = sum((part.trade.quantity for part in mine if part.over), ZERO)
    trades = [part.trade for part in mine if part.settled]
    filled = sum((trade.quantity for trade in trades), ZERO)
    quantity = Quantity(number(row["original_size"]))
    return VenueOrder(
        venue_order_id=text(row["id"]),
        client_order_id=None,
        instrument=symbol_of(ex, row),
        side=Side(text(row["side"]).lower()),
        status=_status(row, waits=known < Quantity(number(row["size_matched"])), whole=filled == quantity),
        quantity=quantity,
        price=Price(number(row["price"])),
        filled=filled,
        cost=sum((trade.price * trade.quantity for trade in trades), NOTHING),
        at_ns=int(row["created_at"]) * NS,
        trades=tuple(part.trade for part in mine if part.over),
    )


def has_ended(row: Mapping[str, Any]) -> bool:
    """Tell whether nothing more of an order is matched."""
    return text(row["status"]).upper() not in LIVE


def symbol_of(ex: Any, row: Mapping[str, Any]) -> str:
    """Return what the token of a row is called here; raise `KeyError` for one that is not listed."""
    return text(ex.outcomes_by_id[text(row["asset_id"])]["outcome"])


def news(ex: Any, event: Any, names: Mapping[str, str]) -> list[OrderNews]:
    """Read one event of the user channel; of tokens that are not listed there is nothing to tell."""
    kind = event.get("event_type") if isinstance(event, dict) else None
    if kind == "order" and event.get("asset_id") in ex.outcomes_by_id:
        return [_order_news(ex, event, names)]
    if kind == "trade":
        return [_trade_news(part.trade, names) for part in parts_of(ex, event) if part.over]
    return []


def _order_news(ex: Any, event: Mapping[str, Any], names: Mapping[str, str]) -> OrderNews:
    """Read what happened to an order: the channel does not tell what became of its matches."""
    venue_order_id = text(event["id"])
    waits = number(event["size_matched"]) > 0
    seen = Seen(
        view=View.STREAM,
        at_ns=int(event["timestamp"]) * MS,
        status=_status(event, waits=waits, whole=False),
        filled=ZERO,
        cost=None,
        venue_order_id=venue_order_id,
    )
    named = names.get(venue_order_id) or None
    return OrderNews(instrument=symbol_of(ex, event), client_order_id=named, venue_order_id=venue_order_id, seen=seen)


def _trade_news(trade: Trade, names: Mapping[str, str]) -> OrderNews:
    seen = Seen(
        view=View.STREAM,
        at_ns=trade.at_ns,
        status=None,
        filled=ZERO,
        cost=None,
        venue_order_id=trade.venue_order_id,
        trades=(trade,),
    )
    named = names.get(trade.venue_order_id) or None
    return OrderNews(instrument=trade.instrument, client_order_id=named, venue_order_id=trade.venue_order_id, seen=seen)


def _status(row: Mapping[str, Any], *, waits: bool, whole: bool) -> VenueStatus:
    """Return how an order stands; one that ended with less than it wanted was cancelled, whatever it is called."""
    said = text(row["status"]).upper()
    if said not in (*LIVE, *ENDED):
        raise ValueError(f"an order is {said}")
    if said in LIVE or waits:
        return VenueStatus.OPEN
    return VenueStatus.FILLED if whole else VenueStatus.CANCELLED


def _taker(ex: Any, row: Mapping[str, Any]) -> Trade | None:
    return _trade(ex, row, row, order="taker_order_id", size="size", name=text(row["id"]))


def _maker(ex: Any, row: Mapping[str, Any], line: Mapping[str, Any]) -> Trade | None:
    name = f"{text(row['id'])}/{text(line['order_id'])}"
    return _trade(ex, row, line, order="order_id", size="matched_amount", name=name)


def _trade(
    ex: Any, row: Mapping[str, Any], line: Mapping[str, Any], *, order: str, size: str, name: str
) -> Trade | None:
    """Return one part of a match; None of a token that is not listed. Fees are taken out of what is received."""
    if line["asset_id"] not in ex.outcomes_by_id:
        return None
    symbol, side = symbol_of(ex, line), Side(text(line["side"]).lower())
    price, quantity = number(line["price"]), number(line[size])
    base, _, quote = symbol.partition("/")
    asset, received = (base, quantity) if side is Side.BUY else (quote, price * quantity)
    rate = number(line.get("fee_rate_bps") or "0") * TEN_THOUSANDTH
    return Trade(
        trade_id=name,
        venue_order_id=text(line[order]),
        client_order_id=None,
        instrument=symbol,
        side=side,
        price=Price(price),
        quantity=Quantity(quantity),
        fee=(received * rate * (1 - price)).quantize(UNIT, rounding=ROUND_DOWN),
        fee_asset=asset,
        at_ns=int(row["match_time"]) * NS,
    )


def _me(ex: Any) -> str:
    """Return the name of our API key, by which the venue tells whose orders are whose."""
    return text(ex.options["l2ApiKey"])
