"""The messages of Binance's public streams, written as text: this is the hot path of a simulated venue.

Field letters are those of the vendor's `web-socket-streams.md` of late 2025. Every number in here is exact decimal
text or an integer, and every string is a name of ours, so nothing needs escaping.
"""

from simulator.dialects.binance.bodies import DAY_MS, change
from simulator.dialects.binance.front import MS
from simulator.dialects.binance.listing import PLACES, Listed
from simulator.dialects.figures import money
from simulator.exchange.events import PublicTrade
from simulator.exchange.orders import Side
from simulator.exchange.ticker import Ticker


def day_message(ticker: Ticker, listed: Listed, at_ms: int) -> bytes:
    """Return a `24hrTicker` message."""
    price, quantity = listed.figures.prices.or_zero, listed.figures.quantities.text
    moved, per_cent, average = change(ticker, listed)
    opened = price(ticker.open_ticks)
    return (
        f'{{"e":"24hrTicker","E":{at_ms},"s":"{listed.id}","p":"{moved}","P":"{per_cent}","w":"{average}",'
        f'"x":"{opened}","c":"{price(ticker.last_ticks)}","Q":"{quantity(ticker.last_lots)}",'
        f'"b":"{price(ticker.bid_ticks)}","B":"{quantity(ticker.bid_lots)}",'
        f'"a":"{price(ticker.ask_ticks)}","A":"{quantity(ticker.ask_lots)}",'
        f'"o":"{opened}","h":"{price(ticker.high_ticks)}","l":"{price(ticker.low_ticks)}",'
        f'"v":"{quantity(ticker.volume_lots)}","q":"{money(ticker.quote_volume, PLACES)}",'
        f'"O":{at_ms - DAY_MS},"C":{at_ms},"F":{ticker.last_trade_id - ticker.trades + 1},'
        f'"L":{ticker.last_trade_id},"n":{ticker.trades}}}'
    ).encode()


def mini_message(ticker: Ticker, listed: Listed, at_ms: int) -> bytes:
    """Return a `24hrMiniTicker` message."""
    price = listed.figures.prices.or_zero
    return (
        f'{{"e":"24hrMiniTicker","E":{at_ms},"s":"{listed.id}","c":"{price(ticker.last_ticks)}",'
        f'"o":"{price(ticker.open_ticks)}","h":"{price(ticker.high_ticks)}","l":"{price(ticker.low_ticks)}",'
        f'"v":"{listed.figures.quantities.text(ticker.volume_lots)}",'
        f'"q":"{money(ticker.quote_volume, PLACES)}"}}'
    ).encode()


def best_message(ticker: Ticker, listed: Listed, update_id: int) -> bytes:
    """Return a `bookTicker` message, which has no event type and no time."""
    price, quantity = listed.figures.prices.or_zero, listed.figures.quantities.text
    return (
        f'{{"u":{update_id},"s":"{listed.id}","b":"{price(ticker.bid_ticks)}","B":"{quantity(ticker.bid_lots)}",'
        f'"a":"{price(ticker.ask_ticks)}","A":"{quantity(ticker.ask_lots)}"}}'
    ).encode()


def trade_message(trade: PublicTrade, listed: Listed, kind: str) -> bytes:
    """Return a `trade` or `aggTrade` message."""
    at_ms = trade.wall_ns // MS
    price = listed.figures.prices.text(trade.price_ticks)
    quantity = listed.figures.quantities.text(trade.quantity_lots)
    buyer_is_maker = "true" if trade.side is Side.SELL else "false"
    ids = f'"a":{trade.trade_id}' if kind == "aggTrade" else f'"t":{trade.trade_id}'
    span = f',"f":{trade.trade_id},"l":{trade.trade_id}' if kind == "aggTrade" else ""
    return (
        f'{{"e":"{kind}","E":{at_ms},"s":"{listed.id}",{ids},"p":"{price}","q":"{quantity}"{span},'
        f'"T":{at_ms},"m":{buyer_is_maker},"M":true}}'
    ).encode()
