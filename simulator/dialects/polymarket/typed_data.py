"""What wallets sign for Polymarket: orders and statements of ownership, hashed as EIP-712 says.

An order of a deposit wallet is signed in the wrapping of ERC-7739: the owner signs the order together with the
wallet's own domain, and what stands behind his signature says again what has been signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from simulator.dialects.polymarket.keccak import keccak

CHAIN_ID = 137
EXCHANGE = "0xE111180000d2663C0091e4f400237545B87B996B"
"""The contract that settles the matches of ordinary markets, version 2."""
ORDER_TYPE = (
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,"
    "uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)
WRAPPED_TYPE = (
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
)
DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
OWNERSHIP = "This message attests that I control the given wallet"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedTerms:
    """The eleven fields of an order that its signature covers; addresses and words as bytes, `side` 0 to buy."""

    salt: int
    maker: bytes
    signer: bytes
    token_id: int
    maker_amount: int
    taker_amount: int
    side: int
    signature_type: int
    timestamp: int
    metadata: bytes
    builder: bytes

    def digest(self) -> bytes:
        """Return the hash of the struct."""
        return _struct(
            ORDER_TYPE,
            *(self.salt, self.maker, self.signer, self.token_id, self.maker_amount, self.taker_amount),
            *(self.side, self.signature_type, self.timestamp, self.metadata, self.builder),
        )

    def order_hash(self) -> bytes:
        """Return what the exchange contract calls this order, and what plain signatures are over."""
        return _in_domain(order_domain(), self.digest())

    def wrapped_hash(self) -> bytes:
        """Return what the owner of a deposit wallet signs instead."""
        wrapped = _struct(
            WRAPPED_TYPE + ORDER_TYPE,
            *(self.digest(), keccak(b"DepositWallet"), keccak(b"1"), CHAIN_ID, self.signer, bytes(32)),
        )
        return _in_domain(order_domain(), wrapped)

    def wrapping(self) -> bytes:
        """Return what must follow the owner's signature of a deposit wallet's order."""
        return order_domain() + self.digest() + ORDER_TYPE.encode() + len(ORDER_TYPE).to_bytes(2, "big")


def ownership_hash(address: bytes, timestamp: str, nonce: int) -> bytes:
    """Return what a wallet signs to be given the keys of its account."""
    domain_type = "EIP712Domain(string name,string version,uint256 chainId)"
    domain = _struct(domain_type, keccak(b"ClobAuthDomain"), keccak(b"1"), CHAIN_ID)
    said = "ClobAuth(address address,string timestamp,uint256 nonce,string message)"
    return _in_domain(domain, _struct(said, address, keccak(timestamp.encode()), nonce, keccak(OWNERSHIP.encode())))


@lru_cache(maxsize=1)
def order_domain() -> bytes:
    """Return the hash of the exchange contract's domain."""
    contract = bytes.fromhex(EXCHANGE[2:])
    return _struct(DOMAIN_TYPE, keccak(b"Polymarket CTF Exchange"), keccak(b"2"), CHAIN_ID, contract)


def _in_domain(domain: bytes, struct: bytes) -> bytes:
    return keccak(b"\x19\x01" + domain + struct)


def _struct(kind: str, *fields: int | bytes) -> bytes:
    """Hash a struct; every field is a word of 32 bytes, numbers and addresses at its right end."""
    words = (field.to_bytes(32, "big") if isinstance(field, int) else field.rjust(32, b"\0") for field in fields)
    return keccak(_type_hash(kind) + b"".join(words))


@lru_cache(maxsize=16)
def _type_hash(kind: str) -> bytes:
    return keccak(kind.encode())
