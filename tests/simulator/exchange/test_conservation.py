"""Whatever clients, house and faults do: money is conserved, holds are exact, and the records agree.

Every check computes its own expectation from the public records, and borrows no arithmetic from the exchange.
"""

from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.exchange.events import Event, OrderChanged, Traded
from simulator.exchange.exchange import HOUSE, Exchange
from simulator.exchange.fees import ChargedIn
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderType, Side, TimeInForce, TradeRecord
from simulator.exchange.rejections import ExchangeRefusal
from simulator.exchange.venue import Venue
from tests.simulator.exchange.hand_clock import BTC, ETH, HandClock, small_exchange

MILLISECOND_NS = 1_000_000
INSTRUMENTS = {one.symbol: one for one in (BTC, ETH)}
MIDDLE = {BTC.symbol: 6_000_000, ETH.symbol: 5_000}
STEP = {BTC.symbol: 5_000, ETH.symbol: 3}
LOT = {BTC.symbol: 7_919, ETH.symbol: 1_237}
TAKER = Decimal("0.00137")
FUNDS = {"BTC": Decimal(10), "USDT": Decimal(1_000_000), "ETH": Decimal(100)}


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


def actions() -> st.SearchStrategy[Submit | Cancel | Quote | Wait]:
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


@settings(deadline=None)
@given(st.lists(actions(), max_size=40), st.sampled_from(ChargedIn))
def test_money_is_conserved_and_the_records_agree(
    story: list[Submit | Cancel | Quote | Wait], charged: ChargedIn
) -> None:
    world = World(charged)

    for action in story:
        action.do(world)

        check_sums(world.exchange)
        check_holds(world)
        check_balances_follow_from_trades(world.exchange)
        check_orders_follow_from_trades(world)
        check_books(world.exchange)

    world.clock.turn(10**12)
    check_views_arrive(world)


def check_sums(exchange: Exchange) -> None:
    """No asset appears or vanishes, and no client owes."""
    accounts = {name: exchange.truth.balances(name) for name in ("ann", "ben", HOUSE)}
    for asset, amount in FUNDS.items():
        assert (
            sum(balances[asset].total for balances in accounts.values()) + exchange.fees_collected[asset] == 2 * amount
        )
    for name in ("ann", "ben"):
        assert all(balance.free >= 0 and balance.locked >= 0 for balance in accounts[name].values())


def check_holds(world: World) -> None:
    """What is locked is what the open orders need, to the last unit."""
    for account in ("ann", "ben"):
        needed = dict.fromkeys(FUNDS, Decimal(0))
        for record in world.exchange.truth.open_orders(account):
            if record.client_order_id != "doomed":
                asset, amount = need_of(record, world.charged_in)
                needed[asset] += amount
        balances = world.exchange.truth.balances(account)
        assert {asset: balance.locked for asset, balance in balances.items()} == needed


def need_of(record: OrderRecord, charged_in: ChargedIn) -> tuple[str, Decimal]:
    instrument = INSTRUMENTS[record.symbol]
    quantity = instrument.lot_size * record.remaining_lots
    if record.side is Side.SELL:
        return instrument.base, quantity
    assert record.price_ticks is not None
    cost = quantity * instrument.tick_size * record.price_ticks
    fee = cost * TAKER if charged_in is ChargedIn.QUOTE else Decimal(0)
    return instrument.quote, cost + truncate(fee, instrument.quote)


def truncate(amount: Decimal, asset: str) -> Decimal:
    unit = Decimal("1e-9") if asset == "BTC" else Decimal("1e-8")  # a tick of ETH/BTC times a lot is 1e-9 BTC
    return amount // unit * unit


def check_balances_follow_from_trades(exchange: Exchange) -> None:
    """Each account's total is what it began with, plus its trades, less its fees."""
    for account in ("ann", "ben"):
        totals = dict(FUNDS)
        for trade in exchange.truth.trades(account):
            instrument = INSTRUMENTS[trade.symbol]
            sign = 1 if trade.side is Side.BUY else -1
            quantity = instrument.lot_size * trade.quantity_lots
            totals[instrument.base] += sign * quantity
            totals[instrument.quote] -= sign * quantity * instrument.tick_size * trade.price_ticks
            totals[trade.fee_asset] -= trade.fee
        balances = exchange.truth.balances(account)
        assert {asset: balance.total for asset, balance in balances.items()} == totals


def check_orders_follow_from_trades(world: World) -> None:
    """Filled lots and their cost are the sums of the order's trades; every trade has two sides."""
    halves: Counter[int] = Counter()
    for account in ("ann", "ben"):
        by_order: defaultdict[int, list[TradeRecord]] = defaultdict(list)
        for trade in world.exchange.truth.trades(account):
            by_order[trade.order_id].append(trade)
            halves[trade.trade_id] += 1 if trade.side is Side.BUY else 10
        for record in world.exchange.truth.orders(account):
            trades = by_order.pop(record.order_id, [])
            assert trades == world.exchange.truth.trades_of(record)
            assert record.filled_lots == sum(trade.quantity_lots for trade in trades) <= record.quantity_lots
            assert record.quote_filled == sum(
                INSTRUMENTS[record.symbol].cost(trade.price_ticks, trade.quantity_lots) for trade in trades
            )
            if record.price_ticks is not None:
                limit_ticks, sign = record.price_ticks, 1 if record.side is Side.BUY else -1
                assert all(sign * trade.price_ticks <= sign * limit_ticks for trade in trades)
        assert not by_order
    assert all(half in (1, 10, 11) for half in halves.values())


def check_books(exchange: Exchange) -> None:
    """No book crosses, and every open order of a client is in it."""
    for symbol in INSTRUMENTS:
        book = exchange.truth.book(symbol)
        assert not book.bids or not book.asks or book.bids[0][0] < book.asks[0][0]
        resting: Counter[tuple[Side, int | None]] = Counter()
        for account in ("ann", "ben"):
            for record in exchange.truth.open_orders(account, symbol):
                if record.client_order_id != "doomed":
                    resting[record.side, record.price_ticks] += record.remaining_lots
        for (side, price), lots in resting.items():
            assert dict(book.bids if side is Side.BUY else book.asks)[price or 0] >= lots
        ticker = exchange.truth.ticker(symbol)
        assert ticker.bid_ticks == (book.bids[0][0] if book.bids else None)
        assert ticker.ask_ticks == (book.asks[0][0] if book.asks else None)


def check_views_arrive(world: World) -> None:
    """Left alone, every view comes to the truth, and the events alone tell the whole story."""
    truth, rest = world.exchange.truth, world.venue.rest.picture
    for account in ("ann", "ben"):
        assert rest.orders(account) == truth.orders(account)
        assert rest.balances(account) == world.venue.private.picture.balances(account) == truth.balances(account)
        told = [event.trade for event in world.heard if isinstance(event, Traded) and event.trade.account == account]
        assert told == truth.trades(account)
        last = {event.record.order_id: event.record for event in world.heard if isinstance(event, OrderChanged)}
        assert [last[record.order_id] for record in truth.orders(account)] == truth.orders(account)
    for symbol in INSTRUMENTS:
        assert rest.book(symbol) == world.venue.public.picture.book(symbol) == truth.book(symbol)
