"""The price board: what is fresh is acted on, and what is held is counted by the best price that there is."""

from engine.domain.messages import PriceSeen, PriceSource
from engine.domain.money import Price
from engine.services.price_board import PriceBoard
from tests.engine.resilience.hand_clock import NS, HandClock

BTC = "BTC/USDT"


def seen(venue: str, last: int, clock: HandClock, *, age_s: int = 0) -> PriceSeen:
    return PriceSeen(
        venue=venue,
        instrument=BTC,
        bid=None,
        ask=None,
        last=Price(last),
        venue_time_ms=clock.wall_ns() // 1_000_000 - age_s * 1000,
        source=PriceSource.STREAM,
        node="feed-a",
    )


def board(clock: HandClock) -> PriceBoard:
    return PriceBoard((BTC,), clock, fresh_for_ns=20 * NS)


def test_another_venues_price_counts_what_is_held_and_never_lets_anybody_trade() -> None:
    clock = HandClock()
    prices = board(clock)
    prices.note(seen("kraken", 100, clock))
    clock.pass_s(30)
    prices.note(seen("binance", 110, clock))
    prices.note(seen("okx", 112, clock))

    assert prices.at("kraken", BTC) is None
    assert list(prices.fresh(BTC)) == ["binance", "okx"]
    assert prices.worth("kraken", BTC) == Price(111)
    assert prices.worth("binance", BTC) == Price(110)
    clock.pass_s(30)
    assert prices.worth("kraken", BTC) == Price(100)
    assert prices.worth("bybit", BTC) is None


def test_a_price_that_the_venue_itself_calls_old_is_not_fresh_however_lately_it_came() -> None:
    clock = HandClock()
    prices = board(clock)
    prices.note(seen("binance", 100, clock, age_s=21))

    assert prices.at("binance", BTC) is None
    assert prices.middle(BTC) is None
