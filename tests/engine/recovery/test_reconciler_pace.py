"""How often an account is read: seldom while its stream has proven itself and nothing lives, at once in any doubt."""

from collections.abc import Iterator

import pytest

from simulator.exchange.orders import OrderRecord, OrderStatus
from simulator.kernel import NS
from tests.engine.runtime.trading_stage import TradingStage

LISTS, BALANCES, LOOK_UPS = "/api/v3/openOrders", "/api/v3/account", "/api/v3/order"


@pytest.fixture
def stage() -> Iterator[TradingStage]:
    """A bot that protects, and whose first audit is over."""
    made = TradingStage(protection={"stop": "3%", "within": "5s", "grace": "10s"})
    made.boot("feed-a", "exec-a")
    made.run(60)
    yield made
    made.world.close()


def reads(stage: TradingStage, seconds: int) -> dict[str, int]:
    """Let time pass, and count what is read meanwhile."""
    before = len(stage.requests)
    stage.run(seconds)
    asked = [seen.path for seen in stage.requests[before:] if seen.method == "GET"]
    return {path: asked.count(path) for path in (LISTS, BALANCES, LOOK_UPS)}


def round_trip(stage: TradingStage) -> None:
    """Buy, and sell what was bought: the stream tells the end of three orders."""
    stage.decide("0.02", 1)
    stage.run(20)
    stage.decide("0", 2)
    stage.run(40)


def living(stage: TradingStage) -> list[OrderRecord]:
    """The stops that wait."""
    return [order for order in stage.orders() if order.status is OrderStatus.UNTRIGGERED]


def test_an_idle_account_is_read_less_often_once_its_stream_has_proven_itself(stage: TradingStage) -> None:
    doubted = reads(stage, 600)
    round_trip(stage)
    believed = reads(stage, 600)

    assert doubted[LISTS] + doubted[BALANCES] >= 80
    assert 35 <= believed[LISTS] + believed[BALANCES] <= 45
    assert believed[LISTS] >= 9


def test_a_stream_that_did_not_tell_the_end_of_an_order_is_not_believed(stage: TradingStage) -> None:
    stage.gate.silence_streams("private")
    round_trip(stage)
    reading = reads(stage, 600)

    assert [order.status for order in stage.orders() if order.trigger is None] == [OrderStatus.FILLED] * 2
    assert reading[LISTS] + reading[BALANCES] >= 80


def test_the_loss_of_the_stream_ends_the_pause_at_once(stage: TradingStage) -> None:
    round_trip(stage)
    stage.run(300)
    while stage.world.now_ns() - stage.requests[-1].at_ns < 8 * NS:
        stage.run(1)
    stage.internet.reset("exec-a", "binance")

    assert sum(reads(stage, 2).values()) == 1


def test_one_list_saves_the_look_ups_of_all_that_it_shows(stage: TradingStage) -> None:
    stage.decide("0.02", 1)
    stage.run(60)
    reading = reads(stage, 600)

    assert len(living(stage)) == 1
    assert reading[LOOK_UPS] <= 12
    assert reading[LISTS] >= 600 // 8


@pytest.mark.parametrize("moment", range(61, 69))
def test_a_stop_that_is_gone_untold_is_missed_within_eight_seconds(stage: TradingStage, moment: int) -> None:
    """Neither the stream nor anybody else says a word: the list is what tells, and a look-up what proves."""
    stage.decide("0.02", 1)
    stage.run(moment)
    stage.gate.silence_streams("private")
    (stop,), gone_ns = living(stage), stage.world.wall_ns()
    stage.exchange.cancel("main", order_id=stop.order_id)
    stage.run(12)

    (placed,) = living(stage)
    assert placed.created_ns - gone_ns < 8 * NS + 2 * NS  # the guard gives a venue that drops stops a second


def test_a_list_that_leaves_out_a_stop_proves_nothing(stage: TradingStage) -> None:
    """binance-api-postman#102: the order is looked up, found, and left alone; nothing is placed twice."""
    stage.decide("0.02", 1)
    stage.run(60)
    (stop,) = living(stage)
    stage.venue.rest.miss_open_orders(share=1.0, random=stage.world.randomness.stream("rows"))
    reading = reads(stage, 120)

    assert living(stage) == [stop]
    assert reading[LOOK_UPS] >= 120 // 8
