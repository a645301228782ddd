"""What comes after a match at Polymarket, over its API: mined, confirmed or taken back; and answered questions."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from simulator.dialects.polymarket.wallets import wallet_of
from tests.simulator.dialects.polymarket.desk import KEY, RAIN, Polymarket
from tests.simulator.dialects.polymarket.row import MARKETS
from tests.simulator.dialects.stage import Stage, taken


def statuses(desk: Polymarket) -> list[str]:
    """Return how the account's trades stand, as they are told."""
    return [one["status"] for one in desk.send("GET", "/data/trades")[1]["data"]]


def test_a_match_is_matched_then_mined_then_confirmed_and_only_then_has_it_moved_money() -> None:
    desk = Polymarket()
    desk.place("BUY", "0.51", "100", "FOK")

    seen = [(*statuses(desk), desk.held("USDC"), desk.held(RAIN.yes))]
    for _ in range(2):
        desk.wait(2.1)
        seen.append((*statuses(desk), desk.held("USDC"), desk.held(RAIN.yes)))

    after = Decimal(849), 200 - 100 * Decimal("0.07") * Decimal("0.49")
    assert seen == [("MATCHED", Decimal(900), Decimal(100)), ("MINED", *after), ("CONFIRMED", *after)]


def test_a_match_that_fails_is_told_as_failed_and_the_order_has_it_no_more() -> None:
    desk = Polymarket()
    desk.exchange.settlement_fails = lambda trades: True
    order_id = desk.place("BUY", "0.51", "100", "FOK")["orderID"]

    matched = desk.send("GET", f"/data/order/{order_id}")[1]
    desk.wait(2.1)
    retrying = statuses(desk)
    desk.wait(2.1)
    failed = desk.send("GET", f"/data/order/{order_id}")[1]

    assert (matched["status"], matched["size_matched"]) == ("MATCHED", "100")
    assert retrying == ["RETRYING"]
    assert statuses(desk) == ["FAILED"]
    assert (failed["status"], failed["size_matched"]) == ("CANCELED", "0")
    assert (desk.held("USDC"), desk.held(RAIN.yes)) == (Decimal(900), Decimal(100))


def test_ccxt_hears_of_each_step_of_a_trade_under_one_id() -> None:
    """The status stands in `info` alone: ccxt has no word for a trade that failed."""
    stage = Stage("polymarket")
    stage.exchange.settlement_fails = lambda trades: True

    async def story(exchange: Any) -> Any:
        heard: list[Any] = []

        async def watch() -> None:
            while True:
                heard.extend((one["id"], one["info"]["status"]) for one in await exchange.watch_my_trades())

        watching = asyncio.ensure_future(watch())
        await asyncio.sleep(1)
        await taken(exchange, "sell", 0.1)
        await asyncio.sleep(6)
        watching.cancel()
        return heard

    heard = stage.tell(story, newUpdates=True)

    assert [status for _, status in heard] == ["MATCHED", "RETRYING", "FAILED"]
    assert len({name for name, _ in heard}) == 1


def test_an_answered_question_is_closed_in_the_catalogue_and_its_book_is_gone() -> None:
    desk = Polymarket()
    order_id = desk.place()["orderID"]
    desk.exchange.resolve(RAIN.condition, RAIN.yes)

    (market,) = desk.ask("/markets", at=desk.gamma, clob_token_ids=desk.rain.id)[1]

    assert (market["closed"], market["acceptingOrders"], market["umaResolutionStatus"]) == (True, False, "resolved")
    assert market["outcomePrices"] == '["1", "0"]'
    assert desk.ask("/events", at=desk.gamma, closed="true")[1][0]["slug"] == "will-it-rain"
    assert [one["slug"] for one in desk.ask("/events", at=desk.gamma, closed="false")[1]] == ["will-it-snow"]
    assert desk.ask("/book", token_id=desk.rain.id) == (
        404,
        {"error": "No orderbook exists for the requested token id"},
    )
    assert desk.send("GET", f"/data/order/{order_id}")[1]["status"] == "CANCELED_MARKET_RESOLVED"
    assert desk.refusal() == (400, "the market is not yet ready to process new orders")


def test_the_winning_tokens_can_be_redeemed_until_they_have_been() -> None:
    desk = Polymarket()
    desk.send("GET", "/data/orders")  # the wallet is known by now
    user = wallet_of(KEY.secret).funder

    def positions() -> list[Any]:
        told = desk.ask("/positions", at=desk.data, user=user)[1]
        return [(one["outcome"], one["size"], one["curPrice"], one["redeemable"]) for one in told]

    before = positions()
    desk.exchange.resolve(RAIN.condition, RAIN.yes)
    resolved = positions()
    desk.exchange.redeem("main", RAIN.condition)

    assert before == [("Yes", 100, 0.5, False), ("No", 100, 0.5, False)]
    assert resolved == [("Yes", 100, 1, True), ("No", 100, 0, True)]
    assert positions() == []
    assert desk.send("GET", "/balance-allowance", asset_type="COLLATERAL")[1]["balance"] == "1000000000"


def test_ccxt_sees_who_has_won() -> None:
    stage = Stage("polymarket")
    stage.exchange.resolve(MARKETS[0].condition, MARKETS[0].no)

    async def story(exchange: Any) -> Any:
        return (await exchange.fetch_markets({"status": "closed"}))[0]

    market = stage.tell(story)

    assert (market["market"], market["resolved"], market["resolvedOutcome"]) == ("BITCOIN_UP", True, "BITCOIN_UP:NO")
    assert [one["settleFraction"] for one in market["outcomes"]] == [0, 1]


def test_open_interest_is_the_pairs_in_the_world() -> None:
    desk = Polymarket()

    assert desk.ask("/oi", at=desk.data, market=desk.rain.market.condition)[1] == [
        {"market": desk.rain.market.condition, "value": 200.0}
    ]
