"""A venue that says no for the moment is asked again, a few times a minute and not sixty."""

import pytest

from engine.domain.messages import OrderChanged, OrderState
from simulator.exchange.admission import TradingMode
from simulator.exchange.orders import OrderStatus
from tests.engine.runtime.trading_stage import TradingStage


def placements(stage: TradingStage) -> int:
    return sum(1 for seen in stage.requests if (seen.method, seen.path) == ("POST", "/api/v3/order"))


@pytest.mark.parametrize("mode", [TradingMode.CANCEL_ONLY, TradingMode.POST_ONLY])
def test_an_order_that_a_closed_market_refuses_is_sent_a_few_times_and_given_up(mode: TradingMode) -> None:
    stage = TradingStage(execution={"entry_ttl": "60s"})
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.exchange.mode = mode

    stage.decide("0.02", 60)
    stage.run(90)
    last: OrderChanged = stage.heard(OrderChanged)[-1]
    asked, left = placements(stage), stage.orders()
    stage.world.close()

    assert 2 <= asked <= 3
    assert last.state is OrderState.REFUSED
    assert not [order for order in left if order.status is OrderStatus.NEW]


def test_an_order_goes_in_as_soon_as_the_market_opens_again() -> None:
    """As after a restricted reopening (Binance 2023-03-24): the refusals before it cost nothing but time."""
    stage = TradingStage(execution={"entry_ttl": "60s"})
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.exchange.mode = TradingMode.CANCEL_ONLY
    stage.decide("0.02", 60)
    stage.run(12)
    stage.exchange.mode = TradingMode.FULL
    stage.run(30)
    (order,) = stage.orders()
    stage.world.close()

    assert order.status is OrderStatus.FILLED
