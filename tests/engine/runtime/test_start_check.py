"""A start that could lose money is refused whole; where something is at stake already, it is held and paged."""

import asyncio
from typing import Any

import pytest

from engine.domain.messages import AlertRaised, AlertResolved
from engine.runtime.mistakes import ConfigRefused
from engine.runtime.node import run_node
from simulator.exchange.orders import Side
from simulator.exchange.venue import ApiKey
from simulator.kernel import Host
from tests.engine.runtime.stage import KEY, SECRET
from tests.engine.runtime.trading_stage import TradingStage


class Refusing(TradingStage):
    """A stage on which a node may refuse to start."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(**changes)
        self.refused: ConfigRefused | None = None

    async def _run(self, host: Host) -> None:
        try:
            await run_node(host.name, self.config, self.surroundings(host))
        except ConfigRefused as problem:
            self.refused = problem
            await asyncio.Event().wait()

    def allow(self, *may: str) -> None:
        """Change what the key may do."""
        self.venue.issue_key(ApiKey(account="main", key=KEY, secret=SECRET, may=frozenset(may)))  # type: ignore[arg-type]

    def mistakes(self) -> list[str]:
        return [str(mistake) for mistake in self.refused.mistakes] if self.refused is not None else []


def test_every_mistake_that_only_the_venue_can_tell_is_told_at_once() -> None:
    stage = Refusing(
        instruments={
            "BTC/USDT": {"size": 0.00005, "limit": 0.05},
            "DOGE/USDT": {"size": 1, "limit": 1},
        }
    )
    stage.allow("read", "withdraw")
    stage.boot("exec-a")
    stage.run(30)

    told = stage.mistakes()
    stage.world.close()

    assert [line.split(":")[0] for line in told] == [
        "instruments.BTC/USDT.size",
        "instruments.DOGE/USDT",
        "venues.binance.key_env",
        "venues.binance.key_env",
    ]
    assert "below the minimum 5" in told[0]
    assert "may not trade" in told[2]
    assert "may withdraw" in told[3]
    assert not stage.orders()


def test_a_good_start_is_not_refused() -> None:
    stage = Refusing()
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.decide("0.02", 60)
    stage.run(30)
    stage.world.close()

    assert stage.refused is None
    assert len(stage.orders()) == 1


def test_a_bot_that_holds_something_goes_on_without_entries_and_pages() -> None:
    """Its stops and exits must not end because somebody changed a key over night."""
    stage = Refusing()
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.decide("0.02", 60)
    stage.run(30)
    stage.allow("read", "trade", "withdraw")
    stage.world.crash("exec-a")
    stage.world.reboot("exec-a")
    stage.run(40)
    stage.decide("0.03", 120)
    stage.run(30)
    assert stage.handled()[-1].reason.startswith("config: ")

    stage.decide("0", 180)
    stage.run(30)
    stage.world.close()

    assert stage.refused is None
    assert "config/refused" in {alert.key for alert in stage.heard(AlertRaised)}
    assert [order.side for order in stage.orders()] == [Side.BUY, Side.SELL]


@pytest.mark.parametrize("may", [("read",), ("read", "trade", "withdraw")])
def test_a_key_is_refused_for_what_it_lacks_and_for_what_it_has_too_much(may: tuple[str, ...]) -> None:
    stage = Refusing()
    stage.allow(*may)
    stage.boot("exec-a")
    stage.run(30)
    stage.world.close()

    assert len(stage.mistakes()) == 1


def at_usdm(**positions: Any) -> Refusing:
    """A stage at a venue of perpetuals, with these terms declared."""
    keys = {"key_env": "KEY", "secret_env": "SECRET", "share": 1}
    return Refusing(at="binanceusdm", venues={"binanceusdm": {**keys, "positions": positions}})


def test_a_position_that_is_held_otherwise_than_declared_is_refused_with_the_remedy() -> None:
    stage = at_usdm(leverage=3, margin="isolated")
    stage.boot("exec-a")
    stage.run(30)
    told = stage.mistakes()
    stage.world.close()

    assert [line.split(":")[0] for line in told] == [
        "venues.binanceusdm.positions.margin",
        "venues.binanceusdm.positions.leverage",
    ]
    assert "has 20 for BTC/USDT:USDT, and 3 is declared" in told[1]
    assert "set: true" in told[1]


def test_leverage_is_set_where_the_bot_may() -> None:
    stage = at_usdm(leverage=3, set=True)
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.decide("0.02", 60)
    stage.run(30)
    held = stage.exchange.truth.position("main", stage.symbol)
    stage.world.close()

    assert stage.refused is None
    assert held.leverage == 3


def test_a_position_that_is_there_before_the_bot_is_refused() -> None:
    """In one net position nobody could tell the two apart."""
    stage = at_usdm(leverage=20)
    stage.own_order(Side.BUY, "0.5", client_order_id="by-hand")
    stage.boot("exec-a")
    stage.run(30)
    (told,) = stage.mistakes()
    stage.world.close()

    assert told.startswith("venues.binanceusdm.account: it holds 0.500 BTC/USDT:USDT that are not the bot's")


def test_leverage_that_somebody_changes_ends_entries_with_the_next_audit_and_no_exit() -> None:
    """And they are made again when it is as declared."""
    stage = at_usdm(leverage=20)
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.decide("0.02", 60)
    stage.run(20)
    stage.exchange.set_leverage("main", stage.symbol, 50)
    stage.run(3600)
    assert "config/refused" in {alert.key for alert in stage.heard(AlertRaised)}
    stage.decide("0.03", 3660)
    stage.run(20)
    assert stage.handled()[-1].reason.startswith("config: venues.binanceusdm.positions.leverage")
    stage.decide("0", 3720)
    stage.run(20)
    assert stage.held() == 0

    stage.exchange.set_leverage("main", stage.symbol, 20)
    stage.run(3600)
    stage.decide("0.02", 7380)
    stage.run(20)
    held, resolved = stage.held(), {alert.key for alert in stage.heard(AlertResolved)}
    stage.world.close()

    assert str(held) == "0.020"
    assert "config/refused" in resolved
