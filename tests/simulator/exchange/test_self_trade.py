"""An order that meets its own account in the book: who gives way."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from simulator.exchange import reasons
from simulator.exchange.orders import OrderStatus, SelfTrade, Side, TimeInForce
from tests.simulator.exchange.hand_clock import SYMBOL, limit, market, small_exchange

BUY, SELL = Side.BUY, Side.SELL
FILLED, EXPIRED, NEW = OrderStatus.FILLED, OrderStatus.EXPIRED, OrderStatus.NEW


@pytest.mark.parametrize(
    ("mode", "taker_status", "filled", "own_status", "farther_status"),
    [
        (SelfTrade.ALLOW, FILLED, 30_000, FILLED, NEW),
        (SelfTrade.EXPIRE_TAKER, EXPIRED, 10_000, NEW, NEW),
        (SelfTrade.EXPIRE_MAKER, FILLED, 30_000, EXPIRED, FILLED),
        (SelfTrade.EXPIRE_BOTH, EXPIRED, 10_000, EXPIRED, NEW),
    ],
)
def test_who_gives_way_is_the_newcomers_choice(
    mode: SelfTrade, taker_status: OrderStatus, filled: int, own_status: OrderStatus, farther_status: OrderStatus
) -> None:
    exchange = small_exchange()
    exchange.submit(limit("ben", SELL, "60000", "0.1"))
    own = exchange.submit(limit("ann", SELL, "60000", "0.1"))
    exchange.submit(limit("ben", SELL, "60001", "0.1"))
    farther = exchange.submit(limit("ben", SELL, "60002", "0.1"))

    taker = exchange.submit(replace(limit("ann", BUY, "60005", "0.3"), self_trade=mode))

    assert (taker.status, taker.filled_lots) == (taker_status, filled)
    assert exchange.truth.order("ann", order_id=own.order_id).status is own_status
    assert exchange.truth.order("ben", order_id=farther.order_id).status is farther_status
    ended = [record for record in exchange.truth.closed_orders("ann") if record.status is EXPIRED]
    assert all(record.reason == reasons.SELF_TRADE for record in ended)


def test_an_own_order_that_the_newcomer_does_not_reach_is_left_alone() -> None:
    exchange = small_exchange()
    exchange.submit(limit("ben", SELL, "60000", "0.1"))
    own = exchange.submit(limit("ann", SELL, "60000", "0.1"))

    taker = exchange.submit(replace(limit("ann", BUY, "60000", "0.1"), self_trade=SelfTrade.EXPIRE_BOTH))

    assert taker.status is FILLED
    assert exchange.truth.open_orders("ann") == [own]


def test_fill_or_kill_does_not_trade_in_part_because_of_its_own() -> None:
    exchange = small_exchange()
    exchange.submit(limit("ben", SELL, "60000", "0.1"))
    exchange.submit(limit("ann", SELL, "60001", "0.1"))

    for mode in (SelfTrade.EXPIRE_TAKER, SelfTrade.EXPIRE_MAKER):
        request = limit("ann", BUY, "60001", "0.2", time_in_force=TimeInForce.FOK)
        assert exchange.submit(replace(request, self_trade=mode)).filled_lots == 0


def test_a_market_order_pays_for_what_lies_behind_its_own() -> None:
    exchange = small_exchange(maker_bps="0", taker_bps="0")
    exchange.submit(limit("ann", SELL, "50000", "1"))
    exchange.quote(SYMBOL, [], [(9_000_000, 10**6)])

    taker = exchange.submit(replace(market("ann", BUY, "1"), self_trade=SelfTrade.EXPIRE_MAKER))

    assert (taker.status, taker.quote_filled) == (FILLED, Decimal(90_000))
    assert exchange.truth.balances("ann")["USDT"].free == 910_000
