"""A paper market: it quotes what the real one quotes, on the real grid, and fills what the real price comes to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from engine.domain.instrument import Instrument
from engine.domain.money import Money, Price, Quantity
from engine.ports.venue import Quote, Venue
from engine.runtime.real.clock import RealClock
from engine.runtime.real.sockets import real_connectors
from engine.venues import connect, open_door
from scenarios.live.followed import Followed, opening_balances, profile_of
from scenarios.venue_wiring import HostTimeline
from simulator.dialects.gate import Gate
from simulator.exchange.orders import OrderRequest, OrderStatus, OrderType, Side, TimeInForce
from simulator.kernel import World

BTC = "BTC/USDT"
REAL = Instrument(
    symbol=BTC,
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.5"),
    lot_size=Decimal("0.0002"),
    quantity_min=Quantity("0.0003"),
    notional_min=Money("7"),
)
"""A grid that no profile has."""


class Paper:
    """A stand-in for Binance, and its one account."""

    def __init__(self) -> None:
        self.world = World(1)
        timeline = HostTimeline(self.world.host("binance"))
        profile, pairs = profile_of("binance", [REAL])
        self.exchange: Any = profile.open("binance", list(pairs.values()), timeline, Random(1)).exchange
        self.exchange.open_account("main", opening_balances(self.exchange, {"BTC": Decimal(2)}, quote=Decimal(5000)))
        self.followed = Followed(
            "binance", _nobody(), self.exchange, Gate(timeline), [BTC], random=Random(1), told=lambda _: None
        )

    def show(self, bid: str | None, ask: str | None, last: str) -> None:
        best = [None if one is None else Price(one) for one in (bid, ask)]
        self.followed.show(Quote(instrument=BTC, bid=best[0], ask=best[1], last=Price(last), venue_time_ms=1))

    def order(self, side: Side, price: str) -> Any:
        return self.exchange.submit(
            OrderRequest(
                account="main",
                symbol=BTC,
                side=side,
                type=OrderType.LIMIT,
                quantity=Decimal("0.01"),
                price=Decimal(price),
                time_in_force=TimeInForce.GTC,
            )
        )

    def status(self, order: Any) -> OrderStatus:
        found: OrderStatus = self.exchange.truth.order("main", order_id=order.order_id).status
        return found


def _nobody() -> Venue:
    """Return a venue that is never asked: the test shows the prices."""
    clock = RealClock()
    door = open_door("binance", clock)
    return connect("binance", door=door, credentials=None, connectors=real_connectors({}, beyond=()), random=Random(1))


@pytest.fixture
def paper() -> Iterator[Paper]:
    made = Paper()
    yield made
    made.world.close()


def test_it_quotes_and_prints_what_the_real_market_does(paper: Paper) -> None:
    paper.show("59990.5", "60000.5", "60000.5")

    ticker = paper.exchange.truth.ticker(BTC)
    ticks = (ticker.bid_ticks, ticker.ask_ticks, ticker.last_ticks)
    assert [paper.exchange.instrument(BTC).price(one) for one in ticks] == [
        Decimal("59990.5"),
        Decimal("60000.5"),
        Decimal("60000.5"),
    ]
    assert paper.followed.priced.is_set()


def test_a_resting_order_is_filled_when_the_real_price_comes_to_it_and_not_before(paper: Paper) -> None:
    paper.show("59990", "60000", "59995")
    bid, offer = paper.order(Side.BUY, "59950"), paper.order(Side.SELL, "60050")

    paper.show("59960", "59970", "59965")
    assert (paper.status(bid), paper.status(offer)) == (OrderStatus.NEW, OrderStatus.NEW)

    paper.show("59930", "59940", "59935")
    assert (paper.status(bid), paper.status(offer)) == (OrderStatus.FILLED, OrderStatus.NEW)

    paper.show("60060", "60070", "60065")
    assert paper.status(offer) is OrderStatus.FILLED


def test_a_price_without_best_offers_is_quoted_around(paper: Paper) -> None:
    paper.show(None, None, "60000")

    ticker = paper.exchange.truth.ticker(BTC)
    assert ticker.bid_ticks < ticker.ask_ticks
    assert ticker.last_ticks == 120_000


def test_the_grid_is_the_real_one_and_its_least_a_whole_number_of_lots(paper: Paper) -> None:
    instrument = paper.exchange.instrument(BTC)

    assert (instrument.tick_size, instrument.lot_size) == (Decimal("0.5"), Decimal("0.0002"))
    assert (instrument.min_quantity, instrument.min_notional) == (Decimal("0.0004"), Decimal(7))


def test_the_account_begins_with_what_was_wished(paper: Paper) -> None:
    balances = paper.exchange.truth.balances("main")

    assert {asset: one.free for asset, one in balances.items()} == {"BTC": Decimal(2), "USDT": Decimal(5000)}
