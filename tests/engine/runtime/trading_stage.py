"""The small world with a venue in it: one with a house that quotes, and decisions that a test makes itself."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from aiohttp import web

from engine.domain.identity import Identity
from engine.domain.messages import Decision, DecisionHandled, LedgerSnapshot, encode, message_id_of, subject_of
from engine.domain.money import Price, Quantity
from simulator.dialects import binance, binanceusdm, bybit, coinbase, kraken, okx
from simulator.dialects.gate import Gate, RequestSeen, Rule
from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderType, Side, TimeInForce
from simulator.exchange.perpetual.contract import Contract
from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.exchange.perpetual.venue import PerpetualVenue
from simulator.exchange.venue import ApiKey, Venue
from simulator.kernel import NS, Host
from simulator.services import BrokerClient
from tests.engine.runtime.stage import KEY, SECRET, Stage

Applications = Callable[[Venue, Gate], dict[str, web.Application]]
DIALECTS: dict[str, Any] = {
    "binance": binance,
    "binanceusdm": binanceusdm,
    "bybit": bybit,
    "coinbase": coinbase,
    "kraken": kraken,
    "okx": okx,
}
FEES = {
    "binance": FeeSchedule(maker_bps=Decimal(10), taker_bps=Decimal(10)),
    "binanceusdm": FeeSchedule(maker_bps=Decimal(2), taker_bps=Decimal(5), charged_in=ChargedIn.QUOTE),
    "bybit": FeeSchedule(maker_bps=Decimal(10), taker_bps=Decimal(10)),
    "coinbase": FeeSchedule(maker_bps=Decimal(25), taker_bps=Decimal(40), charged_in=ChargedIn.QUOTE),
    "okx": FeeSchedule(maker_bps=Decimal(8), taker_bps=Decimal(10)),
    "kraken": FeeSchedule(maker_bps=Decimal(25), taker_bps=Decimal(40), charged_in=ChargedIn.QUOTE),
}
BTC, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
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
LEVERAGE = 20
"""What an account has that nobody has changed."""
CONTRACT = Contract(
    symbol=PERPETUAL,
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.1"),
    lot_size=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    max_quantity=Decimal(1000),
    min_notional=Decimal(50),
)


class TradingStage(Stage):
    """One venue at 60000, where the house quotes every five seconds; the executor and a monitor watch it."""

    def __init__(
        self, *, at: str = "binance", rest_lag_ns: int = 50 * MS, money: int = 200_000, **changes: Any
    ) -> None:
        keys = {"key_env": "KEY", "secret_env": "SECRET"} | ({"passphrase_env": "SECRET"} if at == "okx" else {})
        wanted: dict[str, Any] = {"venues": {at: {**keys, "share": 1}}}
        if at == "binanceusdm":
            wanted["venues"][at]["positions"] = {"leverage": LEVERAGE}
            wanted["instruments"] = {PERPETUAL: {"size": 0.02, "limit": 0.05}}
        super().__init__(**{**wanted, **changes})
        self.symbol = PERPETUAL if at == "binanceusdm" else BTC
        lags = {"rest_lag_ns": rest_lag_ns, "public_lag_ns": 20 * MS, "private_lag_ns": 30 * MS}
        self.exchange: Any = self._exchange(at, money)
        self.venue: Any = (PerpetualVenue if at == "binanceusdm" else Venue)(self.exchange, self.world, **lags)
        key = ApiKey(account="main", key=KEY, secret=SECRET, passphrase=SECRET)
        if at == "coinbase":  # which signs with a private key
            key = coinbase.issued("main")
            self.secrets |= {"KEY": key.key, "SECRET": key.secret}
        self.venue.issue_key(key)
        self.gate = Gate(self.world)
        self.requests: list[RequestSeen] = []
        self.gate.subscribe(self.requests.append)
        self.middle = 60_000
        self.quoting = True
        self._wobble = False
        server = self.world.host(at)
        self._applications: Applications = DIALECTS[at].applications
        self.world.complete(server.spawn(self._serve(server)))
        self._quote()

    def _exchange(self, at: str, money: int) -> Any:
        """Open the venue's truth with the account's money; coins are held only where there are any."""
        random = self.world.randomness.stream("exchange")
        if at == "binanceusdm":
            contracts = PerpetualExchange(at, [CONTRACT], self.world, fees=FEES[at], random=random)
            contracts.open_account("main", {"USDT": Decimal(money)})
            return contracts
        exchange = Exchange(at, [INSTRUMENT], self.world, fees=FEES[at], random=random)
        exchange.open_account("main", {"BTC": Decimal(2), "USDT": Decimal(money)})
        return exchange

    async def _serve(self, host: Host) -> None:
        for name, application in self._applications(self.venue, self.gate).items():
            await self.internet.serve(host, application, [name])

    def _quote(self) -> None:
        """Quote five levels on each side and print a trade, then come back in five seconds."""
        if self.quoting:
            instrument = self.exchange.instrument(self.symbol)
            ticks, lots = instrument.ticks(Decimal(self.middle)), instrument.lots(Decimal(1))
            step = ticks // 10_000
            if self.symbol == PERPETUAL:
                self.exchange.set_index(PERPETUAL, Decimal(self.middle))
                self._wobble = not self._wobble  # what is offered is told when it changes, as it always does
                ticks += self._wobble
            bids = [(ticks - step * n, lots) for n in range(1, 6)]
            self.exchange.quote(self.symbol, bids, [(ticks + step * n, lots) for n in range(1, 6)])
            self.exchange.print_trade(self.symbol, Side.BUY, ticks, lots)
        self.world.call_later(5 * NS, self._quote)

    # -- what a test does

    def decide(self, target: str, decision: int, *, late_ns: int = 0) -> Decision:
        """Have a decision stored on the bus, as a replica would."""
        wall_ns = self.world.wall_ns()
        made = Decision(
            strategy="momentum",
            instrument=self.symbol,
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
        record: OrderRecord = self.exchange.submit(
            OrderRequest(
                account="main",
                symbol=self.symbol,
                side=side,
                type=OrderType.LIMIT if price else OrderType.MARKET,
                quantity=Decimal(quantity),
                price=Decimal(price) if price else None,
                time_in_force=TimeInForce.GTC,
                client_order_id=client_order_id,
            )
        )
        return record

    def inject(self, rule: Rule, seconds: float) -> None:
        """Let a fault act at the venue's door for a while."""
        self.gate.add(rule)
        self.world.call_later(int(seconds * NS), lambda: self.gate.remove(rule))

    # -- what a test looks at

    def orders(self) -> list[OrderRecord]:
        """Return the account's orders as the venue's truth has them, oldest first."""
        orders: list[OrderRecord] = self.exchange.truth.orders("main")
        return orders

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
        totals: dict[str, Decimal] = {asset: balance.free + balance.locked for asset, balance in balances.items()}
        if self.symbol == PERPETUAL:  # as its books have it: contracts, and the wallet less what they have cost
            held = self.exchange.truth.position("main", PERPETUAL)
            totals |= {PERPETUAL: CONTRACT.quantity(held.lots), "USDT": totals["USDT"] - held.cost} if held else {}
        return totals

    def held(self) -> Decimal:
        """Return how many coins the account has, or where positions are held how many contracts; below zero, short."""
        return self.truth().get(PERPETUAL if self.symbol == PERPETUAL else "BTC", Decimal(0))


def identity(decision: int) -> Identity:
    """Return the identity of the one intent that a decision leads to here."""
    return Identity(bot="test-bot", strategy="momentum", instrument=BTC, decision=str(decision), leg="binance")
