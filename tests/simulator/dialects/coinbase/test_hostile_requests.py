"""Random requests to every route of Coinbase: it answers in its own words, and no money moves unasked."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dialects.call import Answer, Call
from simulator.dialects.coinbase import CoinbaseSettings
from simulator.dialects.coinbase.configuration import READERS
from simulator.dialects.coinbase.rest import NAMED_ROUTES, ORDERS, ROUTES
from simulator.exchange.events import OrderChanged
from tests.simulator.dialects.coinbase.desk import HOST, KEY, Coinbase, token
from tests.simulator.dialects.counters import decoded

LIMITLESS = 10**9
PATHS = sorted({path for _, path in ROUTES} | {f"{head}BTC-USDT{tail}" for head, tail in NAMED_ROUTES})
ARGUMENTS = [
    *("product_ids", "product_id", "product_type", "limit", "offset", "start", "end", "granularity", "cursor"),
    *("order_status", "order_ids", "start_date", "end_date", "order_side", "starting_after", "currency", "trade_ids"),
]
WORDS = [
    *("BTC-USDT", "SPOT", "OPEN", "FILLED", "BUY", "SELL", "0", "1", "-1", "1e5", "NaN", "0.01", "59000", "61000.5"),
    *("ONE_MINUTE", "2026-03-01T00:01:00Z", "2026-03-01T00:00:00", "STOP_DIRECTION_STOP_UP", "١", "9" * 30, "9" * 300),
    *("8dc88abd-a7a0-4594-9481-22f316f6a071", "0.000000000000001", "Infinity", "3.", ".", "", "mine"),
]
TERMS = ["base_size", "quote_size", "limit_price", "stop_price", "stop_direction", "end_time", "post_only"]
words = st.one_of(st.sampled_from(WORDS), st.text(max_size=12))
leaves = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), words)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
terms = st.dictionaries(st.sampled_from(TERMS), st.one_of(words, leaves), max_size=5)
orders = st.fixed_dictionaries(
    {
        "client_order_id": st.one_of(st.text(min_size=1, max_size=12), leaves),
        "product_id": st.sampled_from(["BTC-USDT", "ETH-USDT", "", 7, None]),
        "side": st.sampled_from(["BUY", "SELL", "buy", None, 1]),
        "order_configuration": st.one_of(st.dictionaries(st.sampled_from(sorted(READERS)), terms, max_size=2), trees),
    }
)
bodies = st.one_of(
    orders,
    st.fixed_dictionaries({}, optional={"order_ids": trees, "order_id": leaves, "price": leaves, "size": leaves}),
    trees,
)
QUIET = settings(deadline=None, max_examples=150)


@pytest.fixture(scope="module")
def desk() -> Coinbase:
    """A venue without limits that stays open from one example to the next."""
    limits = CoinbaseSettings(private_per_s=LIMITLESS, public_per_s=LIMITLESS, old_calls_per_hour=LIMITLESS)
    return Coinbase(limits)


def assert_in_its_own_words(call: Call, answer: Answer) -> None:
    body = decoded(answer)
    if answer.status == 401:
        assert body == "Unauthorized\n"
    elif answer.status == 200:
        assert isinstance(body, dict)
    elif call.path.startswith("/v2/"):
        assert list(body) == ["errors"]
    else:
        assert set(body) == {"error", "error_details", "message"}
        assert answer.status in (400, 404)


@QUIET
@given(data=st.data())
def test_random_requests_without_a_token_are_refused_and_move_nothing(desk: Coinbase, data: st.DataObject) -> None:
    query = st.dictionaries(st.sampled_from(ARGUMENTS), words, max_size=5)
    call = Call(
        method=data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"])),
        path=data.draw(st.one_of(st.sampled_from(PATHS), st.text(string.printable, max_size=30))),
        query=data.draw(
            st.one_of(
                st.text(st.characters(max_codepoint=255), max_size=60),
                query.map(lambda sent: "&".join(f"{name}={value}" for name, value in sent.items())),
            )
        ),
        body=data.draw(st.one_of(st.just(b""), st.binary(max_size=80))),
        headers=data.draw(st.dictionaries(st.sampled_from(["Authorization", "Host"]), st.text(max_size=60))),
        peer="stranger",
    )
    desk.moved.clear()

    answer = desk.rest.answer(call)

    desk.rest.identify(call)
    assert_in_its_own_words(call, answer)
    assert desk.moved == []


@QUIET
@given(data=st.data())
def test_signed_requests_with_random_bodies_move_money_only_where_the_answer_says_so(
    desk: Coinbase, data: st.DataObject
) -> None:
    method, path = data.draw(st.sampled_from(sorted(ROUTES)))
    query: dict[str, Any] = data.draw(st.dictionaries(st.sampled_from(ARGUMENTS), words, max_size=5))
    body: Any = data.draw(bodies) if method == "POST" else None
    try:
        call = desk.call(method, path, body, **query)
    except ValueError:  # what msgspec does not write
        return
    desk.moved.clear()

    answer = desk.rest.answer(call)

    assert_in_its_own_words(call, answer)
    placed = [event for event in desk.moved if isinstance(event, OrderChanged)]
    assert not placed or (answer.status == 200 and desk.rest.kind(method, path) == "orders")
    if path == ORDERS and answer.status == 200:
        assert decoded(answer)["success"] or not desk.moved
    desk.exchange.cancel_all("main")


@QUIET
@given(claims=st.dictionaries(st.sampled_from(["sub", "iss", "nbf", "exp", "uris"]), trees, min_size=1))
def test_random_claims_open_nothing(desk: Coinbase, claims: dict[str, Any]) -> None:
    path = "/api/v3/brokerage/accounts"
    try:
        bearer = token(KEY, desk.now_s(), None, **{"uris": [f"GET {HOST}{path}"], **claims})
    except (ValueError, OverflowError):  # what msgspec does not write
        return
    call = Call(method="GET", path=path, headers={"Authorization": f"Bearer {bearer}", "Host": HOST})

    assert desk.rest.answer(call).status == 401
