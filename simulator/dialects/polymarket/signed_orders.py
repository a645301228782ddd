"""A signed order as it is sent: what it says, who must have signed it, and what it comes to on the market's grid.

An order names no price. It names how much its maker gives and how much he wants for it, in millionths, and the price
is what follows from that; so a price off the grid is found by dividing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import msgspec

from simulator.dialects.polymarket.errors import (
    EXPIRATION,
    INVALID_ORDER,
    WRONG_OWNER,
    WRONG_SIGNATURE,
    WRONG_SIGNER,
    filled,
)
from simulator.dialects.polymarket.listing import Token, plain
from simulator.dialects.polymarket.settings import NS
from simulator.dialects.polymarket.typed_data import SignedTerms
from simulator.dialects.polymarket.wallets import SIGNATURE_BYTES, Wallet, parsed_address, signer_of
from simulator.exchange.orders import Side, TimeInForce
from simulator.exchange.rejections import RejectCode

UNIT = 1_000_000
"""Collateral and tokens have six decimals."""
SHARES_STEP = 100
"""Four decimals: as fine as the shares of a market order that names its cost may be."""
WORD = 1 << 256
DIGITS_MAX = 78
SECONDS_MAX = 10**11
DEPOSIT_WALLET = 3
SIGNATURE_TEXT_MAX = 2_048
IN_FORCE = {"GTC": TimeInForce.GTC, "GTD": TimeInForce.GTC, "FOK": TimeInForce.FOK, "FAK": TimeInForce.IOC}


class _Order(msgspec.Struct, rename="camel"):
    """The object `order`, as it was sent; amounts are text with digits."""

    salt: int
    maker: str
    signer: str
    token_id: str
    maker_amount: str
    taker_amount: str
    side: str
    signature_type: int
    timestamp: str
    metadata: str
    builder: str
    signature: str
    expiration: str = "0"


class _Sent(msgspec.Struct, rename="camel"):
    """The body of a request to place an order."""

    order: _Order
    owner: str
    order_type: str = "GTC"
    post_only: bool = False
    defer_exec: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedOrder:
    """An order whose form is right; nothing about it has been checked beyond that."""

    terms: SignedTerms
    token_id: str
    side: Side
    kind: str
    post_only: bool
    expires_s: int
    owner: str
    signature: bytes

    @property
    def id(self) -> str:
        """The order's hash, which is its id."""
        return "0x" + self.terms.order_hash().hex()

    @property
    def may_rest(self) -> bool:
        """Whether what does not trade at once rests."""
        return self.kind in ("GTC", "GTD")

    @property
    def collateral(self) -> int:
        """What the order is worth, in millionths of the collateral."""
        return self.terms.maker_amount if self.side is Side.BUY else self.terms.taker_amount

    @property
    def shares(self) -> int:
        """The tokens it is about, in millionths."""
        return self.terms.taker_amount if self.side is Side.BUY else self.terms.maker_amount

    @property
    def price(self) -> Decimal:
        """What follows for the price of one token, cut off after twelve decimals."""
        return Decimal(self.collateral * 10**12 // self.shares).scaleb(-12)

    def ticks(self, token: Token) -> int:
        """Return the price in ticks.

        Shares that follow from a cost are cut off, and so their price may be above a tick by what was cut off.

        Raises:
            Refused: it is not on the grid, or not between nothing and one.
        """
        step = int(token.instrument.tick_size * UNIT)
        ticks, rest = divmod(self.collateral * UNIT, self.shares * step)
        slack = 0 if self.may_rest or self.side is Side.SELL else ticks * step * SHARES_STEP
        if rest > slack or not 0 < ticks < token.market.rules.whole:
            tick = token.market.tick
            raise filled(RejectCode.PRICE_FILTER, id=self.id, price=plain(self.price), tick=tick)
        return ticks

    def quantity(self, token: Token) -> Decimal:
        """Return the shares as the market counts them; of a market order, whole lots are taken.

        Raises:
            Refused: they are fewer than a lot, or finer than lots.
        """
        lots, rest = divmod(self.shares, int(token.instrument.lot_size * UNIT))
        if not lots or (rest and self.may_rest):
            least = plain(token.instrument.lot_size)
            raise filled(RejectCode.LOT_SIZE, id=self.id, size=plain(Decimal(self.shares).scaleb(-6)), min=least)
        return token.instrument.quantity(lots)

    def check_signer(self, wallet: Wallet) -> None:
        """Refuse an order that is not that of a wallet, or that its owner has not signed.

        Raises:
            Refused: the owner, the signer or the signature is wrong.
        """
        wraps = self.terms.signature_type == DEPOSIT_WALLET
        if self.owner != wallet.key:
            raise WRONG_OWNER
        if self.terms.signer != (wallet.deposit if wraps else wallet.owner):
            raise WRONG_SIGNER
        if self.terms.maker != (wallet.deposit if self.terms.signature_type else wallet.owner):
            raise WRONG_OWNER
        signed, behind = self.signature[:SIGNATURE_BYTES], self.signature[SIGNATURE_BYTES:]
        digest = self.terms.wrapped_hash() if wraps else self.terms.order_hash()
        if behind != (self.terms.wrapping() if wraps else b"") or signer_of(digest, signed) != wallet.owner:
            raise WRONG_SIGNATURE

    def expires_ns(self, now_ns: int, margin_ns: int) -> int | None:
        """Return when the order ends (Unix ns), which is a margin before the time it names; None where it has none.

        Raises:
            Refused: the time has passed by then, is missing, or is not for this kind of order.
        """
        if self.kind != "GTD":
            if self.expires_s:
                raise EXPIRATION
            return None
        ends_ns = self.expires_s * NS - margin_ns
        if ends_ns <= now_ns or self.expires_s > SECONDS_MAX:
            raise EXPIRATION
        return ends_ns


def read(body: object) -> SignedOrder:
    """Return the order that a body holds.

    Raises:
        Refused: it holds none.
    """
    try:
        sent = msgspec.convert(body, _Sent)
    except (msgspec.ValidationError, RecursionError):
        raise INVALID_ORDER from None
    order = sent.order
    maker, signer = parsed_address(order.maker), parsed_address(order.signer)
    if maker is None or signer is None or order.side not in ("BUY", "SELL") or sent.order_type not in IN_FORCE:
        raise INVALID_ORDER
    if order.signature_type not in range(DEPOSIT_WALLET + 1) or not 0 <= order.salt < WORD:
        raise INVALID_ORDER
    terms = SignedTerms(
        salt=order.salt,
        maker=maker,
        signer=signer,
        token_id=_whole(order.token_id),
        maker_amount=_whole(order.maker_amount),
        taker_amount=_whole(order.taker_amount),
        side=0 if order.side == "BUY" else 1,
        signature_type=order.signature_type,
        timestamp=_whole(order.timestamp),
        metadata=_bytes(order.metadata, size=32),
        builder=_bytes(order.builder, size=32),
    )
    if not terms.maker_amount or not terms.taker_amount:
        raise INVALID_ORDER
    return SignedOrder(
        terms=terms,
        token_id=order.token_id,
        side=Side(order.side),
        kind=sent.order_type,
        post_only=sent.post_only,
        expires_s=_whole(order.expiration),
        owner=sent.owner,
        signature=_bytes(order.signature),
    )


def _whole(text: str) -> int:
    if len(text) > DIGITS_MAX or not (text.isascii() and text.isdecimal()) or int(text) >= WORD:
        raise INVALID_ORDER
    return int(text)


def _bytes(text: str, size: int | None = None) -> bytes:
    try:
        if not text.startswith("0x") or len(text) > SIGNATURE_TEXT_MAX:
            raise INVALID_ORDER
        value = bytes.fromhex(text[2:])
    except ValueError:
        raise INVALID_ORDER from None
    if size is not None and len(value) != size:
        raise INVALID_ORDER
    return value
