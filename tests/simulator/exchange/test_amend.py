"""Changing an open order: its place in the queue, its money, and what is refused."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from simulator.exchange import reasons
from simulator.exchange.exchange import Exchange, TradingMode
from simulator.exchange.orders import OrderRecord, OrderStatus, Side
from simulator.exchange.rejections import RejectCode, Rejected, UnknownOrder
from tests.simulator.exchange.hand_clock import SYMBOL, limit, market, small_exchange

BUY, SELL = Side.BUY, Side.SELL


def queue_of_two() -> tuple[Exchange, OrderRecord, OrderRecord]:
    exchange = small_exchange(maker_bps="0", taker_bps="0")
    first = exchange.submit(limit("ann", SELL, "60000", "0.3", client_order_id="first"))
    second = exchange.submit(limit("ben", SELL, "60000", "0.3"))
    return exchange, first, second


@pytest.mark.parametrize(
    ("price", "quantity", "keeps_its_place"),
    [(None, "0.2", True), (None, "0.4", False), ("60000", "0.2", True)],
)
def test_only_an_order_that_shrinks_keeps_its_place(price: str | None, quantity: str, keeps_its_place: bool) -> None:
    exchange, first, second = queue_of_two()

    amended = exchange.amend(
        "ann", client_order_id="first", price=None if price is None else Decimal(price), quantity=Decimal(quantity)
    )
    exchange.submit(limit("ben", BUY, "60000", "0.1"))

    assert (amended.order_id, amended.status, amended.reason) == (first.order_id, OrderStatus.NEW, reasons.AMENDED)
    assert (exchange.truth.order("ann", order_id=first.order_id).filled_lots > 0) is keeps_its_place
    assert (exchange.truth.order("ben", order_id=second.order_id).filled_lots > 0) is not keeps_its_place


def test_an_order_that_goes_away_and_comes_back_is_last() -> None:
    exchange, first, second = queue_of_two()

    exchange.amend("ann", order_id=first.order_id, price=Decimal(60_010))
    exchange.amend("ann", order_id=first.order_id, price=Decimal(60_000))
    exchange.submit(limit("ben", BUY, "60000", "0.1"))

    assert exchange.truth.order("ann", order_id=first.order_id).filled_lots == 0
    assert exchange.truth.order("ben", order_id=second.order_id).filled_lots == 10_000


def test_a_new_price_that_crosses_trades_at_once() -> None:
    exchange, first, _ = queue_of_two()
    bid = exchange.submit(limit("ben", BUY, "59000", "0.1"))

    amended = exchange.amend("ann", order_id=first.order_id, price=Decimal(58_000))

    assert (amended.status, amended.quote_filled) == (OrderStatus.PARTIALLY_FILLED, Decimal(5_900))
    assert exchange.truth.order("ben", order_id=bid.order_id).status is OrderStatus.FILLED
    assert exchange.truth.book(SYMBOL).asks[0] == (5_800_000, 20_000)


def test_the_quantity_is_the_whole_and_the_hold_follows() -> None:
    exchange, first, _ = queue_of_two()
    exchange.submit(limit("ben", BUY, "60000", "0.1"))

    exchange.amend("ann", order_id=first.order_id, quantity=Decimal("0.5"))
    grown = exchange.truth.balances("ann")["BTC"].locked
    exchange.amend("ann", order_id=first.order_id, quantity=Decimal("0.15"))

    assert (grown, exchange.truth.balances("ann")["BTC"].locked) == (Decimal("0.4"), Decimal("0.05"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": Decimal("0.3")}, RejectCode.AMEND_NOTHING),
        ({}, RejectCode.AMEND_NOTHING),
        ({"quantity": Decimal("0.1")}, RejectCode.AMEND_FILLED),
        ({"quantity": Decimal(-1)}, RejectCode.LOT_SIZE),
        ({"quantity": Decimal(11)}, RejectCode.INSUFFICIENT_BALANCE),
        ({"price": Decimal("60000.001")}, RejectCode.PRICE_FILTER),
        ({"price": Decimal("0.01")}, RejectCode.MIN_NOTIONAL),
        ({"stop_price": Decimal(60_000)}, RejectCode.TERMS),
    ],
)
def test_a_refused_amendment_leaves_the_order_as_it_was(change: dict[str, Decimal], code: RejectCode) -> None:
    exchange, first, _ = queue_of_two()
    exchange.submit(limit("ben", BUY, "60000", "0.1"))
    before = exchange.truth.order("ann", order_id=first.order_id), exchange.truth.balances("ann")

    with pytest.raises(Rejected) as refusal:
        exchange.amend("ann", order_id=first.order_id, **change)  # type: ignore[arg-type]

    assert refusal.value.code is code
    assert (exchange.truth.order("ann", order_id=first.order_id), exchange.truth.balances("ann")) == before


def test_a_post_only_order_may_not_be_amended_into_a_match() -> None:
    exchange, _, _ = queue_of_two()
    bid = exchange.submit(limit("ben", BUY, "59000", "0.1", post_only=True))

    with pytest.raises(Rejected) as refusal:
        exchange.amend("ben", order_id=bid.order_id, price=Decimal(60_000))

    assert refusal.value.code is RejectCode.POST_ONLY_WOULD_MATCH


def test_nobody_amends_what_is_not_open_not_his_or_on_its_way_out() -> None:
    exchange, first, _ = queue_of_two()
    exchange.silent_reject = lambda request: True
    doomed = exchange.submit(limit("ann", SELL, "60000", "0.3"))

    with pytest.raises(UnknownOrder):
        exchange.amend("ben", order_id=first.order_id, quantity=Decimal("0.2"))
    with pytest.raises(UnknownOrder):
        exchange.amend("ann", order_id=doomed.order_id, quantity=Decimal("0.2"))
    exchange.mode = TradingMode.CANCEL_ONLY
    with pytest.raises(Rejected) as refusal:
        exchange.amend("ann", order_id=first.order_id, quantity=Decimal("0.2"))

    assert refusal.value.code is RejectCode.CANCEL_ONLY


def test_a_market_order_by_quote_amount_spends_no_more_than_it_says() -> None:
    exchange = small_exchange()
    exchange.quote(SYMBOL, [(5_900_000, 10**6)], [(6_000_000, 1_000), (6_100_000, 10**6)])
    request = replace(market("ann", BUY, "0"), quote_amount=Decimal(1000))

    bought = exchange.submit(request)
    sold = exchange.submit(replace(request, account="ben", side=SELL))

    assert (bought.status, bought.quote_filled) == (OrderStatus.FILLED, 600 + 400 // Decimal("0.61") * Decimal("0.61"))
    assert (sold.status, sold.quote_filled) == (OrderStatus.FILLED, 1000 // Decimal("0.59") * Decimal("0.59"))


def test_a_quote_amount_that_the_book_cannot_give_expires_in_part() -> None:
    exchange = small_exchange()
    request = replace(market("ann", BUY, "0"), quote_amount=Decimal(1000))
    nobody = exchange.submit(request)
    exchange.quote(SYMBOL, [], [(6_000_000, 1_000)])

    some = exchange.submit(request)

    assert (nobody.status, nobody.filled_lots) == (OrderStatus.EXPIRED, 0)
    assert (some.status, some.filled_lots, some.reason) == (OrderStatus.EXPIRED, 1_000, reasons.NO_LIQUIDITY)


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("NaN", RejectCode.QUOTE_AMOUNT),
        ("-5", RejectCode.QUOTE_AMOUNT),
        ("1e99", RejectCode.QUOTE_AMOUNT),
        ("4.99", RejectCode.MIN_NOTIONAL),
        ("1e9", RejectCode.LOT_SIZE),
        ("2e6", RejectCode.INSUFFICIENT_BALANCE),
    ],
)
def test_an_amount_that_makes_no_sense_is_refused(amount: str, code: RejectCode) -> None:
    exchange = small_exchange()
    exchange.quote(SYMBOL, [], [(6_000_000, 10**9)])

    with pytest.raises(Rejected) as refusal:
        exchange.submit(replace(market("ann", BUY, "0"), quote_amount=Decimal(amount)))

    assert refusal.value.code is code
