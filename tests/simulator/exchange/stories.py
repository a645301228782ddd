"""Stories of clients, a house and the passing of time on one small exchange, drawn by hypothesis or by a seed."""

import random
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hypothesis import strategies as st

from simulator.exchange.events import Event
from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import ChargedIn
from simulator.exchange.orders import OrderRequest, OrderType, SelfTrade, Side, TimeInForce, Trigger
from simulator.exchange.rejections import ExchangeRefusal
from simulator.exchange.venue import Venue
from tests.simulator.exchange.hand_clock import BTC, ETH, HandClock, small_exchange

MILLISECOND_NS = 1_000_000
INSTRUMENTS = {one.symbol: one for one in (BTC, ETH)}
MIDDLE = {BTC.symbol: 6_000_000, ETH.symbol: 5_000}
STEP = {BTC.symbol: 5_000, ETH.symbol: 3}
LOT = {BTC.symbol: 7_919, ETH.symbol: 1_237}


@dataclass
class Terms:
    """What an order says beyond side, size and price; the default says nothing."""

    trigger: Trigger | None = None
    stop_away: int = 0
    holds: bool = True
    lives_ms: int | None = None
    self_trade: SelfTrade = SelfTrade.ALLOW
    by_amount: bool = False

    def put_on(self, request: OrderRequest, world: "World") -> OrderRequest:
        instrument = INSTRUMENTS[request.symbol]
        if self.by_amount and request.type is OrderType.MARKET and request.price is not None:
            amount = (request.quantity * request.price).quantize(Decimal("1e-6"))
            request = replace(request, quantity=Decimal(0), quote_amount=amount)
        elif self.trigger is not None:
            stop = instrument.price(MIDDLE[request.symbol] + self.stop_away * STEP[request.symbol])
            request = replace(request, trigger=self.trigger, stop_price=stop, holds_untriggered=self.holds)
        if self.lives_ms is not None:
            request = replace(request, expires_ns=world.clock.wall_ns() + self.lives_ms * MILLISECOND_NS)
        return replace(request, self_trade=self.self_trade)


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
    terms: "Terms"

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
        request = self.terms.put_on(request, world)
        before = world.exchange.truth.balances(self.account)
        try:
            record = world.exchange.submit(request)
        except ExchangeRefusal:
            assert world.exchange.truth.balances(self.account) == before
        else:
            world.order_ids[self.account].append(record.order_id)
            world.requests[record.order_id] = request
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
class Amend:
    account: str
    which: int
    away: int | None
    size: int | None
    stop_away: int | None

    def do(self, world: "World") -> None:
        order_ids = world.order_ids[self.account]
        if not order_ids:
            return
        order_id = order_ids[self.which % len(order_ids)]
        before = world.exchange.truth.order(self.account, order_id=order_id)
        instrument = INSTRUMENTS[before.symbol]
        middle, step = MIDDLE[before.symbol], STEP[before.symbol]
        with suppress(ExchangeRefusal):
            world.exchange.amend(
                self.account,
                order_id=order_id,
                price=None if self.away is None else instrument.price(middle + self.away * step),
                quantity=None if self.size is None else instrument.quantity(self.size * LOT[before.symbol]),
                stop_price=None if self.stop_away is None else instrument.price(middle + self.stop_away * step),
            )
            return
        assert world.exchange.truth.order(self.account, order_id=order_id) == before


@dataclass
class Switch:
    account: str
    symbol: str | None
    milliseconds: int | None

    def do(self, world: "World") -> None:
        delay_ns = None if self.milliseconds is None else self.milliseconds * MILLISECOND_NS
        world.exchange.cancel_all_after(self.account, delay_ns, self.symbol)


@dataclass
class Restart:
    keep: float
    seed: int

    def do(self, world: "World") -> None:
        world.exchange.restart(keep=self.keep, random=random.Random(self.seed))


