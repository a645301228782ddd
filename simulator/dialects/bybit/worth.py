"""What a wallet is worth in dollars, by the last prices of a picture: Bybit tells it beside every amount."""

from decimal import Decimal

from simulator.dialects.bybit import bodies
from simulator.dialects.bybit.listing import Listing
from simulator.exchange.orders import Balance
from simulator.exchange.picture import Picture

DOLLARS = ("USDT", "USDC", "USD")


def dollars(asset: str, listing: Listing, picture: Picture) -> Decimal:
    """Return what one of an asset is worth, nothing where no price is known."""
    if asset in DOLLARS:
        return Decimal(1)
    for dollar in DOLLARS:
        listed = listing.by_id.get(asset + dollar)
        if listed is not None:
            ticks = picture.ticker(listed.symbol).last_ticks
            return listed.instrument.price(ticks) if ticks is not None else Decimal(0)
    return Decimal(0)


def wallet(balances: list[Balance], listing: Listing, prices: Picture) -> bodies.Body:
    """Return these balances as a unified wallet."""
    coins, total, free = [], Decimal(0), Decimal(0)
    for balance in balances:
        price = dollars(balance.asset, listing, prices)
        coins.append(bodies.coin(balance, balance.total * price))
        total += balance.total * price
        free += balance.free * price
    return bodies.wallet(coins, total, free)
