"""Polymarket's public book endpoints: books, middles, best and last prices, price histories, rules, and the time."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from simulator.dialects.polymarket import bodies
from simulator.dialects.polymarket.bodies import Body
from simulator.dialects.polymarket.errors import (
    INVALID_PAYLOAD,
    INVALID_SIDE,
    INVALID_TOKEN,
    NO_MARKET,
    TOO_MANY_TOKENS,
    Refused,
)
from simulator.dialects.polymarket.front import Front
from simulator.dialects.polymarket.listing import Token, plain
from simulator.dialects.polymarket.parameters import Asked
from simulator.dialects.polymarket.settings import NS
from simulator.exchange.orders import Side

HISTORY_S_MAX = 15 * 86_400
FIDELITY_MAX = 1_440
INTERVALS = {"1h": 3_600, "6h": 21_600, "1d": 86_400, "1w": 604_800, "max": HISTORY_S_MAX}
TOO_LONG = Refused(400, "invalid filters: 'startTs' and 'endTs' interval is too long")
NO_SPAN = Refused(400, "invalid filters: one of interval or startTs and endTs is required")


def time(front: Front, _asked: Asked) -> Any:
    """Tell the time, in seconds."""
    return front.timeline.wall_ns() // NS


def book(front: Front, asked: Asked) -> Any:
    """Tell a book."""
    return _book(front, front.book_token(asked.query.text("token_id")))


def books(front: Front, asked: Asked) -> Any:
    """Tell several books; what has none is left out."""
    return [_book(front, token) for token in _tokens(front, asked)]


def midpoint(front: Front, asked: Asked) -> Any:
    """Tell the middle between the best prices."""
    return {"mid": _middle(front, front.book_token(asked.query.text("token_id")))}


def midpoints(front: Front, asked: Asked) -> Any:
    """Tell the middles of several books."""
    return {token.id: _middle(front, token) for token in _tokens(front, asked)}


def price(front: Front, asked: Asked) -> Any:
    """Tell the best price of one side."""
    side = asked.query.text("side")
    token = front.book_token(asked.query.text("token_id"))
    if side not in ("BUY", "SELL"):
        raise INVALID_SIDE
    bid, ask = _best(front, token)
    return {"price": plain(bid if side == "BUY" else ask)}


def spread(front: Front, asked: Asked) -> Any:
    """Tell how far apart the best prices are."""
    bid, ask = _best(front, front.book_token(asked.query.text("token_id")))
    return {"spread": plain(ask - bid)}


def spreads(front: Front, asked: Asked) -> Any:
    """Tell the same of several books."""
    best = {token.id: _best(front, token) for token in _tokens(front, asked)}
    return {name: plain(ask - bid) for name, (bid, ask) in best.items()}


def last_price(front: Front, asked: Asked) -> Any:
    """Tell the last trade of a token: of this one, not of the other answer."""
    return _last(front, front.token(asked.query.text("token_id")))


def last_prices(front: Front, asked: Asked) -> Any:
    """Tell the last trades of several tokens."""
    return [{"token_id": token.id, **_last(front, token)} for token in _tokens(front, asked)]


def tick_size(front: Front, asked: Asked) -> Any:
    """Tell the grid of prices."""
    return {"minimum_tick_size": float(_ruled(front, asked).instrument.tick_size)}


def neg_risk(front: Front, asked: Asked) -> Any:
    """Tell whether a question is one of several that exclude each other; none is here."""
    _ruled(front, asked)
    return {"neg_risk": False}


def fee_rate(front: Front, asked: Asked) -> Any:
    """Tell the taker's fee, in hundredths of a per cent."""
    return {"base_fee": int(_ruled(front, asked).market.fee_bps)}


def history(front: Front, asked: Asked) -> Any:
    """Tell the last price of a token in each interval of so many minutes, and nothing of what was between."""
    token = front.token(asked.query.text("market"))
    fidelity = asked.query.whole("fidelity") or 1
    start_s, end_s = _span(front, asked)
    if end_s - start_s > HISTORY_S_MAX:
        raise TOO_LONG
    size_ns = min(fidelity, FIDELITY_MAX) * 60 * NS
    kept = front.picture.candles(token.symbol).of(size_ns, until_ns=front.timeline.wall_ns())
    points = [
        {"t": candle.start_ns // NS, "p": float(token.instrument.price(candle.close_ticks))}
        for candle in kept
        if start_s <= candle.start_ns // NS <= end_s
    ]
    return {"history": points}


def _span(front: Front, asked: Asked) -> tuple[int, int]:
    start_s, end_s = asked.query.whole("startTs"), asked.query.whole("endTs")
    now_s = front.timeline.wall_ns() // NS
    if start_s is not None and end_s is not None:
        return start_s, end_s
    length_s = INTERVALS.get(asked.query.text("interval") or "")
    if length_s is None:
        raise NO_SPAN
    return now_s - length_s, now_s


def _ruled(front: Front, asked: Asked) -> Token:
    token_id = asked.named or asked.query.text("token_id") or ""
    if not (token_id.isascii() and token_id.isdecimal()):
        raise INVALID_TOKEN
    token = front.listing.by_token.get(token_id)
    if token is None:
        raise NO_MARKET
    return token


def _tokens(front: Front, asked: Asked) -> list[Token]:
    """Return the tokens with a book that a body names, each once."""
    said = asked.value()
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise INVALID_PAYLOAD
    if len(said) > front.settings.tokens_max:
        raise TOO_MANY_TOKENS
    named = [one.get("token_id") for one in said]
    if not all(isinstance(one, str) for one in named):
        raise INVALID_PAYLOAD
    known = [front.listing.by_token[one] for one in dict.fromkeys(named) if one in front.listing.by_token]
    return [token for token in known if front.winner(token.market) is None]


def _book(front: Front, token: Token) -> Body:
    told = bodies.book(token, front.picture.book(token.symbol), front.timeline.wall_ns())
    return {
        **told,
        "min_order_size": plain(front.settings.order_size_min),
        "tick_size": token.market.tick,
        "neg_risk": False,
        "last_trade_price": bodies.market_last(front.picture, token),
    }


def _best(front: Front, token: Token) -> tuple[Decimal, Decimal]:
    """Return the best prices; an empty side is as good as the end of the grid."""
    ticker = front.picture.ticker(token.symbol)
    price: Callable[[int], Decimal] = token.instrument.price
    return (
        Decimal(0) if ticker.bid_ticks is None else price(ticker.bid_ticks),
        Decimal(1) if ticker.ask_ticks is None else price(ticker.ask_ticks),
    )


def _middle(front: Front, token: Token) -> str:
    bid, ask = _best(front, token)
    return plain((bid + ask) / 2)


def _last(front: Front, token: Token) -> Body:
    tape = front.picture.tape(token.symbol, 1)
    if not tape:
        return {"price": "0", "side": ""}
    return {"price": token.price(tape[0].price_ticks), "side": tape[0].side.value}


def is_crossed(front: Front, token: Token, side: Side, ticks: int) -> bool:
    """Tell whether an order of this side and price would trade at once, in truth."""
    ticker = front.exchange.truth.ticker(token.symbol)
    best = ticker.ask_ticks if side is Side.BUY else ticker.bid_ticks
    return best is not None and (ticks >= best if side is Side.BUY else ticks <= best)
