"""Polymarket's market channel: books, their changes, trades and answers, made once for all who follow a token.

A change of the book is told of both tokens at once, since they share it. There are no sequence numbers: whoever missed
a message learns of it from the next whole book, which comes after a trade, or never.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from simulator.dialects.polymarket import bodies
from simulator.dialects.polymarket.bodies import MS, Body
from simulator.dialects.polymarket.front import Front
from simulator.dialects.polymarket.listing import Market, Token
from simulator.dialects.streams import frame
from simulator.exchange.events import BookChanged, Event, MarketResolved, PublicTrade


class Watcher(Protocol):
    """Somebody who follows tokens."""

    wants_more: bool
    """Whether he has asked for the events beside books and trades."""

    def tell(self, data: bytes) -> None:
        """Send a frame."""


class MarketChannel:
    """The market channel of one Polymarket."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._watchers: dict[str, dict[Watcher, None]] = {token.id: {} for token in front.listing}
        self.forget: Callable[[], None] = front.venue.public.subscribe(self._hear)

    def knows(self, token_id: str) -> bool:
        """Say whether there is such a token."""
        return token_id in self._watchers

    def watch(self, token_id: str, watcher: Watcher) -> None:
        """Tell `watcher` of a token from now on."""
        self._watchers[token_id][watcher] = None

    def leave(self, token_id: str, watcher: Watcher) -> None:
        """Tell him no more."""
        self._watchers[token_id].pop(watcher, None)

    def snapshots(self, token_ids: list[str]) -> bytes:
        """Return the books of tokens as the message with which following them begins."""
        tokens = [self._front.listing.by_token[one] for one in token_ids]
        return msgspec.json.encode([self._book(token) for token in tokens])

    def _hear(self, event: Event) -> None:
        if isinstance(event, BookChanged):
            self._hear_book(event)
        elif isinstance(event, PublicTrade):
            self._hear_trade(event)
        elif isinstance(event, MarketResolved):
            market = self._front.listing.by_name[event.resolution.condition]
            self._tell(market, self._resolved(market, event), more=True)

    def _hear_book(self, event: BookChanged) -> None:
        """Tell of the affirmative token's changes, and of the same in the mirror."""
        token = self._front.listing.by_symbol[event.symbol]
        if token.index or not self._followers(token.market, more=False):
            return
        sides = (("BUY", event.bids), ("SELL", event.asks))
        whole, other = token.market.rules.whole, token.other
        touch = self._front.venue.public.picture.book(token.symbol, 1)
        bid, ask = touch.bids[0][0] if touch.bids else 0, touch.asks[0][0] if touch.asks else whole
        best, mirrored = (token.price(bid), token.price(ask)), (other.price(whole - ask), other.price(whole - bid))
        levels = [(side, ticks, lots) for side, changed in sides for ticks, lots in changed]
        changes = [_change(token, side, ticks, lots, best, event) for side, ticks, lots in levels]
        changes += [
            _change(other, "SELL" if side == "BUY" else "BUY", whole - ticks, lots, mirrored, event)
            for side, ticks, lots in levels
        ]
        told = {
            "market": token.market.condition,
            "price_changes": changes,
            "timestamp": str(event.wall_ns // MS),
            "event_type": "price_change",
        }
        self._tell(token.market, told)

    def _hear_trade(self, event: PublicTrade) -> None:
        token = self._front.listing.by_symbol[event.symbol]
        if not self._followers(token.market, more=False):
            return
        told = {
            "asset_id": token.id,
            "event_type": "last_trade_price",
            "fee_rate_bps": token.market.fee_bps,
            "market": token.market.condition,
            "price": token.price(event.price_ticks),
            "side": event.side.value,
            "size": token.size(event.quantity_lots),
            "timestamp": str(event.wall_ns // MS),
            "transaction_hash": bodies.transaction(event.trade_id),
        }
        self._send(msgspec.json.encode(told), self._watchers[token.id])

    def _book(self, token: Token) -> Body:
        picture = self._front.venue.public.picture
        told = bodies.book(token, picture.book(token.symbol), self._front.timeline.wall_ns())
        last = bodies.market_last(picture, token)
        return {**told, "tick_size": token.market.tick, "event_type": "book", "last_trade_price": last}

    def _resolved(self, market: Market, event: MarketResolved) -> Body:
        winner = self._front.listing.by_symbol[event.resolution.winner]
        said = {"slug": market.slug, "description": f"This market resolves to one of the answers to: {market.question}"}
        return {
            "id": market.id,
            "question": market.question,
            "market": market.condition,
            **said,
            "assets_ids": [token.id for token in market.tokens],
            "outcomes": [token.outcome for token in market.tokens],
            "winning_asset_id": winner.id,
            "winning_outcome": winner.outcome,
            "event_message": {"id": market.event_id, "ticker": market.slug, "title": market.question, **said},
            "timestamp": str(event.resolution.resolved_ns // MS),
            "event_type": "market_resolved",
        }

    def _tell(self, market: Market, told: Body, *, more: bool = False) -> None:
        self._send(msgspec.json.encode(told), self._followers(market, more=more))

    def _followers(self, market: Market, *, more: bool) -> dict[Watcher, None]:
        """Return whoever follows one of a question's tokens, each once."""
        both = {watcher: None for token in market.tokens for watcher in self._watchers[token.id]}
        return {watcher: None for watcher in both if watcher.wants_more} if more else both

    def _send(self, payload: bytes, watchers: dict[Watcher, None]) -> None:
        if watchers:
            data = frame(payload)
            for watcher in tuple(watchers):
                watcher.tell(data)


def _change(token: Token, side: str, ticks: int, lots: int, best: tuple[str, str], event: BookChanged) -> Body:
    return {
        "asset_id": token.id,
        "price": token.price(ticks),
        "size": token.size(lots),
        "side": side,
        "hash": bodies.book_hash(token, event.update_id),
        "best_bid": best[0],
        "best_ask": best[1],
    }
