"""A market maker and a person's own strategy, from prices on the wire to orders at the venue."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.domain.messages import Decision
from simulator.exchange.orders import OPEN, OrderRecord, Side
from simulator.kernel import NS
from tests.engine.runtime.trading_stage import TradingStage

NODES = ("feed-a", "signal-a", "exec-a", "monitor-a")


@pytest.fixture
def maker() -> Iterator[TradingStage]:
    stage = TradingStage(
        strategy={"name": "market-maker", "bar": "5s", "spread": "40bps", "lean": "5bps", "slice": "50%"},
        execution={"entry_ttl": "5m", "not_after": "20s"},
        signal={"gather": "2s"},
    )
    stage.boot(*NODES)
    yield stage
    stage.world.close()


def resting(stage: TradingStage) -> list[OrderRecord]:
    return [order for order in stage.orders() if order.status in OPEN and order.trigger is None]


def test_quotes_rest_stay_while_the_price_does_and_move_when_it_moves(maker: TradingStage) -> None:
    maker.run(40)
    (bid,) = resting(maker)
    assert bid.side is Side.BUY
    maker.run(20)
    assert [order.order_id for order in resting(maker)] == [bid.order_id]

    maker.middle = 60_600
    maker.run(20)
    (moved,) = resting(maker)
    assert moved.order_id != bid.order_id
    assert (moved.price_ticks or 0) > (bid.price_ticks or 0)


def test_a_filled_bid_is_offered_and_the_position_never_leaves_its_bounds(maker: TradingStage) -> None:
    maker.run(40)
    for middle in (59_700, 60_300, 59_600, 60_400, 60_000):
        maker.middle = middle
        maker.run(30)

    trades = [order for order in maker.orders() if order.filled_lots]
    assert {order.side for order in trades} == {Side.BUY, Side.SELL}
    held = maker.truth()["BTC"] - 2
    assert 0 <= held <= maker.config.instruments["BTC/USDT"].size
    assert maker.ledger()["BTC"] == maker.truth()["BTC"]


def test_quotes_die_by_themselves_when_the_signal_does(maker: TradingStage) -> None:
    maker.run(40)
    assert resting(maker)
    maker.world.crash("signal-a")
    maker.run(310)

    assert resting(maker) == []


def test_nothing_is_quoted_without_fresh_prices(maker: TradingStage) -> None:
    maker.run(40)
    maker.world.crash("feed-a")
    maker.run(60)

    said: list[Any] = [one for at_ns, one in maker.said if isinstance(one, Decision) and at_ns > 70 * NS]
    assert said == []


OWN = """
from dataclasses import dataclass
from engine.ports.strategy import ZERO, Hold, View, Wish

@dataclass(frozen=True, kw_only=True)
class InAndOut:
    above: int
    bars_needed: int = 1

    def decide(self, view: View) -> Wish:
        return Hold(view.size if view.price.value > self.above else ZERO)
"""


def test_ten_lines_of_a_persons_own_trade(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    use = f"{tmp_path}/mine.py:InAndOut"
    stage = TradingStage(strategy={"name": "mine", "use": use, "bar": "10s", "above": 60_500})
    stage.boot(*NODES)
    stage.run(60)
    assert stage.orders() == []

    stage.middle = 61_000
    stage.run(30)
    assert stage.truth()["BTC"] - 2 > 0
    stage.middle = 60_000
    stage.run(60)
    assert abs(stage.truth()["BTC"] - 2) < stage.config.instruments["BTC/USDT"].size / 100
    stage.world.close()


def test_execution_goes_on_with_what_is_queued_when_every_signal_is_dead() -> None:
    """A decision was stored, then the executor's machine was off, and then the last signal died."""
    stage = TradingStage()
    stage.boot("feed-a", "exec-a", "monitor-a")
    stage.run(20)
    stage.world.crash("exec-a")
    stage.decide("0.02", 600)
    stage.run(5)
    stage.world.reboot("exec-a")
    stage.run(30)

    assert stage.truth()["BTC"] - 2 > 0
    assert [said.decision for said in stage.handled()] == ["600"]
    stage.world.close()
