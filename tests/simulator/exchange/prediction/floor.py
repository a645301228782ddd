"""A small venue of two questions, and what plays on it."""

import random
from decimal import Decimal

from simulator.exchange.events import Event
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderType, Side, TimeInForce
from simulator.exchange.prediction.exchange import PredictionExchange
from simulator.exchange.prediction.market import PredictionMarket
from tests.simulator.exchange.hand_clock import SECOND_NS, HandClock

RAIN = PredictionMarket(condition="rain", yes="rain-yes", no="rain-no", fee_rate=Decimal("0.07"))
SNOW = PredictionMarket(condition="snow", yes="snow-yes", no="snow-no", tick_size=Decimal("0.001"))
FUNDS = Decimal(1_000)
CLIENTS = ("ann", "ben", "cat")


class Floor:
    """The venue, its clock, and everything that was told."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.exchange = PredictionExchange("small", [RAIN, SNOW], self.clock, random=random.Random(7))
        self.told: list[Event] = []
        self.exchange.events.subscribe(self.told.append)
        for client in CLIENTS:
            self.exchange.open_account(client, {"USDC": FUNDS})

    def order(
        self,
        account: str,
        side: Side,
        token: str,
        price: str,
        quantity: str,
        *,
        time_in_force: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
    ) -> OrderRecord:
        """Place a limit order."""
        return self.exchange.submit(
            OrderRequest(
                account=account,
                symbol=token,
                side=side,
                type=OrderType.LIMIT,
                price=Decimal(price),
                quantity=Decimal(quantity),
                time_in_force=time_in_force,
                post_only=post_only,
            )
        )

    def settle(self) -> None:
        """Let everything that is on its way arrive."""
        self.clock.turn(60 * SECOND_NS)

    def total(self, account: str, asset: str) -> Decimal:
        """What the account has of an asset, locked or not."""
        return self.exchange.truth.balances(account)[asset].total

    def free(self, account: str, asset: str) -> Decimal:
        """What the account can spend."""
        return self.exchange.truth.balances(account)[asset].free

    def again(self, record: OrderRecord) -> OrderRecord:
        """The order as it stands now."""
        return self.exchange.truth.order(record.account, order_id=record.order_id)
