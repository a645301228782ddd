"""Kraken says no: one test for each error string that a client can be told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from simulator.dialects.call import Call
from simulator.dialects.kraken.clock import rfc3339
from simulator.dialects.kraken.signing import signature
from simulator.exchange.admission import TradingMode
from simulator.kernel import NS
from tests.simulator.dialects.counters import KEY, Kraken
from tests.simulator.dialects.stage import SECRET


@pytest.fixture
def kraken() -> Kraken:
    return Kraken()


# -- who asks


def test_the_vendors_own_example_of_a_signature_is_reproduced() -> None:
    secret = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
    body = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"

    signed = signature(secret, "/0/private/AddOrder", "1616492376594", body)

    assert signed == "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="


def test_an_unknown_or_missing_key(kraken: Kraken) -> None:
    assert kraken.signed("BalanceEx", key="nobody") == "EAPI:Invalid key"
    assert kraken.signed("BalanceEx", key=None) == "EAPI:Invalid key"


def test_a_wrong_secret(kraken: Kraken) -> None:
    assert kraken.signed("BalanceEx", secret="bm90IHRoZSBzZWNyZXQ=") == "EAPI:Invalid signature"


def test_a_nonce_only_rises(kraken: Kraken) -> None:
    assert "XXBT" in kraken.signed("BalanceEx", nonce=100)
    assert kraken.signed("BalanceEx", nonce=100) == "EAPI:Invalid nonce"
    assert kraken.signed("BalanceEx", nonce=99) == "EAPI:Invalid nonce"
    assert "XXBT" in kraken.signed("BalanceEx", nonce=101)


@pytest.mark.parametrize("nonce", ["", "-1", "soon", "1.5", str(2**64), "٣"])
def test_a_nonce_is_a_whole_number_of_64_bits(kraken: Kraken, nonce: str) -> None:
    assert kraken.signed("BalanceEx", nonce=nonce) == "EAPI:Invalid nonce"


def test_a_forged_request_does_not_use_up_a_nonce(kraken: Kraken) -> None:
    assert kraken.signed("BalanceEx", nonce=500, secret="bm90IHRoZSBzZWNyZXQ=") == "EAPI:Invalid signature"
    assert "XXBT" in kraken.signed("BalanceEx", nonce=5)


def test_a_json_body_is_signed_as_it_is_sent(kraken: Kraken) -> None:
    body = b'{"nonce":"7","pair":"XBTUSDT","type":"buy","ordertype":"limit","volume":"0.01","price":"59000"}'
    headers = {
        "API-Key": KEY,
        "API-Sign": signature(SECRET, "/0/private/AddOrder", "7", body),
        "Content-Type": "application/json",
    }

    answer = kraken.rest.answer(Call(method="POST", path="/0/private/AddOrder", body=body, headers=headers))

    assert msgspec.json.decode(answer.body)["result"]["descr"]["order"] == "buy 0.01000000 XBTUSDT @ limit 59000.0"


# -- what

BAD_ORDERS: list[tuple[dict[str, Any], str]] = [
    ({"pair": "NOSUCH"}, "EQuery:Unknown asset pair"),
    ({"pair": "XBT/USDT"}, "EQuery:Unknown asset pair"),  # its own catalogue's wsname
    ({"pair": ""}, "EGeneral:Invalid arguments:pair"),
    ({"type": "hold"}, "EGeneral:Invalid arguments:type"),
    ({"ordertype": "wish"}, "EGeneral:Invalid arguments:ordertype"),
    ({"ordertype": "trailing-stop"}, "EGeneral:Invalid arguments:ordertype"),
    ({"volume": "-1"}, "EGeneral:Invalid arguments:volume"),
    ({"volume": "0"}, "EGeneral:Invalid arguments:volume"),
    ({"volume": "many"}, "EGeneral:Invalid arguments:volume"),
    ({"volume": "1e5"}, "EGeneral:Invalid arguments:volume"),
    ({"volume": ""}, "EGeneral:Invalid arguments:volume"),
    ({"volume": "0.010000001"}, "EGeneral:Invalid arguments:volume"),
    ({"volume": "0.00004"}, "EGeneral:Invalid arguments:volume minimum not met"),
    ({"volume": "0.00005", "price": "60"}, "EOrder:Cost minimum not met"),
    ({"volume": "100"}, "EOrder:Insufficient funds"),
    ({"price": ""}, "EGeneral:Invalid arguments:price"),
    ({"price": "+5%"}, "EGeneral:Invalid arguments:price"),
    ({"price": "59000.05"}, "EOrder:Invalid price:XBTUSDT price can only be specified up to 1 decimals."),
    ({"price": "2000000"}, "EOrder:Tick size check failed"),
    ({"timeinforce": "GTX"}, "EGeneral:Invalid arguments:timeinforce"),
    ({"timeinforce": "GTD"}, "EGeneral:Invalid arguments:expiretm"),
    ({"timeinforce": "GTD", "expiretm": "+1"}, "EGeneral:Invalid arguments:expiretm"),
    ({"expiretm": "+60"}, "EGeneral:Invalid arguments:expiretm"),
    ({"stptype": "wish"}, "EGeneral:Invalid arguments:stptype"),
    ({"trigger": "index"}, "EGeneral:Invalid arguments:trigger"),
    ({"price2": "58000"}, "EGeneral:Invalid arguments:price2"),
    ({"ordertype": "stop-loss-limit"}, "EGeneral:Invalid arguments:price2"),
    ({"oflags": "fast"}, "EGeneral:Invalid arguments:oflags"),
    ({"oflags": "viqc"}, "EGeneral:Invalid arguments:viqc"),
    ({"oflags": "post", "timeinforce": "IOC"}, "EGeneral:Invalid arguments:oflags"),
    ({"oflags": "post", "price": "61000"}, "EOrder:Post only order"),
    ({"leverage": "5"}, "EGeneral:Invalid arguments:leverage"),
    ({"close[ordertype]": "limit"}, "EGeneral:Invalid arguments:close"),
    ({"expiretm": "+60"}, "EGeneral:Invalid arguments:expiretm"),
    ({"cl_ord_id": "x" * 19}, "EGeneral:Invalid arguments:cl_ord_id"),
    ({"cl_ord_id": "no spaces"}, "EGeneral:Invalid arguments:cl_ord_id"),
    ({"userref": "many"}, "EGeneral:Invalid arguments:userref"),
    ({"userref": str(2**31)}, "EGeneral:Invalid arguments:userref"),
    ({"userref": "1", "cl_ord_id": "mine"}, "EGeneral:Invalid arguments"),
]


@pytest.mark.parametrize(("terms", "error"), BAD_ORDERS)
def test_a_bad_order_is_refused_and_nothing_moves(kraken: Kraken, terms: dict[str, Any], error: str) -> None:
    kraken.moved.clear()

    assert kraken.buy(**terms) == error
    assert kraken.moved == []


@pytest.mark.parametrize(
    "cl_ord_id", ["spabcd0123456789ab", "6d1b345e-2821-40e2-ad83-4ecb18a06876", "da8e4ad59b78481c93e589746b0cf91f"]
)
def test_a_client_order_id_has_three_formats(kraken: Kraken, cl_ord_id: str) -> None:
    assert "txid" in kraken.buy(cl_ord_id=cl_ord_id)


def test_arguments_that_kraken_does_not_know_have_no_effect(kraken: Kraken) -> None:
    assert "txid" in kraken.buy(triggerPrice="1", colour="red")


def test_a_client_order_id_is_unique_among_open_orders_only(kraken: Kraken) -> None:
    assert "txid" in kraken.buy(cl_ord_id="mine")
    assert kraken.buy(cl_ord_id="mine") == "EOrder:cl_ord_id already in use"

    kraken.signed("CancelOrder", cl_ord_id="mine")

    assert "txid" in kraken.buy(cl_ord_id="mine")


def test_too_many_open_orders(kraken: Kraken) -> None:
    for _ in range(5):
        assert "txid" in kraken.buy()

    assert kraken.buy() == "EOrder:Orders limit exceeded"


@pytest.mark.parametrize(
    ("mode", "error", "status"),
    [
        (TradingMode.HALTED, "EService:Unavailable", "maintenance"),
        (TradingMode.CANCEL_ONLY, "EService:Market in cancel_only mode", "cancel_only"),
        (TradingMode.POST_ONLY, "EService:Market in post_only mode", "post_only"),
    ],
)
def test_a_venue_that_reopens_step_by_step(kraken: Kraken, mode: TradingMode, error: str, status: str) -> None:
    kraken.exchange.mode = mode

    assert kraken.buy() == error
    assert kraken.ask("SystemStatus")["status"] == status


def test_a_halted_venue_cancels_nothing(kraken: Kraken) -> None:
    kraken.buy(cl_ord_id="mine")
    kraken.exchange.mode = TradingMode.HALTED

    assert kraken.signed("CancelOrder", cl_ord_id="mine") == "EService:Unavailable"
    assert kraken.signed("CancelAll") == "EService:Unavailable"


# -- when


@pytest.mark.parametrize(
    ("seconds", "error"),
    [
        (60, None),
        (2, None),
        (0.001, None),
        (0, "EService:Deadline elapsed"),
        (-5, "EService:Deadline elapsed"),
        (60.001, "EGeneral:Invalid arguments:deadline"),
    ],
)
def test_a_deadline_is_kept(kraken: Kraken, seconds: float, error: str | None) -> None:
    answer = kraken.buy(deadline=rfc3339(kraken.world.wall_ns() + int(seconds * NS)))

    assert (answer if isinstance(answer, str) else None) == error


@pytest.mark.parametrize("deadline", ["soon", "2026-03-01", "2026-03-01T00:00:10", "1772323210"])
def test_a_deadline_is_a_moment_with_a_zone(kraken: Kraken, deadline: str) -> None:
    assert kraken.buy(deadline=deadline) == "EGeneral:Invalid arguments:deadline"


def test_a_deadline_may_be_in_another_zone(kraken: Kraken) -> None:
    assert "txid" in kraken.buy(deadline="2026-03-01T01:00:05+01:00")


# -- orders that are not there


def test_a_cancel_of_an_unknown_order(kraken: Kraken) -> None:
    txid = kraken.buy()["txid"][0]
    assert kraken.signed("CancelOrder", txid=txid) == {"count": 1}

    assert kraken.signed("CancelOrder", txid=txid) == "EOrder:Unknown order"
    assert kraken.signed("CancelOrder", txid="OAAAAA-AAAAA-AAAAAA") == "EOrder:Unknown order"
    assert kraken.signed("CancelOrder", cl_ord_id="nobody") == "EOrder:Unknown order"
    assert kraken.signed("CancelOrder") == "EGeneral:Invalid arguments"


def test_a_query_of_unknown_orders_is_empty_and_of_malformed_ids_an_error(kraken: Kraken) -> None:
    assert kraken.signed("QueryOrders", txid="OAAAAA-AAAAA-AAAAAA") == {}
    assert kraken.signed("QueryOrders", txid="12345") == "EOrder:Invalid order"
    assert kraken.signed("QueryOrders") == "EGeneral:Invalid arguments"
    too_many = ",".join(["OAAAAA-AAAAA-AAAAAA"] * 51)
    assert kraken.signed("QueryOrders", txid=too_many) == "EGeneral:Invalid arguments:txid"


# -- routes


@pytest.mark.parametrize("path", ["/0/public/Nothing", "/0/private/Nothing", "/", "/0/public/"])
def test_an_unknown_method_is_kraken_s_own_404(kraken: Kraken, path: str) -> None:
    answer = kraken.rest.answer(Call(method="GET", path=path))

    assert (answer.status, answer.body) == (404, b'{"error":["EGeneral:Unknown method"]}')


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("Ticker", {"pair": "NOSUCH"}, "EQuery:Unknown asset pair"),
        ("Depth", {}, "EGeneral:Invalid arguments:pair"),
        ("Depth", {"pair": "XBTUSDT", "count": "0"}, "EGeneral:Invalid arguments:count"),
        ("Trades", {"pair": "XBTUSDT", "since": "yesterday"}, "EGeneral:Invalid arguments:since"),
        ("Assets", {"asset": "NOSUCH"}, "EQuery:Unknown asset"),
    ],
)
def test_bad_questions_of_the_public(kraken: Kraken, method: str, arguments: dict[str, Any], error: str) -> None:
    assert kraken.ask(method, **arguments) == error


def test_malformed_json_is_an_invalid_argument(kraken: Kraken) -> None:
    headers = {"API-Key": KEY, "Content-Type": "application/json"}

    for body in (b"{", b"[1]", b"\xff"):
        answer = kraken.rest.answer(Call(method="POST", path="/0/private/AddOrder", body=body, headers=headers))
        assert answer.body == b'{"error":["EGeneral:Invalid arguments"]}'
