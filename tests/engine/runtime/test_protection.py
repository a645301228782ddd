"""Protection over the wire: a stop rests at the venue as long as a position is open, whatever happens to either."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.messages import OrderChanged, Protected
from engine.domain.money import Quantity
from simulator.dialects.gate import Rule
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderStatus, OrderType, Side, Trigger
from simulator.exchange.rejections import RejectCode
from simulator.kernel import NS
from tests.engine.runtime.answer_stage import SHARE, AnswerStage
from tests.engine.runtime.trading_stage import BTC, TradingStage

PROTECTION: dict[str, Any] = {"stop": "3%", "within": "5s", "grace": "10s"}


@pytest.fixture(params=["binance", "okx", "bybit", "coinbase"])
def stage(request: pytest.FixtureRequest) -> Iterator[TradingStage]:
    """An executor that protects, twelve seconds after it began."""
    made = TradingStage(at=request.param, protection=PROTECTION, feed={"books": True})
    made.boot("feed-a", "exec-a", "monitor-a")
    made.run(12)
    yield made
    made.world.close()


def stops(stage: TradingStage) -> list[OrderRecord]:
    """The stops of the account, oldest first."""
    return [order for order in stage.orders() if order.trigger is Trigger.STOP]


def living(stage: TradingStage) -> list[OrderRecord]:
    """The stops that wait."""
    return [order for order in stops(stage) if order.status is OrderStatus.UNTRIGGERED]


def lots(quantity: str) -> int:
    """How many lots a quantity is."""
    return int(Decimal(quantity) / Decimal("0.00001"))


def bought_at(stage: TradingStage) -> str:
    """How much is left of two hundredths of a coin: all of it where the fee is taken from the money."""
    return "0.02" if stage.venue.name == "coinbase" else "0.01998"


def test_a_stop_of_its_size_rests_within_seconds_of_the_fill(stage: TradingStage) -> None:
    """What was bought, less the fee that was taken from it, three in a hundred below what it cost."""
    stage.decide("0.02", 1)
    stage.run(5)

    (stop,) = living(stage)
    bought = next(order for order in stage.orders() if order.side is Side.BUY)
    held, limited = bought_at(stage), stage.venue.name == "coinbase"
    assert (stop.side, stop.quantity_lots) == (Side.SELL, lots(held))
    assert stop.type is (OrderType.LIMIT if limited else OrderType.MARKET)
    assert stop.created_ns - bought.updated_ns < 2 * NS
    assert stop.stop_ticks == pytest.approx(60_006 * 0.97 * 100, abs=2)
    told: Protected = stage.heard(Protected)[-1]
    assert (told.instrument, told.position, told.covered) == (BTC, Quantity(held), Quantity(held))


def test_an_exit_makes_the_stop_give_way_and_nothing_is_left(stage: TradingStage) -> None:
    """On spot the stop locks the coins: it is cancelled first, and the position is closed seconds later."""
    stage.decide("0.02", 1)
    stage.run(10)
    stage.decide("0", 2)
    stage.run(10)

    assert living(stage) == []
    (sold,) = [order for order in stage.orders() if order.side is Side.SELL and order.trigger is None]
    (stop,) = stops(stage)
    assert (sold.status, sold.quantity_lots) == (OrderStatus.FILLED, lots(bought_at(stage)))
    assert stop.status is OrderStatus.CANCELED
    assert sold.created_ns - stop.updated_ns < 2 * NS
    told: Protected = stage.heard(Protected)[-1]
    assert abs(told.position) < Quantity("0.00001")
    assert told.covered == Quantity(0)


def test_what_an_exit_leaves_is_protected_anew(stage: TradingStage) -> None:
    """Half of the position is sold; the other half gets a stop of its own size."""
    stage.decide("0.02", 1)
    stage.run(10)
    stage.decide("0.01", 2)
    stage.run(15)

    (stop,) = living(stage)
    assert stop.quantity_lots == lots("0.01")


def test_what_is_bought_on_top_gets_a_stop_of_its_own(stage: TradingStage) -> None:
    """The first stop stays where it is: nothing is unprotected while the position grows."""
    stage.decide("0.01", 1)
    stage.run(10)
    (first,) = living(stage)
    stage.decide("0.02", 2)
    stage.run(10)

    assert living(stage)[0].order_id == first.order_id
    assert sum(order.quantity_lots for order in living(stage)) == pytest.approx(lots(bought_at(stage)), abs=1)


def test_a_stop_that_is_set_off_closes_the_position_and_the_books_know(stage: TradingStage) -> None:
    """The venue sells; the ledger says what the account has."""
    stage.decide("0.02", 1)
    stage.run(10)
    stage.middle = 57_500
    stage.run(30)

    (stop,) = stops(stage)
    assert stop.status is OrderStatus.FILLED
    assert {asset: stage.ledger()[asset] for asset in ("BTC", "USDT")} == stage.truth()
    assert living(stage) == []


def test_after_a_crash_the_stop_is_found_again_and_none_is_placed_twice(stage: TradingStage) -> None:
    """It rests while nobody is there to watch it, and is the same afterwards."""
    stage.decide("0.02", 1)
    stage.run(10)
    stage.world.hosts["exec-a"].crash()
    stage.run(20)
    assert len(living(stage)) == 1
    stage.world.hosts["exec-a"].boot()
    stage.run(60)

    assert len(stops(stage)) == 1
    assert len(living(stage)) == 1
    told = [one for one in stage.heard(OrderChanged) if one.strategy == "protection"]
    assert told[-1].state.value == "waiting"


def test_a_stop_whose_acknowledgement_is_lost_is_found_and_not_sent_again(stage: TradingStage) -> None:
    """hummingbot#493, for stops."""
    stage.decide("0.02", 1)
    stage.inject(Rule(kind="ack_lost", endpoints=frozenset({"orders"})), seconds=20)
    stage.run(60)

    assert len(stops(stage)) == 1
    assert len(living(stage)) == 1
    states = [one.state.value for one in stage.heard(OrderChanged) if one.strategy == "protection"]
    assert "unknown" in states
    assert states[-1] == "waiting"


