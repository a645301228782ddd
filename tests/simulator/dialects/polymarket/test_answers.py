"""Polymarket's public answers, field by field as the vendor's documents and recorded answers have them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.dialects.call import Call
from simulator.exchange.orders import Side
from tests.simulator.dialects.polymarket.desk import BIDS, RAIN, Polymarket

NOBODYS = "123456789"


@pytest.fixture
def desk() -> Polymarket:
    """A venue with one trade of each answer."""
    venue = Polymarket()
    venue.exchange.print_trade(RAIN.no, Side.SELL, 52, 2_500)
    venue.exchange.print_trade(RAIN.yes, Side.BUY, 50, 1_050)
    venue.wait(60)
    return venue


def test_a_book_lists_its_best_levels_last(desk: Polymarket) -> None:
    status, book = desk.ask("/book", token_id=desk.rain.id)

    assert status == 200
    assert set(book) == {
        *("market", "asset_id", "timestamp", "hash", "bids", "asks", "min_order_size", "tick_size", "neg_risk"),
        "last_trade_price",
    }
    assert book["bids"] == [{"price": "0.48", "size": "200"}, {"price": "0.49", "size": "100"}]
    assert book["asks"] == [{"price": "0.52", "size": "200"}, {"price": "0.51", "size": "100"}]
    assert (book["market"], book["asset_id"]) == (desk.rain.market.condition, desk.rain.id)
    assert (book["min_order_size"], book["tick_size"], book["neg_risk"]) == ("5", "0.01", False)
    assert book["timestamp"] == str(desk.world.wall_ns() // 1_000_000)


def test_the_last_price_of_a_book_is_that_of_whichever_answer_traded_last(desk: Polymarket) -> None:
    """It is the market's, not the token's: for the other answer it is the wrong one."""
    assert {desk.ask("/book", token_id=one.id)[1]["last_trade_price"] for one in (desk.rain, desk.no_rain)} == {"0.5"}
    assert desk.ask("/last-trade-price", token_id=desk.no_rain.id)[1] == {"price": "0.52", "side": "SELL"}


def test_a_token_that_never_traded_has_a_last_price_of_zero() -> None:
    desk = Polymarket()

    assert desk.ask("/last-trade-price", token_id=desk.rain.id)[1] == {"price": "0", "side": ""}
    assert desk.ask("/book", token_id=desk.rain.id)[1]["last_trade_price"] == ""


SINGLE: list[tuple[str, dict[str, Any], Any]] = [
    ("/midpoint", {}, {"mid": "0.5"}),
    ("/price", {"side": "BUY"}, {"price": "0.49"}),
    ("/price", {"side": "SELL"}, {"price": "0.51"}),
    ("/spread", {}, {"spread": "0.02"}),
    ("/last-trade-price", {}, {"price": "0.5", "side": "BUY"}),
    ("/tick-size", {}, {"minimum_tick_size": 0.01}),
    ("/neg-risk", {}, {"neg_risk": False}),
    ("/fee-rate", {}, {"base_fee": 700}),
]


@pytest.mark.parametrize(("path", "query", "body"), SINGLE)
def test_figures_of_one_token(desk: Polymarket, path: str, query: dict[str, Any], body: Any) -> None:
    assert desk.ask(path, token_id=desk.rain.id, **query) == (200, body)


def test_rules_can_be_asked_for_in_the_path(desk: Polymarket) -> None:
    assert desk.ask(f"/tick-size/{desk.rain.id}") == (200, {"minimum_tick_size": 0.01})


def test_figures_of_several_tokens_come_by_token(desk: Polymarket) -> None:
    yes, no = desk.rain.id, desk.no_rain.id
    wanted = [{"token_id": yes}, {"token_id": no}, {"token_id": NOBODYS}]

    assert desk.ask("/midpoints", wanted)[1] == {yes: "0.5", no: "0.5"}
    assert desk.ask("/spreads", wanted)[1] == {yes: "0.02", no: "0.02"}
    assert [one["asset_id"] for one in desk.ask("/books", wanted)[1]] == [yes, no]
    assert desk.ask("/last-trades-prices", wanted)[1] == [
        {"token_id": yes, "price": "0.5", "side": "BUY"},
        {"token_id": no, "price": "0.52", "side": "SELL"},
    ]


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("/book", {}, 400, "Invalid token id"),
    ("/book", {"token_id": "abc"}, 400, "Invalid token id"),
    ("/book", {"token_id": NOBODYS}, 404, "No orderbook exists for the requested token id"),
    ("/midpoint", {"token_id": NOBODYS}, 404, "No orderbook exists for the requested token id"),
    ("/tick-size", {"token_id": NOBODYS}, 404, "market not found"),
    ("/tick-size", {"token_id": "x"}, 400, "Invalid token id"),
    ("/prices-history", {"market": NOBODYS}, 404, "No orderbook exists for the requested token id"),
]


@pytest.mark.parametrize(("path", "query", "status", "sentence"), REFUSED)
def test_what_is_not_there_is_said_so(
    desk: Polymarket, path: str, query: dict[str, Any], status: int, sentence: str
) -> None:
    assert desk.ask(path, **query) == (status, {"error": sentence})


def test_a_side_is_one_of_two(desk: Polymarket) -> None:
    assert desk.ask("/price", token_id=desk.rain.id, side="buy") == (400, {"error": "Invalid side"})


@pytest.mark.parametrize("body", [{}, [1], ["x"], [{"token_id": 7}], [{}]])
def test_a_list_of_tokens_must_be_one(desk: Polymarket, body: Any) -> None:
    assert desk.ask("/books", body) == (400, {"error": "Invalid payload"})


def test_too_many_tokens_are_too_many(desk: Polymarket) -> None:
    assert desk.ask("/books", [{"token_id": "1"}] * 501) == (400, {"error": "Payload exceeds the limit"})


def test_an_event_holds_its_market_with_lists_inside_of_text(desk: Polymarket) -> None:
    (event,) = desk.ask("/events", at=desk.gamma, slug="will-it-rain")[1]
    (market,) = event["markets"]

    assert (event["title"], event["slug"], event["closed"]) == ("Will it rain?", "will-it-rain", False)
    assert json.loads(market["clobTokenIds"]) == [desk.rain.id, desk.no_rain.id]
    assert json.loads(market["outcomes"]) == ["Yes", "No"]
    assert json.loads(market["outcomePrices"]) == ["0.5", "0.5"]
    assert (market["conditionId"], market["orderPriceMinTickSize"], market["orderMinSize"]) == (
        desk.rain.market.condition,
        0.01,
        5,
    )
    assert (market["bestBid"], market["bestAsk"], market["lastTradePrice"]) == (0.49, 0.51, 0.5)


def test_the_catalogue_is_searched_by_words_and_read_by_name_or_number(desk: Polymarket) -> None:
    (event,) = desk.ask("/events", at=desk.gamma, slug="will-it-snow")[1]

    found = desk.ask("/public-search", at=desk.gamma, q="snow it")[1]
    assert [one["id"] for one in found["events"]] == [event["id"]]
    assert found["pagination"] == {"hasMore": False, "totalResults": 1}
    assert desk.ask(f"/events/{event['id']}", at=desk.gamma)[1] == event
    assert desk.ask("/events/slug/will-it-snow", at=desk.gamma)[1] == event
    assert desk.ask("/markets/slug/will-it-snow", at=desk.gamma)[1] == event["markets"][0]
    assert desk.ask("/events/7", at=desk.gamma)[0] == 404
    assert len(desk.ask("/events", at=desk.gamma, limit=1, offset=1)[1]) == 1
    assert desk.ask("/markets", at=desk.gamma, clob_token_ids="x")[0] == 422


def test_public_trades_are_told_newest_first_with_both_answers(desk: Polymarket) -> None:
    desk.exchange.print_trade(RAIN.no, Side.BUY, 51, 100)

    trades = desk.ask("/trades", at=desk.data, market=desk.rain.market.condition)[1]

    assert [(one["outcome"], one["side"], one["price"], one["size"]) for one in trades] == [
        ("No", "BUY", 0.51, 1.0),
        ("Yes", "BUY", 0.5, 10.5),
        ("No", "SELL", 0.52, 25.0),
    ]
    assert set(trades[0]) == {
        *("proxyWallet", "side", "asset", "conditionId", "size", "price", "timestamp", "title", "slug", "icon"),
        *("eventSlug", "outcome", "outcomeIndex", "name", "pseudonym", "bio", "profileImage"),
        *("profileImageOptimized", "transactionHash"),
    }
    assert len(desk.ask("/trades", at=desk.data, limit=1)[1]) == 1


def test_positions_need_a_wallet_and_strangers_have_none(desk: Polymarket) -> None:
    assert desk.ask("/positions", at=desk.data)[0] == 400
    assert desk.ask("/positions", at=desk.data, user="0x" + "1" * 40) == (200, [])


def test_history_has_a_point_for_each_interval(desk: Polymarket) -> None:
    desk.exchange.print_trade(RAIN.yes, Side.BUY, 51, 100)
    begun_s = desk.now_s() // 60 * 60

    history = desk.ask("/prices-history", market=desk.rain.id, interval="1h", fidelity=1)[1]["history"]

    assert history == [{"t": begun_s - 60, "p": 0.5}, {"t": begun_s, "p": 0.51}]


def test_the_time_is_told_in_seconds_and_the_health_as_plain_text(desk: Polymarket) -> None:
    health = desk.gamma.answer(Call(method="GET", path="/status"))

    assert desk.ask("/time") == (200, desk.now_s())
    assert (health.body, health.content_type) == (b"OK", "text/plain; charset=utf-8")


def test_the_answers_share_one_book(desk: Polymarket) -> None:
    """What is bid for one is offered of the other, at what is left of one."""
    mirror = desk.ask("/book", token_id=desk.no_rain.id)[1]

    assert mirror["asks"][-1] == {"price": "0.51", "size": "100"}
    assert BIDS[0] == (49, 10_000)
