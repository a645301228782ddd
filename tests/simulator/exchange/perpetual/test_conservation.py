"""Over random order flow, crashes, funding and liquidations nothing comes from nowhere."""

from __future__ import annotations

import contextlib
import random
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.exchange.admission import TradingMode
from simulator.exchange.events import Event, OrderChanged
from simulator.exchange.orders import Side, TimeInForce
from simulator.exchange.perpetual.contract import HOUR_NS
from simulator.exchange.rejections import ExchangeRefusal
from tests.simulator.exchange.perpetual.floor import BTC, BUY, ETH, SELL, Pit

accounts = st.sampled_from(["ann", "ben"])
symbols = st.sampled_from([BTC, BTC, ETH])
sides = st.sampled_from([BUY, SELL])
quantities = st.sampled_from(["0.001", "0.1", "1", "3", "7.5"])
shifts = st.integers(-60, 60)

orders = st.tuples(
    *(st.just("order"), accounts, symbols, sides, quantities, st.none() | shifts, st.booleans()),
    st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
)
moves = st.tuples(st.just("move"), symbols, st.integers(-250, 250), st.sampled_from(["0.05", "2", "50"]))
amendments = st.tuples(st.just("amend"), accounts, shifts, st.integers(1, 4_000))
rest = st.one_of(
    st.tuples(st.just("cancel"), accounts),
    st.tuples(st.just("hours"), st.integers(1, 9)),
    st.tuples(st.just("leverage"), accounts, symbols, st.integers(1, 125)),
    st.tuples(st.just("stop"), accounts, sides, shifts, st.booleans()),
    st.tuples(st.just("restart"), st.sampled_from([0.0, 0.5])),
    st.tuples(st.just("halt"), st.integers(1, 3)),
    st.tuples(st.just("switch"), accounts, st.integers(0, 2)),
    st.tuples(st.just("doom"), accounts),
)
flows = st.lists(st.one_of(orders, orders, moves, amendments, rest), max_size=30)


class Reader:
    """Follows positions by the trades alone, and sees that reduce-only orders only reduce."""

    def __init__(self) -> None:
        self.lots: dict[tuple[str, str], int] = {}

    def hear(self, event: Event) -> None:
        if not isinstance(event, OrderChanged) or event.trade is None:
            return
        trade = event.trade
        key = (trade.account, trade.symbol)
        signed = trade.quantity_lots if trade.side is Side.BUY else -trade.quantity_lots
        before = self.lots.get(key, 0)
        self.lots[key] = before + signed
        if event.record.reduce_only:
            assert before * signed < 0
            assert abs(signed) <= abs(before)


class Play:
    """Plays one flow on one pit."""

    def __init__(self) -> None:
        self.pit = Pit(maker_bps="2", taker_bps="5")
        self.price = {BTC: 50_000, ETH: 3_000}
        self.pit.move("3000", ETH)
        self.reader = Reader()
        self.pit.exchange.events.subscribe(self.reader.hear)

    def ticks(self, symbol: str, shift: int) -> str:
        return str(self.price[symbol] * (1000 + shift) // 1000)

    def order(
        self, account: str, symbol: str, side: Side, quantity: str, shift: int | None, reduce: bool, force: TimeInForce
    ) -> None:
        price = None if shift is None else self.ticks(symbol, shift)
        self.pit.order(account, side, quantity, price, symbol=symbol, reduce_only=reduce, time_in_force=force)

    def move(self, symbol: str, shift: int, quantity: str) -> None:
        self.price[symbol] = max(100, self.price[symbol] * (1000 + shift) // 1000)
        self.pit.move(str(self.price[symbol]), symbol, quantity=quantity)

    def amend(self, account: str, shift: int, lots: int) -> None:
        for order in self.pit.exchange.truth.open_orders(account)[:1]:
            ticks = self.pit.exchange.instrument(order.symbol).ticks(Decimal(self.ticks(order.symbol, shift)))
            self.pit.exchange.amend(account, order_id=order.order_id, price_ticks=ticks, quantity_lots=lots)

    def cancel(self, account: str) -> None:
        self.pit.exchange.cancel_all(account)

    def hours(self, hours: int) -> None:
        self.pit.clock.turn(hours * HOUR_NS)

    def leverage(self, account: str, symbol: str, leverage: int) -> None:
        self.pit.exchange.set_leverage(account, symbol, leverage)

    def restart(self, keep: float) -> None:
        self.pit.exchange.restart(keep=keep, random=random.Random(3))

    def halt(self, hours: int) -> None:
        self.pit.exchange.reopen(halted_ns=hours * HOUR_NS, post_only_ns=HOUR_NS)

    def switch(self, account: str, hours: int) -> None:
        self.pit.exchange.cancel_all_after(account, hours * HOUR_NS)

    def doom(self, account: str) -> None:
        self.pit.exchange.silent_reject = lambda request: request.account == account

    def stop(self, account: str, side: Side, shift: int, close: bool) -> None:
        self.pit.stop(account, side, self.ticks(BTC, shift), "0.5", close_position=close)


@settings(deadline=None, max_examples=120)
@given(flow=flows)
def test_money_and_positions_are_conserved(flow: list[tuple[object, ...]]) -> None:
    play = Play()

    for name, *terms in flow:
        with contextlib.suppress(ExchangeRefusal):
            getattr(play, str(name))(*terms)
        play.pit.check()

    for account in ("ann", "ben"):
        for symbol in (BTC, ETH):
            position = play.pit.exchange.truth.position(account, symbol)
            assert (0 if position is None else position.lots) == play.reader.lots.get((account, symbol), 0)
        play.pit.exchange.mode = TradingMode.FULL
        health = play.pit.exchange.health(account)
        assert health.equity >= health.maintenance


@settings(deadline=None, max_examples=20)
@given(flow=flows)
def test_the_same_flow_has_the_same_events(flow: list[tuple[object, ...]]) -> None:
    def told() -> list[Event]:
        play = Play()
        events: list[Event] = []
        play.pit.exchange.events.subscribe(events.append)
        for name, *terms in flow:
            with contextlib.suppress(ExchangeRefusal):
                getattr(play, str(name))(*terms)
        return events

    assert told() == told()
