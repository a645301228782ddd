"""Coinbase's API keys: a name and a private key, of which the venue needs only the public half.

A key is derived from its account's name, so that a world issues the same one on every run. `cryptography` is there
because ccxt, which signs with it, depends on it.
"""

import base64
import binascii
import hashlib
from functools import lru_cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from simulator.dialects.coinbase import ids
from simulator.exchange.venue import ApiKey

SEED_BYTES = 32
KEYS_REMEMBERED_MAX = 1_000
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


def issued(account: str, label: str = "") -> ApiKey:
    """Return the ECDSA key of an account: its name and its private key as PEM, as the venue's portal shows them."""
    number = int.from_bytes(_digest("ecdsa", account, label), "big") % (P256_ORDER - 1) + 1
    private = ec.derive_private_key(number, ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    name = f"organizations/{ids.named('organization', account)}/apiKeys/{ids.named('key', account + label)}"
    return ApiKey(account=account, key=name, secret=pem.decode())


def issued_ed25519(account: str, label: str = "") -> ApiKey:
    """Return the Ed25519 key of an account: an id, and seed and public key as base64 of 88 characters."""
    seed = _digest("ed25519", account, label)
    public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key()
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    secret = base64.b64encode(seed + raw).decode()
    return ApiKey(account=account, key=ids.named("ed25519", account + label), secret=secret)


@lru_cache(maxsize=KEYS_REMEMBERED_MAX)
def public_half(secret: str) -> PublicKey | None:
    """Return what checks the signatures of a secret, None if it is no key of ours."""
    if secret.startswith("-----BEGIN"):
        try:
            private = serialization.load_pem_private_key(secret.encode(), None)
        except ValueError:
            return None
        return private.public_key() if isinstance(private, ec.EllipticCurvePrivateKey) else None
    try:
        raw = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 2 * SEED_BYTES:
        return None
    return ed25519.Ed25519PrivateKey.from_private_bytes(raw[:SEED_BYTES]).public_key()


def _digest(kind: str, account: str, label: str) -> bytes:
    return hashlib.sha256(f"coinbase/{kind}/{account}/{label}".encode()).digest()
