"""Unmodified ccxt against every dialect: markets, prices and accounts over real HTTP bytes, whatever the venue."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest

from tests.simulator.dialects.stage import Stage, placed
from tests.simulator.dialects.table import each_venue

DAY_MS = 86_400_000


@each_venue()
def test_markets_have_their_symbols_precisions_and_limits(stage: Stage) -> None:
    markets = stage.tell(lambda exchange: exchange.load_markets())

    instrument = stage.row.instruments[0]
    names = stage.row.market_ids or stage.row.symbols
    market = markets[names[0]]
    assert list(markets) == list(names)
    assert market["active"]
    assert market["precision"]["price"] == float(instrument.tick_size)
    if stage.row.has("amount_precision"):
        assert market["precision"]["amount"] == float(instrument.lot_size)
    assert market["limits"]["amount"]["min"] == (stage.row.least_quantity or float(instrument.min_quantity))
    assert market["limits"]["cost"]["min"] in (None, float(instrument.min_notional))


@each_venue("fetch_time")
def test_the_time_is_that_of_the_venue(stage: Stage) -> None:
    told_ms = stage.tell(lambda exchange: exchange.fetch_time())

    assert 0 <= stage.world.wall_ns() // 1_000_000 - told_ms < 2_200


@each_venue("fetch_status")
def test_status_is_ok(stage: Stage) -> None:
    assert stage.tell(lambda exchange: exchange.fetch_status())["status"] == "ok"


@each_venue("balance_used")
def test_a_balance_shows_what_an_open_order_holds(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await placed(exchange)
        return await exchange.fetch_balance()

    balance = stage.tell(story)

    needed = 590 / stage.row.leverage
    fee = 590 * float(stage.exchange.fees.maker_bps) / 10_000
    quote = balance[stage.row.instruments[0].quote]
    assert all(balance[asset]["total"] in (2, 10) for asset in stage.row.holds)
    assert quote["total"] == 200_000
    assert needed <= quote["used"] <= needed + 2 * fee + 0.01


@each_venue()
def test_a_ticker_shows_best_prices_and_the_last_trade(stage: Stage) -> None:
    ticker = stage.tell(lambda exchange: exchange.fetch_ticker(stage.btc))

    if stage.row.has("ticker_best_prices"):
        assert (ticker["bid"], ticker["ask"]) == (stage.row.price(59_940), stage.row.price(60_060))
    assert ticker["last"] == stage.row.price(60_000)
    assert ticker["baseVolume"] in (None, 1)


@each_venue("fetch_tickers")
def test_tickers_of_several_symbols_come_together(stage: Stage) -> None:
    tickers = stage.tell(lambda exchange: exchange.fetch_tickers([stage.btc, stage.eth]))

    last = {stage.btc: stage.row.price(60_000), stage.eth: float(3_000 * stage.row.price_scales[1])}
    assert {symbol: ticker["last"] for symbol, ticker in tickers.items()} == last


@each_venue()
def test_a_book_shows_so_many_levels_best_first(stage: Stage) -> None:
    book = stage.tell(lambda exchange: exchange.fetch_order_book(stage.btc, 5))

    told = stage.row.price
    assert [price for price, *_ in book["bids"]] == [told(one) for one in (59_940, 59_880, 59_820, 59_760, 59_700)]
    assert [price for price, *_ in book["asks"]] == [told(one) for one in (60_060, 60_120, 60_180, 60_240, 60_300)]


@each_venue("fetch_trades")
def test_public_trades_are_told(stage: Stage) -> None:
    (trade,) = stage.tell(lambda exchange: exchange.fetch_trades(stage.btc))

    figures = (stage.row.price(60_000), stage.row.size(1), "buy")
    assert (trade["price"], trade["amount"], trade["side"]) == figures


def trade_for_hours(stage: Stage) -> None:
    """Let the price of bitcoin move twice within one minute, then once each half hour."""
    for price in ("61000", "59500", "60200"):
        stage.quote(stage.core_btc, price)
    for price in ("60300", "60400", "60500"):
        stage.pass_time(1_800)
        stage.quote(stage.core_btc, price)


@each_venue("fetch_ohlcv")
@pytest.mark.parametrize("timeframe", ["1m", "5m", "15m", "1h", "1d"])
def test_candles_of_all_sizes_tell_what_was_traded(stage: Stage, timeframe: str) -> None:
    trade_for_hours(stage)

    candles = stage.tell(lambda exchange: exchange.fetch_ohlcv(stage.btc, timeframe))

    size_ms = ccxt.Exchange.parse_timeframe(timeframe) * 1000
    assert all(candle[0] % size_ms == 0 for candle in candles)
    assert [candle[0] for candle in candles] == sorted({candle[0] for candle in candles})
    assert candles[-1][4] == 60_500
    traded = [candle for candle in candles if candle[5]]
    assert sum(candle[5] for candle in traded) == 7
    assert traded[0][1] == 60_000
    assert max(candle[2] for candle in traded) == 61_000
    assert min(candle[3] for candle in traded) == 59_500


@each_venue("fetch_ohlcv")
def test_the_candle_of_a_minute_has_its_first_highest_lowest_and_last_price(stage: Stage) -> None:
    trade_for_hours(stage)

    candles = stage.tell(lambda exchange: exchange.fetch_ohlcv(stage.btc, "1m"))

    assert [60_000, 61_000, 59_500, 60_200, 4] in [candle[1:] for candle in candles]


@each_venue("fetch_ohlcv")
def test_candles_can_be_asked_for_from_a_time_on_and_no_more_than_so_many(stage: Stage) -> None:
    trade_for_hours(stage)
    since_ms = stage.world.wall_ns() // 1_000_000 - 3_660_000

    candles = stage.tell(lambda exchange: exchange.fetch_ohlcv(stage.btc, "1m", since_ms, 30))

    assert 1 <= len(candles) <= 30
    assert candles[0][0] >= since_ms


@each_venue("fetch_trading_fee")
def test_fees_are_told_per_symbol(stage: Stage) -> None:
    fee = stage.tell(lambda exchange: exchange.fetch_trading_fee(stage.btc))

    assert fee["taker"] == float(stage.exchange.fees.taker_bps) / 10_000


@each_venue()
def test_a_wrong_secret_is_an_authentication_problem(stage: Stage) -> None:
    async def story(exchange: Any) -> None:
        with pytest.raises(stage.row.refusal_error):
            await exchange.fetch_balance()

    stage.tell(story, secret=stage.row.wrong_secret)


@each_venue()
def test_a_revoked_key_opens_nothing_any_more(stage: Stage) -> None:
    async def story(exchange: Any) -> None:
        await exchange.fetch_balance()
        stage.venue.revoke_key(stage.row.key)
        with pytest.raises(ccxt.BaseError):
            await exchange.fetch_balance()

    stage.tell(story)


@each_venue()
def test_a_row_lacks_only_what_ccxt_lacks_or_says_why(stage: Stage) -> None:
    """A row that leaves out what ccxt could do would let the suite pass by not looking."""
    has = stage.tell(_has)
    names = {feature: _camel(feature) for feature in stage.row.lacks}

    left_out = {feature for feature, name in names.items() if has.get(name) is True}

    assert left_out <= set(stage.row.left_out), (
        f"{left_out - set(stage.row.left_out)}: serve it, or say why in left_out"
    )


async def _has(exchange: Any) -> dict[str, Any]:
    return dict(exchange.has)


def _camel(feature: str) -> str:
    head, *rest = feature.split("_")
    return head + "".join("OHLCV" if word == "ohlcv" else word.capitalize() for word in rest)
