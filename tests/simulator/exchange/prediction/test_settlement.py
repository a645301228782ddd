"""What is matched moves later or not at all; answered questions pay out."""

from decimal import Decimal

import pytest

from simulator.exchange import reasons
from simulator.exchange.events import FillReversed, MarketResolved, OrderChanged, SettlementChanged
from simulator.exchange.orders import OrderStatus, Side
from simulator.exchange.prediction.exchange import VAULT
from simulator.exchange.prediction.records import SettlementState
from simulator.exchange.rejections import RejectCode, Rejected, UnknownSymbol
from simulator.exchange.venue import Venue
from tests.simulator.exchange.hand_clock import SECOND_NS
from tests.simulator.exchange.prediction.floor import FUNDS, Floor

BUY, SELL = Side.BUY, Side.SELL


def test_nothing_moves_until_the_match_is_mined() -> None:
    floor = Floor()
    floor.order("ann", BUY, "snow-no", "0.4", "50")
    floor.order("ben", BUY, "snow-yes", "0.65", "50")
    before = floor.exchange.truth.balances("ben")

    floor.clock.turn(2 * SECOND_NS)
    after = floor.exchange.truth.balances("ben")

    assert (before["USDC"].free, before["USDC"].locked) == (FUNDS - 30, Decimal(30)), (
        "the surplus of 0.05 is free at once"
    )
    assert before["snow-yes"].total == 0
    assert (after["USDC"].total, after["snow-yes"].free) == (FUNDS - 30, Decimal(50))


def test_tokens_on_their_way_cannot_be_sold() -> None:
    floor = Floor()
    floor.order("ann", BUY, "snow-no", "0.4", "50")
    floor.order("ben", BUY, "snow-yes", "0.6", "50")

    with pytest.raises(Rejected) as refused:
        floor.order("ben", SELL, "snow-yes", "0.7", "50")

    assert refused.value.code is RejectCode.INSUFFICIENT_BALANCE


def test_each_step_is_told_to_both_sides() -> None:
    floor = Floor()
    floor.order("ann", BUY, "snow-no", "0.4", "50")
    floor.order("ben", BUY, "snow-yes", "0.6", "50")
    floor.settle()

    told = [event.settlement for event in floor.told if isinstance(event, SettlementChanged)]

    steps = [SettlementState.MATCHED, SettlementState.MINED, SettlementState.CONFIRMED]
    for client in ("ann", "ben"):
        assert [one.state for one in told if one.trade.account == client] == steps


def test_a_match_that_fails_is_taken_back_from_both_sides() -> None:
    floor = Floor()
    floor.exchange.settlement_fails = lambda trades: True
    maker = floor.order("ann", BUY, "snow-no", "0.4", "80")
    taker = floor.order("ben", BUY, "snow-yes", "0.6", "50")
    assert taker.status is OrderStatus.FILLED

    floor.settle()

    for record, account in ((maker, "ann"), (taker, "ben")):
        now = floor.again(record)
        assert (now.status, now.reason) == (OrderStatus.CANCELED, reasons.SETTLEMENT_FAILED)
        assert (now.filled_lots, now.quote_filled, now.quantity_lots) == (0, Decimal(0), record.quantity_lots)
        assert floor.free(account, "USDC") == FUNDS
        assert floor.exchange.truth.closed_orders(account) == [now], "it has ended once"
        trade = floor.exchange.truth.trades(account)[0]
        settlement = floor.exchange.truth.settlement(trade)
        assert settlement is not None
        assert (settlement.state, settlement.reason) == (SettlementState.FAILED, reasons.SETTLEMENT_FAILED)
    assert floor.exchange.truth.book("snow-yes").asks == ()


def test_what_was_mined_can_be_lost_again_and_is_exchanged_back() -> None:
    floor = Floor()
    floor.exchange.settlement_undone = lambda trades: True
    maker = floor.order("ann", BUY, "snow-no", "0.4", "50")
    taker = floor.order("ben", BUY, "snow-yes", "0.6", "50")
    floor.clock.turn(2 * SECOND_NS)
    assert floor.total("ben", "snow-yes") == 50

    floor.settle()

    for record, account in ((maker, "ann"), (taker, "ben")):
        now = floor.again(record)
        assert (now.status, now.filled_lots) == (OrderStatus.CANCELED, 0)
        assert floor.free(account, "USDC") == FUNDS
        assert floor.total(account, "snow-yes") == floor.total(account, "snow-no") == 0
        told = [one.settlement for one in floor.told if isinstance(one, SettlementChanged | FillReversed)]
        steps = [one.state for one in told if one.trade.account == account]
        assert steps == [SettlementState(name) for name in ("MATCHED", "MINED", "RETRYING", "FAILED")]
    assert floor.exchange.fees_collected["snow-yes"] == 0


def test_what_was_spent_meanwhile_stays() -> None:
    floor = Floor()
    floor.exchange.settlement_undone = lambda trades: True
    floor.order("ann", BUY, "snow-no", "0.4", "50")
    floor.order("ben", BUY, "snow-yes", "0.6", "50")
    floor.clock.turn(2 * SECOND_NS)
    floor.order("ben", SELL, "snow-yes", "0.9", "50")

    floor.settle()

    assert floor.total("ben", "snow-yes") == floor.total("ann", "snow-no") == 50


