"""A world with positions in it: what an account comes to, which order a stop became, and what two orders may close."""

from __future__ import annotations

from dataclasses import replace as changed
from decimal import Decimal

from msgspec.structs import replace

from scenarios.closings import nothing_to_close
from scenarios.contracts import Stops
from scenarios.record import VenueOrder, VenueTrade
from scenarios.venue_profiles import PROFILES
from simulator.exchange.orders import OrderRequest, OrderType, Side
from simulator.exchange.perpetual.records import WaitingOrder, WaitingStatus, WorkedBy
from tests.scenarios.stories import Story

CONTRACT = "BTC/USDT:USDT"


def an_order(order_id: int, status: str, *, at_ns: int, side: str = "sell", is_stop: bool = False) -> VenueOrder:
    """An order of the bot for a hundredth of a coin, reduce-only unless it is a purchase."""
    return VenueOrder(
        at_ns=at_ns,
        venue="binanceusdm",
        order_id=order_id,
        client_order_id=f"id-{order_id}",
        instrument=CONTRACT,
        side=side,
        quantity=Decimal("0.01"),
        filled=Decimal("0.01") if status == "FILLED" else Decimal(0),
        status=status,
        is_stop=is_stop,
        closes=side == "sell",
        is_cut=side == "sell",
    )


def a_waiting_order(status: WaitingStatus, order_id: int | None = None) -> WaitingOrder:
    """A stop that waits, or has."""
    request = OrderRequest(
        account="main",
        symbol=CONTRACT,
        side=Side.SELL,
        type=OrderType.MARKET,
        quantity=Decimal("0.01"),
        reduce_only=True,
    )
    return WaitingOrder(
        waiting_id=5,
        client_id="spstop",
        account="main",
        request=request,
        trigger_ticks=1,
        rising=False,
        worked_by=WorkedBy.LAST,
        take_profit=False,
        close_position=False,
        status=status,
        created_ns=1,
        updated_ns=1,
        order_id=order_id,
    )


def test_a_perpetual_has_the_price_of_its_pair() -> None:
    """The pair is a market of the world; what is traded is called otherwise, and nowhere else."""
    for name, profile in PROFILES.items():
        assert (profile.market_of(CONTRACT) == "BTC/USDT") is (name == "binanceusdm")
    assert PROFILES["binanceusdm"].market_of("BTC/USDT") is None
    assert PROFILES["binance"].market_of("BTC/USDT") == "BTC/USDT"


def test_a_stop_and_what_it_became_are_told_as_one_order() -> None:
    """With one number, one id and one life, and its fills with it."""
    stops, venue = Stops(), "binanceusdm"
    waits = stops.waiting(venue, a_waiting_order(WaitingStatus.WAITING), 1)
    assert waits is not None
    assert (waits.status, waits.is_stop, waits.closes, waits.is_open) == ("UNTRIGGERED", True, True, True)
    assert stops.waiting(venue, a_waiting_order(WaitingStatus.TRIGGERED, order_id=9), 2) is None

    became = stops.order(an_order(9, "FILLED", at_ns=2))
    assert (became.order_id, became.client_order_id, became.is_stop) == (waits.order_id, "spstop", True)
    other = an_order(8, "FILLED", at_ns=2)
    assert stops.order(other) == other


def test_a_stop_and_an_exit_that_are_both_cut_do_not_close_twice_and_two_exits_do() -> None:
    bought = VenueTrade(
        at_ns=1,
        venue="binanceusdm",
        order_id=1,
        instrument=CONTRACT,
        side="buy",
        quantity=Decimal("0.01"),
        price=Decimal(60_000),
        fee=Decimal(0),
        fee_asset="USDT",
    )
    stop, leave = an_order(-2, "UNTRIGGERED", at_ns=2, is_stop=True), an_order(3, "NEW", at_ns=3)
    story = Story(venues=("binanceusdm",), instruments=(CONTRACT,), orders=[stop, leave], trades=[bought])
    record = story.record()
    assert not nothing_to_close(record)["binanceusdm"]

    uncut = changed(record, orders=[stop, replace(leave, is_cut=False)])
    assert nothing_to_close(uncut)["binanceusdm"] == {3}
    twice = changed(record, orders=[stop, leave, an_order(4, "NEW", at_ns=4)])
    assert nothing_to_close(twice)["binanceusdm"] == {4}
