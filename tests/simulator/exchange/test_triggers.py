"""Orders that wait for a price: when they act, what they hold until then, and what can end them before."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from simulator.exchange import reasons
from simulator.exchange.events import Event, OrderChanged
from simulator.exchange.exchange import Exchange
from simulator.exchange.orders import OrderRequest, OrderStatus, Side, TimeInForce, Trigger
from simulator.exchange.rejections import RejectCode, Rejected
from tests.simulator.exchange.hand_clock import BTC, SYMBOL, average, limit, market, small_exchange

BUY, SELL = Side.BUY, Side.SELL
STOP, TAKE_PROFIT = Trigger.STOP, Trigger.TAKE_PROFIT


def waiting(request: OrderRequest, trigger: Trigger, stop_price: str, *, holds: bool = True) -> OrderRequest:
    return replace(request, trigger=trigger, stop_price=Decimal(stop_price), holds_untriggered=holds)


def traded_at(exchange: Exchange, price: int) -> None:
    """Let strangers trade at a price, in whole dollars."""
    exchange.print_trade(SYMBOL, BUY, price * 100, 1)


def liquid_exchange() -> Exchange:
    exchange = small_exchange(maker_bps="0", taker_bps="0")
    exchange.quote(SYMBOL, [(5_990_000, 10**6)], [(6_010_000, 10**6)])
    traded_at(exchange, 60_000)
    return exchange


@pytest.mark.parametrize(
    ("side", "trigger", "stop", "not_yet", "reached"),
    [
        (SELL, STOP, "59000", 59_001, 59_000),
        (BUY, STOP, "61000", 60_999, 61_000),
        (SELL, TAKE_PROFIT, "61000", 60_999, 61_000),
        (BUY, TAKE_PROFIT, "59000", 59_001, 59_000),
    ],
)
def test_it_waits_until_the_last_price_reaches_its_stop_price(
    side: Side, trigger: Trigger, stop: str, not_yet: int, reached: int
) -> None:
    exchange = liquid_exchange()
    record = exchange.submit(waiting(market("ann", side, "0.1"), trigger, stop))
    assert record.status is OrderStatus.UNTRIGGERED
    assert record.is_open
    assert record.stop_ticks == BTC.ticks(Decimal(stop))

    traded_at(exchange, not_yet)
    assert exchange.truth.open_orders("ann") == [record]
    traded_at(exchange, reached)

    after = exchange.truth.order("ann", order_id=record.order_id)
    assert (after.status, average(after)) == (OrderStatus.FILLED, Decimal(60_100 if side is BUY else 59_900))
    assert after.triggered_ns is not None


def test_a_stop_limit_comes_into_the_book_and_its_life_is_told_step_by_step() -> None:
    exchange = liquid_exchange()
    told: list[Event] = []
    exchange.events.subscribe(told.append)
    record = exchange.submit(waiting(limit("ann", SELL, "60050", "0.1"), STOP, "59000"))
    assert exchange.truth.book(SYMBOL).asks == ((6_010_000, 10**6),)

    traded_at(exchange, 58_000)
    assert exchange.truth.book(SYMBOL).asks[0] == (6_005_000, 10_000)
    exchange.submit(limit("ben", BUY, "60050", "0.1"))

    statuses = [e.record.status for e in told if isinstance(e, OrderChanged) and e.record.order_id == record.order_id]
    assert statuses == [OrderStatus.UNTRIGGERED, OrderStatus.NEW, OrderStatus.FILLED]


def test_one_that_is_set_off_can_set_off_the_next() -> None:
    exchange = small_exchange()
    exchange.quote(SYMBOL, [(6_000_000, 10_000), (5_800_000, 10_000), (5_600_000, 10_000)], [])
    traded_at(exchange, 60_500)
    first = exchange.submit(waiting(market("ann", SELL, "0.2"), STOP, "60000"))
    second = exchange.submit(waiting(market("ann", SELL, "0.1"), STOP, "58000"))

    traded_at(exchange, 60_000)

    fills = {trade.order_id: trade.price_ticks for trade in exchange.truth.trades("ann")}
    assert fills == {first.order_id: 5_800_000, second.order_id: 5_600_000}


def test_a_price_that_was_touched_and_left_at_the_same_moment_counts() -> None:
    exchange = liquid_exchange()
    exchange.submit(waiting(market("ann", BUY, "0.1"), STOP, "60040"))  # will trade at 60,100
    exchange.submit(waiting(market("ann", SELL, "0.1"), TAKE_PROFIT, "60045"))  # and then this at 59,900
    record = exchange.submit(waiting(market("ben", BUY, "0.1"), STOP, "60090"))

    traded_at(exchange, 60_050)

    assert [trade.price_ticks for trade in exchange.truth.trades("ann")] == [6_010_000, 5_990_000]
    assert exchange.truth.order("ben", order_id=record.order_id).status is OrderStatus.FILLED


def test_a_stop_price_that_has_been_reached_already_is_refused() -> None:
    exchange = liquid_exchange()

    with pytest.raises(Rejected) as refusal:
        exchange.submit(waiting(market("ann", SELL, "0.1"), STOP, "60000"))

    assert refusal.value.code is RejectCode.STOP_WOULD_TRIGGER


def test_it_holds_what_it_will_need_or_nothing_as_the_venue_does() -> None:
    exchange = liquid_exchange()

    exchange.submit(waiting(limit("ann", BUY, "62000", "1"), STOP, "61000"))
    exchange.submit(waiting(market("ann", BUY, "1"), STOP, "61000"))
    exchange.submit(waiting(market("ann", SELL, "1"), STOP, "59000"))
    exchange.submit(waiting(market("ann", BUY, "1"), STOP, "61000", holds=False))

    assert exchange.truth.balances("ann")["USDT"].locked == 62_000 + 61_000
    assert exchange.truth.balances("ann")["BTC"].locked == 1


def test_one_that_held_nothing_is_rejected_if_the_money_is_gone_when_it_is_triggered() -> None:
    exchange = liquid_exchange()
    record = exchange.submit(waiting(market("ann", SELL, "8"), STOP, "59000", holds=False))
    exchange.submit(limit("ann", SELL, "70000", "5"))

    traded_at(exchange, 59_000)

    after = exchange.truth.order("ann", order_id=record.order_id)
    assert (after.status, after.reason) == (OrderStatus.REJECTED, reasons.NO_FUNDS)
    assert exchange.truth.balances("ann")["BTC"].locked == 5


def test_a_stop_that_became_dearer_than_its_hold_takes_from_what_is_free() -> None:
    exchange = small_exchange(maker_bps="0", taker_bps="0")
    traded_at(exchange, 60_000)
    record = exchange.submit(waiting(market("ann", BUY, "1"), STOP, "61000"))
    exchange.quote(SYMBOL, [], [(7_000_000, 10**6)])

    traded_at(exchange, 61_000)

    assert exchange.truth.order("ann", order_id=record.order_id).status is OrderStatus.FILLED
    assert exchange.truth.balances("ann")["USDT"].free == 930_000
    assert exchange.truth.balances("ann")["USDT"].locked == 0


def test_it_can_be_cancelled_and_amended_while_it_waits() -> None:
    exchange = liquid_exchange()
    kept = exchange.submit(waiting(market("ann", SELL, "1"), STOP, "59000"))
    gone = exchange.submit(waiting(market("ann", SELL, "1"), STOP, "59000"))

    exchange.cancel("ann", order_id=gone.order_id)
    moved = exchange.amend("ann", order_id=kept.order_id, stop_price=Decimal(58_000), quantity=Decimal(2))
    traded_at(exchange, 59_000)

    assert moved.status is OrderStatus.UNTRIGGERED
    assert exchange.truth.balances("ann")["BTC"].locked == 2
    assert exchange.truth.open_orders("ann") == [moved]
    traded_at(exchange, 58_000)
    assert exchange.truth.order("ann", order_id=kept.order_id).status is OrderStatus.FILLED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"stop_price": None}, RejectCode.STOP_PRICE),
        ({"trigger": None}, RejectCode.STOP_PRICE),
        ({"stop_price": Decimal("0.001")}, RejectCode.STOP_PRICE),
        ({"stop_price": Decimal("NaN")}, RejectCode.STOP_PRICE),
        ({"post_only": True}, RejectCode.TERMS),
        ({"post_only": True, "time_in_force": TimeInForce.IOC}, RejectCode.POST_ONLY_NOT_LIMIT),
        ({"quantity": Decimal("0.00001"), "price": Decimal(1000)}, RejectCode.MIN_NOTIONAL),
    ],
)
def test_terms_that_make_no_sense_are_refused(change: dict[str, object], code: RejectCode) -> None:
    exchange = liquid_exchange()
    request = waiting(limit("ann", SELL, "58000", "0.1"), STOP, "59000")

    with pytest.raises(Rejected) as refusal:
        exchange.submit(replace(request, **change))

    assert refusal.value.code is code
