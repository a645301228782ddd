"""What an account's past costs: it is kept up to a bound, found by either id, and cheap to have."""

import time
import tracemalloc

import pytest

from simulator.exchange.history import History
from simulator.exchange.orders import OrderRecord, OrderStatus, Side
from simulator.exchange.rejections import UnknownOrder
from simulator.exchange.venue import Venue
from tests.simulator.exchange.hand_clock import SYMBOL, HandClock, limit, small_exchange


def finish_orders(venue: Venue, clock: HandClock, number: int) -> None:
    for nonce in range(number):
        venue.exchange.submit(limit("ann", Side.SELL, "60000", "0.001", client_order_id=f"sp{nonce:016d}"))
        clock.turn(1_000_000)
        venue.exchange.cancel("ann", client_order_id=f"sp{nonce:016d}")


def test_the_oldest_finished_orders_are_forgotten_and_open_ones_never() -> None:
    exchange = small_exchange()
    kept = exchange.truth.copy(orders_max=3, trades_max=2)
    exchange.events.subscribe(kept.apply)
    resting = exchange.submit(limit("ann", Side.SELL, "70000", "0.1", client_order_id="rests"))
    records = []
    for price in ("60000", "60001", "60002", "60003"):
        sell = exchange.submit(limit("ann", Side.SELL, price, "0.1", client_order_id=price))
        exchange.submit(limit("ben", Side.BUY, price, "0.1"))
        records.append(exchange.truth.order("ann", order_id=sell.order_id))

    assert kept.closed_orders("ann") == records[1:]
    assert kept.open_orders("ann") == [resting]
    assert kept.orders("ann") == [resting, *records[1:]]
    assert [trade.order_id for trade in kept.trades("ann")] == [record.order_id for record in records[2:]]
    for forgotten in ({"order_id": records[0].order_id}, {"client_order_id": "60000"}):
        with pytest.raises(UnknownOrder):
            kept.order("ann", **forgotten)
    assert kept.order("ann", client_order_id="60001") == records[1]


def test_a_world_can_let_its_venues_remember_less() -> None:
    exchange = small_exchange()
    exchange.truth.remember(orders_max=2, trades_max=1)
    view = exchange.truth.copy()
    exchange.events.subscribe(view.apply)
    for price in ("60000", "60001", "60002"):
        exchange.submit(limit("ann", Side.SELL, price, "0.1", client_order_id=price))
        exchange.submit(limit("ben", Side.BUY, price, "0.1"))

    for picture in (exchange.truth, view):
        assert [record.client_order_id for record in picture.closed_orders("ann")] == ["60001", "60002"]
        assert len(picture.trades("ann")) == 1


def test_forgetting_an_order_does_not_lose_a_later_one_with_its_client_id() -> None:
    history = History(orders_max=1)
    exchange = small_exchange()
    first = exchange.submit(limit("ann", Side.SELL, "60000", "0.1", client_order_id="same"))
    history.put_order(exchange.cancel("ann", order_id=first.order_id))
    second = exchange.submit(limit("ann", Side.SELL, "60000", "0.1", client_order_id="same"))
    history.put_order(exchange.cancel("ann", order_id=second.order_id))

    assert history.order(None, "same").order_id == second.order_id


def test_lists_can_be_cut_to_the_last_and_to_one_symbol() -> None:
    exchange = small_exchange()
    sells = [exchange.submit(limit("ann", Side.SELL, price, "0.1")) for price in ("60000", "60001", "60002")]
    other = exchange.submit(limit("ann", Side.SELL, "0.05", "1", symbol="ETH/BTC"))
    closed = [exchange.cancel("ann", order_id=record.order_id) for record in (*reversed(sells), other)]

    truth = exchange.truth

    assert truth.closed_orders("ann") == closed  # by their end
    assert truth.orders("ann") == [*reversed(closed[:3]), closed[3]]  # by their birth
    assert truth.closed_orders("ann", SYMBOL, limit=2) == closed[1:3]
    assert truth.orders("ann", limit=1) == [closed[3]]
    assert all(record.status is OrderStatus.CANCELED for record in truth.orders("ann"))


def test_a_finished_order_costs_little_and_slows_nothing_down() -> None:
    clock = HandClock()
    venue = Venue(small_exchange(clock), clock, rest_lag_ns=1_000_000_000)
    finish_orders(venue, clock, 1_000)
    tracemalloc.start()

    before, _ = tracemalloc.get_traced_memory()
    finish_orders(venue, clock, 5_000)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    per_order = (after - before) / 5_000
    assert per_order < 1_200, f"{per_order:.0f} bytes an order; 100,000 must stay far below 200 MB"


def test_reading_the_latest_of_a_long_history_takes_no_longer() -> None:
    history = History()
    record = small_exchange().submit(limit("ann", Side.SELL, "60000", "0.1"))
    for order_id in range(50_000):
        history.put_order(_finished(record, order_id))

    began = time.process_time()
    for _ in range(100):
        assert len(history.closed_orders(None, 50)) == len(history.orders(None, 50)) == 50
    assert time.process_time() - began < 1.0  # a scan of everything takes ten times as long


def _finished(record: OrderRecord, order_id: int) -> OrderRecord:
    return OrderRecord(
        order_id=order_id,
        client_order_id=f"sp{order_id}",
        account=record.account,
        symbol=record.symbol,
        side=record.side,
        type=record.type,
        time_in_force=record.time_in_force,
        post_only=record.post_only,
        price_ticks=record.price_ticks,
        quantity_lots=record.quantity_lots,
        filled_lots=0,
        quote_filled=record.quote_filled,
        status=OrderStatus.CANCELED,
        created_ns=record.created_ns,
        updated_ns=record.updated_ns,
    )