@dataclass
class Reopen:
    milliseconds: tuple[int, int, int]

    def do(self, world: "World") -> None:
        halted, cancel_only, post_only = (each * MILLISECOND_NS for each in self.milliseconds)
        world.exchange.reopen(halted_ns=halted, cancel_only_ns=cancel_only, post_only_ns=post_only)


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
    maker_bps: str = "4.1"
    requests: dict[int, OrderRequest] = field(default_factory=dict)
    order_ids: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    heard: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.exchange: Exchange = small_exchange(
            self.clock, maker_bps=self.maker_bps, taker_bps="13.7", charged_in=self.charged_in, open_orders_max=6
        )
        self.exchange.silent_reject = lambda request: request.client_order_id == "doomed"
        self.exchange.events.subscribe(self.heard.append)
        self.venue = Venue(self.exchange, self.clock, rest_lag_ns=3 * MILLISECOND_NS)


Action = Submit | Cancel | Amend | Switch | Restart | Reopen | Quote | Wait


def actions() -> st.SearchStrategy[Action]:
    accounts, symbols = st.sampled_from(["ann", "ben"]), st.sampled_from([*INSTRUMENTS])
    terms = st.builds(
        Terms,
        trigger=st.none() | st.sampled_from(Trigger),
        stop_away=st.integers(-4, 4),
        holds=st.booleans(),
        lives_ms=st.none() | st.sampled_from([1, 5, 30]),
        self_trade=st.sampled_from(SelfTrade),
        by_amount=st.booleans(),
    )
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
        terms=st.one_of(st.just(Terms()), terms),
    )
    amend = st.builds(
        Amend,
        account=accounts,
        which=st.integers(0, 50),
        away=st.none() | st.integers(-4, 4),
        size=st.none() | st.integers(1, 40),
        stop_away=st.none() | st.integers(-4, 4),
    )
    milliseconds = st.sampled_from([0, 1, 15])
    rare = st.one_of(
        st.builds(Switch, accounts, st.none() | symbols, st.none() | milliseconds),
        st.builds(Restart, keep=st.sampled_from([0.0, 0.5, 1.0]), seed=st.integers(0, 9)),
        st.builds(Reopen, st.tuples(milliseconds, milliseconds, milliseconds)),
    )
    cancel = st.builds(Cancel, account=accounts, which=st.integers(0, 50))
    quote = st.builds(Quote, symbol=symbols, away=st.integers(-3, 3), sizes=st.lists(st.integers(1, 9), max_size=4))
    wait = st.builds(Wait, milliseconds=st.sampled_from([1, 10, 60]))
    return st.one_of(submit, submit, submit, cancel, amend, quote, wait, rare)


def random_action(chance: random.Random) -> Action:
    symbol, kind = chance.choice([*INSTRUMENTS]), chance.random()
    if kind < 0.2:
        return Cancel(chance.choice(["ann", "ben"]), -1 - int(chance.expovariate(0.2)))
    if kind < 0.3:
        return Quote(symbol, chance.randint(-3, 3), [chance.randint(1, 9) for _ in range(chance.randint(0, 4))])
    if kind < 0.38:
        return Wait(chance.choice([1, 10, 60]))
    if kind < 0.4:
        return random_rare(chance, symbol)
    if kind < 0.5:
        return Amend(
            account=chance.choice(["ann", "ben"]),
            which=-1 - int(chance.expovariate(0.2)),
            away=chance.choice([None, chance.randint(-4, 4)]),
            size=chance.choice([None, chance.randint(1, 12)]),
            stop_away=chance.choice([None, None, chance.randint(-4, 4)]),
        )
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
        terms=random_terms(chance) if chance.random() < 0.5 else Terms(),
    )


def random_terms(chance: random.Random) -> Terms:
    return Terms(
        trigger=chance.choice([None, *Trigger]),
        stop_away=chance.randint(-4, 4),
        holds=chance.random() < 0.5,
        lives_ms=chance.choice([None, None, 1, 5, 30]),
        self_trade=chance.choice([*SelfTrade]),
        by_amount=chance.random() < 0.5,
    )


def random_rare(chance: random.Random, symbol: str) -> Action:
    kind = chance.random()
    if kind < 0.5:
        return Switch(chance.choice(["ann", "ben"]), chance.choice([None, symbol]), chance.choice([None, 0, 1, 15]))
    if kind < 0.7:
        return Restart(chance.choice([0.0, 0.5, 1.0]), chance.randint(0, 9))
    return Reopen((chance.choice([0, 2]), chance.choice([0, 2]), chance.choice([0, 5])))
