"""Positions, margin, reduce-only and amendments of perpetuals."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simulator.exchange.orders import OrderStatus, TimeInForce
from simulator.exchange.perpetual.floor import NOTHING_TO_REDUCE
from simulator.exchange.rejections import RejectCode, Rejected, UnknownOrder
from tests.simulator.exchange.perpetual.floor import BTC, BUY, SELL, Pit


def test_a_position_notes_its_cost_and_closing_it_moves_the_difference() -> None:
    pit = Pit()

    pit.order("ann", BUY, "0.1")
    opened = pit.position("ann")
    pit.move("52000")
    pit.order("ann", SELL, "0.04")
    closed = pit.position("ann")

    assert (opened.lots, opened.cost, opened.realised) == (100, Decimal(5005), Decimal(0))
    assert (closed.lots, closed.cost) == (60, Decimal(3003))
    assert closed.realised == Decimal("0.04") * (Decimal(51948) - Decimal(50050))
    assert pit.wallet("ann") == 10_000 + closed.realised
    pit.check()


def test_an_order_through_a_position_turns_it_round() -> None:
    pit = Pit()

    pit.order("ann", BUY, "0.1")
    pit.order("ann", SELL, "0.3")

    position = pit.position("ann")
    assert (position.lots, position.cost) == (-200, Decimal("0.2") * Decimal(-49950))
    assert position.realised == Decimal("0.1") * (Decimal(49950) - Decimal(50050))
    pit.check()


def test_fees_are_taken_from_the_wallet_and_trades_tell_what_they_realised() -> None:
    pit = Pit(maker_bps="2", taker_bps="5")

    pit.order("ann", BUY, "0.1")

    assert pit.wallet("ann") == 10_000 - Decimal(5005) * Decimal("0.0005")
    (trade,) = pit.exchange.truth.trades("ann")
    assert (trade.fee, trade.fee_asset) == (Decimal("2.5025"), "USDT")
    pit.check()


def test_margin_bounds_what_can_be_opened_and_never_what_only_reduces() -> None:
    pit = Pit()

    pit.order("ann", BUY, "3")  # 20 times leverage: 150,150 of value needs 7,507 of 10,000
    with pytest.raises(Rejected) as refused:
        pit.order("ann", BUY, "1.5")
    pit.order("ann", SELL, "3", "50500")  # the other way needs nothing more

    assert refused.value.code is RejectCode.INSUFFICIENT_BALANCE
    health = pit.exchange.health("ann")
    assert pit.exchange.amount(health.position_initial) == Decimal(7_500)
    assert pit.exchange.amount(health.unrealised) == Decimal(-150)


def test_leverage_is_bounded_by_margin_and_by_brackets() -> None:
    pit = Pit()

    pit.exchange.set_leverage("ann", BTC, 100)
    pit.order("ann", BUY, "11")
    with pytest.raises(Rejected, match="too much"):
        pit.exchange.set_leverage("ann", BTC, 50)
    with pytest.raises(Rejected, match="too much"):
        pit.exchange.set_leverage("ann", BTC, 125)
    with pytest.raises(Rejected, match="leverage from 1 to 125"):
        pit.exchange.set_leverage("ann", BTC, 126)

    assert pit.position("ann").leverage == 100


def test_reduce_only_is_refused_without_a_position_and_cut_to_the_position() -> None:
    pit = Pit()

    with pytest.raises(Rejected) as refused:
        pit.order("ann", SELL, "0.1", reduce_only=True)
    pit.order("ann", BUY, "0.1")
    with pytest.raises(Rejected):
        pit.order("ann", BUY, "0.1", reduce_only=True)
    sold = pit.order("ann", SELL, "0.5", reduce_only=True)

    assert refused.value.code is RejectCode.REDUCE_ONLY
    assert (sold.status, sold.filled_lots) == (OrderStatus.FILLED, 100)
    assert pit.position("ann").lots == 0


def test_a_resting_reduce_only_order_goes_when_the_position_has_gone() -> None:
    pit = Pit()

    pit.order("ann", BUY, "0.1")
    resting = pit.order("ann", SELL, "0.1", "51000", reduce_only=True)
    pit.order("ann", SELL, "0.05")

    record = pit.exchange.truth.order("ann", order_id=resting.order_id)
    assert (record.status, record.reason) == (OrderStatus.EXPIRED, NOTHING_TO_REDUCE)
    assert pit.position("ann").lots == 50


def test_an_amended_order_has_its_new_terms_and_trades_if_they_cross() -> None:
    pit = Pit()
    order = pit.order("ann", BUY, "0.1", "49000", client_order_id="mine")

    contract = pit.exchange.instrument(BTC)
    moved = pit.exchange.amend("ann", client_order_id="mine", price_ticks=contract.ticks(Decimal(49_500)))
    crossed = pit.exchange.amend("ann", order_id=order.order_id, price_ticks=contract.ticks(Decimal(51_000)))

    assert (moved.status, moved.price_ticks, moved.order_id) == (OrderStatus.NEW, 495_000, order.order_id)
    assert crossed.status is OrderStatus.FILLED
    with pytest.raises(UnknownOrder):
        pit.exchange.amend("ann", client_order_id="mine", price_ticks=1)
    pit.check()


def test_an_amendment_without_margin_leaves_the_order_as_it_was() -> None:
    pit = Pit()
    order = pit.order("ann", BUY, "0.1", "49000")

    with pytest.raises(Rejected) as refused:
        pit.exchange.amend("ann", order_id=order.order_id, quantity_lots=100_000)

    assert refused.value.code is RejectCode.INSUFFICIENT_BALANCE
    assert pit.exchange.truth.open_orders("ann") == [order]


def test_fill_or_kill_and_immediate_or_cancel_never_rest() -> None:
    pit = Pit()

    killed = pit.order("ann", BUY, "0.1", "50000", time_in_force=TimeInForce.FOK)
    rest = pit.order("ann", BUY, "0.1", "50000", time_in_force=TimeInForce.IOC)

    assert (killed.status, rest.status) == (OrderStatus.EXPIRED, OrderStatus.EXPIRED)
    assert pit.exchange.truth.open_orders("ann") == []


def test_the_switch_cancels_a_symbol_unless_it_is_pushed_on() -> None:
    pit = Pit()
    pit.order("ann", BUY, "0.1", "49000")

    pit.exchange.cancel_all_after("ann", 10, BTC)
    pit.clock.turn(9)
    pit.exchange.cancel_all_after("ann", 10, BTC)
    pit.clock.turn(9)
    alive = len(pit.exchange.truth.open_orders("ann"))
    pit.clock.turn(1)

    assert alive == 1
    assert pit.exchange.truth.open_orders("ann") == []
