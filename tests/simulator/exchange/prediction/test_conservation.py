"""Whatever clients, house, chain and answers do: the collateral in is the collateral out plus the open pairs.

Every check computes its own expectation from the public records, and borrows no arithmetic from the exchange.
"""

import random
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.exchange.events import FillReversed
from simulator.exchange.orders import OrderStatus, Side, TimeInForce, TradeRecord
from simulator.exchange.prediction.exchange import HOUSE, VAULT
from simulator.exchange.prediction.market import PredictionMarket
from simulator.exchange.prediction.records import SettlementState
from simulator.exchange.rejections import ExchangeRefusal
from tests.simulator.exchange.hand_clock import SECOND_NS
from tests.simulator.exchange.prediction.floor import CLIENTS, FUNDS, RAIN, SNOW, Floor

MARKETS = (RAIN, SNOW)
MOVED = (SettlementState.MINED, SettlementState.CONFIRMED)


@dataclass
class Play:
    """A floor, and what was split, merged and redeemed on it by hand."""

    floor: Floor
    by_hand: defaultdict[tuple[str, str], Decimal]
    answers: dict[str, str]

    def do(self, chance: random.Random) -> None:
        """Do one thing that a client, the house, the chain or time might do."""
        kind = chance.choices(("order", "cancel", "quote", "split", "merge", "wait", "answer", "redeem"),
                              (40, 8, 8, 8, 6, 14, 0.3, 4))[0]  # fmt: skip
        with suppress(ExchangeRefusal):
            getattr(self, kind)(chance, chance.choice(CLIENTS), chance.choice(MARKETS))

    def order(self, chance: random.Random, account: str, market: PredictionMarket) -> None:
        price = market.tick_size * chance.randint(market.whole * 4 // 10, market.whole * 6 // 10)
        self.floor.order(
            account,
            chance.choice(list(Side)),
            chance.choice(market.tokens),
            str(price),
            str(Decimal(chance.randint(500, 9_000)) / 100),
            time_in_force=chance.choice(list(TimeInForce)),
        )

    def cancel(self, chance: random.Random, account: str, market: PredictionMarket) -> None:
        records = self.floor.exchange.truth.open_orders(account)
        if records:
            self.floor.exchange.cancel(account, order_id=chance.choice(records).order_id)

    def quote(self, chance: random.Random, account: str, market: PredictionMarket) -> None:
        middle = market.whole // 2 + chance.randint(-3, 3)
        bids = [(middle - 1 - level, chance.randint(100, 3_000)) for level in range(2)]
        asks = [(middle + 1 + level, chance.randint(100, 3_000)) for level in range(2)]
        self.floor.exchange.quote(market.yes, bids, asks)

    def split(self, chance: random.Random, account: str, market: PredictionMarket) -> None:
        self.swap(account, market, Decimal(chance.randint(1, 60_000_000)).scaleb(-6))

    def merge(self, chance: random.Random, account: str, market: PredictionMarket) -> None:
        self.swap(account, market, -Decimal(chance.randint(1, 30_000_000)).scaleb(-6))

    def swap(self, account: str, market: PredictionMarket, amount: Decimal) -> None:
        change = self.floor.exchange.split if amount > 0 else self.floor.exchange.merge
        change(account, market.condition, abs(amount))
        for asset, units in ((market.yes, amount), (market.no, amount), ("USDC", -amount)):
            self.note(account, asset, units)

    def wait(self, chance: random.Random, account: str, market: PredictionMarket) -> None:
        self.floor.clock.turn(chance.randint(0, 3 * SECOND_NS))

    def answer(self, chance: random.Random, account: str, market: PredictionMarket) -> None:
        if market.condition not in self.answers:
            self.answers[market.condition] = chance.choice(market.tokens)
            self.floor.exchange.resolve(market.condition, self.answers[market.condition])

    def redeem(self, chance: random.Random, account: str, market: PredictionMarket) -> None:
        before = {token: self.floor.free(account, token) for token in market.tokens}
        paid = self.floor.exchange.redeem(account, market.condition)
        assert paid == before[self.answers[market.condition]]
        for token, amount in before.items():
            self.note(account, token, -amount)
        self.note(account, "USDC", paid)

    def note(self, account: str, asset: str, amount: Decimal) -> None:
        self.by_hand[account, asset] += amount


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), st.integers(10, 120), st.sampled_from([0.0, 0.3, 1.0]))
def test_collateral_is_conserved(seed: int, steps: int, failing: float) -> None:
    play = a_play(seed, failing)
    chance = random.Random(seed)

    for _ in range(steps):
        play.do(chance)
        check_all(play)

    play.floor.settle()
    check_all(play)
    check_nothing_is_left_behind(play)


def test_a_long_busy_story_conserves_it_too() -> None:
    play, chance = a_play(5, 0.2), random.Random(5)

    for number in range(1_500):
        play.do(chance)
        if number % 50 == 0:
            check_all(play)
    play.floor.settle()
    check_all(play)
    check_nothing_is_left_behind(play)

    truth = play.floor.exchange.truth
    ends = Counter(record.status for client in CLIENTS for record in truth.orders(client))
    reversed_fills = sum(isinstance(event, FillReversed) for event in play.floor.told)
    assert min(ends[OrderStatus.FILLED], ends[OrderStatus.CANCELED], ends[OrderStatus.EXPIRED], reversed_fills) > 20
    assert len(play.answers) == len(MARKETS), "the story is too tame to prove anything"


