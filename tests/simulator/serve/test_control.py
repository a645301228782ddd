"""The control API: who may ask, what is refused, and what each fault does to a real client until it is healed."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from simulator.exchange.orders import OrderRequest, OrderStatus, OrderType, Side
from simulator.serve.kinds import KINDS
from tests.simulator.serve.stall import Stall, told, until

FAULTS = "/venues/binance/faults"


def order(quantity: str) -> Any:
    """Return an order that rests, far below the market."""
    return OrderRequest(
        account="main",
        symbol="BTC/USDT",
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal(quantity),
        price=Decimal(30_000),
    )


def test_nobody_is_answered_without_the_token() -> None:
    async def story(stall: Stall) -> None:
        for method, path in (("GET", "/"), ("GET", "/venues"), ("POST", FAULTS), ("GET", "/nowhere")):
            status, answer = await stall.ask(method, path, token="guessed")
            assert (status, list(answer)) == (401, ["error"])

    told(story)


def test_it_tells_every_order_as_the_truth_has_it() -> None:
    async def story(stall: Stall) -> None:
        stall.truth.submit(order("0.01"))

        status, orders = await stall.ask("GET", "/venues/binance/orders")

        (one,) = orders["main"]
        assert (status, one["status"], one["quantity"], one["price"]) == (200, "NEW", "0.01000", "30000.00")

    told(story)


def test_it_tells_what_can_be_asked_and_the_state_of_the_venue() -> None:
    async def story(stall: Stall) -> None:
        _, help_ = await stall.ask("GET", "/")
        assert set(help_["faults"]) == set(KINDS)
        assert any("reopen" in line for line in help_["routes"])

        status, state = await stall.ask("GET", "/venues/binance")
        assert status == 200
        assert (state["mode"], state["speed"], state["faults"]) == ("full", 1.0, [])
        assert float(state["markets"]["BTC/USDT"]["bid"]) < 60_000 < float(state["markets"]["BTC/USDT"]["ask"])
        assert list(state["accounts"]) == ["main"]
        assert state["accounts"]["main"]["balances"]["USDT"] == {"free": "100000.00000000", "locked": "0.00000000"}
        assert (await stall.ask("GET", "/venues"))[1].keys() == {"binance"}

    told(story)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", FAULTS, b"{", 400, "no JSON"),
        ("POST", FAULTS, b"[" * 5_000, 400, "no JSON"),
        ("POST", FAULTS, b"\xff\x00", 400, "no JSON"),
        ("POST", FAULTS, [], 400, "no JSON object"),
        ("POST", FAULTS, b" " * 70_000, 413, "too large"),
        ("POST", FAULTS, None, 400, "give one of error, hang"),
        ("POST", FAULTS, {"kind": "storm"}, 400, "'storm'"),
        ("POST", FAULTS, {"kind": ["error"]}, 400, "give one of"),
        ("POST", FAULTS, {"kind": "error", "statu": 502}, 400, "'statu' is unknown"),
        ("POST", FAULTS, {"kind": "error", "status": 200}, 400, "from 500 to 599"),
        ("POST", FAULTS, {"kind": "error", "status": True}, 400, "whole number"),
        ("POST", FAULTS, {"kind": "error", "executes": 1}, 400, "true or false"),
        ("POST", FAULTS, {"kind": "error", "probability": -0.1}, 400, "from 0 to 1"),
        ("POST", FAULTS, b'{"kind": "error", "probability": NaN}', 400, "from 0 to 1"),
        ("POST", FAULTS, {"kind": "error", "endpoints": []}, 400, "list of some of"),
        ("POST", FAULTS, {"kind": "error", "endpoints": [["orders"]]}, 400, "list of some of"),
        ("POST", FAULTS, {"kind": "slow", "delay_s": -1}, 400, "number of seconds"),
        ("POST", FAULTS, {"kind": "slow", "for_s": 1e99}, 400, "number of seconds"),
        ("POST", FAULTS, {"kind": "view_lag", "view": "matching"}, 400, "one of rest, public, private"),
        ("POST", FAULTS, {"kind": "drop_streams", "for_s": 1}, 400, "'for_s' is unknown"),
        ("POST", "/venues/mtgox/faults", {"kind": "error"}, 404, "say binance"),
        ("DELETE", FAULTS + "/7", None, 404, "no fault number"),
        ("DELETE", FAULTS + "/seven", None, 404, "no fault number"),
        ("POST", "/venues/binance/reopen", {"mode": "halted"}, 400, "one of full, post-only, cancel-only"),
        ("POST", "/venues/binance/halt", {"for_s": 3}, 400, "say nothing"),
        ("GET", "/venues/binance/secrets", None, 404, "GET / tells"),
        ("PATCH", "/venues/binance", None, 405, "GET / tells"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_and_changes_nothing(
    method: str, path: str, body: object, status: int, words: str
) -> None:
    async def story(stall: Stall) -> None:
        got, answer = await stall.ask(method, path, body)
        assert (got, list(answer)) == (status, ["error"])
        assert words in answer["error"]
        assert stall.gate.rules == ()
        assert (await stall.ask("GET", "/venues/binance"))[1]["faults"] == []

    told(story)


def test_rest_errors_until_it_is_healed() -> None:
    async def story(stall: Stall) -> None:
        number = await stall.inject("error", status=502)
        assert await stall.time() == 502
        (fault,) = (await stall.ask("GET", "/venues/binance"))[1]["faults"]
        assert (fault["number"], fault["kind"], fault["with"]) == (number, "error", {"status": 502})

        await stall.heal(number)
        assert await stall.time() == 200

    told(story)


def test_a_fault_strikes_only_what_it_is_aimed_at() -> None:
    async def story(stall: Stall) -> None:
        await stall.inject("error", endpoints=["orders", "account"])
        assert await stall.time() == 200

    told(story)


def test_a_fault_heals_itself_in_the_venues_own_time() -> None:
    """Thirty seconds at a hundred times the speed are less than one."""

    async def story(stall: Stall) -> None:
        await stall.inject("error", for_s=30)
        assert await stall.time() == 503

        async def is_healed() -> bool:
            return await stall.time() == 200

        await until(is_healed)
        assert stall.gate.rules == ()

    told(story, speed=100)


def test_what_hangs_is_cut_when_it_is_healed() -> None:
    async def story(stall: Stall) -> None:
        number = await stall.inject("hang")
        asked = asyncio.create_task(stall.post())
        await asyncio.sleep(0.1)
        assert not asked.done()

        await stall.heal(number)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await asked

    told(story)


def test_who_is_throttled_and_goes_on_is_banned_until_pardoned() -> None:
    async def story(stall: Stall) -> None:
        number = await stall.inject("throttle", patience=1)
        assert [await stall.time() for _ in range(3)] == [429, 429, 418]

        await stall.heal(number)
        assert await stall.time() == 418
        assert (await stall.ask("POST", "/venues/binance/pardon"))[0] == 200
        assert await stall.time() == 200

    told(story)


def test_an_answer_is_lost_or_late() -> None:
    async def story(stall: Stall) -> None:
        lost = await stall.inject("ack_lost")
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await stall.post()
        await stall.heal(lost)

        clock = asyncio.get_running_loop().time
        await stall.inject("slow", delay_s=0.2)
        asked_s = clock()
        assert await stall.time() == 200
        assert clock() - asked_s >= 0.2

    told(story)


def test_orders_are_dropped_in_matching_while_any_such_fault_acts() -> None:
    async def story(stall: Stall) -> None:
        never = await stall.inject("silent_reject", probability=0)
        assert stall.truth.submit(order("0.01")).status is OrderStatus.NEW
        always = await stall.inject("silent_reject")
        doomed = stall.truth.submit(order("0.01"))
        await stall.heal(never)

        async def is_rejected() -> bool:
            return stall.truth.truth.order("main", order_id=doomed.order_id).status is OrderStatus.REJECTED

        await until(is_rejected)
        await stall.heal(always)
        assert stall.truth.silent_reject is None

    told(story)


def test_streams_are_cut_once_and_refused_as_long_as_somebody_says_so() -> None:
    async def story(stall: Stall) -> None:
        url = stall.streams + "/ws/btcusdt@trade"
        async with stall.session.ws_connect(url) as socket:
            first = await stall.inject("refuse_streams")
            second = await stall.inject("refuse_streams")
            assert (await stall.ask("GET", "/venues/binance"))[1]["streams"]["public"] == 1
            await stall.inject("drop_streams", streams="private")
            assert not socket.closed
            await stall.inject("drop_streams")
            while not (await socket.receive()).type.name.startswith("CLOS"):
                pass
        await stall.heal(first)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await stall.session.ws_connect(url)

        await stall.heal(second)
        async with stall.session.ws_connect(url):
            pass
        assert (await stall.ask("GET", "/venues/binance"))[1]["faults"] == []

    told(story)


def test_a_view_is_as_late_as_the_latest_of_its_faults() -> None:
    async def story(stall: Stall) -> None:
        usual_ns = stall.views["rest"].lag_ns
        late = await stall.inject("view_lag", lag_s=5)
        later = await stall.inject("view_lag", lag_s=9)
        assert (await stall.ask("GET", "/venues/binance"))[1]["views"]["rest"] == {"lag_s": 9}

        await stall.heal(later)
        assert stall.views["rest"].lag_ns == 5_000_000_000
        await stall.heal(late)
        assert stall.views["rest"].lag_ns == usual_ns

    told(story)


def test_views_have_holes_until_they_are_healed() -> None:
    async def story(stall: Stall) -> None:
        placed = stall.truth.submit(order("0.01"))
        reads: Any = stall.views["rest"]

        async def is_read() -> bool:
            return len(reads.picture.open_orders("main")) == 1

        await until(is_read)
        number = await stall.inject("missing_rows")
        assert reads.picture.open_orders("main") == []
        await stall.heal(number)
        assert reads.picture.open_orders("main") == [placed]

        heard: list[object] = []
        stall.views["public"].subscribe(heard.append)  # type: ignore[union-attr]
        number = await stall.inject("silent_stream")
        await asyncio.sleep(1.2)
        assert heard == []
        await stall.heal(number)

        async def is_heard() -> bool:
            return bool(heard)

        await until(is_heard)

    told(story)


def test_the_market_halts_and_reopens_in_steps() -> None:
    async def story(stall: Stall) -> None:
        modes = []
        for path, body in (("halt", None), ("reopen", {"mode": "cancel-only"}), ("reopen", None)):
            _, answer = await stall.ask("POST", f"/venues/binance/{path}", body)
            modes.append((answer["mode"], stall.truth.mode.value))
        assert modes == [(mode, mode) for mode in ("halted", "cancel-only", "full")]

    told(story)


def test_all_faults_are_healed_at_once() -> None:
    async def story(stall: Stall) -> None:
        for kind in KINDS:
            await stall.inject(kind)
        _, answer = await stall.ask("DELETE", FAULTS)
        assert [one["kind"] for one in answer["healed"]] == [kind for kind in KINDS if kind != "drop_streams"]
        assert stall.gate.rules == ()
        assert await stall.time() == 200

    told(story)
