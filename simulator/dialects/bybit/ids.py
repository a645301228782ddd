"""Bybit's ids for spot: numbers of nineteen digits, for orders and for executions."""

ORDER = 1_900_000_000_000_000_000
EXECUTION = 2_100_000_000_000_000_000
DIGITS = 19


def order(order_id: int) -> str:
    """Return an order's id as Bybit writes it."""
    return str(ORDER + order_id)


def execution(trade_id: int) -> str:
    """Return a trade's id as Bybit writes it."""
    return str(EXECUTION + trade_id)


def order_number(text: str) -> int | None:
    """Return the number of the order that a text names, None where it can name none."""
    if len(text) != DIGITS or not (text.isascii() and text.isdecimal()):
        return None
    number = int(text) - ORDER
    return number if number > 0 else None
