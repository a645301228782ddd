"""Plays the tape on one public matching engine, in an environment of its own: `python rivals.py ENGINE < tape.json`.

A program by itself: it runs where none of our packages are installed, and prints one JSON object with the processor
time of the pass and the lots that rest at its end, by which the caller sees whether the engine played the tape right.
Each engine is called as its own documentation calls it, with the cheapest arguments that it takes; one that does not
take a late cancel, as our own book does, is asked first whether it has the order.

Left out after a look: `order-book` (sorted levels in C, no matching), `OrderBook` (Python 2 only), `hftbacktest` and
`nautilus_trader` (they match a strategy's orders against a recorded market, not orders against each other).
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

Tape = Sequence[tuple[bool, int, bool, int, int]]  # cancels, order id, is_buy, price, lots
Player = Callable[[Tape], Callable[[], int]]
"""Plays a tape and returns what tells the lots that rest."""


def play_lightmatchingengine(tape: Tape) -> Callable[[], int]:
    """Play on lightmatchingengine, which numbers orders as the tape does and never forgets one that was filled."""
    module: Any = importlib.import_module("lightmatchingengine.lightmatchingengine")
    engine = module.LightMatchingEngine()
    orders: dict[int, Any] = {}
    add, cancel = engine.add_order, engine.cancel_order
    for cancels, order_id, is_buy, price, lots in tape:
        if cancels:
            if orders[order_id].leaves_qty:
                cancel(order_id, "X")
        else:
            orders[order_id], _ = add("X", price, lots, 1 if is_buy else 2)
    return lambda: sum(order.leaves_qty for order in orders.values())


def play_pyorderbook(tape: Tape) -> Callable[[], int]:
    """Play on pyorderbook, which cancels by the order itself."""
    module: Any = importlib.import_module("pyorderbook")
    logging.disable(logging.CRITICAL)
    book = module.Book()
    orders: dict[int, Any] = {}
    bid, ask, match, cancel, resting = module.bid, module.ask, book.match, book.cancel, book.order_map
    for cancels, order_id, is_buy, price, lots in tape:
        if cancels:
            order = orders[order_id]
            if order.id in resting:
                cancel(order)
        else:
            orders[order_id] = order = (bid if is_buy else ask)("X", price, lots)
            match(order)
    return lambda: sum(order.quantity for order in resting.values())


def play_akhil4n_orderbook(tape: Tape) -> Callable[[], int]:
    """Play on akhil4n-orderbook, which numbers orders as the tape does and answers a late cancel with False."""
    module: Any = importlib.import_module("orderbook")
    book, order, bid, ask = module.OrderBook(), module.Order, module.OrderSide.BID, module.OrderSide.ASK
    add, cancel = book.add_limit_order, book.cancel_order
    for cancels, order_id, is_buy, price, lots in tape:
        if cancels:
            cancel(str(order_id))
        else:
            add(order(bid if is_buy else ask, price, lots))
    return lambda: sum(resting.remaining_quantity for _, resting in book.orders.values())


def play_limit_order_book(tape: Tape) -> Callable[[], int]:
    """Play on limit-order-book: C++ behind ctypes, which tells nobody what it filled."""
    module: Any = importlib.import_module("limit_order_book")
    book = module.LimitOrderBook()
    has, cancel, limit_buy, limit_sell = book.has, book.cancel, book.limit_buy, book.limit_sell
    for cancels, order_id, is_buy, price, lots in tape:
        if cancels:
            if has(order_id):
                cancel(order_id)
        elif is_buy:
            limit_buy(order_id, lots, price)
        else:
            limit_sell(order_id, lots, price)
    return lambda: int(book.volume())


def play_fastlob(tape: Tape) -> Callable[[], int]:
    """Play on fastlob, which keeps two decimals and answers a late cancel with a result of no success."""
    module: Any = importlib.import_module("fastlob")
    logging.disable(logging.CRITICAL)
    book, params, bid, ask = module.Orderbook(), module.OrderParams, module.OrderSide.BID, module.OrderSide.ASK
    ids: dict[int, str] = {}
    with book:
        process, cancel = book.process, book.cancel
        for cancels, order_id, is_buy, price, lots in tape:
            if cancels:
                cancel(ids[order_id])
            else:
                ids[order_id] = process(params(bid if is_buy else ask, price, lots)).orderid()
    return lambda: int(book._bidside.volume() + book._askside.volume())


def play_order_matching(tape: Tape) -> Callable[[], int]:
    """Play on order-matching, which matches what was placed and refuses a late cancel."""
    engine_module: Any = importlib.import_module("order_matching.matching_engine")
    order_module: Any = importlib.import_module("order_matching.order")
    orders_module: Any = importlib.import_module("order_matching.orders")
    side: Any = importlib.import_module("order_matching.enums").Side
    importlib.import_module("loguru").logger.remove()
    engine, now = engine_module.MatchingEngine(seed=1), datetime(2026, 3, 1)  # noqa: DTZ001 - it compares naive ones
    find, step = engine.unprocessed_orders.find_order_by_id, timedelta(microseconds=1)
    for cancels, order_id, is_buy, price, lots in tape:
        now += step
        if cancels:
            if find(str(order_id)) is not None:
                engine.cancel_order(str(order_id))
            continue
        order = order_module.LimitOrder(
            side=side.BUY if is_buy else side.SELL,
            price=price,
            size=lots,
            timestamp=now,
            order_id=str(order_id),
            trader_id="t",
        )
        engine.place(orders_module.Orders([order]))
        engine.match(now)
    book = engine.unprocessed_orders
    return lambda: int(
        sum(order.size for levels in (book.bids, book.offers) for orders in levels.values() for order in orders)
    )


PLAYERS: dict[str, Player] = {
    "lightmatchingengine": play_lightmatchingengine,
    "pyorderbook": play_pyorderbook,
    "akhil4n-orderbook": play_akhil4n_orderbook,
    "limit-order-book": play_limit_order_book,
    "fastlob": play_fastlob,
    "order-matching": play_order_matching,
}


def timed(player: Player, tape: Tape) -> dict[str, float]:
    """Play once and return the processor seconds it took, and the lots that rest."""
    gc.collect()
    began = time.process_time()
    resting = player(tape)
    return {"cpu_s": time.process_time() - began, "resting_lots": resting()}


if __name__ == "__main__":
    print(json.dumps(timed(PLAYERS[sys.argv[1]], json.load(sys.stdin))))  # noqa: T201 - its answer
