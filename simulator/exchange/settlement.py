"""The money side of a fill: base one way, quote the other, fees to the exchange."""

from dataclasses import dataclass

from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.ledger import Account, Ledger
from simulator.exchange.listing import Listing


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """A fee, in smallest units of an asset."""

    units: int
    asset: str


def settle(
    ledger: Ledger,
    fees: FeeSchedule,
    listing: Listing,
    *,
    price: int,
    lots: int,
    buyer: Account,
    seller: Account,
    buyer_is_maker: bool,
) -> tuple[Charge, Charge]:
    """Move the money of one fill and return what buyer and seller were charged; the house pays no fees.

    What the parties pay comes out of what their orders have locked.
    """
    base, quote = listing.instrument.base, listing.instrument.quote
    base_units, quote_units = lots * listing.base_unit, price * lots * listing.quote_unit
    fee_in_quote = fees.charged_in is ChargedIn.QUOTE

    taxed = 0 if buyer.overdraft else quote_units if fee_in_quote else base_units
    buyer_fee = fees.fee(taxed, maker=buyer_is_maker)
    seller_fee = 0 if seller.overdraft else fees.fee(quote_units, maker=not buyer_is_maker)

    ledger.pay(buyer, seller, quote, quote_units, fee=seller_fee)
    ledger.pay(seller, buyer, base, base_units, fee=0 if fee_in_quote else buyer_fee)
    if fee_in_quote and buyer_fee:
        ledger.charge(buyer, quote, buyer_fee)
    return Charge(units=buyer_fee, asset=quote if fee_in_quote else base), Charge(units=seller_fee, asset=quote)
