"""A tape of adds, cancels and crossing orders, as a busy book sees them, and our book playing it."""

from __future__ import annotations

import random

from scenarios.bench.rivals import Tape
from simulator.exchange.book import OrderBook

OPERATIONS = 200_000

Operation = tuple[bool, int, bool, int, int]  # (cancels, order id, is_buy, price, lots)


def write_tape(operations: int = OPERATIONS, seed: int = 0) -> list[Operation]:
    """Return two fifths cancels, some of them too late, and adds of which a quarter cross several levels."""
    chance = random.Random(seed)
    resting: list[int] = []
    tape: list[Operation] = []
    order_id = 0
    for _ in range(operations):
        kind = chance.random()
        if kind < 0.4 and resting:
            place = chance.randrange(len(resting))
            resting[place], resting[-1] = resting[-1], resting[place]
            tape.append((True, resting.pop(), False, 0, 0))
            continue
        order_id += 1
        is_buy = chance.random() < 0.5
        away = 15 if kind >= 0.85 else -1 - int(chance.expovariate(1 / 20))
        if away < 0:
            resting.append(order_id)
        tape.append((False, order_id, is_buy, 10_000 + (away if is_buy else -away), chance.randint(1, 200)))
    return tape


def play_ours(tape: Tape) -> OrderBook:
    """Play the tape on the simulator's book, which returns the fills of every order."""
    book = OrderBook()
    place, cancel = book.place, book.cancel
    for cancels, order_id, is_buy, price, lots in tape:
        if cancels:
            cancel(order_id)
        else:
            place(order_id, is_buy, price, lots)
    return book


def resting_lots(book: OrderBook) -> int:
    """Return the lots that rest on both sides."""
    return sum(lots for is_buy in (True, False) for _, lots in book.levels(is_buy))
