"""Stories of clients, a house and the passing of time on one small exchange, drawn by hypothesis or by a seed."""

import random
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field

from hypothesis import strategies as st

from simulator.exchange.events import Event
from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import ChargedIn
from simulator.exchange.orders import OrderRequest, OrderType, Side, TimeInForce
from simulator.exchange.rejections import ExchangeRefusal
from simulator.exchange.venue import Venue
from tests.simulator.exchange.hand_clock import BTC, ETH, HandClock, small_exchange

MILLISECOND_NS = 1_000_000
INSTRUMENTS = {one.symbol: one for one in (BTC, ETH)}
MIDDLE = {BTC.symbol: 6_000_000, ETH.symbol: 5_000}
STEP = {BTC.symbol: 5_000, ETH.symbol: 3}
LOT = {BTC.symbol: 7_919, ETH.symbol: 1_237}


@dataclass
class Submit:
    account: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    away: int
    size: int
    client_order_id: str

    def do(self, world: "World") -> None:
        instrument = INSTRUMENTS[self.symbol]
        request = OrderRequest(
            account=self.account,
            symbol=self.symbol,
            side=self.side,
            type=self.type,
            time_in_force=self.time_in_force,
            post_only=self.post_only,
            client_order_id=self.client_order_id,
            price=instrument.price(MIDDLE[self.symbol] + self.away * STEP[self.symbol]),
            quantity=instrument.quantity(self.size * LOT[self.symbol]),
        )
        before = world.exchange.truth.balances(self.account)
        try:
            record = world.exchange.submit(request)
        except ExchangeRefusal:
            assert world.exchange.truth.balances(self.account) == before
        else:
            world.order_ids[self.account].append(record.order_id)
            if self.client_order_id == "doomed":
                assert world.exchange.truth.balances(self.account) == before


@dataclass
class Cancel:
    account: str
    which: int

    def do(self, world: "World") -> None:
        order_ids = world.order_ids[self.account]
        if order_ids:
            with suppress(ExchangeRefusal):
                world.exchange.cancel(self.account, order_id=order_ids[self.which % len(order_ids)])


@dataclass
class Quote:
    symbol: str
    away: int
    sizes: list[int]

    def do(self, world: "World") -> None:
        middle, step, lot = MIDDLE[self.symbol] + self.away * STEP[self.symbol], STEP[self.symbol], LOT[self.symbol]
        rungs = [(number * step, size * lot) for number, size in enumerate(self.sizes, start=1)]
        bids = [(middle - away, lots) for away, lots in rungs]
        world.exchange.quote(self.symbol, bids, [(middle + away, lots) for away, lots in rungs])


@dataclass
class Wait:
    milliseconds: int

    def do(self, world: "World") -> None:
        world.clock.turn(self.milliseconds * MILLISECOND_NS)


@dataclass
class World:
    charged_in: ChargedIn
    clock: HandClock = field(default_factory=HandClock)
    order_ids: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    heard: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.exchange: Exchange = small_exchange(
            self.clock, maker_bps="4.1", taker_bps="13.7", charged_in=self.charged_in, open_orders_max=6
        )
        self.exchange.silent_reject = lambda request: request.client_order_id == "doomed"
        self.exchange.events.subscribe(self.heard.append)
        self.venue = Venue(self.exchange, self.clock, rest_lag_ns=3 * MILLISECOND_NS)


Action = Submit | Cancel | Quote | Wait


def actions() -> st.SearchStrategy[Action]:
    accounts, symbols = st.sampled_from(["ann", "ben"]), st.sampled_from([*INSTRUMENTS])
    submit = st.builds(
        Submit,
        account=accounts,
        symbol=symbols,
        side=st.sampled_from(Side),
        type=st.sampled_from([OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET]),
        time_in_force=st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
        post_only=st.sampled_from([False, False, False, True]),
        away=st.integers(-4, 4),
        size=st.integers(1, 40),
        client_order_id=st.sampled_from(["", "a", "b", "c", "doomed"]),
    )
    cancel = st.builds(Cancel, account=accounts, which=st.integers(0, 50))
    quote = st.builds(Quote, symbol=symbols, away=st.integers(-3, 3), sizes=st.lists(st.integers(1, 9), max_size=4))
    wait = st.builds(Wait, milliseconds=st.sampled_from([1, 10, 60]))
    return st.one_of(submit, submit, submit, cancel, quote, wait)


def random_action(chance: random.Random) -> Action:
    symbol, kind = chance.choice([*INSTRUMENTS]), chance.random()
    if kind < 0.2:
        return Cancel(chance.choice(["ann", "ben"]), -1 - int(chance.expovariate(0.2)))
    if kind < 0.3:
        return Quote(symbol, chance.randint(-3, 3), [chance.randint(1, 9) for _ in range(chance.randint(0, 4))])
    if kind < 0.4:
        return Wait(chance.choice([1, 10, 60]))
    return Submit(
        account=chance.choice(["ann", "ben"]),
        symbol=symbol,
        side=chance.choice([*Side]),
        type=chance.choice([OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET]),
        time_in_force=chance.choice([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
        post_only=chance.random() < 0.2,
        away=chance.randint(-4, 4),
        size=chance.randint(1, 12),
        client_order_id=chance.choice(["", "", "a", "b", "doomed"]),
    )
