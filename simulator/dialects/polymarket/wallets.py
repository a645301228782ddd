"""Polymarket's accounts: a wallet that signs, the deposit wallet that holds its money, and the keys derived for it.

A wallet is derived from its account's name, so that a world issues the same one on every run. The venue's API key
holds its private half, as a client does; everything else follows from it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

import coincurve

from simulator.dialects.polymarket.keccak import keccak
from simulator.exchange.venue import ApiKey

WALLETS_REMEMBERED_MAX = 1_000
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SIGNATURE_BYTES = 65
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wallet:
    """What the venue knows of an account's owner: two addresses, and the credentials of the API."""

    owner: bytes
    deposit: bytes
    key: str
    secret: str
    passphrase: str

    @property
    def address(self) -> str:
        """The owner's address as the venue writes it."""
        return checksummed(self.owner)

    @property
    def funder(self) -> str:
        """The address that holds the money, as the venue writes it."""
        return checksummed(self.deposit)


def issued(account: str, label: str = "") -> ApiKey:
    """Return the key of an account: its secret is the private key of the owner's wallet, as hexadecimal digits."""
    number = int.from_bytes(_digest("wallet", f"{account}/{label}"), "big") % (CURVE_ORDER - 1) + 1
    secret = f"0x{number:064x}"
    return ApiKey(account=account, key=wallet_of(secret).key, secret=secret)


def of_wallet(account: str, secret: str) -> ApiKey:
    """Return the key of the account that a wallet owns, by its private key."""
    return ApiKey(account=account, key=wallet_of(secret).key, secret=secret)


def credentials(key: ApiKey) -> dict[str, str]:
    """Return a key in the words of ccxt's configuration."""
    return {"privateKey": key.secret, "walletAddress": wallet_of(key.secret).funder}


@lru_cache(maxsize=WALLETS_REMEMBERED_MAX)
def wallet_of(secret: str) -> Wallet:
    """Return the wallet of a private key.

    Raises:
        ValueError: it is none.
    """
    public = coincurve.PrivateKey(bytes.fromhex(secret.removeprefix("0x"))).public_key
    owner = _address(public)
    hmac_key = base64.urlsafe_b64encode(_digest("secret", owner.hex())).decode()
    return Wallet(
        owner=owner,
        deposit=keccak(b"deposit wallet of " + owner)[-20:],
        key=api_key_of(owner),
        secret=hmac_key,
        passphrase=_digest("passphrase", owner.hex()).hex(),
    )


def api_key_of(owner: bytes) -> str:
    """Return the name of the API key of an owner."""
    return uuid_of("key", owner.hex())


def uuid_of(kind: str, name: str) -> str:
    """Return the UUID of something that has a name of ours."""
    digits = _digest(kind, name).hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"


def parsed_address(text: str) -> bytes | None:
    """Return an address that came as text, None if it is none."""
    return bytes.fromhex(text[2:]) if ADDRESS.match(text) else None


@lru_cache(maxsize=WALLETS_REMEMBERED_MAX)
def checksummed(address: bytes) -> str:
    """Return an address in the mixed case of EIP-55."""
    digits = address.hex()
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(digit.upper() if mark >= "8" else digit for digit, mark in zip(digits, marks, strict=False))


def signer_of(digest: bytes, signature: bytes) -> bytes | None:
    """Return the address whose key has signed a digest, None where no key can have."""
    if len(signature) != SIGNATURE_BYTES or signature[64] not in (27, 28):
        return None
    recoverable = signature[:64] + bytes((signature[64] - 27,))
    try:
        return _address(coincurve.PublicKey.from_signature_and_message(recoverable, digest, hasher=None))
    except Exception:
        return None


def _address(public: coincurve.PublicKey) -> bytes:
    return keccak(public.format(compressed=False)[1:])[-20:]


def _digest(kind: str, name: str) -> bytes:
    return hashlib.sha256(f"polymarket/{kind}/{name}".encode()).digest()
