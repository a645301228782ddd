"""One story for each habit of Polymarket, and of ccxt at Polymarket, that the fact sheet knows of."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt
import pytest

from simulator.dialects.gate import Rule
from simulator.dialects.polymarket import PolymarketSettings
from simulator.dialects.polymarket.listing import Listing
from simulator.exchange.admission import TradingMode
from simulator.exchange.events import BookChanged
from simulator.kernel import NS
from tests.simulator.dialects.polymarket.desk import Polymarket
from tests.simulator.dialects.stage import ACCOUNT, Stage, placed

YES = "BITCOIN_UP:YES"


@pytest.fixture
def stage() -> Stage:
    return Stage("polymarket")


def paths(stage: Stage) -> list[str]:
    """Return what has been asked for so far."""
    return [seen.path for seen in stage.seen]


def buying(exchange: Any, price: float = 0.59, amount: float = 10, **params: object) -> Any:
    """Place a limit order to buy."""
    return exchange.create_order(YES, "limit", "buy", amount, price, params)


def test_credentials_are_derived_at_the_first_private_call_and_not_again(stage: Stage) -> None:
    async def story(exchange: Any) -> None:
        await exchange.fetch_balance()
        await exchange.fetch_balance()

    stage.tell(story)

    assert [path for path in paths(stage) if path.startswith("/auth")] == ["/auth/derive-api-key"]


def test_a_revoked_wallet_is_refused_in_words_that_ccxt_takes_for_an_outage(stage: Stage) -> None:
    stage.venue.revoke_key(stage.row.key)

    async def story(exchange: Any) -> None:
        with pytest.raises(ccxt.ExchangeNotAvailable, match="Could not create api key"):
            await exchange.fetch_balance()

    stage.tell(story)


def test_an_order_has_no_client_id_but_its_hash_can_be_had_again_by_pinning(stage: Stage) -> None:
    """A lost acknowledgement is resolved by sending the same bytes: the refusal names the order's id."""
    pinned: dict[str, Any] = {"salt": "77", "timestamp": "1772323200000"}

    async def story(exchange: Any) -> Any:
        order = await buying(exchange, **pinned)
        with pytest.raises(ccxt.ExchangeNotAvailable) as refused:
            await buying(exchange, **pinned)
        return order, str(refused.value)

    order, sentence = stage.tell(story)

    assert order["clientOrderId"] is None
    assert f"order {order['id']} is invalid. Duplicated." in sentence


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"price": 0.65, "postOnly": True}, ccxt.ExchangeNotAvailable, "order crosses book"),
    ({"price": 0.59, "amount": 4}, ccxt.ExchangeNotAvailable, "lower than the minimum: 5"),
    ({"price": 0.59, "amount": 10**7}, ccxt.InsufficientFunds, "the balance is not enough"),
    ({"price": 0.59, "orderType": "FOK"}, ccxt.ExchangeNotAvailable, "couldn't be fully filled"),
    ({"price": 0.59, "orderType": "FAK"}, ccxt.OrderNotFillable, "no orders found to match"),
]


