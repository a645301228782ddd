"""Who sent a Binance request, and when: API key, HMAC signature, and the window in which it is valid.

`timestamp < now + 1 s and now - timestamp <= recvWindow`, checked as the request arrives. The venue checks once
more before its matching engine; here the two moments are one.
"""

import hmac
from decimal import Decimal

from simulator.dialects.binance.parameters import DECIMAL, LONG, LONG_MAX, Parameters
from simulator.dialects.binance.refusals import (
    AHEAD_TIMESTAMP,
    BAD_KEY,
    BAD_KEY_FORMAT,
    BAD_SIGNATURE,
    BAD_TIMESTAMP,
    Refused,
    missing,
)
from simulator.dialects.binance.settings import BinanceSettings
from simulator.exchange.venue import ApiKey, Venue

KEY_LENGTH_MAX = 128
MICROSECONDS_FROM = 10**15
"""A timestamp from here on is taken to be in microseconds, which Binance accepts as well."""


def signature(secret: str, payload: bytes) -> str:
    """Return the hexadecimal HMAC-SHA256 of what is signed."""
    return hmac.digest(secret.encode(), payload, "sha256").hex()


def signed_payload(query: str, body: bytes) -> bytes:
    """Return what a request's signature covers: query and body as sent, less the signature itself."""
    signed = without_signature(query).encode()
    if not body:
        return signed
    return signed + without_signature(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def without_signature(text: str) -> str:
    """Return a query or form without its `signature` pair."""
    before, found, after = text.partition("&signature=")
    if found and "&" not in after and not before.startswith("signature="):
        return before  # at the end, where most clients put it
    if "signature=" not in text:
        return text
    return "&".join(piece for piece in text.split("&") if not piece.startswith("signature="))


def known_key(venue: Venue, key: str | None) -> ApiKey:
    """Return the key a request names.

    Raises:
        Refused: it is malformed, unknown or revoked.
    """
    if not key or len(key) > KEY_LENGTH_MAX or not key.isascii() or not key.isprintable():
        raise Refused(*BAD_KEY_FORMAT)
    found = venue.key(key)
    if found is None:
        raise Refused(*BAD_KEY)
    return found


def check_signature(key: ApiKey, payload: bytes, given: str) -> None:
    """Refuse a signature that is not the key's; its letter case does not matter."""
    if not hmac.compare_digest(signature(key.secret, payload).encode(), given.lower().encode()):
        raise Refused(*BAD_SIGNATURE)


def check_window(parameters: Parameters, settings: BinanceSettings, now_ms: int) -> None:
    """Refuse a request that is too old, or from the future."""
    timestamp = int(parameters.required("timestamp", LONG))
    if timestamp > LONG_MAX:
        raise Refused(-1108, "Parameter 'timestamp' overflowed.")
    if timestamp >= MICROSECONDS_FROM:
        timestamp //= 1000
    window = Decimal(parameters.matching("recvWindow", DECIMAL) or settings.recv_window_default_ms)
    if window > settings.recv_window_max_ms:
        raise Refused(-1131, f"recvWindow must be less than {settings.recv_window_max_ms}.")
    if timestamp >= now_ms + settings.timestamp_ahead_max_ms:
        raise Refused(*AHEAD_TIMESTAMP)
    if now_ms - timestamp > window:
        raise Refused(*BAD_TIMESTAMP)


def given_signature(parameters: Parameters) -> str:
    """Return the signature that was sent, or refuse a request without one."""
    given = parameters.text("signature")
    if given is None:
        raise missing("signature")
    return given
