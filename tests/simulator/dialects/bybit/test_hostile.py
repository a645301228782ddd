"""Random requests to every route of Bybit: it answers in its own words, breaks at nothing, moves no money unasked."""

from __future__ import annotations

import string
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.dialects.bybit.rest import ROUTES
from simulator.dialects.bybit.settings import BybitSettings
from simulator.dialects.call import Answer, Call
from simulator.exchange.events import OrderChanged
from tests.simulator.dialects.bybit.desk import Bybit
from tests.simulator.dialects.counters import KEY

LIMITLESS = 10**9
NAMES = [
    *(
        "category",
        "symbol",
        "side",
        "orderType",
        "qty",
        "price",
        "timeInForce",
        "orderLinkId",
        "orderId",
        "orderFilter",
    ),
    *("triggerPrice", "marketUnit", "isLeverage", "takeProfit", "stopLoss", "openOnly", "limit", "cursor", "startTime"),
    *("endTime", "orderStatus", "execType", "interval", "start", "end", "accountType", "coin", "baseCoin", "product"),
    *("timeWindow", "settleCoin", "request"),
]
TELLING = [
    *(
        "spot",
        "linear",
        "option",
        "BTCUSDT",
        "ETHUSDT",
        "BTC/USDT",
        "Buy",
        "Sell",
        "Limit",
        "Market",
        "GTC",
        "PostOnly",
    ),
    *("IOC", "FOK", "StopOrder", "tpslOrder", "Order", "quoteCoin", "baseCoin", "59000", "61000.5", "0.01", "0.5", "1"),
    *(
        "0",
        "-1",
        "50",
        "D",
        "W",
        "M",
        "UNIFIED",
        "SPOT",
        "BTC,USDT",
        "Filled",
        "Cancelled",
        "1900000000000000257",
        "1e5",
    ),
    *(
        "0.000000000000001",
        "99999999999999999999",
        "NaN",
        "Infinity",
        "١",
        "3.",
        ".",
        "",
        "[]",
        "%2C",
        "%253A",
        "a-_B9",
    ),
    *("9223372036854775807", "18446744073709551616", "1700000000000", "x" * 37),
]
texts = st.one_of(st.sampled_from(TELLING), st.text(max_size=40), st.integers(-(2**70), 2**70).map(str))
items = st.dictionaries(st.sampled_from(NAMES), texts, max_size=6)
values = st.one_of(
    *(texts, st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.floats()),
    *(st.lists(texts, max_size=2), st.lists(items, max_size=3)),
)
QUIET = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def floor() -> Bybit:
    """A venue without limits that stays open from one example to the next."""
    rates = dict.fromkeys((path for _, path in ROUTES), LIMITLESS)
    return Bybit(BybitSettings(rates=rates, requests_per_5s_max=LIMITLESS))


def assert_in_its_own_words(answer: Answer) -> None:
    """An answer is JSON in the venue's form, or the page of its front door."""
    if answer.status == 404:
        assert answer.body == b"404 page not found"
        return
    assert answer.status == 200
    body = msgspec.json.decode(answer.body)
    assert isinstance(body["retCode"], int)
    assert isinstance(body["retMsg"], str)
    assert body["retCode"] == 0 or body["result"] == {}


def is_success(answer: Answer) -> bool:
    return answer.status == 200 and msgspec.json.decode(answer.body)["retCode"] == 0


@QUIET
@given(data=st.data())
def test_random_requests_without_a_signature_are_refused_and_move_nothing(floor: Bybit, data: st.DataObject) -> None:
    paths = st.sampled_from(sorted({path for _, path in ROUTES}))
    path = data.draw(st.one_of(paths, st.text(string.printable, max_size=30)))
    pairs = st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=10)), texts, max_size=6)
    query = data.draw(
        st.one_of(
            st.text(st.characters(max_codepoint=255), max_size=60),
            st.just("symbol=\udcff&\udc80=1"),
            pairs.map(lambda sent: "&".join(f"{name}={value}" for name, value in sent.items())),
        )
    )
    body = data.draw(st.one_of(st.just(b""), st.binary(max_size=80), st.just(b'{"category":"spot","qty":[[]]}')))
    names = st.sampled_from(["X-BAPI-API-KEY", "X-BAPI-TIMESTAMP", "X-BAPI-RECV-WINDOW", "X-BAPI-SIGN"])
    now = st.just(str(floor.wall_ms()))
    headers = data.draw(st.dictionaries(names, st.one_of(st.just(KEY), now, st.just("5000"), st.text())))
    method = data.draw(st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD"]))
    call = Call(method=method, path=path, query=query, body=body, headers=headers, peer="stranger")
    floor.moved.clear()

    answer = floor.rest.answer(call)

    floor.rest.identify(call)
    assert_in_its_own_words(answer)
    assert floor.moved == []


@QUIET
@given(data=st.data())
def test_signed_requests_with_random_parameters_move_money_only_where_the_answer_says_so(
    floor: Bybit, data: st.DataObject
) -> None:
    method, path = data.draw(st.sampled_from(sorted(ROUTES)))
    sent = data.draw(st.dictionaries(st.sampled_from(NAMES), values if method == "POST" else texts, max_size=8))
    raw = data.draw(st.one_of(st.none(), st.none(), st.binary(max_size=40))) if method == "POST" else None
    call = floor.call(method, path, raw=raw, **sent)
    floor.moved.clear()

    answer = floor.rest.answer(call)

    floor.rest.identify(call)
    assert_in_its_own_words(answer)
    assert not floor.moved or is_success(answer)
    assert not floor.moved or floor.rest.kind(method, path) == "orders"


@QUIET
@given(odd=st.dictionaries(st.sampled_from(NAMES), values, max_size=2))
def test_nearly_good_orders_are_placed_or_refused_and_the_answer_is_true(floor: Bybit, odd: dict[str, Any]) -> None:
    order = {
        "category": "spot",
        "symbol": "BTCUSDT",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "0.001",
        "price": "59000",
    }
    floor.moved.clear()

    answer = floor.rest.answer(floor.call("POST", "/v5/order/create", **(order | odd)))

    assert_in_its_own_words(answer)
    placed = [event.record for event in floor.moved if isinstance(event, OrderChanged)]
    assert bool(placed) == is_success(answer)
    floor.exchange.cancel_all("main")
