"""Random requests to every route: the venue answers in its own words, no handler breaks, and no money moves unasked."""

from __future__ import annotations

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.dialects.binance.rest import ROUTES
from simulator.dialects.binance.settings import BinanceSettings
from simulator.dialects.call import Answer, Call
from simulator.dialects.kraken.rest import PRIVATE_METHODS, PUBLIC_METHODS
from simulator.dialects.kraken.settings import KrakenSettings
from simulator.exchange.events import OrderChanged
from tests.simulator.dialects.counters import DESKS, KEY, Binance, Kraken, decoded

LIMITLESS = 10**9
PATHS = {
    "binance": sorted({path for _, path in ROUTES}),
    "kraken": [f"/0/public/{name}" for name in PUBLIC_METHODS] + [f"/0/private/{name}" for name in PRIVATE_METHODS],
}
HEADERS = {
    "binance": ("X-MBX-APIKEY", "Content-Type"),
    "kraken": ("API-Key", "API-Sign", "Content-Type"),
}
NAMES = {
    "binance": sorted(frozenset[str]().union(*(route.known for route in ROUTES.values())) - {"signature"}),
    "kraken": [
        *("pair", "type", "ordertype", "price", "price2", "volume", "oflags", "timeinforce", "userref", "cl_ord_id"),
        *("validate", "deadline", "txid", "trades", "start", "end", "ofs", "count", "since", "asset", "timeout"),
        *("expiretm", "starttm", "leverage", "reduce_only", "close[ordertype]", "aclass", "without_count"),
        *("order_qty", "limit_price", "trigger_price", "post_only", "display_qty", "stptype", "trigger", "interval"),
    ],
}

# Values that mean something to a venue, so that requests get past its first checks.
TELLING = [
    *("BTCUSDT", "ETHUSDT", "XBTUSDT", "BTC/USDT", "XXBT", "BUY", "SELL", "buy", "sell", "LIMIT", "MARKET", "limit"),
    *("stop-loss-limit", "take-profit", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "cancel-oldest", "GTD", "+60", "1m", "1440"),
    *("STOP_ON_FAILURE", "EXPIRE_TAKER"),
    *("market", "LIMIT_MAKER", "GTC", "IOC", "FOK", "post", "viqc", "fcib,post", "59000", "61000.5", "0.01", "0.5"),
    *("1", "0", "-1", "50", "5", "true", "false", "FULL", "ACK", "OABCDE-FGHIJ-KLMNOP", "TABCDE-FGHIJ-KLMNOP"),
    *("0.000000000000001", "99999999999999999999", "1e5", "NaN", "Infinity", "١", "3.", ".", "", "[]", '["BTCUSDT"]'),
    *("2026-01-01T00:00:00Z", "9223372036854775807", "9223372036854775808", "18446744073709551616"),
]
values = st.one_of(st.sampled_from(TELLING), st.text(max_size=40), st.integers(-(2**70), 2**70).map(str))


@pytest.fixture(scope="module", params=sorted(DESKS))
def floor(request: pytest.FixtureRequest) -> Binance | Kraken:
    """A venue without limits that stays open from one example to the next."""
    if request.param == "binance":
        return Binance(BinanceSettings(weight_per_minute_max=LIMITLESS))
    return Kraken(KrakenSettings(calls_max=LIMITLESS, public_calls_max=LIMITLESS, orders_max=LIMITLESS))


def name_of(floor: Binance | Kraken) -> str:
    return floor.exchange.name


def is_success(floor: Binance | Kraken, answer: Answer) -> bool:
    if isinstance(floor, Binance):
        return answer.status == 200
    return answer.status == 200 and decoded(answer)["error"] == []


def assert_in_its_own_words(floor: Binance | Kraken, answer: Answer) -> None:
    """An answer is JSON in the venue's form, or the page of its front door."""
    body = decoded(answer)
    if isinstance(floor, Kraken):
        assert isinstance(body["error"], list)
        assert body["error"] or "result" in body
    elif answer.status == 404:
        assert answer.content_type == "text/html"
    elif answer.status != 200:
        assert set(body) == {"code", "msg"}
        assert body["code"] < 0


QUIET = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUIET
@given(data=st.data())
def test_random_requests_without_a_signature_are_refused_and_move_nothing(
    floor: Binance | Kraken, data: st.DataObject
) -> None:
    path = data.draw(st.one_of(st.sampled_from(PATHS[name_of(floor)]), st.text(string.printable, max_size=30)))
    names = st.one_of(st.sampled_from(NAMES[name_of(floor)]), st.text(max_size=10))
    query = data.draw(
        st.one_of(
            st.text(st.characters(max_codepoint=255), max_size=60),
            st.dictionaries(names, values, max_size=6).map(lambda sent: "&".join(f"{k}={v}" for k, v in sent.items())),
        )
    )
    body = data.draw(st.one_of(st.just(b""), st.binary(max_size=80), st.just(b'{"nonce":1,"txid":[[]]}')))
    headers = data.draw(
        st.dictionaries(
            st.sampled_from(HEADERS[name_of(floor)]),
            st.one_of(st.sampled_from([KEY, "application/json", "application/x-www-form-urlencoded"]), st.text()),
        )
    )
    method = data.draw(st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS"]))
    call = Call(method=method, path=path, query=query, body=body, headers=headers, peer="stranger")
    floor.moved.clear()

    answer = floor.rest.answer(call)

    floor.rest.identify(call)
    assert_in_its_own_words(floor, answer)
    assert floor.moved == []


@QUIET
@given(data=st.data())
def test_signed_requests_with_random_parameters_move_money_only_where_the_answer_says_so(
    floor: Binance | Kraken, data: st.DataObject
) -> None:
    sent = data.draw(st.dictionaries(st.sampled_from(NAMES[name_of(floor)]), values, max_size=8))
    if isinstance(floor, Binance):
        method, path = data.draw(st.sampled_from(sorted(ROUTES)))
        sent = {name: value for name, value in sent.items() if name != "timestamp"}
        call = floor.call(method, path, **sent)
    else:
        path = data.draw(st.sampled_from(sorted(PRIVATE_METHODS)))
        call = floor.call(path, **sent)
    floor.moved.clear()

    answer = floor.rest.answer(call)

    assert_in_its_own_words(floor, answer)
    assert not floor.moved or is_success(floor, answer)
    assert not floor.moved or floor.rest.kind(call.method, call.path) == "orders"


@QUIET
@given(data=st.data())
def test_nearly_good_orders_are_placed_or_refused_and_the_answer_is_true(
    floor: Binance | Kraken, data: st.DataObject
) -> None:
    odd = data.draw(st.dictionaries(st.sampled_from(NAMES[name_of(floor)]), values, max_size=2))
    odd.pop("timestamp", None)
    terms = good_order(floor) | odd
    floor.moved.clear()

    if isinstance(floor, Binance):
        answer = floor.rest.answer(floor.call("POST", "/api/v3/order", **terms))
    else:
        answer = floor.rest.answer(floor.call("AddOrder", **terms))

    assert_in_its_own_words(floor, answer)
    placed = [event.record for event in floor.moved if isinstance(event, OrderChanged)]
    wanted = "validate" not in odd or not is_success(floor, answer)
    assert bool(placed) == is_success(floor, answer) or not wanted
    floor.exchange.cancel_all("main")


def good_order(floor: Binance | Kraken) -> dict[str, str]:
    if isinstance(floor, Binance):
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
        return {**order, "quantity": "0.001", "price": "59000"}
    return {"pair": "XBTUSDT", "type": "buy", "ordertype": "limit", "volume": "0.001", "price": "59000"}