def test_a_reversed_fill_is_told_after_the_order_that_lost_it() -> None:
    floor = Floor()
    floor.order("ann", BUY, "snow-no", "0.4", "50")
    floor.order("ben", BUY, "snow-yes", "0.6", "50")
    floor.exchange.settlement_fails = lambda trades: True
    floor.settle()

    kinds = [type(event) for event in floor.told[-6:] if isinstance(event, OrderChanged | FillReversed)]

    assert kinds == [OrderChanged, FillReversed, OrderChanged, FillReversed]
    steps = [event.settlement.state for event in floor.told if isinstance(event, SettlementChanged)]
    assert steps[-2:] == [SettlementState.RETRYING] * 2


def test_only_the_match_that_fails_is_taken_back() -> None:
    floor = Floor()
    floor.order("ann", BUY, "snow-no", "0.4", "10")
    floor.order("cat", BUY, "snow-no", "0.4", "10")
    floor.exchange.settlement_fails = lambda trades: any(trade.account == "ann" for trade in trades)

    taker = floor.order("ben", BUY, "snow-yes", "0.6", "20")
    floor.settle()

    now = floor.again(taker)
    assert (now.filled_lots, now.quote_filled) == (1_000, Decimal(6))
    assert floor.total("ben", "snow-yes") == floor.total("cat", "snow-no") == floor.total(VAULT, "USDC") == 10


def test_pairs_are_split_and_merged_by_hand() -> None:
    floor = Floor()

    floor.exchange.split("ann", "snow", Decimal("10.000001"))
    floor.exchange.merge("ann", "snow", Decimal(4))

    assert floor.total("ann", "USDC") == FUNDS - Decimal("6.000001")
    assert floor.total("ann", "snow-yes") == floor.total("ann", "snow-no") == Decimal("6.000001")


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "1E+30", "0.0000001", "1000.01"])
def test_a_split_or_merge_that_cannot_be_is_refused(amount: str) -> None:
    floor = Floor()

    for change in (floor.exchange.split, floor.exchange.merge):
        with pytest.raises(Rejected):
            change("ann", "snow", Decimal(amount))

    assert floor.free("ann", "USDC") == FUNDS
    with pytest.raises(UnknownSymbol):
        floor.exchange.split("ann", "hail", Decimal(1))


def test_an_answer_ends_the_orders_and_pays_the_winners() -> None:
    floor = Floor()
    floor.exchange.split("ann", "snow", Decimal(100))
    floor.order("ann", SELL, "snow-yes", "0.6", "40")
    floor.order("ben", BUY, "snow-yes", "0.6", "40")
    open_order = floor.order("ben", BUY, "snow-yes", "0.2", "40")
    floor.exchange.quote("snow-yes", [(100, 1_000)], [(900, 1_000)])

    floor.exchange.resolve("snow", "snow-yes")
    paid_early = floor.exchange.redeem("ben", "snow")
    floor.settle()
    paid = floor.exchange.redeem("ben", "snow")
    floor.exchange.redeem("ann", "snow")

    assert (floor.again(open_order).status, floor.again(open_order).reason) == (
        OrderStatus.CANCELED,
        reasons.RESOLVED,
    )
    assert (paid_early, paid) == (Decimal(0), Decimal(40)), "what is on its way can be redeemed once it has arrived"
    assert floor.total("ben", "USDC") == FUNDS - 24 + 40
    assert floor.total("ann", "USDC") == FUNDS - 100 + 24 + 60
    assert floor.total("ann", "snow-no") == floor.total(VAULT, "USDC") == 0
    book = floor.exchange.truth.book("snow-yes")
    assert (book.bids, book.asks) == ((), ())


def test_an_answered_question_takes_no_orders_and_no_other_answer() -> None:
    floor = Floor()
    with pytest.raises(Rejected):
        floor.exchange.redeem("ann", "snow")
    floor.exchange.resolve("snow", "snow-no")

    with pytest.raises(Rejected) as refused:
        floor.order("ann", BUY, "snow-yes", "0.5", "10")
    with pytest.raises(ValueError):
        floor.exchange.resolve("snow", "snow-yes")
    with pytest.raises(ValueError):
        floor.exchange.resolve("rain", "snow-yes")
    floor.exchange.quote("snow-yes", [(100, 1_000)], [(900, 1_000)])

    assert refused.value.code is RejectCode.MARKET_HALTED
    assert floor.exchange.truth.book("snow-yes").bids == ()
    assert any(isinstance(event, MarketResolved) for event in floor.told)


def test_views_of_a_venue_see_settlements_and_answers_late() -> None:
    floor = Floor()
    venue = Venue(floor.exchange, floor.clock, rest_lag_ns=SECOND_NS)
    floor.order("ann", BUY, "snow-no", "0.4", "50")
    floor.order("ben", BUY, "snow-yes", "0.6", "50")
    trade = floor.exchange.truth.trades("ann")[0]
    floor.clock.turn(2 * SECOND_NS)

    seen = venue.rest.picture
    late = seen.settlement(trade)  # type: ignore[attr-defined]
    floor.clock.turn(SECOND_NS)
    arrived = venue.rest.picture.settlement(trade)  # type: ignore[attr-defined]

    assert (late.state, arrived.state) == (SettlementState.MATCHED, SettlementState.MINED)
