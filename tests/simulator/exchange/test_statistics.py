"""The last 24 hours of a symbol, against the plainest way to count them."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from simulator.exchange.orders import Side
from simulator.exchange.statistics import MINUTE_NS, MINUTES_KEPT_MAX, DayStatistics
from tests.simulator.exchange.hand_clock import EPOCH_NS, SYMBOL, HandClock, limit, small_exchange

HOUR_NS = 60 * MINUTE_NS


@given(st.lists(st.tuples(st.integers(0, 9 * HOUR_NS), st.integers(1, 9), st.integers(1, 5)), max_size=40))
def test_it_counts_what_the_plainest_way_counts(steps: list[tuple[int, int, int]]) -> None:
    day, now_ns = DayStatistics(), 0
    trades: list[tuple[int, int, int]] = []

    for wait_ns, price, lots in steps:
        now_ns += wait_ns
        day.add(now_ns, EPOCH_NS + now_ns, price, lots, price * lots)
        trades.append((now_ns, price, lots))

        oldest = now_ns // MINUTE_NS - MINUTES_KEPT_MAX + 1
        recent = [trade for trade in trades if trade[0] // MINUTE_NS >= oldest]
        prices = [price for _, price, _ in recent]
        assert (day.open, day.high, day.low) == (prices[0], max(prices), min(prices))
        assert (day.lots, day.trades) == (sum(lots for _, _, lots in recent), len(recent))
        assert day.quote_units == sum(price * lots for _, price, lots in recent)
        assert day.opened_ns // MINUTE_NS == (EPOCH_NS + recent[0][0]) // MINUTE_NS


def test_a_day_without_trades_leaves_the_last_price_and_nothing_else() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    exchange.print_trade(SYMBOL, Side.BUY, 6_000_000, 100_000)
    clock.turn(25 * HOUR_NS)

    exchange.submit(limit("ann", Side.BUY, "59000", "0.1"))

    ticker = exchange.truth.ticker(SYMBOL)
    assert (ticker.last_ticks, ticker.high_ticks, ticker.volume_lots) == (6_000_000, None, 0)


def test_the_ticker_follows_trades_and_best_prices() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    exchange.submit(limit("ann", Side.SELL, "60000", "1"))
    exchange.submit(limit("ben", Side.BUY, "60000", "0.25"))
    exchange.submit(limit("ben", Side.BUY, "59000", "0.5"))

    ticker = exchange.truth.ticker(SYMBOL)

    assert (ticker.bid_ticks, ticker.bid_lots) == (5_900_000, 50_000)
    assert (ticker.ask_ticks, ticker.ask_lots) == (6_000_000, 75_000)
    assert (ticker.last_ticks, ticker.volume_lots, ticker.trades) == (6_000_000, 25_000, 1)
    assert ticker.quote_volume == Decimal(15_000)


def test_a_trade_of_strangers_moves_the_tape_and_no_money() -> None:
    exchange = small_exchange()
    before = {name: exchange.truth.balances(name) for name in exchange.truth.accounts()}

    exchange.print_trade(SYMBOL, Side.SELL, 6_000_000, 100_000)

    assert {name: exchange.truth.balances(name) for name in exchange.truth.accounts()} == before
    (printed,) = exchange.truth.tape(SYMBOL)
    assert (printed.side, printed.price_ticks) == (Side.SELL, 6_000_000)
    assert exchange.truth.ticker(SYMBOL).last_trade_id == printed.trade_id
