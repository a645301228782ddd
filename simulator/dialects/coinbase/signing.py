"""Who sent a Coinbase request: a JWT that the client has signed, for one request or for a stream.

`base64url(header).base64url(claims).base64url(signature)`, with ES256 (a random number goes into every signature, so
one is checked and never compared) or EdDSA. The claims name the key (`sub`), the time in which the token may be used
(`nbf` to `exp`, at most two minutes) and, for REST, method, host and path (`uri`, or `uris` in the newer form).

The window belongs to the token and not to the order: whoever can sign late can be late, and nothing in the request
says when it is too old to be executed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from simulator.dialects.call import Call
from simulator.dialects.coinbase.keys import public_half
from simulator.dialects.coinbase.settings import NS, CoinbaseSettings
from simulator.exchange.venue import ApiKey, Venue

TOKEN_MAX = 4_096
ISSUERS = ("cdp", "coinbase-cloud")
SECONDS_MAX = 2**53
HALF = 32
"""Bytes of each of the two numbers of an ES256 signature."""


@dataclass(frozen=True, slots=True)
class Token:
    """A JWT as it was written; nothing about it has been checked."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes


def read(text: object) -> Token | None:
    """Return what a token says, None if it is not one."""
    if not isinstance(text, str) or len(text) > TOKEN_MAX or text.count(".") != 2:
        return None
    header, claims, signature = text.split(".")
    try:
        return Token(
            msgspec.json.decode(_decoded(header), type=dict[str, Any]),
            msgspec.json.decode(_decoded(claims), type=dict[str, Any]),
            f"{header}.{claims}".encode("ascii"),
            _decoded(signature),
        )
    except (binascii.Error, msgspec.MsgspecError, ValueError, RecursionError):
        return None


class Doorman:
    """Checks who asks."""

    def __init__(self, venue: Venue, settings: CoinbaseSettings) -> None:
        self._venue = venue
        self._settings = settings

    def claimed(self, call: Call) -> ApiKey | None:
        """Return the key that a request claims to be signed with, unchecked."""
        token = read(_bearer(call))
        return self._named(token) if token is not None else None

    def admit(self, call: Call) -> ApiKey | None:
        """Return the key that signed a request, None if nobody we know did, for this request and now."""
        token = read(_bearer(call))
        key = self._trusted(token)
        return key if token is not None and key is not None and self._is_for(token, call) else None

    def admit_stream(self, token: object) -> ApiKey | None:
        """Return the key that signed the token of a subscription, None if nobody we know did, or not for now."""
        return self._trusted(read(token))

    def _named(self, token: Token) -> ApiKey | None:
        name = token.claims.get("sub")
        return self._venue.key(name) if isinstance(name, str) and name == token.header.get("kid") else None

    def _trusted(self, token: Token | None) -> ApiKey | None:
        if token is None:
            return None
        key = self._named(token)
        if key is None or token.claims.get("iss") not in ISSUERS or not self._is_timely(token.claims):
            return None
        return key if is_signed(token, key.secret) else None

    def _is_timely(self, claims: Mapping[str, Any]) -> bool:
        begins, ends = claims.get("nbf"), claims.get("exp")
        if type(begins) is not int or type(ends) is not int or not 0 <= begins <= ends <= SECONDS_MAX:
            return False
        now_ns, settings = self._venue.timeline.wall_ns(), self._settings
        in_time = begins * NS <= now_ns + settings.leeway_ns and now_ns < ends * NS
        return in_time and (ends - begins) * NS <= settings.token_life_max_ns

    def _is_for(self, token: Token, call: Call) -> bool:
        named = token.claims.get("uri", token.claims.get("uris"))
        wanted = named if isinstance(named, list) else [named]
        own, called = self._settings.host, call.headers.get("Host", self._settings.host)
        accepted = [f"{call.method} {own}{call.path}"]
        if called != own:  # served under another name: ccxt leaves the scheme in the claim if that is plain HTTP
            accepted += [f"{call.method} {scheme}{called}{call.path}" for scheme in ("", "http://")]
        return any(isinstance(one, str) and one in accepted for one in wanted)


def is_signed(token: Token, secret: str) -> bool:
    """Say whether a token was signed with `secret`."""
    public = public_half(secret)
    algorithm = token.header.get("alg")
    try:
        if isinstance(public, ed25519.Ed25519PublicKey) and algorithm == "EdDSA":
            public.verify(token.signature, token.signed)
            return True
        if isinstance(public, ec.EllipticCurvePublicKey) and algorithm == "ES256" and len(token.signature) == 2 * HALF:
            r, s = int.from_bytes(token.signature[:HALF], "big"), int.from_bytes(token.signature[HALF:], "big")
            public.verify(encode_dss_signature(r, s), token.signed, ec.ECDSA(SHA256()))
            return True
    except InvalidSignature:
        return False
    return False


def _bearer(call: Call) -> str | None:
    scheme, _, token = call.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else None


def _decoded(part: str) -> bytes:
    raw = part.encode("ascii")
    return base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
