"""Orders at Polymarket: what is taken and in which words, what is refused and why, cancels, limits and heartbeats."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simulator.dialects.polymarket import PolymarketSettings, issued
from simulator.dialects.polymarket.errors import ENDED
from simulator.dialects.polymarket.wallets import wallet_of
from simulator.exchange.admission import TradingMode
from simulator.exchange.orders import Side
from tests.simulator.dialects.polymarket.desk import KEY, RAIN, Polymarket

NOBODY = "0x" + "ab" * 32


def test_an_order_that_rests_is_live_and_is_called_by_its_hash() -> None:
    desk = Polymarket()

    body = desk.place("BUY", "0.45", "10")
    status, found = desk.send("GET", f"/data/order/{body['orderID']}")

    assert body == {
        "errorMsg": "",
        "orderID": body["orderID"],
        "takingAmount": "",
        "makingAmount": "",
        "status": "live",
        "success": True,
    }
    assert (status, found) == (
        200,
        {
            "id": body["orderID"],
            "status": "LIVE",
            "owner": KEY.key,
            "maker_address": wallet_of(KEY.secret).funder,
            "market": desk.rain.market.condition,
            "asset_id": desk.rain.id,
            "side": "BUY",
            "original_size": "10",
            "size_matched": "0",
            "price": "0.45",
            "outcome": "Yes",
            "expiration": "0",
            "order_type": "GTC",
            "associate_trades": [],
            "created_at": desk.now_s(),
        },
    )


def test_an_order_that_trades_says_what_it_gave_and_got() -> None:
    body = Polymarket().place("BUY", "0.52", "150")

    assert (body["status"], body["makingAmount"], body["takingAmount"]) == ("matched", "77", "150")
    assert len(body["transactionsHashes"]) == len(body["tradeIDs"]) == 2


@pytest.mark.parametrize("signature_type", [0, 1, 2, 3])
def test_every_kind_of_wallet_can_sign(signature_type: int) -> None:
    assert Polymarket().place(signature_type=signature_type)["status"] == "live"


STRANGER = issued("a stranger")
TICK = "order {id} is invalid. Price (0.455) breaks minimum tick size rule: 0.01"
REFUSED = [
    (("BUY", "0.455", "10"), {}, TICK),
    (("SELL", "0.455", "10"), {}, TICK),
    (("BUY", "1", "10"), {}, "order {id} is invalid. Price (1) breaks minimum tick size rule: 0.01"),
    (("BUY", "0.45", "4.99"), {}, "order {id} is invalid. Size (4.99) lower than the minimum: 5"),
    (("BUY", "0.45", "10.001"), {}, "order {id} is invalid. Size (10.001) lower than the minimum: 0.01"),
    (("BUY", "0.52", "1", "FOK"), {}, "invalid amount for a marketable BUY order ($0.52), min size: $1"),
    (("BUY", "0.50", "10", "FOK"), {}, "order couldn't be fully filled. FOK orders are fully filled or killed."),
    (("BUY", "0.52", "301", "FOK"), {}, "order couldn't be fully filled. FOK orders are fully filled or killed."),
    (
        ("BUY", "0.50", "10", "FAK"),
        {},
        "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found.",
    ),
    (("BUY", "0.52", "10"), {"post_only": True}, "invalid post-only order: order crosses book"),
    (
        ("BUY", "0.52", "10", "FOK"),
        {"post_only": True},
        "invalid post-only order: only GTC and GTD order types are allowed",
    ),
    (("BUY", "0.45", "10", "GTD"), {}, "invalid expiration"),
    (("BUY", "0.45", "10", "GTD"), {"expiration": "1772323260"}, "invalid expiration"),
    (("BUY", "0.45", "10", "GTC"), {"expiration": "1772329999"}, "invalid expiration"),
    (("BUY", "0.45", "10"), {"secret": STRANGER.secret}, "invalid signature"),
    (("BUY", "0.45", "10"), {"signature": "0x" + "12" * 65}, "invalid signature"),
    (("BUY", "0.45", "10"), {"owner": STRANGER.key}, "the order owner has to be the owner of the API KEY"),
    (
        ("BUY", "0.45", "10"),
        {"signer": wallet_of(STRANGER.secret).deposit},
        "the order signer address has to be the address of the API KEY",
    ),
    (
        ("BUY", "0.45", "10"),
        {"maker": wallet_of(STRANGER.secret).deposit},
        "the order owner has to be the owner of the API KEY",
    ),
    (("BUY", "0.45", "10"), {"token_id": 12_345}, "the orderbook 12345 does not exist"),
    (("BUY", "0.45", "10", "IOC"), {}, "Invalid order payload"),
    (("BUY", "0.45", "0"), {}, "Invalid order payload"),
    (
        ("BUY", "0.45", "10000"),
        {},
        "not enough balance / allowance: the balance is not enough -> balance: 900000000, order amount: 4500000000",
    ),
    (
        ("SELL", "0.55", "101"),
        {},
        "not enough balance / allowance: the balance is not enough -> balance: 100000000, order amount: 101000000",
    ),
]


@pytest.mark.parametrize(("terms", "more", "sentence"), REFUSED)
def test_a_refused_order_moves_nothing_and_says_why(
    terms: tuple[str, ...], more: dict[str, object], sentence: str
) -> None:
    assert Polymarket().refusal(*terms, **more) == (400, sentence)


def test_money_in_open_orders_and_in_matches_is_told_of_when_there_is_not_enough() -> None:
    desk = Polymarket()
    desk.place("BUY", "0.45", "100")
    desk.place("BUY", "0.51", "100", "FOK")

    _, sentence = desk.refusal("BUY", "0.45", "2000")

    assert sentence.endswith(
        "-> balance: 900000000, sum of active orders: 45000000, sum of matched orders: 51000000, "
        "order amount (inc. fees): 900000000"
    )


def test_changed_terms_are_not_those_that_were_signed() -> None:
    desk = Polymarket()
    for name, value in (("makerAmount", "4600000"), ("salt", 99), ("side", "SELL"), ("timestamp", "1")):
        sent = desk.order()
        sent["order"][name] = value

        assert desk.send("POST", "/order", sent) == (400, {"error": "invalid signature"})


def test_the_same_order_is_taken_once_and_never_again() -> None:
    """The core frees the ids of finished orders; the venue does not."""
    desk = Polymarket()
    sent = desk.order()
    _, first = desk.send("POST", "/order", sent)
    again = (400, {"error": f"order {first['orderID']} is invalid. Duplicated."})

    assert desk.send("POST", "/order", sent) == again
    desk.send("DELETE", "/order", {"orderID": first["orderID"]})
    assert desk.send("POST", "/order", sent) == again


def test_a_good_till_order_ends_a_minute_before_the_time_it_names() -> None:
    desk = Polymarket()
    expiration = str(desk.now_s() + 90)

    order_id = desk.place("BUY", "0.45", "10", "GTD", expiration=expiration)["orderID"]
    desk.wait(29)
    _, before = desk.send("GET", f"/data/order/{order_id}")
    desk.wait(2)
    _, after = desk.send("GET", f"/data/order/{order_id}")

    assert (before["status"], before["order_type"], before["expiration"]) == ("LIVE", "GTD", expiration)
    assert after["status"] == "CANCELED"


def test_a_fill_and_kill_order_takes_what_there_is() -> None:
    desk = Polymarket()

    body = desk.place("BUY", "0.51", "150", "FAK")
    _, found = desk.send("GET", f"/data/order/{body['orderID']}")

    assert (body["status"], body["takingAmount"]) == ("matched", "100")
    assert (found["status"], found["size_matched"], found["original_size"]) == ("MATCHED", "100", "150")


def test_a_market_order_may_name_its_cost_whose_shares_are_cut_off() -> None:
    """5 of collateral at 0.51 are 9.8039 shares, which are worth a little less than 5: still the same price."""
    desk = Polymarket()

    body = desk.place("BUY", "0.51", "10", "FOK", maker_amount=5_000_000, taker_amount=9_803_900)

    assert (body["status"], body["takingAmount"]) == ("matched", "9.8")


def test_an_order_that_may_rest_may_not_be_off_the_grid_by_as_little() -> None:
    status, sentence = Polymarket().refusal("BUY", "0.51", "10", maker_amount=5_000_000, taker_amount=9_803_900)

    assert status == 400
    assert sentence.startswith("order {id} is invalid. Price (0.5100")


@pytest.mark.parametrize("tail", ["", "00", "ff"])
def test_what_stands_behind_a_deposit_wallets_signature_must_say_what_was_signed(tail: str) -> None:
    desk = Polymarket()
    sent = desk.order()
    digits = sent["order"]["signature"]
    sent["order"]["signature"] = digits[:132] if not tail else digits[:132] + tail + digits[134:]

    assert desk.send("POST", "/order", sent) == (400, {"error": "invalid signature"})


def test_orders_of_a_batch_stand_for_themselves() -> None:
    desk = Polymarket()
    sent = [desk.order(), desk.order("BUY", "0.455"), desk.order("SELL", "0.55")]

    status, told = desk.send("POST", "/orders", sent)

    assert status == 200
    assert [one["success"] for one in told] == [True, False, True]
    assert "breaks minimum tick size rule" in told[1]["errorMsg"]
    assert len(desk.send("GET", "/data/orders")[1]["data"]) == 2


def test_a_batch_has_its_bounds() -> None:
    desk = Polymarket()

    assert desk.send("POST", "/orders", [{}] * 16) == (
        400,
        {"error": "Too many orders in payload: 16, max allowed: 15"},
    )
    roomy = Polymarket(PolymarketSettings(cancels_burst=2_000))
    assert roomy.send("DELETE", "/orders", [NOBODY] * 1_001) == (
        400,
        {"error": "Too many orders in payload, max allowed: 1000"},
    )


def test_cancels_say_of_each_order_what_became_of_it() -> None:
    desk = Polymarket()
    one, two, three = (desk.place()["orderID"] for _ in range(3))

    assert desk.send("DELETE", "/order", {"orderID": one}) == (200, {"canceled": [one], "not_canceled": {}})
    assert desk.send("DELETE", "/order", {"orderID": one}) == (200, {"canceled": [], "not_canceled": {one: ENDED}})
    assert desk.send("DELETE", "/orders", [two, NOBODY]) == (200, {"canceled": [two], "not_canceled": {NOBODY: ENDED}})
    assert desk.send("DELETE", "/cancel-all") == (200, {"canceled": [three], "not_canceled": {}})
    assert desk.send("DELETE", "/order", {"orderID": "7"}) == (400, {"error": "Invalid orderID"})
    assert desk.send("DELETE", "/order", []) == (400, {"error": "Invalid order payload"})


def test_cancels_can_be_for_one_market_or_one_token() -> None:
    desk = Polymarket()
    yes, no = desk.place()["orderID"], desk.place(token_id=int(desk.no_rain.id))["orderID"]

    assert desk.send("DELETE", "/cancel-market-orders", {"asset_id": desk.no_rain.id})[1]["canceled"] == [no]
    assert desk.send("DELETE", "/cancel-market-orders", {"market": "0x1"})[1]["canceled"] == []
    market = {"market": desk.rain.market.condition}
    assert desk.send("DELETE", "/cancel-market-orders", market)[1]["canceled"] == [yes]
    assert desk.send("DELETE", "/cancel-market-orders", {})[0] == 400


def test_nobody_sees_or_cancels_the_orders_of_others() -> None:
    desk = Polymarket()
    desk.venue.issue_key(STRANGER)
    order_id = desk.place()["orderID"]

    call = desk.call("GET", f"/data/order/{order_id}", key=STRANGER)

    assert desk.clob.answer(call).status == 404
    assert (
        desk.clob.answer(desk.call("DELETE", "/cancel-all", key=STRANGER)).body == b'{"canceled":[],"not_canceled":{}}'
    )


def test_orders_and_cancels_have_a_bucket_each_that_refills() -> None:
    desk = Polymarket(PolymarketSettings(orders_per_s=2, orders_burst=3, cancels_per_s=1, cancels_burst=2))
    answers = [desk.answer("POST", "/order", desk.order()) for _ in range(4)]

    assert [one.status for one in answers] == [200, 200, 200, 429]
    assert [one.headers["Poly-RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]
    assert (answers[3].headers["Retry-After"], answers[3].body) == ("1", b'{"error":"Too Many Requests"}')
    assert desk.answer("DELETE", "/order", {"orderID": NOBODY}).headers["Poly-RateLimit-Remaining"] == "1"
    desk.wait(0.5)
    assert desk.answer("POST", "/order", desk.order()).status == 200


def test_a_batch_is_let_through_whole_or_not_at_all() -> None:
    desk = Polymarket(PolymarketSettings(orders_per_s=1, orders_burst=2))

    assert desk.answer("POST", "/orders", [desk.order() for _ in range(3)]).status == 429
    assert desk.send("GET", "/data/orders")[1]["count"] == 0
    assert desk.answer("POST", "/orders", [desk.order() for _ in range(2)]).status == 200


def test_to_cancel_all_costs_as_much_as_it_cancels_and_may_leave_a_debt() -> None:
    desk = Polymarket(PolymarketSettings(cancels_per_s=1, cancels_burst=2))
    for _ in range(4):
        desk.place()

    answer = desk.answer("DELETE", "/cancel-all")

    assert answer.headers["Poly-RateLimit-Remaining"] == "-3"
    assert desk.answer("DELETE", "/cancel-all").status == 429
    desk.wait(4)
    assert desk.answer("DELETE", "/cancel-all").status == 200


MODES = [
    (TradingMode.HALTED, 503, "Trading is currently disabled. Check polymarket.com for updates", 503),
    (
        TradingMode.CANCEL_ONLY,
        503,
        "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed.",
        200,
    ),
    (TradingMode.POST_ONLY, 503, "Trading is currently post-only. Only post-only orders are accepted.", 200),
]


@pytest.mark.parametrize(("mode", "status", "sentence", "cancels"), MODES)
def test_a_venue_that_reopens_step_by_step_says_which(
    mode: TradingMode, status: int, sentence: str, cancels: int
) -> None:
    desk = Polymarket()
    desk.exchange.mode = mode

    answered, body = desk.send("POST", "/order", desk.order())

    assert (answered, body["error"]) == (status, sentence)
    assert body.get("post_only_mode", False) is (mode is TradingMode.POST_ONLY)
    assert desk.send("DELETE", "/cancel-all")[0] == cancels


@pytest.mark.parametrize("path", ["/heartbeats", "/v1/heartbeats"])
def test_whoever_has_sent_a_heartbeat_must_go_on(path: str) -> None:
    desk = Polymarket()
    desk.place()

    assert desk.send("POST", path) == (200, {"status": "ok"})
    desk.wait(9)
    desk.send("POST", path)
    desk.wait(9)
    assert desk.send("GET", "/data/orders")[1]["count"] == 1
    desk.wait(2)
    assert desk.send("GET", "/data/orders")[1]["count"] == 0


def test_open_orders_and_trades_come_in_pages() -> None:
    desk = Polymarket(PolymarketSettings(orders_burst=1_000))
    for _ in range(101):
        desk.place(size="5")

    _, first = desk.send("GET", "/data/orders")
    _, second = desk.send("GET", "/data/orders", next_cursor=first["next_cursor"])

    assert (first["limit"], first["count"], first["next_cursor"]) == (100, 100, "MTAw")
    assert (second["count"], second["next_cursor"]) == (1, "LTE=")
    assert desk.send("GET", "/data/orders", next_cursor="LTE=")[1]["data"] == []
    assert desk.send("GET", "/data/orders", next_cursor="?") == (400, {"error": "invalid order params payload"})


def test_a_trade_of_a_maker_is_told_as_the_takers() -> None:
    """His own part stands in `maker_orders`; whoever reads `side` alone takes a buy for a sale."""
    desk = Polymarket()
    order_id = desk.place("BUY", "0.50", "10")["orderID"]
    desk.other(Side.SELL, "0.50", "10")

    _, told = desk.send("GET", "/data/trades", asset_id=desk.rain.id)

    (trade,) = told["data"]
    (maker,) = trade["maker_orders"]
    assert (trade["side"], trade["trader_side"], trade["size"], trade["price"]) == ("SELL", "MAKER", "10", "0.5")
    assert (maker["order_id"], maker["side"], maker["owner"]) == (order_id, "BUY", KEY.key)
    assert trade["taker_order_id"] != order_id


def test_buyers_of_both_answers_meet_and_a_pair_is_made() -> None:
    desk = Polymarket()
    desk.other(Side.BUY, "0.50", "10", RAIN.no)

    body = desk.place("BUY", "0.50", "10")
    desk.wait(5)

    assert body["status"] == "matched"
    assert desk.held(RAIN.yes) == Decimal("109.65")  # the taker's fee is taken out of what he gets
