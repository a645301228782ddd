"""Candles: what the tape folds into, of every size, with bounds and without gaps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.exchange import candles
from simulator.exchange.candles import DAY_NS, HOUR_NS, MINUTE_NS, NS, WEEK_NS, Candles
from simulator.exchange.events import PublicTrade
from simulator.exchange.orders import Side

MONDAY_NS = 1_767_571_200 * NS  # 5 January 2026


def trade(at_ns: int, price: int, lots: int, side: Side = Side.BUY, trade_id: int = 1) -> PublicTrade:
    return PublicTrade(
        at_ns=0,
        wall_ns=at_ns,
        trade_id=trade_id,
        symbol="BTC/USDT",
        side=side,
        price_ticks=price,
        quantity_lots=lots,
    )


def folded(*trades: PublicTrade) -> Candles:
    kept = Candles()
    for one in trades:
        kept.put(one)
    return kept


def test_a_candle_has_the_first_highest_lowest_and_last_price_and_what_was_bought() -> None:
    kept = folded(
        trade(MONDAY_NS + 1, 100, 2, trade_id=7),
        trade(MONDAY_NS + 2, 120, 1, Side.SELL, 8),
        trade(MONDAY_NS + 59 * NS, 90, 3, trade_id=9),
    )

    (minute,) = kept.of(MINUTE_NS)

    assert minute.start_ns == MONDAY_NS
    assert (minute.open_ticks, minute.high_ticks, minute.low_ticks, minute.close_ticks) == (100, 120, 90, 90)
    assert (minute.lots, minute.value, minute.trades) == (6, 590, 3)
    assert (minute.bought_lots, minute.bought_value) == (5, 470)
    assert (minute.first_id, minute.last_id) == (7, 9)


def test_minutes_without_trades_are_flat_or_left_out() -> None:
    kept = folded(trade(MONDAY_NS, 100, 1), trade(MONDAY_NS + 3 * MINUTE_NS, 110, 1))

    filled = kept.of(MINUTE_NS, until_ns=MONDAY_NS + 5 * MINUTE_NS + 1)

    assert [(one.open_ticks, one.lots) for one in filled] == [
        (100, 1),
        (100, 0),
        (100, 0),
        (110, 1),
        (110, 0),
        (110, 0),
    ]
    assert len(kept.of(MINUTE_NS, fill=False)) == 2


def test_a_week_begins_on_a_monday() -> None:
    kept = folded(trade(MONDAY_NS - 1, 100, 1), trade(MONDAY_NS, 110, 1))

    assert [one.start_ns for one in kept.of(WEEK_NS)] == [MONDAY_NS - WEEK_NS, MONDAY_NS]


def test_no_more_than_so_many_are_kept_or_filled_in() -> None:
    kept = Candles()
    for minute in range(candles.CANDLES_KEPT_MAX + 10):
        kept.put(trade(MONDAY_NS + minute * MINUTE_NS, 100, 1))

    assert len(kept.of(MINUTE_NS)) == candles.CANDLES_KEPT_MAX + 1  # the last is under way
    assert len(kept.of(MINUTE_NS, until_ns=MONDAY_NS + 1_000 * WEEK_NS)) == candles.FILLED_MAX


def test_a_size_that_minutes_do_not_make_up_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be made of minutes"):
        folded().of(NS)


@given(
    st.lists(st.tuples(st.integers(0, 3 * HOUR_NS), st.integers(1, 500), st.integers(1, 9)), min_size=1, max_size=40),
    st.sampled_from([MINUTE_NS, 5 * MINUTE_NS, HOUR_NS, 4 * HOUR_NS, DAY_NS, WEEK_NS]),
)
def test_candles_of_every_size_hold_all_that_was_traded(tape: list[tuple[int, int, int]], size_ns: int) -> None:
    tape.sort(key=lambda one: one[0])
    trades = [trade(MONDAY_NS + at, price, lots) for at, price, lots in tape]

    kept = folded(*trades)

    made = kept.of(size_ns)
    assert sum(one.lots for one in made) == sum(one.quantity_lots for one in trades)
    assert sum(one.value for one in made) == sum(one.price_ticks * one.quantity_lots for one in trades)
    assert max(one.high_ticks for one in made) == max(one.price_ticks for one in trades)
    assert (made[0].open_ticks, made[-1].close_ticks) == (trades[0].price_ticks, trades[-1].price_ticks)
    assert [one.start_ns for one in made] == list(range(made[0].start_ns, made[-1].start_ns + 1, size_ns))
    assert kept.last(size_ns) == made[-1]
