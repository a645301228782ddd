"""Who sent a Polymarket request: headers under a shared secret (L2), or a signature of the wallet itself (L1).

L2 is an HMAC over seconds, method, path without query, and body. L1 is only for the endpoints that hand out the
credentials of L2. Neither bounds how long an order may be on its way: the window belongs to the headers, and nothing in
a request says when it is too old to be executed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from simulator.dialects.call import Call
from simulator.dialects.polymarket.errors import NOT_OWNER, UNAUTHORIZED
from simulator.dialects.polymarket.settings import NS, PolymarketSettings
from simulator.dialects.polymarket.typed_data import ownership_hash
from simulator.dialects.polymarket.wallets import Wallet, api_key_of, parsed_address, signer_of, wallet_of
from simulator.exchange.venue import ApiKey, Venue

SECONDS_DIGITS_MAX = 12
SIGNATURE_DIGITS = 130
NONCE_DIGITS_MAX = 18


def signature(secret: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    """Return the L2 signature of a request."""
    signed = f"{timestamp}{method}{path}".encode() + body
    digest = hmac.new(base64.urlsafe_b64decode(secret), signed, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode()


class Doorman:
    """Knows the keys of one venue, and its clock."""

    def __init__(self, venue: Venue, settings: PolymarketSettings) -> None:
        self._venue = venue
        self._window_ns = settings.header_window_ns

    def claimed(self, call: Call) -> ApiKey | None:
        """Return the key that a request names, unchecked."""
        return self._venue.key(call.headers.get("POLY_API_KEY", ""))

    def admit(self, call: Call) -> tuple[ApiKey, Wallet]:
        """Return who has signed a request under his shared secret.

        Raises:
            Refused: nobody has, or not now.
        """
        key, headers = self.claimed(call), call.headers
        wallet = _wallet(key)
        if key is None or wallet is None:
            raise UNAUTHORIZED
        timestamp = headers.get("POLY_TIMESTAMP", "")
        expected = signature(wallet.secret, timestamp, call.method, call.path, call.body)
        if (
            not self._is_now(timestamp)
            or headers.get("POLY_ADDRESS", "").lower() != wallet.address.lower()
            or not _same(headers.get("POLY_PASSPHRASE", ""), wallet.passphrase)
            or not _same(headers.get("POLY_SIGNATURE", ""), expected)
        ):
            raise UNAUTHORIZED
        return key, wallet

    def admit_owner(self, call: Call) -> tuple[ApiKey | None, Wallet | None, int]:
        """Return the key of whoever has signed a request with his wallet, and the nonce that he names.

        Raises:
            Refused: nobody has, or not now.
        """
        headers = call.headers
        address = parsed_address(headers.get("POLY_ADDRESS", ""))
        timestamp, nonce = headers.get("POLY_TIMESTAMP", ""), headers.get("POLY_NONCE", "0")
        signed = _hexadecimal(headers.get("POLY_SIGNATURE", ""))
        if address is None or signed is None or not self._is_now(timestamp):
            raise NOT_OWNER
        if not (nonce.isascii() and nonce.isdecimal()) or len(nonce) > NONCE_DIGITS_MAX:
            raise NOT_OWNER
        if signer_of(ownership_hash(address, timestamp, int(nonce)), signed) != address:
            raise NOT_OWNER
        key = self._venue.key(api_key_of(address))
        return key, _wallet(key), int(nonce)

    def admit_stream(self, said: object) -> ApiKey | None:
        """Return whose credentials a subscription names, None if they are nobody's."""
        if not isinstance(said, Mapping):
            return None
        name, secret, passphrase = (said.get(one) for one in ("apiKey", "secret", "passphrase"))
        if not (isinstance(name, str) and isinstance(secret, str) and isinstance(passphrase, str)):
            return None
        key = self._venue.key(name)
        wallet = _wallet(key)
        if wallet is None or not _same(secret, wallet.secret) or not _same(passphrase, wallet.passphrase):
            return None
        return key

    def _is_now(self, timestamp: str) -> bool:
        if not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > SECONDS_DIGITS_MAX:
            return False
        return abs(int(timestamp) * NS - self._venue.timeline.wall_ns()) <= self._window_ns


def _wallet(key: ApiKey | None) -> Wallet | None:
    """Return the wallet behind a key, None if it is no key of this venue's form."""
    try:
        wallet = None if key is None else wallet_of(key.secret)
    except ValueError:
        return None
    return wallet if wallet is not None and key is not None and key.key == wallet.key else None


def _same(said: str, expected: str) -> bool:
    return hmac.compare_digest(said.encode("utf-8", "replace"), expected.encode())


def _hexadecimal(text: str) -> bytes | None:
    if len(text) != SIGNATURE_DIGITS + 2 or not text.startswith("0x"):
        return None
    try:
        return bytes.fromhex(text[2:])
    except ValueError:
        return None
