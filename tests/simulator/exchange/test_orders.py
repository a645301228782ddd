"""What becomes of an order: it trades, rests, expires, or is cancelled, and the record says so."""

from decimal import Decimal

import pytest

from simulator.exchange.exchange import TradingMode
from simulator.exchange.orders import OrderStatus, Side, TimeInForce
from simulator.exchange.rejections import RejectCode, Rejected, UnknownAccount, UnknownOrder
from tests.simulator.exchange.hand_clock import (
    BTC,
    SECOND_NS,
    SYMBOL,
    HandClock,
    average,
    limit,
    market,
    small_exchange,
)

BUY, SELL = Side.BUY, Side.SELL


def test_a_limit_order_rests_until_somebody_meets_it() -> None:
    exchange = small_exchange()
    sell = exchange.submit(limit("ann", SELL, "60000", "0.5"))
    assert sell.status is OrderStatus.NEW

    buy = exchange.submit(limit("ben", BUY, "60010", "0.2"))

    sold = exchange.truth.order("ann", order_id=sell.order_id)
    assert (buy.status, average(buy)) == (OrderStatus.FILLED, Decimal(60_000))
    assert (sold.status, sold.remaining_lots) == (OrderStatus.PARTIALLY_FILLED, BTC.lots(Decimal("0.3")))


def test_a_market_order_walks_the_book_and_what_finds_no_one_expires() -> None:
    exchange = small_exchange()
    exchange.submit(limit("ann", SELL, "60000", "0.1"))
    exchange.submit(limit("ann", SELL, "60100", "0.1"))

    record = exchange.submit(market("ben", BUY, "0.5"))

    assert (record.status, record.reason) == (OrderStatus.EXPIRED, "no liquidity")
    assert (BTC.quantity(record.filled_lots), average(record)) == (Decimal("0.2"), Decimal(60_050))
    assert exchange.truth.balances("ben")["USDT"].locked == 0


def test_immediate_or_cancel_takes_what_there_is() -> None:
    exchange = small_exchange()
    exchange.submit(limit("ann", SELL, "60000", "0.1"))

    record = exchange.submit(limit("ben", BUY, "60000", "0.3", time_in_force=TimeInForce.IOC))

    assert (record.status, BTC.quantity(record.filled_lots)) == (OrderStatus.EXPIRED, Decimal("0.1"))
    assert exchange.truth.book(SYMBOL).bids == ()


@pytest.mark.parametrize(("quantity", "status"), [("0.2", OrderStatus.FILLED), ("0.21", OrderStatus.EXPIRED)])
def test_fill_or_kill_takes_all_or_nothing(quantity: str, status: OrderStatus) -> None:
    exchange = small_exchange()
    for price in ("60000", "60001", "60002"):
        exchange.submit(limit("ann", SELL, price, "0.1"))

    record = exchange.submit(limit("ben", BUY, "60001", quantity, time_in_force=TimeInForce.FOK))

    assert record.status is status
    assert record.filled_lots in (0, record.quantity_lots)


def test_post_only_rests_or_is_refused() -> None:
    exchange = small_exchange()
    exchange.submit(limit("ann", SELL, "60000", "0.1"))

    with pytest.raises(Rejected) as refusal:
        exchange.submit(limit("ben", BUY, "60000", "0.1", post_only=True))
    record = exchange.submit(limit("ben", BUY, "59999.99", "0.1", post_only=True))

    assert refusal.value.code is RejectCode.POST_ONLY_WOULD_MATCH
    assert (record.status, record.filled_lots) == (OrderStatus.NEW, 0)


def test_a_cancel_ends_an_order_once() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    record = exchange.submit(limit("ann", SELL, "60000", "0.5"))
    exchange.submit(limit("ben", BUY, "60000", "0.2"))
    clock.turn(SECOND_NS)

    cancelled = exchange.cancel("ann", order_id=record.order_id)

    assert (cancelled.status, BTC.quantity(cancelled.filled_lots)) == (OrderStatus.CANCELED, Decimal("0.2"))
    assert cancelled.updated_ns - cancelled.created_ns == SECOND_NS
    assert exchange.truth.open_orders("ann") == []
    assert exchange.truth.closed_orders("ann") == [cancelled]
    with pytest.raises(UnknownOrder):
        exchange.cancel("ann", order_id=record.order_id)


def test_nobody_cancels_or_sees_the_order_of_another() -> None:
    exchange = small_exchange()
    record = exchange.submit(limit("ann", SELL, "60000", "0.5", client_order_id="mine"))

    for ids in ({"order_id": record.order_id}, {"order_id": record.order_id, "symbol": SYMBOL}):
        with pytest.raises(UnknownOrder):
            exchange.cancel("ben", **ids)
    with pytest.raises(UnknownOrder):
        exchange.cancel("ann", order_id=record.order_id, symbol="ETH/BTC")
    with pytest.raises(UnknownOrder):
        exchange.truth.order("ben", client_order_id="mine")

    assert exchange.truth.order("ann", client_order_id="mine").is_open


def test_all_orders_of_a_symbol_can_be_cancelled_at_once() -> None:
    exchange = small_exchange()
    for price in ("61000", "62000"):
        exchange.submit(limit("ann", SELL, price, "0.5"))
    other = exchange.submit(limit("ann", SELL, "0.05", "1", symbol="ETH/BTC"))

    cancelled = exchange.cancel_all("ann", SYMBOL)

    assert [record.status for record in cancelled] == [OrderStatus.CANCELED] * 2
    assert exchange.truth.open_orders("ann") == [other]


def test_the_modes_of_a_venue_that_reopens_step_by_step() -> None:
    exchange = small_exchange()
    resting = exchange.submit(limit("ann", SELL, "60000", "0.5"))
    refusals = []

    for mode in (TradingMode.HALTED, TradingMode.CANCEL_ONLY, TradingMode.POST_ONLY):
        exchange.mode = mode
        with pytest.raises(Rejected) as refusal:
            exchange.submit(limit("ben", BUY, "59000", "0.1"))
        refusals.append(refusal.value.code)

    assert refusals == [RejectCode.MARKET_HALTED, RejectCode.CANCEL_ONLY, RejectCode.POST_ONLY_MODE]
    assert exchange.submit(limit("ben", BUY, "59000", "0.1", post_only=True)).is_open
    exchange.mode = TradingMode.HALTED
    with pytest.raises(Rejected):
        exchange.cancel("ann", order_id=resting.order_id)
    exchange.mode = TradingMode.CANCEL_ONLY
    assert exchange.cancel("ann", order_id=resting.order_id).status is OrderStatus.CANCELED


def test_an_account_that_was_never_opened_is_refused() -> None:
    exchange = small_exchange()

    with pytest.raises(UnknownAccount):
        exchange.submit(limit("eve", BUY, "59000", "0.1"))


def test_too_many_open_orders_are_refused_and_finished_ones_do_not_count() -> None:
    exchange = small_exchange(open_orders_max=2)
    first = exchange.submit(limit("ann", SELL, "60000", "0.1"))
    exchange.submit(limit("ann", SELL, "60001", "0.1"))

    with pytest.raises(Rejected) as refusal:
        exchange.submit(limit("ann", SELL, "60002", "0.1"))
    exchange.cancel("ann", order_id=first.order_id)

    assert refusal.value.code is RejectCode.TOO_MANY_ORDERS
    assert exchange.submit(limit("ann", SELL, "60002", "0.1")).is_open
