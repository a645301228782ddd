"""Who is let in at Coinbase: signatures, times, and what a token is for."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.dialects.call import Call
from simulator.dialects.coinbase import issued, issued_ed25519
from simulator.dialects.coinbase.keys import public_half
from simulator.dialects.coinbase.rest import API
from simulator.exchange.venue import ApiKey
from tests.simulator.dialects.coinbase.desk import HOST, KEY, Coinbase, encoded, token
from tests.simulator.dialects.stage import ACCOUNT

PATH = API + "accounts"
URI = f"GET {HOST}{PATH}"


def knocked(desk: Coinbase, bearer: str, *, host: str = HOST, path: str = PATH) -> int:
    """Return the status of a request with that token."""
    headers = {"Authorization": f"Bearer {bearer}", "Host": host}
    return desk.rest.answer(Call(method="GET", path=path, headers=headers, peer="client")).status


def test_an_accounts_key_is_the_same_in_every_world() -> None:
    assert issued(ACCOUNT) == issued(ACCOUNT)
    assert issued(ACCOUNT).secret != issued("other").secret
    assert issued(ACCOUNT).secret.startswith("-----BEGIN EC PRIVATE KEY-----\n")
    assert issued(ACCOUNT).key.startswith("organizations/")
    assert "/apiKeys/" in issued(ACCOUNT).key
    assert len(issued_ed25519(ACCOUNT).secret) == 88


def test_two_signatures_of_the_same_token_differ_and_both_open_the_door() -> None:
    """ES256 puts a random number into each: a signature is checked, never compared."""
    desk = Coinbase()
    tokens = [token(KEY, desk.now_s(), URI) for _ in range(2)]

    assert tokens[0] != tokens[1]
    assert [knocked(desk, one) for one in tokens] == [200, 200]


def test_a_key_of_the_newer_kind_signs_with_eddsa_and_names_its_paths_in_a_list() -> None:
    desk = Coinbase()
    key = issued_ed25519(ACCOUNT)
    desk.venue.issue_key(key)

    assert knocked(desk, token(key, desk.now_s(), None, uris=[URI])) == 200
    assert knocked(desk, token(key, desk.now_s(), None, uris=["GET elsewhere"])) == 401


BAD: list[tuple[str, dict[str, Any]]] = [
    (f"POST {HOST}{PATH}", {}),
    (f"GET {HOST}{API}orders", {}),
    (f"GET evil.example{PATH}", {}),
    (f"GET http://{HOST}{PATH}", {}),
    (URI, {"iss": "somebody"}),
    (URI, {"sub": "organizations/o/apiKeys/k"}),
    (URI, {"header": {"kid": "another"}}),
    (URI, {"header": {"alg": "none"}}),
    (URI, {"header": {"alg": "HS256"}}),
    (URI, {"header": {"alg": "EdDSA"}}),
    (URI, {"nbf": None}),
    (URI, {"exp": "soon"}),
    (URI, {"exp": True}),
    (URI, {"exp": 2**80}),
    ("", {"uris": 7}),
    ("", {"uris": [[]]}),
]


@pytest.mark.parametrize(("uri", "claims"), BAD)
def test_a_token_that_claims_something_else_opens_nothing(uri: str, claims: dict[str, Any]) -> None:
    desk = Coinbase()

    assert knocked(desk, token(KEY, desk.now_s(), uri, **claims)) == 401


def test_a_token_opens_the_door_from_nbf_to_exp() -> None:
    """Two minutes, and a little before; nothing else says when a request is too old to be executed."""
    desk = Coinbase()
    now_s = desk.now_s()
    now, early, late = token(KEY, now_s, URI), token(KEY, now_s + 5, URI), token(KEY, now_s + 6, URI)

    assert [knocked(desk, one) for one in (now, early, late)] == [200, 200, 401]
    desk.wait(119.9)
    assert knocked(desk, now) == 200
    desk.wait(0.1)
    assert knocked(desk, now) == 401


def test_a_token_may_not_live_longer_than_two_minutes() -> None:
    desk = Coinbase()

    assert knocked(desk, token(KEY, desk.now_s(), URI, exp=desk.now_s() + 121)) == 401


def test_a_signature_by_another_key_or_over_other_claims_opens_nothing() -> None:
    desk = Coinbase()
    other = ApiKey(account=ACCOUNT, key=KEY.key, secret=issued("other").secret)
    good = token(KEY, desk.now_s(), URI)
    header, _, signature = good.split(".")
    _, claims, _ = token(KEY, desk.now_s(), URI, sub=KEY.key, iss="cdp", aud=[]).split(".")

    assert knocked(desk, token(other, desk.now_s(), URI)) == 401
    assert knocked(desk, f"{header}.{claims}.{signature}") == 401
    assert knocked(desk, f"{header}.{claims}.{encoded(bytes(64))}") == 401
    assert knocked(desk, f"{header}.{claims}.") == 401


def test_what_is_no_token_is_told_unauthorized_as_text() -> None:
    desk = Coinbase()
    for bearer in ("", "x", "a.b.c", "é.é.é", "." * 5_000, f"{encoded(b'[]')}.{encoded(b'{}')}.x", "e30.e30.e30"):
        assert knocked(desk, bearer) == 401

    answer = desk.rest.answer(Call(method="GET", path=PATH, peer="client"))

    assert (answer.status, answer.body, answer.content_type) == (401, b"Unauthorized\n", "text/plain; charset=utf-8")


def test_served_under_another_name_the_token_names_that_one() -> None:
    """ccxt takes only `https://` off its address, so that over plain HTTP the scheme stays in the claim."""
    desk = Coinbase()

    for scheme in ("", "http://"):
        bearer = token(KEY, desk.now_s(), f"GET {scheme}127.0.0.1:9{PATH}")
        assert knocked(desk, bearer, host="127.0.0.1:9") == 200
        assert knocked(desk, bearer) == 401


def test_a_revoked_key_opens_nothing_any_more() -> None:
    desk = Coinbase()
    bearer = token(KEY, desk.now_s(), URI)
    desk.venue.revoke_key(KEY.key)

    assert knocked(desk, bearer) == 401


@pytest.mark.parametrize("secret", ["", "a", "c2hvcnQ=", "-----BEGIN EC PRIVATE KEY-----", "é"])
def test_a_secret_that_is_no_key_signs_nothing(secret: str) -> None:
    assert public_half(secret) is None