@pytest.mark.parametrize(("terms", "error", "sentence"), REFUSED)
def test_what_ccxt_makes_of_refusals(
    stage: Stage, terms: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    """Most of them it takes for an outage, so whoever goes by its classes would try again."""

    async def story(exchange: Any) -> None:
        with pytest.raises(error, match=sentence):
            await buying(exchange, **terms)

    stage.tell(story)


def test_a_refused_order_of_a_batch_raises_nothing_and_has_no_id(stage: Stage) -> None:
    wanted: list[dict[str, Any]] = [
        {"outcome": YES, "type": "limit", "side": "buy", "amount": amount, "price": 0.59, "params": {}}
        for amount in (10, 1)
    ]

    good, bad = stage.tell(lambda exchange: exchange.create_orders(wanted))

    assert good["id"]
    assert not bad["id"]
    assert "lower than the minimum" in bad["info"]["errorMsg"]


def test_while_the_engine_starts_nothing_comes_but_425_and_ccxt_stumbles(stage: Stage) -> None:
    stage.gate.add(Rule(kind="error", endpoints=frozenset({"orders"}), status=425))

    async def story(exchange: Any) -> None:
        await exchange.fetch_balance()
        with pytest.raises(TypeError):
            await buying(exchange)

    stage.tell(story)

    assert stage.exchange.truth.orders(ACCOUNT) == []


def test_then_it_is_post_only_and_takes_cancels(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await buying(exchange)
        stage.exchange.mode = TradingMode.POST_ONLY
        with pytest.raises(ccxt.ExchangeNotAvailable, match="post_only_mode"):
            await buying(exchange)
        resting = await buying(exchange, postOnly=True)
        await exchange.cancel_order(order["id"])
        return [one["id"] for one in await exchange.fetch_open_orders(YES)] == [resting["id"]]

    assert stage.tell(story)


@pytest.mark.parametrize("mode", [TradingMode.HALTED, TradingMode.CANCEL_ONLY])
def test_a_closed_venue_is_an_outage_to_ccxt(stage: Stage, mode: TradingMode) -> None:
    stage.exchange.mode = mode

    async def story(exchange: Any) -> None:
        with pytest.raises(ccxt.ExchangeNotAvailable, match="Trading is currently"):
            await buying(exchange)

    stage.tell(story)


def test_an_order_that_is_not_there_is_an_outage_to_ccxt(stage: Stage) -> None:
    async def story(exchange: Any) -> None:
        with pytest.raises(ccxt.ExchangeNotAvailable, match="order not found"):
            await exchange.fetch_order("0x" + "1" * 64)

    stage.tell(story)


def test_reads_lag_behind_what_was_just_placed() -> None:
    stage = Stage("polymarket", rest_lag_ns=2 * NS)

    async def story(exchange: Any) -> Any:
        await exchange.load_markets()
        await buying(exchange)
        early = await exchange.fetch_open_orders(YES)
        await asyncio.sleep(2)
        return early, len(await exchange.fetch_open_orders(YES))

    assert stage.tell(story) == ([], 1)


def test_too_many_orders_are_refused_with_a_time_to_wait() -> None:
    stage = Stage("polymarket", PolymarketSettings(orders_per_s=1, orders_burst=1))

    async def story(exchange: Any) -> Any:
        await buying(exchange)
        with pytest.raises(ccxt.RateLimitExceeded):
            await buying(exchange)
        return exchange.last_response_headers

    headers = stage.tell(story)

    told = {name.lower(): text for name, text in headers.items()}
    assert (told["retry-after"], told["poly-ratelimit-remaining"], told["poly-ratelimit-tier"]) == (
        "1",
        "0",
        "standard",
    )


def test_a_market_order_without_a_price_is_held_to_the_catalogues_middle_and_killed(stage: Stage) -> None:
    """ccxt's limit is what the catalogue said when it was loaded, which nobody sells at."""

    async def story(exchange: Any) -> Any:
        with pytest.raises(ccxt.ExchangeNotAvailable, match="couldn't be fully filled"):
            await exchange.create_order(YES, "market", "buy", 10)
        return await exchange.create_order(YES, "market", "buy", 10, 0.7)

    assert stage.tell(story)["status"] == "closed"


def test_a_market_order_is_fill_or_kill_and_ioc_is_fill_and_kill(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.create_order(YES, "market", "buy", 10, 0.7)
        await exchange.create_order(YES, "limit", "buy", 10, 0.7, {"timeInForce": "IOC"})
        await buying(exchange, timeInForce="GTD", expiration=str(stage.world.wall_ns() // NS + 600))
        return [record.time_in_force.value for record in stage.exchange.truth.orders(ACCOUNT)]

    assert stage.tell(story) == ["FOK", "IOC", "GTC"]
    assert stage.exchange.truth.open_orders(ACCOUNT)[0].expires_ns is not None


def test_a_market_order_may_name_its_cost(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(YES, "market", "buy", 30, 0.7, {"cost": 30})
        return await exchange.fetch_order(order["id"])

    order = stage.tell(story)

    assert (order["status"], order["filled"]) == ("closed", 42.85)


def test_a_makers_fill_has_the_takers_side(stage: Stage) -> None:
    """Whoever goes by ccxt's `side` books a buy as a sale; `trader_side` is the only warning."""

    async def story(exchange: Any) -> Any:
        await placed(exchange, price=59_970, amount=0.1)
        stage.quote(stage.core_btc, "59900")
        return await exchange.fetch_my_trades(YES)

    (trade,) = stage.tell(story)

    assert (trade["side"], trade["takerOrMaker"]) == ("sell", "maker")
    assert trade["info"]["maker_orders"][0]["side"] == "BUY"


def test_ccxt_reads_no_positions_from_a_plain_list(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.fetch_balance()  # the wallet is known by now
        raw = await exchange.dataPublicGetPositions({"user": exchange.walletAddress})
        return len(raw), await exchange.fetch_positions()

    assert stage.tell(story) == (4, [])


def test_candles_are_made_of_one_price_an_interval(stage: Stage) -> None:
    for price in ("61000", "59500", "60200"):
        stage.quote(stage.core_btc, price)

    candles = stage.tell(lambda exchange: exchange.fetch_ohlcv(YES, "1m"))

    assert [candle[1:] for candle in candles] == [[0.602, 0.602, 0.602, 0.602, None]]


def test_a_history_of_more_than_fifteen_days_is_refused() -> None:
    desk = Polymarket()

    assert desk.ask("/prices-history", market=desk.rain.id, startTs=0, endTs=15 * 86_400 + 1, fidelity=1) == (
        400,
        {"error": "invalid filters: 'startTs' and 'endTs' interval is too long"},
    )


def test_a_lost_change_of_the_book_goes_unnoticed(stage: Stage) -> None:
    """There is no sequence number: the copy is wrong until the level changes again or the client follows anew."""

    async def story(exchange: Any) -> Any:
        await exchange.watch_order_book(YES)
        heal = stage.venue.public.skip(BookChanged, share=1.0, random=stage.world.randomness.stream("lost"))
        stage.quote(stage.core_btc, "59000", trade=False)
        heal()
        stage.quote(stage.core_btc, "58500", trade=False)
        book = await exchange.watch_order_book(YES)
        return book["bids"][0][0]

    assert stage.tell(story) > stage.level(58_500, -1)


def test_the_heartbeat_is_a_dead_mans_switch(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await placed(exchange)
        await exchange.clobPrivatePostHeartbeats()
        await asyncio.sleep(9)
        kept = await exchange.fetch_open_orders(YES)
        await asyncio.sleep(2)
        return len(kept), await exchange.fetch_open_orders(YES)

    assert stage.tell(story) == (1, [])


def test_a_full_page_of_events_breaks_ccxts_listing(stage: Stage) -> None:
    """It counts further pages with a name that has no value yet, so a venue of a hundred events cannot be listed."""

    async def story(exchange: Any) -> None:
        with pytest.raises(UnboundLocalError):
            await exchange.load_markets()

    stage.tell(story, options={"eventsPageSize": 2})


def test_an_answer_can_be_found_by_its_number_without_the_listing(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        return (await exchange.fetch_ticker(polymarket_token(stage)))["last"]

    assert stage.tell(story) == 0.6
    assert "/events" not in paths(stage)


def polymarket_token(stage: Stage) -> str:
    """Return the number of the affirmative answer about bitcoin."""
    return Listing(stage.exchange).by_symbol[stage.core_btc].id
