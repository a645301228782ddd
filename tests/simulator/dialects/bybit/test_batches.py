"""Bybit's batches: the request succeeds, and each of its orders has a verdict of its own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from simulator.dialects.bybit.settings import BybitSettings
from tests.simulator.dialects.bybit.desk import Bybit
from tests.simulator.dialects.stage import ACCOUNT, BTC, Stage

ORDER = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "59000"}


def sent(floor: Bybit, what: str, *items: dict[str, Any]) -> tuple[list[Any], list[tuple[int, str]]]:
    """Send a batch; return what it lists and its verdicts."""
    call = floor.call("POST", f"/v5/order/{what}-batch", category="spot", request=list(items))
    body = msgspec.json.decode(floor.rest.answer(call).body)
    assert (body["retCode"], body["retMsg"]) == (0, "OK")
    return body["result"]["list"], [(one["code"], one["msg"]) for one in body["retExtInfo"]["list"]]


def test_what_is_wrong_with_one_order_does_not_keep_back_the_others() -> None:
    floor = Bybit()

    listed, verdicts = sent(floor, "create", ORDER | {"orderLinkId": "one"}, ORDER | {"qty": "10"}, ORDER)

    assert verdicts == [(0, "OK"), (170131, "Insufficient balance."), (0, "OK")]
    assert listed[0] == {
        "category": "spot",
        "symbol": "BTCUSDT",
        "orderId": listed[0]["orderId"],
        "orderLinkId": "one",
        "createAt": str(floor.wall_ms()),
    }
    assert listed[1] == {"category": "spot", "symbol": "BTCUSDT", "orderId": "", "orderLinkId": "", "createAt": ""}
    assert len(floor.exchange.truth.open_orders(ACCOUNT)) == 2


def test_orders_are_amended_and_cancelled_together_and_the_unknown_one_is_named_as_it_was() -> None:
    floor = Bybit()
    first = floor.bought(orderLinkId="one")

    amended, _ = sent(floor, "amend", {"symbol": "BTCUSDT", "orderId": first, "price": "58000"})
    cancelled, verdicts = sent(
        floor, "cancel", {"symbol": "BTCUSDT", "orderId": first}, {"symbol": "BTCUSDT", "orderLinkId": "two"}
    )

    assert amended == [{"category": "spot", "symbol": "BTCUSDT", "orderId": first, "orderLinkId": "one"}]
    assert cancelled == [
        {"category": "spot", "symbol": "BTCUSDT", "orderId": first, "orderLinkId": "one"},
        {"category": "spot", "symbol": "BTCUSDT", "orderId": "", "orderLinkId": "two"},
    ]
    assert verdicts == [(0, "OK"), (170213, "Order does not exist.")]


def test_orders_beyond_the_limit_of_the_second_fail_alone() -> None:
    floor = Bybit(BybitSettings(rates={"/v5/order/create-batch": 2}))

    _, verdicts = sent(floor, "create", ORDER, ORDER, ORDER)

    assert [code for code, _ in verdicts] == [0, 0, 10006]


@pytest.mark.parametrize("request_", [[], [ORDER] * 11, "BTCUSDT", [1], None, {}])
def test_what_is_no_batch_is_refused(request_: Any) -> None:
    assert Bybit().post("order/create-batch", category="spot", request=request_)[0] == 10001


def test_ccxt_places_and_cancels_several_orders() -> None:
    stage = Stage("bybit")

    async def story(exchange: Any) -> Any:
        order = {"symbol": BTC, "type": "limit", "side": "buy", "amount": 0.01}
        placed = await exchange.create_orders([order | {"price": 59_000}, order | {"price": 58_000, "amount": 50}])
        cancelled = await exchange.cancel_orders([placed[0]["id"]], BTC)
        return placed, cancelled, await exchange.fetch_open_orders(BTC)

    (first, second), (cancelled,), left = stage.tell(story)

    assert second["status"] == "rejected"
    assert cancelled["id"] == first["id"]
    assert left == []
