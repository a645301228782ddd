"""Holds and fees: what an order locks, what a trade costs, and in which asset."""

from decimal import Decimal

import pytest

from simulator.exchange.exchange import HOUSE
from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.orders import Side
from simulator.exchange.rejections import RejectCode, Rejected
from tests.simulator.exchange.hand_clock import SYMBOL, limit, market, small_exchange

BUY, SELL = Side.BUY, Side.SELL


def test_a_resting_order_locks_what_it_needs_and_a_cancel_frees_it() -> None:
    exchange = small_exchange()

    buy = exchange.submit(limit("ann", BUY, "50000", "2"))
    sell = exchange.submit(limit("ann", SELL, "70000", "3"))
    held = exchange.truth.balances("ann")
    for record in (buy, sell):
        exchange.cancel("ann", order_id=record.order_id)
    freed = exchange.truth.balances("ann")

    assert (held["USDT"].locked, held["USDT"].free) == (Decimal(100_000), Decimal(900_000))
    assert (held["BTC"].locked, held["BTC"].free) == (Decimal(3), Decimal(7))
    assert all(balance.locked == 0 for balance in freed.values())
    assert freed["USDT"].free == 1_000_000


def test_fees_on_what_is_received_come_out_of_it() -> None:
    exchange = small_exchange(maker_bps="2", taker_bps="10")
    exchange.submit(limit("ann", SELL, "60000", "1"))

    exchange.submit(limit("ben", BUY, "60000", "1"))

    (bought,) = exchange.truth.trades("ben")
    (sold,) = exchange.truth.trades("ann")
    assert (bought.fee, bought.fee_asset, bought.maker) == (Decimal("0.001"), "BTC", False)
    assert (sold.fee, sold.fee_asset, sold.maker) == (Decimal(12), "USDT", True)
    assert exchange.truth.balances("ben")["BTC"].free == Decimal("10.999")
    assert exchange.truth.balances("ann")["USDT"].free == Decimal(1_059_988)
    assert exchange.fees_collected["USDT"] == 12
    assert exchange.fees_collected["BTC"] == Decimal("0.001")


def test_fees_in_quote_are_locked_with_the_order_and_the_surplus_is_freed() -> None:
    exchange = small_exchange(maker_bps="2", taker_bps="10", charged_in=ChargedIn.QUOTE)

    exchange.submit(limit("ann", BUY, "60000", "1"))
    locked = exchange.truth.balances("ann")["USDT"].locked
    exchange.submit(limit("ben", SELL, "60000", "1"))

    assert locked == 60_060  # at the dearer of the two rates
    assert exchange.truth.balances("ann")["USDT"].locked == 0
    assert exchange.truth.balances("ann")["USDT"].free == Decimal(1_000_000 - 60_012)
    assert exchange.truth.balances("ann")["BTC"].free == 11
    assert exchange.truth.balances("ben")["USDT"].free == Decimal(1_000_000 + 60_000 - 60)


def test_a_better_price_than_asked_for_frees_the_difference() -> None:
    exchange = small_exchange(maker_bps="0", taker_bps="0")
    exchange.submit(limit("ann", SELL, "59000", "1"))

    exchange.submit(limit("ben", BUY, "60000", "3"))

    assert exchange.truth.balances("ben")["USDT"].locked == 120_000
    assert exchange.truth.balances("ben")["USDT"].free == 1_000_000 - 59_000 - 120_000


def test_a_market_order_needs_the_money_for_what_the_book_asks() -> None:
    exchange = small_exchange(charged_in=ChargedIn.QUOTE, taker_bps="10", maker_bps="10")
    exchange.quote(SYMBOL, [], [(6_000_000, 1_600_000), (20_000_000, 1_600_000)])

    assert exchange.submit(market("ann", BUY, "16")).filled_lots == 1_600_000
    exchange.quote(SYMBOL, [], [(6_000_000, 1_600_000), (20_000_000, 1_600_000)])
    with pytest.raises(Rejected) as refusal:
        exchange.submit(market("ben", BUY, "17"))

    assert refusal.value.code is RejectCode.INSUFFICIENT_BALANCE


def test_the_house_pays_no_fees_and_may_owe() -> None:
    exchange = small_exchange()
    exchange.quote(SYMBOL, [], [(6_000_000, 100_000)])

    exchange.submit(limit("ann", BUY, "60000", "1"))

    assert exchange.truth.balances(HOUSE)["BTC"].free == -1
    assert exchange.truth.balances(HOUSE)["USDT"].free == 60_000
    assert exchange.fees_collected["USDT"] == 0


def test_the_house_trades_with_what_it_quotes_through_and_in_the_size_it_quotes() -> None:
    exchange = small_exchange()
    sell = exchange.submit(limit("ann", SELL, "60000", "1"))

    exchange.quote(SYMBOL, [(6_000_500, 30_000), (5_999_900, 90_000)], [(6_000_600, 90_000)])

    after = exchange.truth.order("ann", order_id=sell.order_id)
    assert after.filled_lots == 30_000
    assert exchange.truth.trades("ann")[0].price_ticks == 6_000_000
    assert exchange.truth.book(SYMBOL).asks[0] == (6_000_000, 70_000)
    assert exchange.truth.book(SYMBOL).bids[0] == (5_999_900, 90_000)


def test_a_house_that_would_trade_with_itself_is_refused() -> None:
    exchange = small_exchange()

    with pytest.raises(ValueError, match="trade with itself"):
        exchange.quote(SYMBOL, [(100, 1)], [(100, 1)])


def test_an_account_is_opened_once_with_amounts_that_exist() -> None:
    exchange = small_exchange()

    for account, balances in (
        ("ann", {}),
        ("eve", {"DOGE": Decimal(1)}),
        ("eve", {"USDT": Decimal(-1)}),
        ("eve", {"USDT": Decimal("1e-9")}),
        ("eve", {"USDT": Decimal("NaN")}),
    ):
        with pytest.raises(ValueError):
            exchange.open_account(account, balances)

    assert exchange.truth.balances("eve") == {}


@pytest.mark.parametrize("rate", ["-1", "NaN", "10000"])
def test_a_fee_that_makes_no_sense_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="bps"):
        FeeSchedule(maker_bps=Decimal(0), taker_bps=Decimal(rate))