def a_play(seed: int, failing: float) -> Play:
    play = Play(floor=Floor(), by_hand=defaultdict(Decimal), answers={})
    chain = random.Random(seed + 1)
    play.floor.exchange.settlement_fails = lambda trades: chain.random() < failing
    play.floor.exchange.settlement_undone = lambda trades: chain.random() < failing
    return play


def check_all(play: Play) -> None:
    check_collateral(play)
    check_balances_follow_from_settled_trades(play)
    check_holds(play)
    check_orders_follow_from_trades(play)
    check_books(play.floor)


def check_collateral(play: Play) -> None:
    """What the clients put in is what all have, and the vault has one unit for each pair that is out."""
    exchange, fees = play.floor.exchange, play.floor.exchange.fees_collected
    everybody = (*CLIENTS, HOUSE)
    held = sum(play.floor.total(account, "USDC") for account in (*everybody, VAULT))
    assert held + fees["USDC"] == FUNDS * len(CLIENTS)
    owed = Decimal(0)
    for market in MARKETS:
        out = {
            token: sum((play.floor.total(account, token) for account in everybody), fees[token])
            for token in market.tokens
        }
        assert all(play.floor.total(VAULT, token) == -out[token] for token in market.tokens)
        answer = play.answers.get(market.condition)
        assert answer is not None or out[market.yes] == out[market.no]
        owed += out[answer or market.yes]
    assert play.floor.total(VAULT, "USDC") == owed
    assert all(balance.free >= 0 for balance in exchange.truth.balances(CLIENTS[0]).values())


def check_balances_follow_from_settled_trades(play: Play) -> None:
    """Each client's total is what he began with, what he did by hand, and his trades that were mined."""
    for account in CLIENTS:
        totals = defaultdict(Decimal, {"USDC": FUNDS})
        for trade in settled(play, account):
            sign = 1 if trade.side is Side.BUY else -1
            totals[trade.symbol] += sign * size_of(trade)
            totals["USDC"] -= sign * size_of(trade) * price_of(trade)
            totals[trade.fee_asset] -= trade.fee
        for (name, asset), amount in play.by_hand.items():
            if name == account:
                totals[asset] += amount
        for asset, balance in play.floor.exchange.truth.balances(account).items():
            assert balance.total == totals[asset]
            assert balance.free >= 0
            assert balance.locked >= 0


def check_holds(play: Play) -> None:
    """What is locked is what open orders and matches on their way give."""
    truth = play.floor.exchange.truth
    for account in CLIENTS:
        needed: defaultdict[str, Decimal] = defaultdict(Decimal)
        for record in truth.open_orders(account):
            size = Decimal(record.remaining_lots) / 100
            price = market_of(record.symbol).tick_size * (record.price_ticks or 0)
            needed[record.symbol if record.side is Side.SELL else "USDC"] += give(record.side, size, price)
        for trade in truth.trades(account):
            if state_of(play, trade) in (SettlementState.MATCHED, SettlementState.RETRYING):
                asset = trade.symbol if trade.side is Side.SELL else "USDC"
                needed[asset] += give(trade.side, size_of(trade), price_of(trade))
        for asset, balance in truth.balances(account).items():
            assert balance.locked == needed[asset]


def check_orders_follow_from_trades(play: Play) -> None:
    """An order is filled by its trades, but for those that were taken back."""
    truth = play.floor.exchange.truth
    for account in CLIENTS:
        filled: Counter[int] = Counter()
        for trade in truth.trades(account):
            if state_of(play, trade) is not SettlementState.FAILED:
                filled[trade.order_id] += trade.quantity_lots
        for record in truth.orders(account):
            assert record.filled_lots == filled[record.order_id] <= record.quantity_lots
            assert (record.status is OrderStatus.FILLED) == (record.filled_lots == record.quantity_lots)


def check_books(floor: Floor) -> None:
    """No book crosses, the two of a question mirror each other, and every open order is there."""
    truth = floor.exchange.truth
    for market in MARKETS:
        yes, no = truth.book(market.yes), truth.book(market.no)
        assert not yes.bids or not yes.asks or yes.bids[0][0] < yes.asks[0][0]
        assert [(market.whole - price, lots) for price, lots in yes.bids] == list(no.asks)
        assert [(market.whole - price, lots) for price, lots in yes.asks] == list(no.bids)
        for token, book in ((market.yes, yes), (market.no, no)):
            for client in CLIENTS:
                for record in truth.open_orders(client, token):
                    levels = dict(book.bids if record.side is Side.BUY else book.asks)
                    assert levels[record.price_ticks or 0] >= record.remaining_lots


def check_nothing_is_left_behind(play: Play) -> None:
    """Every match has come to an end, and the events alone tell the whole story."""
    truth = play.floor.exchange.truth
    ends = (SettlementState.CONFIRMED, SettlementState.FAILED)
    for account in CLIENTS:
        assert all(state_of(play, trade) in ends for trade in truth.trades(account))


def settled(play: Play, account: str) -> list[TradeRecord]:
    return [trade for trade in play.floor.exchange.truth.trades(account) if state_of(play, trade) in MOVED]


def state_of(play: Play, trade: TradeRecord) -> SettlementState:
    settlement = play.floor.exchange.truth.settlement(trade)
    assert settlement is not None
    return settlement.state


def market_of(token: str) -> PredictionMarket:
    return next(market for market in MARKETS if token in market.tokens)


def size_of(trade: TradeRecord) -> Decimal:
    return Decimal(trade.quantity_lots) / 100


def price_of(trade: TradeRecord) -> Decimal:
    return market_of(trade.symbol).tick_size * trade.price_ticks


def give(side: Side, size: Decimal, price: Decimal) -> Decimal:
    return size if side is Side.SELL else size * price
