"""Who may ask OKX, how old a request may be, and how many there may be: the gateway's refusals."""

from __future__ import annotations

import pytest

from simulator.dialects.okx.settings import OkxSettings
from tests.simulator.dialects.okx.desk import Okx, order

HEADERS = [
    ({"OK-ACCESS-KEY": ""}, "50103"),
    ({"OK-ACCESS-PASSPHRASE": ""}, "50104"),
    ({"OK-ACCESS-PASSPHRASE": "wrong"}, "50105"),
    ({"OK-ACCESS-SIGN": ""}, "50106"),
    ({"OK-ACCESS-SIGN": "wrong"}, "50113"),
    ({"OK-ACCESS-KEY": "somebody"}, "50111"),
    ({"OK-ACCESS-KEY": "0e1a3c8c-8b7a-4c6e-9f67-0a1b2c3d4e5f"}, "50119"),
    ({"OK-ACCESS-TIMESTAMP": "yesterday"}, "50112"),
    ({"OK-ACCESS-TIMESTAMP": "2026-13-45T00:00:00.000Z"}, "50112"),
]


@pytest.mark.parametrize(("headers", "code"), HEADERS)
def test_a_wrong_header_is_refused_by_the_gateway_without_data(headers: dict[str, str], code: str) -> None:
    okx = Okx()

    status, body = okx.sent(okx.call("GET", "account/balance", headers=headers))

    assert (status, body["code"]) == (401, code)
    assert set(body) == {"code", "msg"}


@pytest.mark.parametrize("seconds", [-30.5, 30.5])
def test_a_timestamp_more_than_thirty_seconds_off_has_expired(seconds: float) -> None:
    okx = Okx()
    headers = {"OK-ACCESS-TIMESTAMP": okx.iso(seconds)}

    assert okx.sent(okx.call("GET", "account/balance", headers=headers)) == (
        401,
        {"msg": "Timestamp request expired", "code": "50102"},
    )


def test_a_timestamp_in_milliseconds_has_expired_as_recorded() -> None:
    okx = Okx()
    headers = {"OK-ACCESS-TIMESTAMP": str(okx.wall_ms())}

    assert okx.sent(okx.call("GET", "account/balance", headers=headers))[1]["code"] == "50102"


def test_the_signature_covers_the_raw_bytes_of_the_body() -> None:
    okx = Okx()
    call = okx.call("POST", "trade/order", b'{"instId" : "BTC-USDT"}')
    spaced = okx.call("POST", "trade/order", b'{"instId":"BTC-USDT"}')

    assert okx.rest.answer(call).status == 200
    assert (
        okx.sent(type(call)(method="POST", path=call.path, body=spaced.body, headers=call.headers))[1]["code"]
        == "50113"
    )


def test_an_order_after_its_exptime_header_is_not_processed() -> None:
    okx = Okx()

    late = okx.post("trade/batch-orders", [order()], expTime=str(okx.wall_ms() - 1))[1]
    in_time = okx.post("trade/batch-orders", [order()], expTime=str(okx.wall_ms() + 1))[1]

    assert (late["code"], late["data"]) == ("50036", [])
    assert in_time["code"] == "0"


def test_an_exptime_in_the_body_and_one_on_a_cancel_have_no_effect() -> None:
    okx = Okx()
    past = str(okx.wall_ms() - 1)

    placed = okx.buy(expTime=past)
    cancel = {"instId": "BTC-USDT", "ordId": placed["ordId"]}

    assert placed["sCode"] == "0"
    assert okx.post("trade/cancel-order", cancel, expTime=past)[1]["code"] == "0"


def test_an_exptime_that_is_no_time_is_refused() -> None:
    assert Okx().post("trade/order", order(), expTime="soon")[1]["code"] == "51000"


def test_the_sixty_first_order_in_two_seconds_is_too_many_for_its_instrument_only() -> None:
    okx = Okx()
    small = {"sz": "0.0001", "px": "1"}
    for _ in range(60):
        okx.post("trade/batch-orders", [order(**small)])

    limited = okx.rest.answer(okx.call("POST", "trade/order", order(**small)))
    other = okx.post("trade/order", order(instId="ETH-USDT", px="2900", sz="0.1"))
    okx.wait(2)
    later = okx.post("trade/order", order(**small))

    assert (limited.status, limited.body) == (429, b'{"msg":"Too Many Requests","code":"50011"}')
    assert not any("limit" in name.lower() or name.lower() == "retry-after" for name in limited.headers)
    assert (other[0], later[0]) == (200, 200)


def test_cancels_are_counted_apart_from_orders() -> None:
    okx = Okx(OkxSettings(rates_scale=1))
    for _ in range(60):
        okx.buy(sz="0.0001", px="1")

    status, body = okx.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": "1"})

    assert (status, body["data"][0]["sCode"]) == (200, "51400")


def test_a_batch_counts_its_orders_and_says_for_each_that_there_were_too_many() -> None:
    okx = Okx()
    wrong = [order(sz="0")] * 20
    for _ in range(15):
        assert okx.post("trade/batch-orders", wrong)[1]["data"][0]["sCode"] == "51000"

    status, body = okx.post("trade/batch-orders", wrong)

    assert (status, body["code"]) == (200, "1")
    assert {one["sCode"] for one in body["data"]} == {"50011"}


def test_an_account_may_have_a_limit_of_orders_over_all_instruments() -> None:
    okx = Okx(OkxSettings(account_orders_max=2))

    codes = [okx.buy(px=price)["sCode"] for price in ("59000", "58000", "57000")]

    assert codes == ["0", "0", "50061"]


def test_an_unknown_route_and_a_wrong_method_have_the_venues_own_answers() -> None:
    okx = Okx()

    nowhere = okx.sent(okx.call("GET", "trade/nothing"))
    wrong = okx.sent(okx.call("DELETE", "trade/order"))

    assert nowhere[0] == 404
    assert nowhere[1] == {
        "code": 404,
        "data": {},
        "detailMsg": "",
        "error_code": "404",
        "error_message": "Not Found",
        "msg": "Not Found",
    }
    assert (wrong[0], wrong[1]["code"]) == (405, "50115")


def test_a_body_must_be_json_and_say_so() -> None:
    okx = Okx()

    assert okx.sent(okx.call("POST", "trade/order", b"{"))[1]["code"] == "50002"
    assert okx.sent(okx.call("POST", "trade/order"))[1]["code"] == "50000"
    assert okx.sent(okx.call("POST", "trade/order", b"[]"))[1]["code"] == "50002"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert okx.sent(okx.call("POST", "trade/order", b"{}", headers=form))[1]["code"] == "50006"


@pytest.mark.parametrize(("status", "code"), [(500, "50026"), (503, "50001"), (400, "50004")])
def test_a_broken_venue_says_so_in_its_own_words(status: int, code: str) -> None:
    answer = Okx().rest.internal_error(status)

    assert answer.status == status
    assert f'"code":"{code}"'.encode() in answer.body
