"""What can happen on one small exchange: clients, a house, the passing of time, faults, and how each is done."""

import random
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec.structs import replace

from simulator.exchange.events import BookChanged, Event
from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import ChargedIn
from simulator.exchange.orders import OrderRequest, OrderType, SelfTrade, Side, TimeInForce, Trigger
from simulator.exchange.rejections import ExchangeRefusal
from simulator.exchange.venue import Venue
from tests.simulator.exchange.hand_clock import BTC, ETH, HandClock, small_exchange

MILLISECOND_NS = 1_000_000
INSTRUMENTS = {one.symbol: one for one in (BTC, ETH)}
BLURS = [None, "not found", "rows", "silence", "skip"]
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
class Blur:
    """A view gets a hole, and all of them are mended by the next one that is `None`."""

    kind: str | None
    seed: int

    def do(self, world: "World") -> None:
        venue, chance = world.venue, random.Random(self.seed)
        match self.kind:
            case "not found":
                undo = venue.rest.hide_new_orders(share=0.7, for_ns=4 * MILLISECOND_NS, random=chance)
            case "rows":
                undo = venue.rest.miss_open_orders(share=0.5, random=chance)
            case "silence":
                undo = venue.private.silence()
            case "skip":
                undo = venue.public.skip(BookChanged, share=0.5, random=chance)
            case _:
                world.mend()
                return
        world.undos.append(undo)


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
    told: list[Event] = field(default_factory=list)  # by the streams
    undos: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.exchange: Exchange = small_exchange(
            self.clock, maker_bps=self.maker_bps, taker_bps="13.7", charged_in=self.charged_in, open_orders_max=6
        )
        self.exchange.silent_reject = lambda request: request.client_order_id == "doomed"
        self.exchange.events.subscribe(self.heard.append)
        self.venue = Venue(self.exchange, self.clock, rest_lag_ns=3 * MILLISECOND_NS)
        self.venue.private.subscribe(self.told.append)
        self.venue.public.subscribe(self.told.append)

    def mend(self) -> None:
        while self.undos:
            self.undos.pop()()


Action = Submit | Cancel | Amend | Switch | Restart | Reopen | Blur | Quote | Wait
