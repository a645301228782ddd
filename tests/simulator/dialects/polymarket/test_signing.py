"""Who is let in at Polymarket: the digest, the hashes of what wallets sign, both kinds of headers, and clocks."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.exchange import Exchange
from ccxt.static_dependencies import keccak as theirs

from simulator.dialects.call import Call
from simulator.dialects.polymarket.keccak import keccak
from simulator.dialects.polymarket.signing import signature
from simulator.dialects.polymarket.typed_data import EXCHANGE, SignedTerms, ownership_hash
from simulator.dialects.polymarket.wallets import checksummed, signer_of, wallet_of
from tests.simulator.dialects.counters import decoded
from tests.simulator.dialects.polymarket.desk import KEY, Polymarket, changed, sign

OWNER = wallet_of(KEY.secret)
NOT_IN = (401, {"error": "Unauthorized/Invalid api key"})
FIELDS = [
    *(("salt", "uint256"), ("maker", "address"), ("signer", "address"), ("tokenId", "uint256")),
    *(("makerAmount", "uint256"), ("takerAmount", "uint256"), ("side", "uint8"), ("signatureType", "uint8")),
    *(("timestamp", "uint256"), ("metadata", "bytes32"), ("builder", "bytes32")),
]


@pytest.mark.parametrize("size", [0, 1, 31, 135, 136, 137, 271, 272, 500])
def test_the_digest_is_that_of_ethereum(size: int) -> None:
    data = bytes(range(256)) * 2

    assert keccak(data[:size]) == bytes(theirs.SHA3(data[:size]))


def test_the_digest_of_nothing_is_the_published_one() -> None:
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def test_an_address_has_the_mixed_case_of_the_standards_own_example() -> None:
    text = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"

    assert checksummed(bytes.fromhex(text[2:])) == text


def test_an_orders_hash_is_what_another_library_makes_of_it() -> None:
    terms = SignedTerms(
        salt=7,
        maker=OWNER.deposit,
        signer=OWNER.owner,
        token_id=2**255 + 1,
        maker_amount=4_500_000,
        taker_amount=10_000_000,
        side=1,
        signature_type=2,
        timestamp=1_772_323_200_000,
        metadata=bytes(32),
        builder=b"\x11" * 32,
    )
    domain = {"name": "Polymarket CTF Exchange", "version": "2", "chainId": 137, "verifyingContract": EXCHANGE}
    message = {
        "salt": 7,
        "maker": OWNER.funder,
        "signer": OWNER.address,
        "tokenId": 2**255 + 1,
        "makerAmount": 4_500_000,
        "takerAmount": 10_000_000,
        "side": 1,
        "signatureType": 2,
        "timestamp": 1_772_323_200_000,
        "metadata": bytes(32),
        "builder": b"\x11" * 32,
    }

    encoded = Exchange.eth_encode_structured_data(
        domain, {"Order": [{"name": name, "type": kind} for name, kind in FIELDS]}, message
    )

    assert terms.order_hash() == bytes(theirs.SHA3(encoded))


def test_a_signature_tells_whose_it_is_and_nonsense_is_nobodys() -> None:
    digest = keccak(b"anything")

    assert signer_of(digest, sign(KEY.secret, digest)) == OWNER.owner
    assert signer_of(digest, bytes(64) + b"\x1b") is None
    assert signer_of(digest, b"\xff" * 64 + b"\x1b") is None
    assert signer_of(digest, sign(KEY.secret, digest)[:64] + b"\x1f") is None


def test_a_request_under_the_credentials_is_let_in() -> None:
    status, body = Polymarket().send("GET", "/balance-allowance", asset_type="COLLATERAL", signature_type=3)

    assert (status, body["balance"]) == (200, "900000000")


@pytest.mark.parametrize("header", ["POLY_ADDRESS", "POLY_API_KEY", "POLY_PASSPHRASE", "POLY_SIGNATURE"])
def test_one_wrong_header_is_enough_to_stay_outside(header: str) -> None:
    desk = Polymarket()
    call = desk.call("GET", "/data/orders")

    wrong = changed(call, headers={**call.headers, header: "0x" + "1" * 40})
    missing = changed(call, headers={name: text for name, text in call.headers.items() if name != header})

    for one in (wrong, missing):
        answer = desk.clob.answer(one)
        assert (answer.status, decoded(answer)) == NOT_IN


def test_the_signature_covers_method_path_and_body_but_no_query() -> None:
    desk = Polymarket()
    call = desk.call("GET", "/data/orders")

    assert desk.clob.answer(changed(call, query="market=0x1")).status == 200
    assert desk.clob.answer(changed(call, path="/data/trades")).status == 401
    assert desk.clob.answer(changed(call, body=b"{}")).status == 401


@pytest.mark.parametrize(("seconds", "status"), [(-61, 401), (-59, 200), (59, 200), (61, 401)])
def test_a_stale_or_early_timestamp_is_refused(seconds: int, status: int) -> None:
    desk = Polymarket()
    desk.wait(100)
    call = desk.call("GET", "/data/orders")

    assert desk.clob.answer(_signed_at(desk, call, seconds)).status == status


def test_the_owner_of_a_wallet_is_given_its_credentials() -> None:
    desk = Polymarket()

    assert _owners(desk, "GET", "/auth/derive-api-key") == (
        200,
        {"apiKey": OWNER.key, "secret": OWNER.secret, "passphrase": OWNER.passphrase},
    )
    assert _owners(desk, "GET", "/auth/api-keys") == (200, {"apiKeys": [OWNER.key]})
    assert _owners(desk, "POST", "/auth/api-key") == (400, {"error": "Could not create api key"})
    assert _owners(desk, "GET", "/auth/derive-api-key", nonce=1) == (400, {"error": "Could not derive api key!"})


def test_a_wallet_that_does_not_trade_here_gets_none() -> None:
    desk = Polymarket()
    desk.venue.revoke_key(KEY.key)

    assert _owners(desk, "GET", "/auth/derive-api-key") == (400, {"error": "Could not derive api key!"})


@pytest.mark.parametrize("wrong", [{"address": "0x" + "1" * 40}, {"late_s": 61}, {"signed": "0x12"}])
def test_a_statement_that_the_wallet_has_not_signed_now_is_refused(wrong: dict[str, Any]) -> None:
    assert _owners(Polymarket(), "GET", "/auth/derive-api-key", **wrong) == (
        401,
        {"error": "Invalid L1 Request headers"},
    )


def _signed_at(desk: Polymarket, call: Call, seconds: int) -> Call:
    timestamp = str(desk.now_s() + seconds)
    signed = signature(OWNER.secret, timestamp, call.method, call.path, call.body)
    return changed(call, headers={**call.headers, "POLY_TIMESTAMP": timestamp, "POLY_SIGNATURE": signed})


def _owners(
    desk: Polymarket, method: str, path: str, *, nonce: int = 0, late_s: int = 0, address: str = "", signed: str = ""
) -> tuple[int, Any]:
    timestamp = str(desk.now_s() - late_s)
    headers = {
        "POLY_ADDRESS": address or OWNER.address,
        "POLY_TIMESTAMP": timestamp,
        "POLY_NONCE": str(nonce),
        "POLY_SIGNATURE": signed or "0x" + sign(KEY.secret, ownership_hash(OWNER.owner, timestamp, nonce)).hex(),
    }
    answer = desk.clob.answer(Call(method=method, path=path, headers=headers))
    return answer.status, decoded(answer)
