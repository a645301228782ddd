"""Streams over real WebSocket bytes: they bring what is new, and end loudly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from decimal import Decimal
from random import Random
from typing import Any, TypeVar, cast

import pytest

from engine.domain.errors import FeedFailed, FeedWasCut, FeedWentStale
from engine.domain.evidence import VenueStatus, View
from engine.domain.money import Price, Quantity
from engine.domain.ticket import Accepted
from engine.domain.venue_facts import NS
from engine.ports.venue import OrderNews, Quote, Venue
from simulator.exchange.events import BookChanged
from tests.engine.venues.stage import VENUES, Stage, a_stage, a_ticket, ref_of, scales, symbol_at

T = TypeVar("T")

EACH_VENUE = pytest.mark.parametrize("name", VENUES)
TELLS_TRADES = pytest.mark.parametrize("name", [name for name in VENUES if name not in ("bybit", "coinbase")])
SILENCE = 10 * NS


def quote_every_second(stage: Stage, seconds: int) -> None:
    """Let the house quote higher every second, for so long."""
    for second in range(1, seconds + 1):
        stage.later(second, lambda second=second: stage.quote(60_000 + 10 * second))  # type: ignore[misc]


async def first(stream: AsyncIterator[T], count: int) -> list[T]:
    """Take some items from a stream and close it."""
    taken: list[T] = []
    async with aclosing(cast("AsyncGeneratorLike[T]", stream)) as open_stream:
        async for item in open_stream:
            taken.append(item)
            if len(taken) == count:
                break
    return taken


async def to_the_end(stream: AsyncIterator[object]) -> FeedFailed:
    """Read a stream until it ends; return how."""
    try:
        async for _ in stream:
            pass
    except FeedFailed as end:
        return end
    raise AssertionError("a stream that ends must say so")


class AsyncGeneratorLike(AsyncIterator[T]):
    """What `aclosing` wants."""

    async def aclose(self) -> None:
        """Let go."""


@EACH_VENUE
def test_prices_come_as_they_change(name: str) -> None:
    """With bid, ask and last, exactly."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> list[Quote]:
            quote_every_second(stage, 8)
            return await first(venue.quotes([symbol_at(venue)], silence_ns_max=SILENCE), 4)

        quotes = stage.tell(story)
        assert [quote.instrument for quote in quotes] == [symbol_at(stage.venue)] * 4
        scale, _ = scales(name)
        if name == "bybit":  # whose spot tickers tell the last price only
            assert {(quote.bid, quote.ask) for quote in quotes} == {(None, None)}
            assert quotes[0].last < quotes[-1].last
            return
        for quote in quotes:
            assert quote.bid is not None
            assert quote.ask is not None
            assert quote.bid < Price(60_100 * scale) < quote.ask + Price(100 * scale)
        bids = [quote.bid for quote in quotes if quote.bid]
        assert bids == sorted(bids)
        assert bids[0] != bids[-1]


@EACH_VENUE
def test_of_a_burst_the_newest_price_is_told(name: str) -> None:
    """ccxt wakes its watcher with the first of ten."""
    with a_stage(name) as stage:

        def burst() -> None:
            for step in range(1, 11):
                stage.quote(60_000 + 10 * step)

        async def story(venue: Venue) -> None:
            quote_every_second(stage, 2)
            stage.later(4, burst)
            async for quote in venue.quotes([symbol_at(venue)], silence_ns_max=SILENCE):
                scale, _ = scales(name)
                if quote.last == Price(60_100 * scale) or (quote.bid and quote.bid > Price(60_030 * scale)):
                    return

        stage.tell(story)


@EACH_VENUE
def test_a_silent_stream_is_given_up_within_its_bound(name: str) -> None:
    """The socket is open and answers pings; no data came (nautilus#4255)."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            quote_every_second(stage, 5)
            end = await to_the_end(venue.quotes([symbol_at(venue)], silence_ns_max=SILENCE))
            assert isinstance(end, FeedWentStale)

        began_ns = stage.world.now_ns()
        stage.tell(story)
        assert 14 * NS <= stage.world.now_ns() - began_ns <= 18 * NS
        assert stage.gate.open_streams() == 0


@EACH_VENUE
def test_a_dropped_socket_ends_the_stream_at_once_and_a_new_one_works(name: str) -> None:
    """Nothing of the old one is in the way."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            quote_every_second(stage, 40)
            stage.later(5, stage.gate.drop_streams)
            began_ns = stage.world.now_ns()
            end = await to_the_end(venue.quotes([symbol_at(venue)], silence_ns_max=SILENCE))
            assert isinstance(end, FeedWasCut)
            assert stage.world.now_ns() - began_ns < 6 * NS
            assert len(await first(venue.quotes([symbol_at(venue)], silence_ns_max=SILENCE), 3)) == 3

        stage.tell(story)


