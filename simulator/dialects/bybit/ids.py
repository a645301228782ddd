"""Bybit's ids for spot: numbers of nineteen digits, for orders and for executions.

An order without a client id gets one from the venue: the number after its own.
"""

from simulator.exchange.orders import OrderRecord

ORDER = 1_900_000_000_000_000_000
ORDER_STEP = 256
EXECUTION = 2_100_000_000_000_000_000
DIGITS = 19


def order(order_id: int) -> str:
    """Return an order's id as Bybit writes it."""
    return str(ORDER + order_id * ORDER_STEP)


def link(record: OrderRecord) -> str:
    """Return an order's client id, or the one that the venue made up for it."""
    return record.client_order_id or str(ORDER + record.order_id * ORDER_STEP + 1)


def execution(trade_id: int) -> str:
    """Return a trade's id as Bybit writes it."""
    return str(EXECUTION + trade_id)


def order_number(text: str) -> int | None:
    """Return the number of the order that a text names, None where it can name none."""
    return _number(text, 0)


def linked_number(text: str) -> int | None:
    """Return the number of the order for which the venue made up this client id, None where there can be none."""
    return _number(text, 1)


def _number(text: str, rest: int) -> int | None:
    if len(text) != DIGITS or not (text.isascii() and text.isdecimal()):
        return None
    number, left = divmod(int(text) - ORDER, ORDER_STEP)
    return number if number > 0 and left == rest else None
