"""A market on its venues: books stay alive, prices agree, and resting orders meet the price that moves through them."""

import hashlib
import math
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.exchange.exchange import Exchange, TradingMode
from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import OrderStatus, Side
from simulator.market.disturbances import Divergence, FlashCrash, PriceJump
from simulator.market.fair import Fair
from simulator.market.ladder import Ladder, LadderShape
from simulator.market.market import TICK_NS, Market, Outlet
from simulator.market.prices import Basis, JumpDiffusion
from tests.simulator.exchange.hand_clock import BTC, SYMBOL, HandClock, limit, market, small_exchange


class Script:
    """Fair prices as a test wants them; the last one stays."""

    def __init__(self, *prices: float) -> None:
        self._prices = list(prices)

    def next_fair(self) -> Fair:
        return Fair(self._prices.pop(0) if len(self._prices) > 1 else self._prices[0], 1.0)


def outlet(exchange: Exchange, *, seed: int = 1, shape: LadderShape | None = None, offset_bps: float = 0.0) -> Outlet:
    return Outlet(
        exchange,
        SYMBOL,
        basis=Basis(random=random.Random(seed), offset_bps=offset_bps, noise_bps=0.0),
        ladder=Ladder(BTC, random=random.Random(seed + 1), shape=shape),
    )


def play(*prices: float, shape: LadderShape | None = None) -> tuple[HandClock, Exchange, Market]:
    clock = HandClock()
    exchange = small_exchange(clock)
    playing = Market(SYMBOL, Script(*prices), clock)
    playing.add(outlet(exchange, shape=shape))
    playing.start()
    return clock, exchange, playing


def test_a_book_is_alive_from_the_first_moment_and_stays_so() -> None:
    clock, exchange, _ = play(60_000.0)

    assert exchange.submit(market("ann", Side.BUY, "0.5")).status is OrderStatus.FILLED
    for _ in range(5):
        clock.turn(TICK_NS)
        book = exchange.truth.book(SYMBOL)
        assert len(book.bids) == len(book.asks) == LadderShape().levels
        assert math.isclose(exchange.truth.ticker(SYMBOL).bid_ticks or 0, 6_000_000, rel_tol=2e-4)


def test_a_resting_order_is_filled_when_the_price_moves_through_it() -> None:
    clock, exchange, _ = play(60_000.0, 59_950.0, 59_800.0)
    record = exchange.submit(limit("ann", Side.BUY, "59900", "0.01"))

    clock.turn(TICK_NS)
    assert exchange.truth.order("ann", order_id=record.order_id).is_open
    clock.turn(TICK_NS)

    filled = exchange.truth.order("ann", order_id=record.order_id)
    assert (filled.status, filled.quote_filled) == (OrderStatus.FILLED, Decimal(599))
    assert all(trade.maker for trade in exchange.truth.trades("ann"))


def test_thin_levels_fill_an_order_in_part() -> None:
    clock, exchange, _ = play(60_000.0, 59_890.0, shape=LadderShape(thin_share=1.0, levels=3))
    record = exchange.submit(limit("ann", Side.BUY, "59900", "1"))

    clock.turn(TICK_NS)

    assert exchange.truth.order("ann", order_id=record.order_id).status is OrderStatus.PARTIALLY_FILLED


def test_venues_agree_but_for_their_basis() -> None:
    clock = HandClock()
    here, there = small_exchange(clock), small_exchange(clock)
    both = Market(SYMBOL, Script(60_000.0), clock)
    both.add(outlet(here))
    both.add(outlet(there, seed=5, offset_bps=10.0))

    both.start()

    bids = [exchange.truth.ticker(SYMBOL).bid_ticks or 0 for exchange in (here, there)]
    assert math.isclose(bids[1] / bids[0], 1.001, rel_tol=1e-6)


def test_a_market_that_is_stopped_stands_still_and_goes_on_where_it_stood() -> None:
    clock, exchange, playing = play(60_000.0, 60_100.0, 60_200.0)
    playing.stop()
    clock.turn(10 * TICK_NS)
    assert playing.fair_price == 60_000

    playing.start()
    playing.start()
    assert playing.fair_price == 60_100
    clock.turn(TICK_NS)
    assert playing.fair_price == 60_200
    assert len(exchange.truth.tape(SYMBOL)) == 3


def test_while_the_venue_is_not_open_the_house_waits() -> None:
    clock, exchange, _ = play(60_000.0, 50_000.0, 50_000.0)
    record = exchange.submit(limit("ann", Side.BUY, "59900", "0.01"))
    before = exchange.truth.book(SYMBOL)

    exchange.mode = TradingMode.POST_ONLY
    clock.turn(TICK_NS)
    assert exchange.truth.book(SYMBOL) == before
    exchange.mode = TradingMode.FULL
    clock.turn(TICK_NS)

    assert exchange.truth.order("ann", order_id=record.order_id).status is OrderStatus.FILLED