def test_a_refused_stop_is_tried_nearer_to_the_price_and_nothing_is_sold(stage: TradingStage) -> None:
    """freqtrade#12598: a price band refuses what is far away, which is no reason to leave at the market."""
    tried: list[Decimal] = []

    def band(request: OrderRequest) -> RejectCode | None:
        if request.stop_price is None:
            return None
        tried.append(request.stop_price)
        return RejectCode.PRICE_FILTER if request.stop_price < 59_000 else None

    stage.exchange.refuses = band
    stage.decide("0.02", 1)
    stage.run(20)

    assert [float(price) for price in tried] == pytest.approx([58_205, 59_103], abs=5)
    assert len(living(stage)) == 1
    assert not [order for order in stage.orders() if order.side is Side.SELL and order.trigger is None]


def test_a_position_for_which_the_venue_takes_no_stop_at_all_is_left_after_bounded_attempts(
    stage: TradingStage,
) -> None:
    """Four refusals in a quarter of a minute, then one exit; and somebody is told."""
    refusals: list[OrderRequest] = []

    def none(request: OrderRequest) -> RejectCode | None:
        if request.stop_price is None:
            return None
        refusals.append(request)
        return RejectCode.PRICE_FILTER

    stage.exchange.refuses = none
    stage.decide("0.02", 1)
    stage.run(40)

    assert len(refusals) == 4
    (sold,) = [order for order in stage.orders() if order.side is Side.SELL]
    assert (sold.status, sold.quantity_lots) == (OrderStatus.FILLED, lots(bought_at(stage)))
    assert ("trigger", f"test-bot/safety/market/{stage.venue.name}/BTC/USDT/protection") in stage.pages()
    assert {asset: stage.ledger()[asset] for asset in ("BTC", "USDT")} == stage.truth()


def test_a_stop_that_does_not_fire_is_given_a_grace_and_then_done_without(stage: TradingStage) -> None:
    """freqtrade#12981: the price stays beyond the stop, feed and venue say so, and the stop still waits."""
    stage.decide("0.02", 1)
    stage.run(10)
    stage.exchange.stops_asleep = True
    stage.middle = 57_000
    stage.run(9)
    assert not [order for order in stage.orders() if order.side is Side.SELL and order.trigger is None]
    stage.run(21)

    (stop,) = stops(stage)
    (sold,) = [order for order in stage.orders() if order.side is Side.SELL and order.trigger is None]
    assert stop.status is OrderStatus.CANCELED
    assert (sold.status, sold.quantity_lots) == (OrderStatus.FILLED, lots(bought_at(stage)))
    assert {asset: stage.ledger()[asset] for asset in ("BTC", "USDT")} == stage.truth()


def test_a_price_that_comes_back_within_the_grace_moves_nothing(stage: TradingStage) -> None:
    """One print beyond the stop is no reason to sell."""
    stage.decide("0.02", 1)
    stage.run(10)
    stage.exchange.stops_asleep = True
    stage.middle = 57_000
    stage.run(7)
    stage.middle = 60_000
    stage.run(30)

    assert not [order for order in stage.orders() if order.side is Side.SELL and order.trigger is None]
    assert len(living(stage)) == 1


def test_an_exit_that_finds_its_coins_sold_by_the_stop_sells_nothing_of_the_owner(stage: TradingStage) -> None:
    """The account holds two more coins, which are not the bot's."""
    stage.decide("0.02", 1)
    stage.run(10)
    stage.middle = 57_000
    stage.decide("0", 2)
    stage.run(40)

    sold = sum(order.filled_lots for order in stage.orders() if order.side is Side.SELL)
    assert sold == lots(bought_at(stage))
    assert stage.truth()["BTC"] >= Decimal(2)


