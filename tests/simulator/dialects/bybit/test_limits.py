"""Bybit's limits: an account's requests to an endpoint in a second, an address' in five, and the ban after those."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt
import pytest

from simulator.dialects.bybit.settings import BybitSettings
from simulator.dialects.call import Answer, Call
from simulator.dialects.gate import Rule
from simulator.exchange.orders import OrderStatus
from tests.simulator.dialects.bybit.desk import Bybit, told
from tests.simulator.dialects.stage import ACCOUNT, BTC, Stage

ORDER: dict[str, Any] = {
    "category": "spot",
    "symbol": "BTCUSDT",
    "side": "Buy",
    "orderType": "Limit",
    "qty": "0.01",
    "price": "59000",
}
TIGHT = BybitSettings(rates={"/v5/order/create": 2})


def create(floor: Bybit) -> Answer:
    return floor.rest.answer(floor.call("POST", "/v5/order/create", **ORDER))


def left(answer: Answer) -> tuple[str, str]:
    return answer.headers["X-Bapi-Limit"], answer.headers["X-Bapi-Limit-Status"]


def test_every_answer_tells_what_is_left_of_the_second() -> None:
    floor = Bybit(TIGHT)

    assert [left(create(floor)) for _ in range(2)] == [("2", "1"), ("2", "0")]
    assert int(create(floor).headers["X-Bapi-Limit-Reset-Timestamp"]) == floor.wall_ms() + 1_000


def test_one_request_too_many_is_answered_with_10006_in_http_200_and_does_nothing() -> None:
    floor = Bybit(TIGHT)
    for _ in range(2):
        create(floor)

    answer = create(floor)

    assert told(answer) == (10006, "Too many visits. Exceeded the API Rate Limit.")
    assert answer.quiet_until_ns == floor.world.now_ns() + 1_000_000_000
    assert len(floor.exchange.truth.orders(ACCOUNT)) == 2


def test_the_second_rolls() -> None:
    floor = Bybit(TIGHT)
    create(floor)
    floor.wait(0.6)
    create(floor)
    assert told(create(floor))[0] == 10006

    floor.wait(0.4)

    assert told(create(floor))[0] == 0
    assert told(create(floor))[0] == 10006


def test_endpoints_are_counted_apart() -> None:
    floor = Bybit(TIGHT)
    for _ in range(3):
        create(floor)

    assert floor.post("order/cancel-all", category="spot")[0] == 0


def test_public_answers_carry_no_limit() -> None:
    answer = Bybit().rest.answer(Call(method="GET", path="/v5/market/time"))

    assert not [name for name in answer.headers if name.startswith("X-Bapi")]


def test_an_address_that_asks_too_often_is_shut_out_for_ten_minutes() -> None:
    floor = Bybit()
    for _ in range(600):
        floor.ask("market/time")

    answer = floor.rest.answer(Call(method="GET", path="/v5/market/time", peer="client"))

    assert (answer.status, answer.body) == (403, b"access too frequent")
    assert floor.bans == [("client", 600_000_000_000)]
    assert floor.rest.answer(Call(method="GET", path="/v5/market/time", peer="another")).status == 200


def test_ccxt_meets_the_ban_as_a_rate_limit_until_it_ends() -> None:
    stage = Stage("bybit", BybitSettings(requests_per_5s_max=12))

    async def story(exchange: Any) -> str:
        for _ in range(12):
            await exchange.fetch_time()
        with pytest.raises(ccxt.RateLimitExceeded):
            await exchange.fetch_time()
        await asyncio.sleep(599)
        with pytest.raises(ccxt.RateLimitExceeded):
            await exchange.fetch_time()
        await asyncio.sleep(2)
        await exchange.fetch_time()
        return stage.seen[-2].outcome

    assert stage.tell(story) == "banned"


def test_ccxt_meets_10006_as_a_rate_limit() -> None:
    stage = Stage("bybit", TIGHT)

    async def story(exchange: Any) -> None:
        for _ in range(2):
            await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)
        with pytest.raises(ccxt.RateLimitExceeded):
            await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)

    stage.tell(story)

    assert stage.seen[-1].outcome == "throttled"


@pytest.mark.parametrize(("status", "code"), [(500, "10016"), (503, "10016"), (504, "10000")])
def test_a_server_error_may_hide_that_the_order_was_executed(status: int, code: str) -> None:
    stage = Stage("bybit")
    stage.gate.add(Rule(kind="error", endpoints=frozenset({"orders"}), status=status, executes=True))

    async def story(exchange: Any) -> None:
        with pytest.raises(ccxt.ExchangeError, match=code):
            await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)

    stage.tell(story)

    assert [record.status for record in stage.exchange.truth.orders(ACCOUNT)] == [OrderStatus.NEW]


def test_a_throttling_venue_says_when_to_come_back_in_a_header() -> None:
    floor = Bybit()

    answer = floor.rest.throttled(Call(method="POST", path="/v5/order/create"), 30_000_000_000)

    assert told(answer)[0] == 10006
    assert int(answer.headers["X-Bapi-Limit-Reset-Timestamp"]) == floor.wall_ms() + 30_000
