"""What venues' answers mean, line by line of the fact sheet's table of misleading errors."""

from __future__ import annotations

import json

import pytest

from engine.domain.trouble import TroubleKind as Kind
from engine.domain.venue_facts import NS
from engine.venues import binance_signs, kraken_signs
from engine.venues.answers import judge, retry_after_ns

NOW = 1_772_323_200 * NS
PAGE = "<html><body>blocked</body></html>"


def binance(code: int | None, text: str = "", status: int = 400) -> str:
    """Return a body in Binance's words."""
    return PAGE if code is None else json.dumps({"code": code, "msg": text})


@pytest.mark.parametrize(
    ("status", "code", "text", "kind"),
    [
        (418, -1003, "Way too much request weight used; IP banned until 1772323260000.", Kind.BANNED),
        (429, -1003, "Too much request weight used", Kind.THROTTLED),
        (400, -1003, "Too many requests queued.", Kind.THROTTLED),
        (400, -1015, "Too many new orders", Kind.THROTTLED),
        (429, None, "", Kind.THROTTLED),
        (503, -1008, "Request throttled by system-level protection.", Kind.UNKNOWN),
        (400, -1006, "An unexpected response was received.", Kind.UNKNOWN),
        (400, -1000, "An unknown error occurred", Kind.UNKNOWN),
        (400, -1001, "Internal error", Kind.UNKNOWN),
        (504, -1007, "Timeout waiting for response from backend server.", Kind.UNKNOWN),
        (504, None, "", Kind.UNKNOWN),
        (503, 503, "Service Unavailable", Kind.UNKNOWN),
        (500, -1000, "Unknown error", Kind.UNKNOWN),
        (400, -1021, "Timestamp for this request is outside of the recvWindow.", Kind.CLOCK),
        (400, -5028, "Timestamp is outside of the ME recvWindow.", Kind.CLOCK),
        (400, -2010, "Duplicate order sent.", Kind.DUPLICATE),
        (400, -4116, "ClientOrderId is duplicated.", Kind.DUPLICATE),
        (400, -2010, "Account has insufficient balance for requested action.", Kind.REJECTED),
        (400, -2010, "Order would immediately match and take.", Kind.REJECTED),
        (400, -2010, "Market is closed.", Kind.MAINTENANCE),
        (451, 0, "Service unavailable from a restricted location.", Kind.MAINTENANCE),
        (400, -2010, "Rest API trading is not enabled.", Kind.AUTH),
        (400, -2010, "This action is disabled on this account.", Kind.REJECTED),
        (400, -1013, "Filter failure: NOTIONAL", Kind.REJECTED),
        (400, -1013, "Filter failure: LOT_SIZE", Kind.REJECTED),
        (400, -1111, "Precision is over the maximum defined for this asset.", Kind.REJECTED),
        (400, -1102, "Mandatory parameter 'quantity' was not sent", Kind.REJECTED),
        (400, -1016, "This service is no longer available.", Kind.MAINTENANCE),
        (400, -2013, "Order does not exist.", Kind.NOT_FOUND),
        (400, -2011, "Unknown order sent.", Kind.NOT_FOUND),
        (400, -2026, "Order was canceled or expired with no executed qty over 90 days ago.", Kind.REJECTED),
        (401, -2015, "Invalid API-key, IP, or permissions for action.", Kind.AUTH),
        (400, -1022, "Signature for this request is not valid.", Kind.AUTH),
        (400, -9999, "A code of tomorrow", Kind.UNKNOWN),
        (403, None, "", Kind.UNKNOWN),
        (404, None, "", Kind.UNKNOWN),
        (425, None, "", Kind.UNKNOWN),
        (524, None, "", Kind.UNKNOWN),
    ],
)
def test_an_answer_of_binance(status: int, code: int | None, text: str, kind: Kind) -> None:
    """Sorted by what may be done next, never by ccxt's class."""
    answer = binance_signs.read(status, {}, binance(code, text))
    trouble = judge(binance_signs.SIGNS, "binance", "place", answer, until_ns=NOW)
    assert trouble.kind is kind
    assert (trouble.until_ns is not None) == (kind in (Kind.THROTTLED, Kind.BANNED))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("EService:Timeout", Kind.UNKNOWN),
        ("EService:Deadline elapsed", Kind.UNKNOWN),
        ("EService:Unavailable", Kind.UNKNOWN),
        ("EService:Busy", Kind.UNKNOWN),
        ("EGeneral:Internal error", Kind.UNKNOWN),
        ("EDatabase:Internal error", Kind.UNKNOWN),
        ("EService:Throttled", Kind.THROTTLED),
        ("EService: Throttled: 1772323260", Kind.THROTTLED),
        ("EAPI:Rate limit exceeded", Kind.THROTTLED),
        ("EOrder:Rate limit exceeded", Kind.THROTTLED),
        ("EGeneral:Too many requests", Kind.THROTTLED),
        ("EGeneral:Temporary lockout", Kind.BANNED),
        ("EService:Market in cancel_only mode", Kind.MAINTENANCE),
        ("EService:Market in post_only mode", Kind.MAINTENANCE),
        ("EService:Market in reduce_only mode", Kind.MAINTENANCE),
        ("EAPI:Feature disabled", Kind.MAINTENANCE),
        ("EOrder:Domain rate limit exceeded", Kind.THROTTLED),
        ("EService:Market in limit_only mode", Kind.MAINTENANCE),
        ("EAPI:Invalid nonce", Kind.CLOCK),
        ("EAPI:Invalid signature", Kind.AUTH),
        ("EAPI:Invalid key", Kind.AUTH),
        ("EGeneral:Permission denied", Kind.AUTH),
        ("EOrder:Insufficient funds", Kind.REJECTED),
        ("EOrder:Cost minimum not met", Kind.REJECTED),
        ("EOrder:Tick size check failed", Kind.REJECTED),
        ("EOrder:Orders limit exceeded", Kind.REJECTED),
        ("EOrder:Post only order", Kind.REJECTED),
        ("EGeneral:Invalid arguments:volume minimum not met", Kind.REJECTED),
        ("EQuery:Unknown asset pair", Kind.REJECTED),
        ("EOrder:Unknown order", Kind.NOT_FOUND),
        ("EOrder:cl_ord_id already in use", Kind.DUPLICATE),
        ("ENew:Something of tomorrow", Kind.UNKNOWN),
    ],
)
def test_an_answer_of_kraken(error: str, kind: Kind) -> None:
    """Errors come as texts in a list, with status 200."""
    answer = kraken_signs.read(200, {}, json.dumps({"error": [error]}))
    assert judge(kraken_signs.SIGNS, "kraken", "place", answer, until_ns=NOW).kind is kind


