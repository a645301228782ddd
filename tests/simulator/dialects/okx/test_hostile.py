"""Random requests to every route of OKX: it answers in its own words, breaks at nothing, moves no money unasked."""

from __future__ import annotations

import string
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.dialects.call import Answer, Call
from simulator.dialects.okx.rest import POSTS, PREFIX, PUBLIC, READS
from simulator.dialects.okx.settings import OkxSettings
from simulator.exchange.events import OrderChanged
from tests.simulator.dialects.counters import KEY, decoded
from tests.simulator.dialects.okx.desk import Okx, order
from tests.simulator.dialects.stage import ACCOUNT

NAMES = [
    *("instId", "tdMode", "side", "ordType", "px", "sz", "clOrdId", "ordId", "tag", "tgtCcy", "stpMode", "reduceOnly"),
    *("newPx", "newSz", "reqId", "timeOut", "algoId", "algoClOrdId", "triggerPx", "orderPx", "slTriggerPx", "slOrdPx"),
    *("tpTriggerPx", "tpOrdPx", "attachAlgoOrds", "instType", "limit", "after", "before", "begin", "end", "bar"),
    *("state", "ccy", "type", "expTime"),
]
TELLING: list[Any] = [
    *("BTC-USDT", "ETH-USDT", "SPOT", "SWAP", "cash", "cross", "buy", "sell", "limit", "market", "post_only", "ioc"),
    *("fok", "trigger", "conditional", "base_ccy", "quote_ccy", "cancel_both", "59000", "61000.5", "0.01", "-1", "0"),
    *("10", "120", "1m", "1Dutc", "live", "canceled", "effective", "2497000000000000001", "1e5", "NaN", "Infinity"),
    *("0.000000000000001", "99999999999999999999", "١", "3.", ".", "", "true", "[]"),
    *(True, None, 10, 1.5, 10**30, [], ["BTC-USDT"], {"a": 1}),
]
values = st.one_of(st.sampled_from(TELLING), st.text(max_size=40), st.integers(-(2**70), 2**70))
fields = st.dictionaries(st.sampled_from(NAMES), values, max_size=8)
QUIET = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROUTES = sorted({*PUBLIC, *READS, *POSTS})


@pytest.fixture(scope="module")
def okx() -> Okx:
    """A venue without limits that stays open from one example to the next."""
    return Okx(OkxSettings(rates_scale=10**9))


def assert_in_its_own_words(answer: Answer) -> None:
    assert answer.status in (200, 400, 401, 404, 405)
    body = decoded(answer)
    assert {"code", "msg"} <= set(body)
    if answer.status == 200:
        assert isinstance(body["data"], list)


def succeeded(answer: Answer) -> int:
    """Count the orders of which an answer says that they were dealt with."""
    body = decoded(answer)
    if answer.status != 200 or body["code"] not in ("0", "2"):
        return 0
    return sum(1 for one in body["data"] if one.get("sCode", "0") == "0")


@QUIET
@given(data=st.data())
def test_random_requests_without_a_signature_are_refused_and_move_nothing(okx: Okx, data: st.DataObject) -> None:
    path = data.draw(st.one_of(st.sampled_from(ROUTES).map(PREFIX.__add__), st.text(string.printable, max_size=30)))
    names = ["OK-ACCESS-KEY", "OK-ACCESS-SIGN", "OK-ACCESS-TIMESTAMP", "OK-ACCESS-PASSPHRASE", "Content-Type"]
    telling = st.sampled_from([KEY, "application/json", okx.iso(), "open sesame"])
    call = Call(
        method=data.draw(st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD"])),
        path=path,
        query=data.draw(st.text(st.characters(max_codepoint=255), max_size=60)),
        body=data.draw(st.one_of(st.just(b""), st.binary(max_size=80), st.just(b'[[{"sz":[[]]}]]'), st.just(b"[1]"))),
        headers=data.draw(st.dictionaries(st.sampled_from(names), st.one_of(telling, st.text(max_size=20)))),
        peer="stranger",
    )
    okx.moved.clear()

    answer = okx.rest.answer(call)

    okx.rest.identify(call)
    assert_in_its_own_words(answer)
    assert okx.moved == []


@QUIET
@given(data=st.data())
def test_signed_requests_with_random_parameters_move_money_only_where_the_answer_says_so(
    okx: Okx, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(ROUTES))
    if data.draw(st.booleans()) and name in POSTS:
        body = data.draw(st.one_of(fields, st.lists(fields, max_size=3), st.lists(st.just(order()), max_size=2)))
        call = okx.call("POST", name, body)
    else:
        query: dict[str, Any] = {key: value for key, value in data.draw(fields).items() if isinstance(value, str)}
        call = okx.call("GET", name, **query)
    okx.moved.clear()

    answer = okx.rest.answer(call)

    okx.rest.identify(call)
    assert_in_its_own_words(answer)
    assert not okx.moved or succeeded(answer)
    assert not okx.moved or okx.rest.kind(call.method, call.path) == "orders"
    okx.exchange.cancel_all(ACCOUNT)


@QUIET
@given(odd=st.lists(st.dictionaries(st.sampled_from(NAMES), values, max_size=2), min_size=1, max_size=4))
def test_nearly_good_orders_are_placed_or_refused_and_the_answer_is_true(okx: Okx, odd: list[dict[str, Any]]) -> None:
    okx.moved.clear()

    answer = okx.rest.answer(okx.call("POST", "trade/batch-orders", [{**order(sz="0.001"), **one} for one in odd]))

    assert_in_its_own_words(answer)
    placed = {event.record.order_id for event in okx.moved if isinstance(event, OrderChanged)}
    assert len(placed) == succeeded(answer)
    okx.exchange.cancel_all(ACCOUNT)


@QUIET
@given(body=st.binary(max_size=200))
def test_signed_bytes_that_mean_nothing_are_refused(okx: Okx, body: bytes) -> None:
    for name in POSTS:
        answer = okx.rest.answer(okx.call("POST", name, body))

        assert_in_its_own_words(answer)
        assert msgspec.json.decode(answer.body)["code"] != "0"
