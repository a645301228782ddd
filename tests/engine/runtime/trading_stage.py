"""The small world with a venue in it: one with a house that quotes, and decisions that a test makes itself."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from aiohttp import web

from engine.domain.identity import Identity
from engine.domain.messages import Decision, DecisionHandled, LedgerSnapshot, encode, message_id_of, subject_of
from engine.domain.money import Price, Quantity
from simulator.dialects import binance, bybit, kraken, okx
from simulator.dialects.gate import Gate, RequestSeen, Rule
from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderType, Side, TimeInForce
from simulator.exchange.venue import ApiKey, Venue
from simulator.kernel import NS, Host
from simulator.services import BrokerClient
from tests.engine.runtime.stage import KEY, SECRET, Stage

Applications = Callable[[Venue, Gate], dict[str, web.Application]]
DIALECTS = {"binance": binance, "bybit": bybit, "kraken": kraken, "okx": okx}
FEES = {
    "binance": FeeSchedule(maker_bps=Decimal(10), taker_bps=Decimal(10)),
    "bybit": FeeSchedule(maker_bps=Decimal(10), taker_bps=Decimal(10)),
    "okx": FeeSchedule(maker_bps=Decimal(8), taker_bps=Decimal(10)),
    "kraken": FeeSchedule(maker_bps=Decimal(25), taker_bps=Decimal(40), charged_in=ChargedIn.QUOTE),
}
BTC = "BTC/USDT"
MS = 1_000_000
INSTRUMENT = Instrument(
    symbol=BTC,
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    max_quantity=Decimal(9000),
    min_notional=Decimal(5),
)


class TradingStage(Stage):
    """One venue at 60000, where the house quotes every five seconds; the executor and a monitor watch it."""

    def __init__(self, *, at: str = "binance", rest_lag_ns: int = 50 * MS, **changes: Any) -> None:
        keys = {"key_env": "KEY", "secret_env": "SECRET"} | ({"passphrase_env": "SECRET"} if at == "okx" else {})
        super().__init__(**{"venues": {at: {**keys, "share": 1}}, **changes})
        self.exchange = Exchange(
            at,
            [INSTRUMENT],
            self.world,
            fees=FEES[at],
            random=self.world.randomness.stream("exchange"),
        )
        self.exchange.open_account("main", {"BTC": Decimal(2), "USDT": Decimal(200_000)})
        self.venue = Venue(
            self.exchange, self.world, rest_lag_ns=rest_lag_ns, public_lag_ns=20 * MS, private_lag_ns=30 * MS
        )
        self.venue.issue_key(ApiKey(account="main", key=KEY, secret=SECRET, passphrase=SECRET))
        self.gate = Gate(self.world)
        self.requests: list[RequestSeen] = []
        self.gate.subscribe(self.requests.append)
        self.middle = 60_000
        self.quoting = True
        server = self.world.host(at)
        self._applications: Applications = DIALECTS[at].applications
        self.world.complete(server.spawn(self._serve(server)))
        self._quote()

    async def _serve(self, host: Host) -> None:
        for name, application in self._applications(self.venue, self.gate).items():
            await self.internet.serve(host, application, [name])

    def _quote(self) -> None:
        """Quote five levels on each side and print a trade, then come back in five seconds."""
        if self.quoting:
            ticks, lots = INSTRUMENT.ticks(Decimal(self.middle)), INSTRUMENT.lots(Decimal(1))
            step = ticks // 10_000
            self.exchange.quote(
                BTC, [(ticks - step * n, lots) for n in range(1, 6)], [(ticks + step * n, lots) for n in range(1, 6)]
            )
            self.exchange.print_trade(BTC, Side.BUY, ticks, lots)
        self.world.call_later(5 * NS, self._quote)

    # -- what a test does

    def decide(self, target: str, decision: int, *, late_ns: int = 0) -> Decision:
        """Have a decision stored on the bus, as a replica would."""
        wall_ns = self.world.wall_ns()
        made = Decision(
            strategy="momentum",
            instrument=BTC,
            decision=str(decision),
            target=Quantity(target),
            not_after_ns=wall_ns + 60 * NS - late_ns,
            decided_at_ns=wall_ns,
            reference_price=Price(self.middle),
            node="signal-a",
        )

        async def speak(bus: BrokerClient) -> None:
            await bus.enqueue(subject_of(made), encode(made), message_id=message_id_of(made))

        self.speak(speak)
        return made

    def own_order(
        self, side: Side, quantity: str, *, price: str | None = None, client_order_id: str = ""
    ) -> OrderRecord:
        """Submit an order on the bot's account behind the bot's back."""
        return self.exchange.submit(
            OrderRequest(
                account="main",
                symbol=BTC,
                side=side,
                type=OrderType.LIMIT if price else OrderType.MARKET,
                quantity=Decimal(quantity),
                price=Decimal(price) if price else None,
                time_in_force=TimeInForce.GTC,
                client_order_id=client_order_id,
            )
        )

    def inject(self, rule: Rule, seconds: float) -> None:
        """Let a fault act at the venue's door for a while."""
        self.gate.add(rule)
        self.world.call_later(int(seconds * NS), lambda: self.gate.remove(rule))

    # -- what a test looks at

    def orders(self) -> list[OrderRecord]:
        """Return the account's orders as the venue's truth has them, oldest first."""
        return self.exchange.truth.orders("main")

    def handled(self) -> list[DecisionHandled]:
        """Return what became of the decisions."""
        return self.heard(DecisionHandled)

    def ledger(self) -> dict[str, Decimal]:
        """Return what the bot last said that it owns."""
        snapshot: LedgerSnapshot = self.heard(LedgerSnapshot)[-1]
        return snapshot.balances

    def truth(self) -> dict[str, Decimal]:
        """Return what the account owns."""
        balances = self.exchange.truth.balances("main")
        return {asset: balance.free + balance.locked for asset, balance in balances.items()}


def identity(decision: int) -> Identity:
    """Return the identity of the one intent that a decision leads to here."""
    return Identity(bot="test-bot", strategy="momentum", instrument=BTC, decision=str(decision), leg="binance")
