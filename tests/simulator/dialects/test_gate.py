"""The gate: what each REST fault does to a request and to the exchange, bans, the access log, and streams cut off."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import aiohttp
import ccxt
import pytest

from simulator.dialects.call import EndpointKind
from simulator.dialects.gate import Rule
from simulator.exchange.orders import OrderStatus
from simulator.kernel import NS
from tests.simulator.dialects.stage import ACCOUNT, BTC, Stage

ORDERS: frozenset[EndpointKind] = frozenset({"orders"})
HOSTS = {
    "binance": "https://api.binance.com/api/v3/time",
    "kraken": "https://api.kraken.com/0/public/Time",
    "okx": "https://www.okx.com/api/v5/public/time",
    "coinbase": "https://api.coinbase.com/v2/time",
}
WORDS = {
    "binance": ("429", "418"),
    "kraken": ("Rate limit exceeded", "Temporary lockout"),
    "okx": ("50011", "403"),
    "coinbase": ("rate_limit_exceeded", "403"),
}
OWNERS = {"binance": "BinanceRest", "kraken": "KrakenRest", "okx": "OkxRest", "coinbase": "CoinbaseRest"}
BROKEN = {"coinbase": ccxt.ExchangeError}  # what ccxt makes of a 5xx where that does not look like one


@pytest.fixture(params=tuple(HOSTS))
def stage(request: pytest.FixtureRequest) -> Stage:
    return Stage(request.param)


async def submit(exchange: Any, **params: str) -> Any:
    return await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000, params)


async def last_trade(stage: Stage, exchange: Any) -> Any:
    """Return the trades that a stream tells, not those of the snapshot it may begin with."""
    if "trades" in stage.row.opens_with:
        await exchange.watch_trades(BTC)
    return await exchange.watch_trades(BTC)


def orders(stage: Stage) -> list[OrderStatus]:
    return [record.status for record in stage.exchange.truth.orders(ACCOUNT)]


def outcomes(stage: Stage, endpoint: str = "orders") -> list[str]:
    return [seen.outcome for seen in stage.seen if seen.endpoint == endpoint]


def test_an_error_is_the_venues_own_5xx_and_nothing_happened(stage: Stage) -> None:
    stage.gate.add(Rule(kind="error", endpoints=ORDERS, status=503))

    async def story(exchange: Any) -> None:
        with pytest.raises(BROKEN.get(stage.name, ccxt.OperationFailed)):
            await submit(exchange)

    stage.tell(story)

    assert orders(stage) == []
    assert outcomes(stage) == ["error"]


def test_an_error_may_hide_that_the_order_was_executed(stage: Stage) -> None:
    stage.gate.add(Rule(kind="error", endpoints=ORDERS, status=500, executes=True))

    async def story(exchange: Any) -> None:
        with pytest.raises(BROKEN.get(stage.name, ccxt.OperationFailed)):
            await submit(exchange)

    stage.tell(story)

    assert orders(stage) == [OrderStatus.NEW]


def test_a_lost_acknowledgement_executes_the_order_and_cuts_the_connection(stage: Stage) -> None:
    rule = Rule(kind="ack_lost", endpoints=ORDERS)
    stage.gate.add(rule)

    async def story(exchange: Any) -> None:
        with pytest.raises(ccxt.NetworkError):
            await submit(exchange)
        stage.gate.remove(rule)
        await submit(exchange)

    stage.tell(story)

    assert orders(stage) == [OrderStatus.NEW, OrderStatus.NEW]
    assert outcomes(stage) == ["cut", "answered"]
    assert [seen.status for seen in stage.seen if seen.endpoint == "orders"] == [0, 200]


def test_a_hang_gives_no_answer_until_the_client_loses_patience(stage: Stage) -> None:
    stage.gate.add(Rule(kind="hang", endpoints=ORDERS))

    async def story(exchange: Any) -> float:
        await exchange.load_markets()
        before_ns = stage.world.now_ns()
        with pytest.raises(ccxt.RequestTimeout):
            await submit(exchange)
        return (stage.world.now_ns() - before_ns) / NS

    assert stage.tell(story) == pytest.approx(10, abs=0.1)
    assert orders(stage) == []
    assert outcomes(stage) == ["hung"]


def test_what_hangs_is_cut_when_the_fault_is_undone(stage: Stage) -> None:
    rule = Rule(kind="hang", endpoints=ORDERS, executes=True)
    stage.gate.add(rule)
    stage.later(3, lambda: stage.gate.remove(rule))

    async def story(exchange: Any) -> float:
        with pytest.raises(ccxt.NetworkError):
            await submit(exchange)
        return stage.world.now_ns() / NS

    assert stage.tell(story) == pytest.approx(3, abs=0.1)
    assert orders(stage) == [OrderStatus.NEW]


def test_a_slow_answer_belongs_to_an_order_that_was_executed_at_once(stage: Stage) -> None:
    stage.gate.add(Rule(kind="slow", endpoints=ORDERS, delay_ns=4 * NS))

    async def story(exchange: Any) -> float:
        await exchange.load_markets()
        before_ns = stage.world.now_ns()
        await submit(exchange)
        return (stage.world.now_ns() - before_ns) / NS

    assert stage.tell(story) == pytest.approx(4, abs=0.1)
    created_ns = stage.exchange.truth.orders(ACCOUNT)[0].created_ns
    assert created_ns - stage.world.epoch_ns < NS


def test_a_throttled_client_that_goes_on_is_banned_and_pardoned_by_time(stage: Stage) -> None:
    rule = Rule(kind="throttle", retry_after_ns=30 * NS, patience=2, ban_ns=120 * NS)
    stage.gate.add(rule)

    async def story(exchange: Any) -> list[str]:
        said = []
        for _ in range(5):
            with pytest.raises(ccxt.NetworkError) as caught:
                await exchange.fetch_time()
            said.append(str(caught.value))
        stage.gate.remove(rule)
        await asyncio.sleep(60)
        with pytest.raises(ccxt.NetworkError):
            await exchange.fetch_time()
        await asyncio.sleep(61)
        await exchange.fetch_time()
        return said

    said = stage.tell(story)

    assert outcomes(stage, "public") == ["throttled"] * 3 + ["banned"] * 3 + ["answered"]
    words = WORDS[stage.name]
    assert all(words[0] in one for one in said[:3])
    assert all(words[1] in one for one in said[3:])


def test_a_throttled_client_that_waits_as_told_is_never_banned(stage: Stage) -> None:
    stage.gate.add(Rule(kind="throttle", retry_after_ns=30 * NS, patience=0))

    async def story(exchange: Any) -> None:
        for _ in range(5):
            with pytest.raises(ccxt.NetworkError):
                await exchange.fetch_time()
            await asyncio.sleep(31)

    stage.tell(story)

    assert outcomes(stage, "public") == ["throttled"] * 5


def test_binance_tells_the_seconds_to_wait() -> None:
    stage = Stage("binance")
    stage.gate.add(Rule(kind="throttle", retry_after_ns=30 * NS, patience=0, ban_ns=120 * NS))

    async def story(session: aiohttp.ClientSession) -> list[tuple[int, str]]:
        told = []
        for _ in range(2):
            async with session.get(HOSTS["binance"]) as answer:
                told.append((answer.status, answer.headers["Retry-After"]))
        return told

    assert stage.browse(story) == [(429, "30"), (418, "120")]


def test_a_fault_strikes_only_its_endpoints(stage: Stage) -> None:
    stage.gate.add(Rule(kind="error", endpoints=ORDERS))

    async def story(exchange: Any) -> None:
        await exchange.fetch_balance()
        with pytest.raises(BROKEN.get(stage.name, ccxt.OperationFailed)):
            await submit(exchange)

    stage.tell(story)


def test_a_fault_with_a_probability_draws_from_its_own_stream() -> None:
    rule = Rule(kind="error", probability=0.3, random=random.Random(5))
    again = random.Random(5)

    struck = [rule.strikes("orders") for _ in range(200)]

    assert struck == [again.random() < 0.3 for _ in range(200)]
    assert 30 < sum(struck) < 90


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
def test_a_probability_outside_of_its_range_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Rule(kind="error", probability=probability, random=random.Random(5))


def test_a_chance_without_a_random_stream_is_refused() -> None:
    with pytest.raises(ValueError, match="random stream"):
        Rule(kind="error", probability=0.5)


def test_the_access_log_names_account_and_client_order_id_even_where_no_answer_came(stage: Stage) -> None:
    stage.gate.add(Rule(kind="ack_lost", endpoints=ORDERS))

    async def story(exchange: Any) -> None:
        with pytest.raises(ccxt.NetworkError):
            await submit(exchange, **{stage.row.client_order_id_parameter: "mine"})

    stage.tell(story)

    (seen,) = [seen for seen in stage.seen if seen.endpoint == "orders"]
    assert (seen.account, seen.client_order_id, seen.peer) == (ACCOUNT, "mine", "client")


def test_dropped_streams_fail_their_watchers_and_come_back(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.load_markets()
        watching = asyncio.ensure_future(last_trade(stage, exchange))
        await asyncio.sleep(1)
        assert stage.gate.open_streams("public") == 1
        assert stage.gate.drop_streams("private") == 0
        assert stage.gate.drop_streams() == 1
        with pytest.raises(ccxt.NetworkError):
            await watching
        stage.later(5, lambda: stage.quote(BTC, "61000"))
        return await last_trade(stage, exchange)

    assert stage.tell(story)[-1]["price"] == 61_000
    assert stage.gate.open_streams() == 0


def test_refused_streams_fail_the_handshake_until_they_are_not(stage: Stage) -> None:
    stage.gate.streams_refused = True

    async def story(exchange: Any) -> Any:
        with pytest.raises(ccxt.NetworkError, match="503"):
            await exchange.watch_trades(BTC)
        stage.gate.streams_refused = False
        stage.later(5, lambda: stage.quote(BTC, "61000"))
        return await last_trade(stage, exchange)

    assert stage.tell(story)[-1]["price"] == 61_000
    assert outcomes(stage, "stream") == ["refused", "answered"]


def test_a_bug_in_a_dialect_is_loud(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    module = f"simulator.dialects.{stage.name}.rest"
    owner = OWNERS[stage.name]

    def broken(*_: object) -> object:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(f"{module}.{owner}.answer", broken)

    async def story(session: aiohttp.ClientSession) -> int:
        async with session.get(HOSTS[stage.name]) as answer:
            return answer.status

    with pytest.raises(AssertionError, match="a bug"):
        stage.browse(story)


def test_streams_of_a_machine_that_was_booted_again_are_told_once(stage: Stage) -> None:
    stage.restart()
    stage.world.run(stage.world.now_ns() + NS)

    async def story(exchange: Any) -> Any:
        stage.later(5, lambda: stage.quote(BTC, "61000"))
        return await last_trade(stage, exchange)

    assert len(stage.tell(story)) == 1
