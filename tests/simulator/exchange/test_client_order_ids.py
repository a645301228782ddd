"""Client order ids: unique among the open orders of an account, and among those only."""

import pytest

from simulator.exchange.orders import Side
from simulator.exchange.rejections import RejectCode, Rejected
from tests.simulator.exchange.hand_clock import limit, small_exchange


def test_an_id_in_use_by_an_open_order_is_refused() -> None:
    exchange = small_exchange()
    exchange.submit(limit("ann", Side.SELL, "60000", "0.1", client_order_id="once"))

    with pytest.raises(Rejected) as refusal:
        exchange.submit(limit("ann", Side.SELL, "60001", "0.1", client_order_id="once"))

    assert refusal.value.code is RejectCode.DUPLICATE_CLIENT_ORDER_ID
    assert len(exchange.truth.orders("ann")) == 1


def test_the_id_of_a_finished_order_protects_nothing() -> None:
    exchange = small_exchange()
    first = exchange.submit(limit("ann", Side.SELL, "60000", "0.1", client_order_id="again"))
    exchange.submit(limit("ben", Side.BUY, "60000", "0.1"))

    second = exchange.submit(limit("ann", Side.SELL, "60000", "0.1", client_order_id="again"))

    assert second.order_id != first.order_id
    assert exchange.truth.order("ann", client_order_id="again") == second
    assert exchange.truth.order("ann", order_id=first.order_id).client_order_id == "again"


def test_two_accounts_may_use_the_same_id() -> None:
    exchange = small_exchange()

    for account in ("ann", "ben"):
        assert exchange.submit(limit(account, Side.SELL, "60000", "0.1", client_order_id="x")).is_open

    exchange.cancel("ann", client_order_id="x")
    assert exchange.truth.order("ben", client_order_id="x").is_open


def test_orders_without_an_id_do_not_collide() -> None:
    exchange = small_exchange()

    for _ in range(3):
        exchange.submit(limit("ann", Side.SELL, "60000", "0.1"))

    assert len(exchange.truth.open_orders("ann")) == 3