@EACH_VENUE
def test_a_refused_handshake_ends_the_stream(name: str) -> None:
    """It is for whoever iterates to come again."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            stage.gate.streams_refused = True
            for stream in (venue.quotes([symbol_at(venue)], silence_ns_max=SILENCE), venue.order_news()):
                assert isinstance(await to_the_end(stream), FeedWasCut)
            stage.gate.streams_refused = False
            quote_every_second(stage, 10)
            assert await first(venue.quotes([symbol_at(venue)], silence_ns_max=SILENCE), 1)

        stage.tell(story)


@EACH_VENUE
def test_a_peer_that_vanishes_is_noticed_on_a_stream_where_silence_is_normal(name: str) -> None:
    """ccxt takes twelve minutes at Binance."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            stage.later(10, stage.internet.link(name, "engine").black_hole)
            began_ns = stage.world.now_ns()
            assert isinstance(await to_the_end(venue.order_news()), FeedWasCut)
            assert stage.world.now_ns() - began_ns < 75 * NS

        stage.tell(story)


@EACH_VENUE
def test_an_order_that_rests_fills_and_ends_is_told_step_by_step(name: str) -> None:
    """Whose it is, how it stands, and each fill with its fee."""
    with a_stage(name) as stage:
        told: list[OrderNews] = []

        async def listen(venue: Venue) -> None:
            async for news in venue.order_news():
                told.append(news)  # noqa: PERF401  # what came before the end must stay

        async def story(venue: Venue) -> str:
            listening = asyncio.get_running_loop().create_task(listen(venue))
            await asyncio.sleep(2)
            ticket = a_ticket(venue, "59990", "0.02")
            outcome = await venue.place(ticket)
            assert isinstance(outcome, Accepted)
            await asyncio.sleep(1)
            stage.quote(59_900, "1")
            await asyncio.sleep(2)
            other = a_ticket(venue, decision="2")
            await venue.place(other)
            await asyncio.sleep(1)
            await venue.cancel(ref_of(other), expires_ns=venue.now_ns() + 5 * NS)
            await asyncio.sleep(1)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            return ticket.client_order_id

        client_order_id = stage.tell(story)
        ours = [news for news in told if news.client_order_id == client_order_id]
        assert {news.instrument for news in told} <= {symbol_at(stage.venue), None}
        assert all(news.seen.view is View.STREAM for news in told)
        assert ours[0].seen.status is VenueStatus.OPEN
        assert ours[-1].seen.at_ns - ours[0].seen.at_ns > 0.9 * NS, "it rested for a second before it filled"
        quantity = Quantity("0.02" if name != "polymarket" else 20)
        if name == "polymarket":  # tells what was matched before it is settled, and then of the match alone
            assert ours[-1].seen.status is None
        else:
            assert (ours[-1].seen.status, ours[-1].seen.filled) == (VenueStatus.FILLED, quantity)
        trades = {trade.trade_id: trade for news in ours for trade in news.seen.trades}.values()
        truth = [trade for trade in stage.exchange.truth.trades("main") if trade.client_order_id == client_order_id]
        if name not in ("bybit", "coinbase"):  # where the stream of orders tells no fills
            assert sum((trade.quantity for trade in trades), Quantity(0)) == quantity
            assert sum((trade.fee for trade in trades), Decimal(0)) == sum((trade.fee for trade in truth), Decimal(0))
        assert told[-1].seen.status is VenueStatus.CANCELLED
        assert told[-1].client_order_id != client_order_id