@given(
    price=st.floats(1e-6, 1e6),
    tick=st.sampled_from(["0.01", "0.1", "5", "0.000001"]),
    seed=st.integers(0, 9),
    shape=st.sampled_from([LadderShape(), LadderShape(spread_bps=0.0, step_bps=0.0), LadderShape(spread_bps=900)]),
)
def test_a_ladder_never_crosses_and_is_never_empty_above(
    price: float, tick: str, seed: int, shape: LadderShape
) -> None:
    instrument = Instrument(
        symbol="X/Y",
        base="X",
        quote="Y",
        tick_size=Decimal(tick),
        lot_size=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(10_000),
        min_notional=Decimal(0),
    )
    ladder = Ladder(instrument, random=random.Random(seed), shape=shape)

    bids, asks = ladder.quotes(price)

    assert asks
    assert all(rung > 0 and lots > 0 for rung, lots in bids + asks)
    assert [rung for rung, _ in bids] == sorted({rung for rung, _ in bids}, reverse=True)
    assert [rung for rung, _ in asks] == sorted({rung for rung, _ in asks})
    assert not bids or bids[0][0] < asks[0][0]


@pytest.mark.parametrize("side", ["bids", "asks"])
def test_a_ladder_has_thin_and_thick_levels(side: str) -> None:
    ladder = Ladder(BTC, random=random.Random(3))

    values = [lots * 0.6 for _ in range(100) for _, lots in ladder.quotes(60_000.0)[side == "asks"]]  # in USDT

    thin = sum(value < 1_500 for value in values) / len(values)
    assert 0.2 < thin < 0.3


def test_the_same_seed_makes_the_same_events() -> None:
    assert digest_of_a_day(1) == digest_of_a_day(1) != digest_of_a_day(2)


def digest_of_a_day(seed: int) -> str:
    clock = HandClock()
    exchange = small_exchange(clock)
    digest = hashlib.sha256()
    exchange.events.subscribe(lambda event: digest.update(repr(event).encode()))
    process = JumpDiffusion(price=60_000, volatility=0.8, tick_ns=TICK_NS, random=random.Random(seed))
    playing = Market(SYMBOL, process, clock)
    playing.add(outlet(exchange))
    playing.start()
    for number in range(60):
        side = Side.BUY if number % 2 else Side.SELL
        exchange.submit(limit("ann", side, str(59_990 + number % 3 * 10), "0.02"))
        clock.turn(TICK_NS)
    return digest.hexdigest()


def test_a_flash_crash_touches_its_bottom_and_comes_back_and_so_do_the_venues() -> None:
    clock, exchange, playing = play(60_000.0)
    playing.prices.disturb(FlashCrash(depth=0.3, fall_ns=4 * TICK_NS, bottom_ns=4 * TICK_NS, recovery_ns=10 * TICK_NS))
    seen = []
    for _ in range(25):
        clock.turn(TICK_NS)
        seen.append(playing.fair_price or 0.0)

    assert math.isclose(min(seen), 42_000)
    assert seen[3:8] == [min(seen)] * 5
    assert seen[-1] == 60_000
    assert math.isclose(exchange.truth.ticker(SYMBOL).bid_ticks or 0, 6_000_000, rel_tol=2e-4)


def test_a_jump_stays_until_it_is_undone_and_two_of_them_multiply() -> None:
    clock, _, playing = play(100.0)
    up = playing.prices.disturb(PriceJump(size=0.1))
    down = playing.prices.disturb(PriceJump(size=-0.5))
    clock.turn(TICK_NS)
    both = playing.fair_price
    up()
    up()
    clock.turn(TICK_NS)
    one = playing.fair_price
    down()
    clock.turn(TICK_NS)

    assert both == pytest.approx(55)
    assert (one, playing.fair_price) == (50, 100)


def test_a_venue_drifts_away_alone_while_its_transfers_are_locked() -> None:
    clock = HandClock()
    here, there = small_exchange(clock), small_exchange(clock)
    playing = Market(SYMBOL, Script(60_000.0), clock)
    outlets = [outlet(here), outlet(there)]
    for one in outlets:
        playing.add(one)
    assert outlets[0].prices is not None
    undo = outlets[0].prices.disturb(Divergence(per_hour=-1.0, limit=0.05))
    playing.start()
    for _ in range(60):
        clock.turn(TICK_NS)
    apart = (here.truth.ticker(SYMBOL).bid_ticks or 0) / (there.truth.ticker(SYMBOL).bid_ticks or 1)
    undo()
    clock.turn(TICK_NS)

    assert math.isclose(apart, 0.95, rel_tol=1e-3)
    assert here.truth.ticker(SYMBOL).bid_ticks == pytest.approx(there.truth.ticker(SYMBOL).bid_ticks, rel=1e-3)


def test_a_muted_side_is_empty_until_it_is_unmuted_as_often() -> None:
    clock, exchange, playing = play(60_000.0)
    playing.outlets[0].mute(Side.BUY)
    playing.outlets[0].mute(Side.BUY)
    clock.turn(TICK_NS)
    empty = exchange.truth.book(SYMBOL)
    playing.outlets[0].unmute(Side.BUY)
    clock.turn(TICK_NS)
    still = exchange.truth.book(SYMBOL)
    playing.outlets[0].unmute(Side.BUY)
    clock.turn(TICK_NS)

    assert (empty.bids, still.bids) == ((), ())
    assert empty.asks
    assert exchange.truth.book(SYMBOL).bids


@pytest.mark.parametrize("depth", [0.0, 1.0, -0.1])
def test_a_crash_of_nothing_or_everything_is_refused(depth: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        FlashCrash(depth=depth)