def test_an_order_that_was_archived_is_not_there_when_it_is_looked_up() -> None:
    """It ended without a fill, more than 90 days ago; a failed view would leave it unknown for ever."""
    answer = binance_signs.read(400, {}, binance(-2026, "Order was canceled or expired with no executed qty"))
    assert judge(binance_signs.SIGNS, "binance", "look_up", answer, until_ns=None).kind is Kind.NOT_FOUND


def test_of_several_errors_the_known_one_decides() -> None:
    """A list is a list."""
    answer = kraken_signs.read(200, {}, json.dumps({"error": ["EOdd:First", "EOrder:Insufficient funds"]}))
    assert answer.code == "EOrder:Insufficient funds"
    assert answer.text == "EOdd:First; EOrder:Insufficient funds"


def test_until_when_a_wait_lasts() -> None:
    """From the text if it says, else from the header, else from our own bound."""
    banned = binance_signs.read(418, {"retry-after": "9"}, binance(-1003, "IP banned until 1772323260000."))
    assert binance_signs.until_ns(banned, NOW) == 1_772_323_260 * NS
    assert binance_signs.until_ns(binance_signs.read(429, {"retry-after": "7"}, PAGE), NOW) == NOW + 7 * NS
    assert binance_signs.until_ns(binance_signs.read(418, {}, PAGE), NOW) == NOW + binance_signs.BAN_NS

    throttled = kraken_signs.read(200, {}, '{"error": ["EService: Throttled: 1772323260"]}')
    assert kraken_signs.until_ns(throttled, NOW) == 1_772_323_260 * NS
    locked = kraken_signs.read(200, {}, '{"error": ["EGeneral:Temporary lockout"]}')
    assert kraken_signs.until_ns(locked, NOW) == NOW + kraken_signs.LOCKOUT_NS


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "{}", '"text"', "12", "\x00", '{"error": {}}', '{"error": [null]}', PAGE]
)
def test_any_body_can_be_read(body: str) -> None:
    """And says nothing that it does not say."""
    assert binance_signs.read(200, {}, body).code == ""
    assert kraken_signs.read(200, {}, body).code == ""


@pytest.mark.parametrize("text", ["", "soon", "-3", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 30])
def test_a_retry_after_that_is_no_number_of_seconds_is_none(text: str) -> None:
    """Dates are not read."""
    assert retry_after_ns({"retry-after": text}) is None