def test_an_exit_goes_though_look_ups_call_the_stop_open_that_was_cancelled_for_it(stage: TradingStage) -> None:
    """The stream is silent as well. It closes what the stop would have closed, once, and nothing of the owner's."""
    stage.decide("0.02", 1)
    stage.run(10)
    stage.venue.rest.tell_wrongly(share=1, as_open=True, random=stage.world.randomness.stream("told"))
    stage.gate.silence_streams("private")
    stage.decide("0", 2)
    stage.run(25)

    sold = [order for order in stage.orders() if order.side is Side.SELL and order.filled_lots]
    assert [order.filled_lots for order in sold] == [lots(bought_at(stage))]
    assert stage.truth()["BTC"] >= Decimal(2)
    assert living(stage) == []


def test_a_stop_that_somebody_cancelled_is_placed_again(stage: TradingStage) -> None:
    """Forced by the venue or done by hand: the position is still there."""
    stage.decide("0.02", 1)
    stage.run(10)
    (stop,) = living(stage)
    stage.exchange.cancel("main", order_id=stop.order_id)
    stage.run(15)

    assert len(living(stage)) == 1
    assert len(stops(stage)) == 2


def test_while_the_venue_is_away_nothing_is_sold_and_the_stop_comes_with_it(stage: TradingStage) -> None:
    """Trouble on the way is no refusal."""
    stage.decide("0.02", 1)
    stage.run(0.9)
    stage.inject(Rule(kind="error", status=503), seconds=60)
    stage.run(120)

    assert len(living(stage)) == 1
    assert not [order for order in stage.orders() if order.side is Side.SELL and order.trigger is None]


@pytest.fixture
def coinbase() -> Iterator[TradingStage]:
    """The same where a stop becomes a limit order and nothing else, with a position of 0.02."""
    made = TradingStage(at="coinbase", protection=PROTECTION)
    made.boot("feed-a", "exec-a", "monitor-a")
    made.run(12)
    made.decide("0.02", 1)
    made.run(10)
    yield made
    made.world.close()


def test_where_a_stop_needs_a_limit_it_has_one_beyond_its_price_and_sells_in_between(coinbase: TradingStage) -> None:
    """Two in a hundred further down: it sells at what is bid, which is more."""
    (stop,) = living(coinbase)
    assert (stop.type, stop.quantity_lots) == (OrderType.LIMIT, lots("0.02"))
    assert stop.stop_ticks is not None
    assert stop.price_ticks == pytest.approx(stop.stop_ticks * 0.98, abs=2)

    coinbase.middle = 57_900
    coinbase.run(30)

    (stop,) = stops(coinbase)
    assert stop.status is OrderStatus.FILLED
    assert stop.quote_filled > Decimal("0.02") * 57_800
    assert {asset: coinbase.ledger()[asset] for asset in ("BTC", "USDT")} == coinbase.truth()


def test_a_price_that_falls_through_stop_and_limit_at_once_is_left_by_an_order_of_our_own(
    coinbase: TradingStage,
) -> None:
    """The stop was set off, and rests where nobody buys: after the grace it is ended, and the position closed."""
    coinbase.middle = 55_000
    coinbase.run(9)
    (stop,) = stops(coinbase)
    assert stop.status is OrderStatus.NEW
    coinbase.run(31)

    (stop,) = stops(coinbase)
    (sold,) = [order for order in coinbase.orders() if order.side is Side.SELL and order.trigger is None]
    assert stop.status is OrderStatus.CANCELED
    assert (sold.status, sold.quantity_lots) == (OrderStatus.FILLED, lots("0.02"))
    assert {asset: coinbase.ledger()[asset] for asset in ("BTC", "USDT")} == coinbase.truth()


def test_where_the_adapter_places_no_stops_the_guard_itself_leaves_what_falls_too_far() -> None:
    """Polymarket has none: nobody is paged for that, and two readings beyond the line are enough to sell."""
    stage = AnswerStage(protection=PROTECTION)
    stage.boot("feed-a", "exec-a", "monitor-a")
    stage.run(20)
    stage.decide("100", 1)
    stage.run(25)
    assert [(order.side, order.status) for order in stage.orders()] == [(Side.BUY, OrderStatus.FILLED)]

    stage.middle = Decimal("0.45")
    stage.run(40)
    sold = [order for order in stage.orders() if order.side is Side.SELL]
    assert [order.status for order in sold] == [OrderStatus.FILLED]
    assert stage.truth().get(SHARE, Decimal(0)) < 1
    assert not [key for _, key in stage.pages() if "protection" in key]
    stage.world.close()
