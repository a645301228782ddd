"""Random requests to every route of Polymarket: it answers in its own words, and no money moves unasked."""

from __future__ import annotations

import string
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dialects.call import Answer, Call
from simulator.dialects.polymarket import PolymarketSettings
from simulator.dialects.polymarket.rest import (
    CLOB,
    CLOB_NAMED,
    DATA,
    GAMMA,
    GAMMA_NAMED,
    PolymarketRest,
)
from simulator.exchange.events import OrderChanged
from tests.simulator.dialects.counters import decoded
from tests.simulator.dialects.polymarket.desk import Polymarket

LIMITLESS = 10**9
PATHS = sorted(
    {path for routes in (CLOB, GAMMA, DATA) for _, path in routes}
    | {f"{head}{name}" for named in (CLOB_NAMED, GAMMA_NAMED) for _, head in named for name in ("0x12", "7", "rain")}
)
ARGUMENTS = [
    *("token_id", "side", "market", "fidelity", "startTs", "endTs", "interval", "asset_type", "signature_type", "id"),
    *("asset_id", "before", "after", "next_cursor", "limit", "offset", "closed", "active", "slug", "clob_token_ids"),
    *("condition_ids", "q", "page", "limit_per_type", "events_status", "user", "tag_slug"),
]
HEADERS = ["POLY_ADDRESS", "POLY_API_KEY", "POLY_PASSPHRASE", "POLY_SIGNATURE", "POLY_TIMESTAMP", "POLY_NONCE"]
WORDS = [
    *("BUY", "SELL", "0", "1", "-1", "1e5", "NaN", "0.01", "TOKEN", "CONDITION", "COLLATERAL", "CONDITIONAL", "true"),
    *("MA==", "LTE=", "will-it-rain", "rain", "9" * 12, "9" * 300, "١", "", "0x" + "1" * 40, "1772323200", "max"),
]
words = st.one_of(st.sampled_from(WORDS), st.text(max_size=12))
leaves = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), words)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
ORDER = [
    *("salt", "maker", "signer", "tokenId", "makerAmount", "takerAmount", "side", "signatureType", "timestamp"),
    *("expiration", "metadata", "builder", "signature"),
]
SENT = ["owner", "orderType", "postOnly", "deferExec", "order"]
QUIET = settings(deadline=None, max_examples=150)


@pytest.fixture(scope="module")
def desk() -> Polymarket:
    """A venue without limits that stays open from one example to the next."""
    return Polymarket(
        PolymarketSettings(orders_per_s=LIMITLESS, orders_burst=1, cancels_per_s=LIMITLESS, cancels_burst=LIMITLESS)
    )


def assert_in_its_own_words(answer: Answer) -> None:
    assert answer.status in (200, 400, 401, 404, 422, 429)
    if answer.status != 200:
        assert isinstance(decoded(answer)["error"], str)


def told(desk: Polymarket, word: str) -> str:
    """Return a word, where it stands for an id of the venue that id."""
    return {"TOKEN": desk.rain.id, "CONDITION": desk.rain.market.condition}.get(word, word)


@QUIET
@given(data=st.data())
def test_random_requests_from_nobody_are_answered_and_move_nothing(desk: Polymarket, data: st.DataObject) -> None:
    query = data.draw(st.dictionaries(st.sampled_from(ARGUMENTS), words, max_size=5))
    call = Call(
        method=data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"])),
        path=data.draw(st.one_of(st.sampled_from(PATHS), st.text(string.printable, max_size=30))),
        query="&".join(f"{name}={told(desk, value)}" for name, value in query.items()),
        body=data.draw(
            st.one_of(
                st.just(b""),
                st.binary(max_size=80),
                st.lists(st.fixed_dictionaries({"token_id": leaves}), max_size=3).map(_written),
            )
        ),
        headers=data.draw(st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=60))),
        peer="stranger",
    )
    desk.moved.clear()

    for host in (desk.clob, desk.gamma, desk.data):
        assert_in_its_own_words(host.answer(call))
        host.identify(call)
        host.kind(call.method, call.path)

    assert desk.moved == []


@QUIET
@given(data=st.data())
def test_signed_requests_with_random_bodies_move_money_only_where_the_answer_says_so(
    desk: Polymarket, data: st.DataObject
) -> None:
    method, path = data.draw(st.sampled_from(sorted(CLOB)))
    query: dict[str, Any] = data.draw(st.dictionaries(st.sampled_from(ARGUMENTS), words, max_size=5))
    body: Any = None if method == "GET" else data.draw(st.one_of(_orders(desk), trees))
    arguments: dict[str, Any] = {name: told(desk, value) for name, value in query.items()}
    try:
        call = desk.call(method, path, body, **arguments)
    except (ValueError, OverflowError):  # what msgspec does not write
        return
    desk.moved.clear()

    answer = desk.clob.answer(call)

    assert_in_its_own_words(answer)
    placed = [event for event in desk.moved if isinstance(event, OrderChanged)]
    assert not placed or (answer.status == 200 and desk.clob.kind(method, path) == "orders")
    desk.exchange.cancel_all("main")


@QUIET
@given(data=st.data())
def test_a_signed_order_with_anything_changed_is_no_order(desk: Polymarket, data: st.DataObject) -> None:
    sent = desk.order()
    where = sent["order"] if data.draw(st.booleans()) else sent
    name = data.draw(st.sampled_from(ORDER if where is not sent else SENT))
    before = where.get(name)
    where[name] = data.draw(leaves)
    try:
        call = desk.call("POST", "/order", sent)
    except (ValueError, OverflowError):  # what msgspec does not write
        return
    desk.moved.clear()

    answer = desk.clob.answer(call)

    assert_in_its_own_words(answer)
    if answer.status == 200:  # what is not signed may change
        assert name in ("postOnly", "deferExec", "expiration", "orderType") or where[name] == before
    else:
        assert desk.moved == []
    desk.exchange.cancel_all("main")


def _orders(desk: Polymarket) -> st.SearchStrategy[Any]:
    fields = st.fixed_dictionaries({}, optional=dict.fromkeys(ORDER, leaves))
    whole = st.fixed_dictionaries(
        {"order": st.one_of(fields, trees)}, optional={name: leaves for name in SENT if name != "order"}
    )
    named = st.fixed_dictionaries({}, optional={"orderID": leaves, "market": leaves, "asset_id": leaves})
    return st.one_of(whole, named, st.lists(whole, max_size=3), st.lists(leaves, max_size=3), st.just(desk.order()))


def _written(tree: Any) -> bytes:
    try:
        return msgspec.json.encode(tree)
    except (ValueError, OverflowError):
        return b"[]"


def test_every_host_answers_what_it_does_not_know() -> None:
    desk = Polymarket()
    hosts: list[PolymarketRest] = [desk.clob, desk.gamma, desk.data]

    assert [host.answer(Call(method="GET", path="/nothing")).status for host in hosts] == [404, 404, 404]