@TELLS_TRADES
def test_the_stream_and_the_history_name_a_trade_alike(name: str) -> None:
    """Or it would count twice."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            stage.later(3, lambda: None)

            async def news() -> list[str]:
                async for each in venue.order_news():
                    if each.seen.trades:
                        return [trade.trade_id for trade in each.seen.trades]
                return []

            listening = asyncio.get_running_loop().create_task(news())
            await asyncio.sleep(2)
            await venue.place(a_ticket(venue, "61000"))
            told = await listening
            await asyncio.sleep(1)
            since_ns = venue.now_ns() - 60 * NS
            assert [trade.trade_id for trade in await venue.fills_since(symbol_at(venue), since_ns)] == told

        stage.tell(story)


@EACH_VENUE
def test_closing_a_stream_leaves_no_socket(name: str) -> None:
    """And the session goes on serving."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            quote_every_second(stage, 10)
            await first(venue.quotes([symbol_at(venue)], silence_ns_max=SILENCE), 2)
            await asyncio.sleep(2)
            assert stage.gate.open_streams() == 0
            assert (await venue.quote(symbol_at(venue))).last > Price(60_000 * scales(name)[0])

        stage.tell(story)


@EACH_VENUE
def test_news_come_again_over_the_same_instance_after_its_connection_was_dropped(name: str) -> None:
    """What the old connection left behind is in nobody's way."""
    with a_stage(name) as stage:

        async def one_order(venue: Venue, decision: str) -> list[OrderNews]:
            told: list[OrderNews] = []

            async def listen() -> None:
                async for news in venue.order_news():
                    told.append(news)  # noqa: PERF401  # what came before the end must stay

            listening = asyncio.get_running_loop().create_task(listen())
            await asyncio.sleep(2)
            ticket = a_ticket(venue, "59000", decision=decision)
            await venue.place(ticket)
            await asyncio.sleep(1)
            stage.gate.drop_streams()
            await asyncio.gather(listening, return_exceptions=True)
            assert ticket.client_order_id in {news.client_order_id for news in told}
            return told

        async def story(venue: Venue) -> None:
            for decision in ("1", "2", "3"):
                assert await one_order(venue, decision)

        stage.tell(story)


@EACH_VENUE
def test_books_tell_the_best_bid_and_offer_and_begin_anew_after_each_end(name: str) -> None:
    with a_stage(name) as stage:

        async def story(venue: Venue) -> list[Quote]:
            quote_every_second(stage, 30)
            once = await first(venue.books([symbol_at(venue)], silence_ns_max=SILENCE), 3)
            return once + await first(venue.books([symbol_at(venue)], silence_ns_max=SILENCE), 3)

        quotes = stage.tell(story)
        bids = [quote.bid for quote in quotes if quote.bid is not None]
        assert len(bids) == 6
        assert bids == sorted(bids)
        for quote in quotes:
            assert quote.bid is not None
            assert quote.ask is not None
            assert quote.bid < quote.last < quote.ask


@EACH_VENUE
def test_two_lines_of_prices_are_two_connections(name: str) -> None:
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            quote_every_second(stage, 30)
            lines = [venue.quotes([symbol_at(venue)], silence_ns_max=SILENCE, line=line) for line in range(2)]
            for line in lines:
                await anext(line)
            each = 2 if name == "binanceusdm" else 1  # where what is offered is another stream than what was traded
            assert stage.gate.open_streams() == 2 * each

        stage.tell(story)


@EACH_VENUE
def test_a_book_that_missed_a_change_ends_and_the_next_one_is_right(name: str) -> None:
    """By numbers that do not follow each other, by a bid above an offer, or by its silence: it never lives on."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            quote_every_second(stage, 60)
            stage.later(5, lambda: undos.append(stage.simulated.public.skip(BookChanged, share=0.5, random=Random(1))))
            end = await to_the_end(venue.books([symbol_at(venue)], silence_ns_max=SILENCE))
            if name in ("binance", "okx", "polymarket"):  # whose changes are numbered, or tell what should be on top
                assert isinstance(end, FeedWasCut)
                assert stage.world.now_ns() < 10 * NS
            undos.pop()()
            quotes = await first(venue.books([symbol_at(venue)], silence_ns_max=SILENCE), 3)
            assert quotes[0].last < quotes[-1].last

        undos: list[Any] = []
        stage.tell(story)
