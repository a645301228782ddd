"""A small exchange of perpetuals on a hand-driven clock, and the words its stories are told in."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderType, Side, TimeInForce
from simulator.exchange.perpetual.contract import Contract
from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.exchange.perpetual.records import Position, WaitingOrder, WaitingStatus, WorkedBy
from tests.simulator.exchange.hand_clock import HandClock

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
CONTRACTS = tuple(
    Contract(
        symbol=f"{base}/USDT:USDT",
        base=base,
        quote="USDT",
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(1000),
        min_notional=Decimal(5),
    )
    for base in ("BTC", "ETH")
)
BUY, SELL = Side.BUY, Side.SELL


class Pit:
    """An exchange with the accounts `ann` and `ben`, 10,000 each, and 1,000 in the insurance."""

    def __init__(self, *, maker_bps: str = "0", taker_bps: str = "0", price: str = "50000") -> None:
        self.clock = HandClock()
        self.exchange = PerpetualExchange(
            "pit",
            CONTRACTS,
            self.clock,
            fees=FeeSchedule(maker_bps=Decimal(maker_bps), taker_bps=Decimal(taker_bps), charged_in=ChargedIn.QUOTE),
            random=random.Random(5),
            insurance=Decimal(1000),
        )
        for account in ("ann", "ben"):
            self.exchange.open_account(account, {"USDT": Decimal(10_000)})
        self.move(price)

    def move(self, price: str, symbol: str = BTC, *, quantity: str = "100") -> None:
        """Let the house quote one in a thousand around a price, which is the index from then on."""
        contract = self.exchange.instrument(symbol)
        ticks, lots = contract.ticks(Decimal(price)), contract.lots(Decimal(quantity))
        away = max(1, ticks // 1000)
        self.exchange.quote(symbol, [(ticks - away, lots)], [(ticks + away, lots)])
        self.exchange.set_index(symbol, Decimal(price))

    def order(
        self, account: str, side: Side, quantity: str, price: str | None = None, *, symbol: str = BTC, **terms: Any
    ) -> OrderRecord:
        """Place an order: at market, or with a limit."""
        return self.exchange.submit(request(account, side, quantity, price, symbol=symbol, **terms))

    def stop(self, account: str, side: Side, trigger: str, quantity: str, **terms: Any) -> WaitingOrder:
        """Let a market order wait for the mark."""
        close = bool(terms.pop("close_position", False))
        ticks = self.exchange.instrument(BTC).ticks(Decimal(trigger))
        draft = WaitingOrder(
            waiting_id=0,
            client_id=terms.pop("client_id", ""),
            account=account,
            request=request(account, side, quantity, None, **terms),
            trigger_ticks=ticks,
            rising=side is BUY,
            worked_by=WorkedBy.MARK,
            take_profit=False,
            close_position=close,
            status=WaitingStatus.WAITING,
            created_ns=0,
            updated_ns=0,
        )
        return self.exchange.wait(draft)

    def position(self, account: str, symbol: str = BTC) -> Position:
        """Return what an account holds."""
        found = self.exchange.truth.position(account, symbol)
        assert found is not None
        return found

    def wallet(self, account: str) -> Decimal:
        """Return an account's money."""
        return self.exchange.truth.balances(account)["USDT"].total

    def check(self, deposited: Decimal = Decimal(21_000)) -> None:
        """Assert that no money and no contract has come from nowhere."""
        truth = self.exchange.truth
        positions = [one for account in truth.accounts() for one in truth.positions(account)]
        wallets = sum((self.wallet(account) for account in truth.accounts()), Decimal(0))
        costs = sum((one.cost for one in positions), Decimal(0))
        assert wallets + self.exchange.fees_collected["USDT"] - costs == deposited
        for symbol in self.exchange.instruments:
            held = [one for one in positions if one.symbol == symbol]
            assert sum(one.lots for one in held) == 0
            book = truth.book(symbol)
            assert not book.bids or not book.asks or book.bids[0][0] < book.asks[0][0]


def request(
    account: str, side: Side, quantity: str, price: str | None = None, *, symbol: str = BTC, **terms: Any
) -> OrderRequest:
    """Return what an order asks for."""
    return OrderRequest(
        account=account,
        symbol=symbol,
        side=side,
        type=OrderType.MARKET if price is None else OrderType.LIMIT,
        quantity=Decimal(quantity),
        price=None if price is None else Decimal(price),
        **{"time_in_force": TimeInForce.GTC, **terms},
    )
