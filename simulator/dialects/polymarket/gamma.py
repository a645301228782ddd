"""Polymarket's catalogue (the gamma host): events, their markets, and who has won.

Every question is an event of its own with one market. Lists in it are JSON inside of text, as the vendor's are.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from simulator.dialects.call import Answer
from simulator.dialects.polymarket.bodies import Body
from simulator.dialects.polymarket.errors import Refused
from simulator.dialects.polymarket.front import Front
from simulator.dialects.polymarket.listing import Market, plain
from simulator.dialects.polymarket.parameters import Asked
from simulator.dialects.polymarket.settings import NS

EVENTS_MAX, MARKETS_MAX = 100, 500
NO_SUCH = Refused(404, "id not found", type="not found error")
WRONG_TOKENS = Refused(422, "invalid clob token ids", type="validation error")
YEAR_NS = 365 * 86_400 * NS


def status(_front: Front, _asked: Asked) -> Any:
    """Say that all is well, as plain text."""
    return Answer(body=b"OK", content_type="text/plain; charset=utf-8")


def events(front: Front, asked: Asked) -> Any:
    """Tell a page of events."""
    query = asked.query
    wanted = [
        market
        for market in front.listing.markets
        if query.text("id") in (None, market.event_id)
        and query.text("slug") in (None, market.slug)
        and query.text("tag_slug") is None
        and _is_asked_for(front, market, asked)
    ]
    return [_event(front, market) for market in _page(wanted, asked, EVENTS_MAX)]


def event(front: Front, asked: Asked) -> Any:
    """Tell one event, by its number or its slug."""
    return _event(front, _named(front, asked.named, "event_id"))


def markets(front: Front, asked: Asked) -> Any:
    """Tell a page of markets, or those of certain tokens or conditions."""
    query = asked.query
    tokens, conditions = query.all("clob_token_ids"), query.all("condition_ids")
    if any(not (one.isascii() and one.isdecimal()) for one in tokens):
        raise WRONG_TOKENS
    listed = front.listing.wanted(conditions, tokens) if tokens or conditions else front.listing.markets
    wanted = [
        market for market in listed if query.text("slug") in (None, market.slug) and _is_asked_for(front, market, asked)
    ]
    return [_market(front, market) for market in _page(wanted, asked, MARKETS_MAX)]


def market(front: Front, asked: Asked) -> Any:
    """Tell one market, by its number or its slug."""
    return _market(front, _named(front, asked.named, "id"))


def search(front: Front, asked: Asked) -> Any:
    """Tell the events whose question has every word that is looked for."""
    words = (asked.query.text("q") or "").lower().split()
    want_closed = {"active": False, "closed": True}.get(asked.query.text("events_status") or "")
    found = [
        market
        for market in front.listing.markets
        if words
        and all(word in market.slug for word in words)
        and want_closed in (None, front.winner(market) is not None)
    ]
    page, limit = asked.query.whole("page") or 1, asked.query.whole("limit_per_type") or EVENTS_MAX
    begin = (page - 1) * limit
    return {
        "events": [_event(front, market) for market in found[begin : begin + limit]],
        "pagination": {"hasMore": len(found) > begin + limit, "totalResults": len(found)},
    }


def _is_asked_for(front: Front, market: Market, asked: Asked) -> bool:
    closed, active = asked.query.flag("closed"), asked.query.flag("active")
    is_closed = front.winner(market) is not None
    return closed in (None, is_closed) and active in (None, not is_closed)


def _page(found: list[Market], asked: Asked, most: int) -> list[Market]:
    limit = asked.query.whole("limit")
    begin = asked.query.whole("offset") or 0
    return found[begin : begin + min(most if limit is None else limit, most)]


def _named(front: Front, name: str, number: str) -> Market:
    for market in front.listing.markets:
        if name in (getattr(market, number), market.slug):
            return market
    raise NO_SUCH


def _event(front: Front, market: Market) -> Body:
    told = _market(front, market)
    shared = ("description", "resolutionSource", "startDate", "endDate", "image", "icon", "active", "closed")
    return {
        "id": market.event_id,
        "ticker": market.slug,
        "slug": market.slug,
        "title": market.question,
        **{name: told[name] for name in shared},
        "archived": False,
        "new": False,
        "featured": False,
        "restricted": True,
        "volume": told["volumeNum"],
        "createdAt": told["createdAt"],
        "updatedAt": told["updatedAt"],
        "enableOrderBook": True,
        "negRisk": False,
        "markets": [told],
        "tags": [],
    }


def _market(front: Front, market: Market) -> Body:
    yes, no = market.tokens
    picture, winner = front.picture, front.winner(market)
    ticker = picture.ticker(yes.symbol)
    opened = _written(front.opened_ns)
    closed: Body = {"umaResolutionStatus": "resolved"} if winner is not None else {}
    rate = float(market.rules.fee_rate)
    charged: Body = {"feeSchedule": {"exponent": 1, "rate": rate, "takerOnly": True, "rebateRate": 0}} if rate else {}
    volume = sum((picture.ticker(one.symbol).quote_volume for one in market.tokens), Decimal(0))
    return {
        "id": market.id,
        "question": market.question,
        "conditionId": market.condition,
        "slug": market.slug,
        "resolutionSource": "",
        "endDate": _written(front.opened_ns + YEAR_NS),
        "startDate": opened,
        "image": "",
        "icon": "",
        "description": f"This market resolves to one of the answers to: {market.question}",
        "outcomes": json.dumps(["Yes", "No"]),
        "outcomePrices": json.dumps(_prices(front, market)),
        "volume": plain(volume),
        "active": True,
        "closed": winner is not None,
        "marketMakerAddress": "",
        "createdAt": opened,
        "updatedAt": opened,
        "new": False,
        "featured": False,
        "archived": False,
        "restricted": True,
        "questionID": market.condition,
        "enableOrderBook": True,
        "orderPriceMinTickSize": float(market.rules.tick_size),
        "orderMinSize": float(front.settings.order_size_min),
        "volumeNum": float(volume),
        "volume24hr": float(volume),
        "clobTokenIds": json.dumps([yes.id, no.id]),
        "acceptingOrders": winner is None,
        "negRisk": False,
        "ready": False,
        "funded": False,
        "feesEnabled": bool(market.rules.fee_rate),
        "bestBid": _number(yes.instrument.price, ticker.bid_ticks, 0.0),
        "bestAsk": _number(yes.instrument.price, ticker.ask_ticks, 1.0),
        "lastTradePrice": _number(yes.instrument.price, ticker.last_ticks, 0.0),
        **closed,
        **charged,
    }


def _prices(front: Front, market: Market) -> list[str]:
    """Return what each answer is worth: the middle of the book, or, when the question is answered, all or nothing."""
    winner = front.winner(market)
    if winner is not None:
        return ["1" if token is winner else "0" for token in market.tokens]
    ticker = front.picture.ticker(market.tokens[0].symbol)
    tick, whole = market.rules.tick_size, Decimal(market.rules.whole)
    bid = Decimal(0) if ticker.bid_ticks is None else Decimal(ticker.bid_ticks)
    middle = (bid + (whole if ticker.ask_ticks is None else ticker.ask_ticks)) / 2
    return [plain(middle * tick), plain((whole - middle) * tick)]


def _number(price: Any, ticks: int | None, otherwise: float) -> float:
    return otherwise if ticks is None else float(price(ticks))


def _written(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
