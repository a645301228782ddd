"""The executor dies wherever it waits, in each of an order's lives, and is started again: nothing twice, nothing lost.

A simulated machine takes turns: it runs until all its tasks wait for something, and only between two turns can
anything outside see a difference. So the points at which a process may die are the turns of the executor's machine,
counted once in a story of an entry, its stop, what becomes of that (a cancel at Binance, an amendment at Kraken) and
the exit. Every point is tried when the variable EVERY_AWAIT is set; otherwise a sample, drawn from a seed.
"""

import os
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from engine.domain.messages import OrderChanged
from simulator.exchange.orders import OrderStatus, Side, Trigger
from simulator.kernel import NS
from tests.engine.runtime.trading_stage import TradingStage

PROTECTION: dict[str, Any] = {"stop": "3%", "within": "5s", "grace": "10s"}
BEGIN_S, EXIT_S, END_S, CALM_S = 12, 6, 5, 75
"""When the first decision is made; the second, after it; the end of the story after that; and how long to heal."""
DOWN_S = 1
SAMPLE = 6
OWNED = Decimal(2)
"""Coins of the owner, which are nobody's to sell."""
DUST = Decimal("0.0001")


@dataclass(frozen=True)
class Where:
    """A venue, how late its REST views are, and how much the second decision leaves."""

    venue: str
    lag_s: float
    left: str


PLACES = (
    Where("binance", 0.05, "0"),
    Where("binance", 8, "0"),  # views that still show the time before the death when all is up again
    Where("kraken", 0.05, "0.01"),  # a stop made smaller
    Where("bybit", 0.05, "0.01"),  # the same, where an answer only says that it was heard
    Where("okx", 0.05, "0"),  # a stop that lives apart from other orders, and locks nothing
    Where("coinbase", 0.05, "0"),  # a venue that knows no order by our name for it
)
EACH_PLACE = pytest.mark.parametrize("where", PLACES, ids=lambda where: f"{where.venue}-{where.lag_s}")


def a_stage(where: Where) -> TradingStage:
    """A bot that protects what it buys, about to decide."""
    feed: dict[str, Any] = (
        {"feed": {"books": True}} if where.venue == "bybit" else {}
    )  # its tickers do not tell what is offered
    stage = TradingStage(at=where.venue, rest_lag_ns=int(where.lag_s * NS), protection=PROTECTION, **feed)
    stage.boot("feed-a", "exec-a")
    stage.run(BEGIN_S)
    stage.decide("0.02", 1)
    stage.world.call_later(EXIT_S * NS, lambda: (stage.decide(where.left, 2), None)[1])
    return stage


def points(where: Where) -> list[int]:
    """Every virtual time at which the executor's machine took a turn during the story."""
    stage, found = a_stage(where), []
    world, loop = stage.world, stage.world.hosts["exec-a"].loop
    ends_ns = world.now_ns() + (EXIT_S + END_S) * NS
    while (next_ns := int(world.env.peek())) <= ends_ns:
        before = loop.turns
        world.run(next_ns)
        if loop.turns > before:
            found.append(next_ns)
    world.close()
    return found


def die_at(at_ns: int, where: Where) -> TradingStage:
    """Tell the story with the executor's death at one point, and let it heal."""
    stage = a_stage(where)
    world = stage.world
    world.call_at(at_ns, lambda: world.crash("exec-a"))
    world.call_at(at_ns + DOWN_S * NS, lambda: world.reboot("exec-a"))
    stage.run(EXIT_S + END_S + CALM_S)
    return stage


def wrong(stage: TradingStage) -> list[str]:
    """Say what is wrong at the end of a story."""
    orders, found = stage.orders(), []
    names = Counter(order.client_order_id for order in orders)
    found += [f"{name} was sent {count} times" for name, count in names.items() if count > 1]
    entries = [order for order in orders if order.side is Side.BUY]
    if len(entries) > 1:
        found.append(f"one decision led to {len(entries)} entries")
    if any(stage.ledger()[asset] != amount for asset, amount in stage.truth().items()):
        found.append(f"the ledger says {stage.ledger()}, and the account has {stage.truth()}")
    held = stage.truth()["BTC"] - OWNED
    living = [order for order in orders if order.is_open]
    closing = sum(order.quantity_lots - order.filled_lots for order in living) * Decimal("0.00001")
    if held < 0:
        found.append(f"{-held} of the owner's coins were sold")
    if abs(held - closing) >= DUST or any(order.trigger is not Trigger.STOP for order in living):
        found.append(f"{held} is held, and what rests would close {closing}")
    return found + lost(stage)


def lost(stage: TradingStage) -> list[str]:
    """Say of which order the bot's last word is not the venue's."""
    last = {one.client_order_id: one for one in stage.heard(OrderChanged)}
    ends = {OrderStatus.FILLED: "filled", OrderStatus.CANCELED: "cancelled", OrderStatus.UNTRIGGERED: "waiting"}
    return [
        f"{order.client_order_id} is {order.status} and was last called {last.get(order.client_order_id)}"
        for order in stage.orders()
        if order.client_order_id not in last or last[order.client_order_id].state.value != ends[order.status]
    ]


@EACH_PLACE
def test_the_story_without_a_death_is_an_entry_a_stop_its_cancel_and_an_exit(where: Where) -> None:
    """Otherwise the deaths would prove nothing; and it has dozens of points at which it waits."""
    found = points(where)
    stage = die_at(10**15, where)

    kinds = [(order.side, order.trigger is Trigger.STOP, order.status) for order in stage.orders()]
    stop = OrderStatus.CANCELED if where.left == "0" else OrderStatus.UNTRIGGERED
    assert kinds == [
        (Side.BUY, False, OrderStatus.FILLED),
        (Side.SELL, True, stop),
        (Side.SELL, False, OrderStatus.FILLED),
    ]
    assert wrong(stage) == []
    assert len(found) >= 60
    stage.world.close()


@EACH_PLACE
@pytest.mark.parametrize("number", range(SAMPLE))
def test_wherever_the_executor_dies_nothing_is_done_twice_and_nothing_is_lost(number: int, where: Where) -> None:
    """And what is held is protected."""
    every = points(where)
    for at_ns in every[number::SAMPLE] if os.environ.get("EVERY_AWAIT") else [Random(number).choice(every)]:
        stage = die_at(at_ns, where)
        assert wrong(stage) == [], f"death at {at_ns} ns, point {every.index(at_ns)} of {len(every)}"
        stage.world.close()
