"""The benchmark's tape, played with the lots that trade counted, and how fast the book plays it."""

import time

from scenarios.bench.tape import Operation, write_tape
from simulator.exchange.book import OrderBook


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
