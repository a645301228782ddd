"""The futures' desk without a network: refusals, limits, headers, and what random requests do."""

from __future__ import annotations

import random
import string
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.dialects.binance.signing import signature
from simulator.dialects.binanceusdm import BinanceUsdmSettings
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.binanceusdm.refusals import REJECTIONS
from simulator.dialects.binanceusdm.rest import ROUTES, UsdmRest
from simulator.dialects.call import Answer, Call
from simulator.exchange.events import BalanceChanged, Event, OrderChanged, PositionChanged
from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.exchange.perpetual.venue import PerpetualVenue
from simulator.exchange.rejections import RejectCode
from simulator.exchange.venue import ApiKey
from simulator.kernel import NS, World
from tests.simulator.dialects.binanceusdm.pit import BTC, CONTRACTS, FEES
from tests.simulator.dialects.counters import decoded
from tests.simulator.dialects.row import ACCOUNT, KEY, SECRET


class Desk:
    """The desk in a world without machines."""

    def __init__(self, settings: BinanceUsdmSettings | None = None) -> None:
        self.world = World(3)
        self.exchange = PerpetualExchange(
            "usdm", CONTRACTS, self.world, fees=FEES, random=random.Random(1), open_orders_max=5
        )
        self.exchange.open_account(ACCOUNT, {"USDT": Decimal(20_000)})
        self.venue = PerpetualVenue(self.exchange, self.world)
        self.venue.issue_key(ApiKey(account=ACCOUNT, key=KEY, secret=SECRET))
        self.rest = UsdmRest(Front(self.venue, settings or BinanceUsdmSettings()))
        self.moved: list[Event] = []
        self.exchange.events.subscribe(self._note)
        self.exchange.quote(BTC, [(599_000, 1_000)], [(601_000, 1_000)])
        self.exchange.set_index(BTC, Decimal(60_000))

    def _note(self, event: Event) -> None:
        if isinstance(event, OrderChanged | BalanceChanged | PositionChanged):
            self.moved.append(event)

    def call(self, method: str, path: str, *, secret: str = SECRET, **parameters: Any) -> Call:
        """Return a signed request."""
        text = urlencode({"timestamp": self.world.wall_ns() // 1_000_000, **parameters})
        text += "&signature=" + signature(secret, text.encode())
        headers = {"X-MBX-APIKEY": KEY}
        return Call(method=method, path=path, query=text, headers=headers, peer="client")

    def ask(self, method: str, path: str, **parameters: Any) -> Answer:
        """Send a signed request."""
        return self.rest.answer(self.call(method, path, **parameters))

    def code(self, method: str, path: str, **parameters: Any) -> int:
        """Send a signed request and return the code of its refusal."""
        answer = self.ask(method, path, **parameters)
        assert answer.status != 200, answer.body
        return int(decoded(answer)["code"])

    def buy(self, **more: Any) -> Answer:
        """Place a limit order."""
        return self.ask("POST", "/fapi/v1/order", **{**GOOD, **more})


GOOD = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "59000",
}
WRONG = [
    ({"symbol": "NOPE"}, -1121),
    ({"side": "HOLD"}, -1117),
    ({"type": "STOP_MARKET"}, -4120),
    ({"type": "PRAYER"}, -1116),
    ({"timeInForce": "XXX"}, -1115),
    ({"quantity": "0.0001"}, -1111),
    ({"quantity": "0"}, -4003),
    ({"quantity": "1001"}, -4005),
    ({"quantity": "-1"}, -1100),
    ({"price": "59000.01"}, -1111),
    ({"price": "0"}, -4001),
    ({"price": "99999999"}, -4002),
    ({"price": "100"}, -4164),
    ({"positionSide": "SHORT"}, -4061),
    ({"positionSide": "UP"}, -4060),
    ({"reduceOnly": "maybe"}, -1130),
    ({"reduceOnly": "true"}, -2022),
    ({"newClientOrderId": "a b"}, -1100),
    ({"newOrderRespType": "FULL"}, -1136),
    ({"nonsense": "1"}, -1104),
    ({"quantity": "7"}, -2019),
    ({"price": "61000", "timeInForce": "GTX"}, -5022),
    ({"quantity": "2", "price": "60100", "timeInForce": "FOK"}, -5021),
    ({"timestamp": "1"}, -1021),
    ({"timestamp": "9999999999999"}, -1021),
]


@pytest.mark.parametrize(("odd", "code"), WRONG)
def test_what_is_wrong_with_an_order_is_said_with_the_venues_code(odd: dict[str, str], code: int) -> None:
    desk = Desk()
    desk.moved.clear()

    assert desk.code("POST", "/fapi/v1/order", **{**GOOD, **odd}) == code
    assert desk.moved == []


def test_other_refusals_have_their_codes() -> None:
    desk = Desk()
    desk.buy(newClientOrderId="mine")

    assert desk.code("POST", "/fapi/v1/order", **GOOD, newClientOrderId="mine") == -4116
    assert desk.code("POST", "/fapi/v1/order", secret="x", **GOOD) == -1022
    assert desk.code("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId=1) == -2011
    assert desk.code("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=1) == -2013
    assert desk.code("GET", "/fapi/v1/order", symbol="BTCUSDT") == -1102
    assert desk.code("GET", "/fapi/v1/depth", symbol="BTCUSDT", limit=7) == -1104
    assert desk.code("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED") == -4168
    assert desk.code("POST", "/fapi/v1/positionSide/dual", dualSidePosition="true") == -4084
    assert desk.code("GET", "/fapi/v1/userTrades", symbol="BTCUSDT", startTime=2, endTime=1) == -1023
    assert desk.ask("GET", "/fapi/v1/nothing").status == 404


def test_a_position_too_large_for_its_leverage_is_refused() -> None:
    desk = Desk()
    assert decoded(desk.ask("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=125))["maxNotionalValue"] == "50000"

    assert desk.code("POST", "/fapi/v1/order", **{**GOOD, "quantity": "1"}) == -2027
    assert desk.code("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=126) == -4028


def test_too_many_open_orders_are_refused() -> None:
    desk = Desk()
    for _ in range(5):
        assert desk.buy().status == 200
    assert desk.code("POST", "/fapi/v1/order", **GOOD) == -2025


def test_every_refusal_of_the_core_has_its_words() -> None:
    assert set(REJECTIONS) == set(RejectCode)


def test_orders_tell_their_counts_and_requests_their_weight() -> None:
    desk = Desk()

    first, second = desk.buy(), desk.ask("GET", "/fapi/v3/account")

    assert first.headers["X-MBX-ORDER-COUNT-10S"] == first.headers["X-MBX-ORDER-COUNT-1M"] == "1"
    assert (first.headers["X-MBX-USED-WEIGHT-1M"], second.headers["X-MBX-USED-WEIGHT-1M"]) == ("0", "5")


def test_who_uses_more_weight_than_a_minute_has_is_told_to_wait() -> None:
    desk = Desk(BinanceUsdmSettings(weight_per_minute_max=10))

    answers = [desk.ask("GET", "/fapi/v3/account") for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert decoded(answers[2])["code"] == -1003
    assert answers[2].headers["Retry-After"] == "60"
    assert answers[2].quiet_until_ns == 60 * NS


def test_an_order_that_ended_without_a_fill_is_forgotten_after_three_days() -> None:
    desk = Desk()
    order = decoded(desk.buy())["orderId"]
    desk.ask("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId=order)

    desk.world.run(2 * 86_400 * NS)
    assert desk.ask("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=order).status == 200
    desk.world.run(3 * 86_400 * NS + 1)

    assert desk.code("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=order) == -2013


def test_an_amendment_that_would_take_cancels_a_post_only_order() -> None:
    desk = Desk()
    order = decoded(desk.buy(timeInForce="GTX"))["orderId"]

    terms = {"symbol": "BTCUSDT", "side": "BUY", "orderId": order, "quantity": "0.01", "price": "61000"}
    answer = desk.ask("PUT", "/fapi/v1/order", **terms)

    assert (answer.status, decoded(answer)["status"]) == (200, "CANCELED")


NAMES = sorted(frozenset[str]().union(*(route.known for route in ROUTES.values())) - {"signature", "timestamp"})
TELLING = [
    *("BTCUSDT", "ETHUSDT", "BUY", "SELL", "LIMIT", "MARKET", "STOP_MARKET", "TAKE_PROFIT", "GTC", "IOC", "GTX", "FOK"),
    *("59000", "61000.5", "0.01", "0.5", "1", "0", "-1", "5", "true", "false", "CONDITIONAL", "MARK_PRICE", "BOTH"),
    *("0.000000000000001", "99999999999999999999", "1e5", "NaN", "Infinity", "١", "3.", ".", "", "ISOLATED", "125"),
    *("9223372036854775807", "9223372036854775808", "1m", "20"),
]
values = st.one_of(st.sampled_from(TELLING), st.text(max_size=40), st.integers(-(2**70), 2**70).map(str))
QUIET = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def desk() -> Desk:
    """A desk without limits that stays open from one example to the next."""
    most = 10**9
    return Desk(BinanceUsdmSettings(weight_per_minute_max=most, orders_per_10s_max=most, orders_per_minute_max=most))


def assert_in_its_own_words(answer: Answer) -> None:
    body = decoded(answer)
    if answer.status == 404:
        assert answer.content_type == "text/html"
    elif answer.status != 200:
        assert set(body) == {"code", "msg"}
        assert body["code"] < 0


@QUIET
@given(data=st.data())
def test_random_requests_without_a_signature_move_nothing(desk: Desk, data: st.DataObject) -> None:
    paths = st.one_of(st.sampled_from(sorted({path for _, path in ROUTES})), st.text(string.printable, max_size=30))
    sent = st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=10)), values, max_size=6)
    query = data.draw(sent.map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs.items())))
    call = Call(
        method=data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"])),
        path=data.draw(paths),
        query=query,
        body=data.draw(st.binary(max_size=40)),
        headers={"X-MBX-APIKEY": data.draw(st.sampled_from([KEY, "", "x"]))},
        peer="stranger",
    )
    desk.moved.clear()

    answer = desk.rest.answer(call)

    desk.rest.identify(call)
    assert_in_its_own_words(answer)
    assert desk.moved == []


@QUIET
@given(data=st.data())
def test_signed_requests_with_random_parameters_move_only_where_the_answer_says_so(
    desk: Desk, data: st.DataObject
) -> None:
    method, path = data.draw(st.sampled_from(sorted(ROUTES)))
    sent = data.draw(st.dictionaries(st.sampled_from(NAMES), values, max_size=8))
    desk.moved.clear()

    answer = desk.rest.answer(desk.call(method, path, **sent))

    assert_in_its_own_words(answer)
    assert not desk.moved or answer.status == 200
    desk.exchange.cancel_all(ACCOUNT)


@QUIET
@given(data=st.data())
def test_nearly_good_orders_are_placed_or_refused_and_the_answer_is_true(desk: Desk, data: st.DataObject) -> None:
    route, good = data.draw(st.sampled_from([("/fapi/v1/order", GOOD), ("/fapi/v1/algoOrder", ALGO)]))
    odd = data.draw(st.dictionaries(st.sampled_from(NAMES), values, max_size=2))
    desk.moved.clear()

    answer = desk.rest.answer(desk.call("POST", route, **(good | odd)))

    assert_in_its_own_words(answer)
    placed = [event for event in desk.moved if isinstance(event, OrderChanged)]
    assert not placed or answer.status == 200
    desk.exchange.cancel_all(ACCOUNT)
    for order in desk.exchange.truth.waiting_orders(ACCOUNT):
        if order.status.value == "waiting":
            desk.exchange.stop_waiting(ACCOUNT, waiting_id=order.waiting_id)


ALGO = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "algoType": "CONDITIONAL",
    "quantity": "0.01",
    "triggerPrice": "59000",
    "workingType": "MARK_PRICE",
}
