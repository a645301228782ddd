"""Whatever clients, house and faults do: money is conserved, holds are exact, and the records agree.

Every check computes its own expectation from the public records, and borrows no arithmetic from the exchange.
"""

import random
from collections import Counter, defaultdict
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.exchange import reasons
from simulator.exchange.events import BalanceChanged, BookChanged, OrderChanged, PublicTrade, TickerChanged, Traded
from simulator.exchange.exchange import HOUSE, Exchange
from simulator.exchange.fees import ChargedIn
from simulator.exchange.orders import OrderRecord, OrderStatus, SelfTrade, Side, TradeRecord, Trigger
from simulator.exchange.rejections import UnknownOrder
from tests.simulator.exchange.plots import actions, random_action
from tests.simulator.exchange.stories import INSTRUMENTS, Action, World

TAKER = Decimal("0.00137")
MAKER_BPS = ["4.1", "-2.3"]  # a fee, and a rebate
FUNDS = {"BTC": Decimal(10), "USDT": Decimal(1_000_000), "ETH": Decimal(100)}


@settings(deadline=None, max_examples=200)
@given(st.lists(actions(), min_size=8, max_size=60), st.sampled_from(ChargedIn), st.sampled_from(MAKER_BPS))
def test_money_is_conserved_and_the_records_agree(story: list[Action], charged: ChargedIn, maker_bps: str) -> None:
    world = World(charged, maker_bps=maker_bps)

    for action in story:
        action.do(world)

        check_all(world)

    world.clock.turn(10**12)
    world.mend()
    check_views_arrive(world)


@pytest.mark.parametrize("maker_bps", MAKER_BPS)
@pytest.mark.parametrize("charged", ChargedIn)
def test_a_long_busy_story_conserves_money_too(charged: ChargedIn, maker_bps: str) -> None:
    world, chance = World(charged, maker_bps=maker_bps), random.Random(charged.value)

    for number in range(3_000):
        random_action(chance).do(world)
        if number % 100 == 0:
            check_all(world)
    world.clock.turn(10**12)
    check_all(world)
    world.mend()
    check_views_arrive(world)

    records = [record for account in ("ann", "ben") for record in world.exchange.truth.orders(account)]
    ends = Counter(record.status for record in records)
    partial = sum(0 < record.filled_lots < record.quantity_lots for record in records)
    final = (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.EXPIRED)
    reasons_seen = Counter(record.reason for record in records)
    told = [event.record for event in world.heard if isinstance(event, OrderChanged)]
    reasons_seen.update(record.reason for record in told if record.is_open)
    of_interest = (reasons.AMENDED, reasons.TRIGGERED, reasons.SELF_TRADE, reasons.TIME_PASSED, reasons.BY_SWITCH)
    busy = [partial, *(ends[status] for status in final), *(reasons_seen[reason] for reason in of_interest)]
    by_amount = sum(
        world.requests[record.order_id].quote_amount is not None and record.filled_lots > 0 for record in records
    )
    assert min(*busy, by_amount) >= 8, "the story is too tame to prove anything"


def check_all(world: World) -> None:
    check_sums(world.exchange)
    check_holds(world)
    check_balances_follow_from_trades(world.exchange)
    check_orders_follow_from_trades(world)
    check_books(world.exchange)
    check_promises_of_terms(world)
    check_views_may_be_silent_but_never_lie(world)


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
            lazy = record.status is OrderStatus.UNTRIGGERED and not world.requests[record.order_id].holds_untriggered
            if record.client_order_id != "doomed" and not lazy:
                asset, amount = need_of(record, world.charged_in)
                needed[asset] += amount
        balances = world.exchange.truth.balances(account)
        assert {asset: balance.locked for asset, balance in balances.items()} == needed


def need_of(record: OrderRecord, charged_in: ChargedIn) -> tuple[str, Decimal]:
    instrument = INSTRUMENTS[record.symbol]
    quantity = instrument.lot_size * record.remaining_lots
    if record.side is Side.SELL:
        return instrument.base, quantity
    price = record.price_ticks if record.price_ticks is not None else record.stop_ticks
    assert price is not None
    cost = quantity * instrument.tick_size * price
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
    prices: defaultdict[int, set[int]] = defaultdict(set)  # all that an order ever had
    for event in world.heard:
        if isinstance(event, OrderChanged) and event.record.price_ticks is not None:
            prices[event.record.order_id].add(event.record.price_ticks)
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
                sign = 1 if record.side is Side.BUY else -1
                limit_ticks = max(sign * price for price in prices[record.order_id])
                assert all(sign * trade.price_ticks <= limit_ticks for trade in trades)
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
                if record.client_order_id != "doomed" and record.status is not OrderStatus.UNTRIGGERED:
                    resting[record.side, record.price_ticks] += record.remaining_lots
        for (side, price), lots in resting.items():
            assert dict(book.bids if side is Side.BUY else book.asks)[price or 0] >= lots
        ticker = exchange.truth.ticker(symbol)
        assert ticker.bid_ticks == (book.bids[0][0] if book.bids else None)
        assert ticker.ask_ticks == (book.asks[0][0] if book.asks else None)


def check_promises_of_terms(world: World) -> None:
    """No stop price that was reached waits, nothing outlives its time, amounts and self-trade modes are kept to."""
    truth, now_ns = world.exchange.truth, world.clock.wall_ns()
    for account in ("ann", "ben"):
        for record in truth.open_orders(account):
            assert record.expires_ns is None or record.expires_ns > now_ns
            last = truth.ticker(record.symbol).last_ticks
            if record.status is OrderStatus.UNTRIGGERED and record.client_order_id != "doomed" and last is not None:
                assert record.stop_ticks is not None
                rising = (record.side is Side.BUY) == (record.trigger is Trigger.STOP)
                assert last < record.stop_ticks if rising else last > record.stop_ticks
        takers = {trade.trade_id: trade.order_id for trade in truth.trades(account) if not trade.maker}
        for trade in truth.trades(account):
            if trade.maker and trade.trade_id in takers:
                assert world.requests[takers[trade.trade_id]].self_trade is SelfTrade.ALLOW
        for record in truth.orders(account):
            amount = world.requests[record.order_id].quote_amount
            assert amount is None or record.quote_filled <= amount


def check_views_may_be_silent_but_never_lie(world: World) -> None:
    """Whatever holes a view has, what it shows was true, and its streams tell what happened, in order."""
    rest = world.venue.rest.picture
    was = {(event.record.order_id, event.record) for event in world.heard if isinstance(event, OrderChanged)}
    for account in ("ann", "ben"):
        assert all((record.order_id, record) in was for record in rest.open_orders(account))
        for order_id in world.order_ids[account]:
            with suppress(UnknownOrder):
                assert (order_id, rest.order(account, order_id=order_id)) in was
    for kinds in ((OrderChanged, Traded, BalanceChanged), (PublicTrade, BookChanged, TickerChanged)):
        happened = iter(event for event in world.heard if isinstance(event, kinds))
        assert all(event in happened for event in world.told if isinstance(event, kinds)), "told out of order"


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
