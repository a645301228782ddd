"""A tape of adds, cancels and crossing orders, as a busy book sees them, and how fast the book plays it."""

import random
import time

from simulator.exchange.book import OrderBook

Operation = tuple[bool, int, bool, int, int]  # (cancels, order id, is_buy, price, lots)


def write_tape(operations: int, seed: int) -> list[Operation]:
    """Return two fifths cancels, and adds of which a quarter cross several levels."""
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


def play(tape: list[Operation]) -> tuple[OrderBook, int]:
    """Play the tape and return the book and the lots that traded; a cancel may come too late."""
    book = OrderBook()
    place, cancel = book.place, book.cancel
    traded = 0
    for cancels, order_id, is_buy, price, lots in tape:
        if cancels:
            if order_id in book:
                cancel(order_id)
        else:
            for _, _, filled in place(order_id, is_buy, price, lots):
                traded += filled
    return book, traded


def operations_per_second(tape: list[Operation]) -> float:
    """Return the speed of one pass, in operations per second of processor time."""
    began = time.process_time()
    play(tape)
    return len(tape) / (time.process_time() - began)


if __name__ == "__main__":
    speeds = sorted(operations_per_second(write_tape(200_000, seed)) for seed in range(5))
    print(f"order book: {speeds[2]:,.0f} operations/s (median of 5 tapes of 200,000)")
