"""The small world with a question in it: what is matched is settled later, and may be taken back even then."""

from decimal import Decimal
from typing import Any

from engine.domain.messages import Decision, LedgerSnapshot, encode, message_id_of, subject_of
from engine.domain.money import Price, Quantity
from engine.venues.ccxt_polymarket import COLLATERAL
from simulator.dialects import polymarket
from simulator.dialects.gate import Gate
from simulator.exchange.orders import OrderRecord
from simulator.exchange.prediction.exchange import PredictionExchange
from simulator.exchange.prediction.market import PredictionMarket
from simulator.exchange.venue import Venue
from simulator.kernel import NS, Host
from simulator.services import BrokerClient
from tests.engine.runtime.stage import Stage

RAIN = PredictionMarket(
    condition="Rain", yes="rain/yes", no="rain/no", tick_size=Decimal("0.0001"), fee_rate=Decimal("0.02")
)
ANSWER, SHARE = "RAIN:YES/USDC", "RAIN:YES"
MS = 1_000_000


class AnswerStage(Stage):
    """Half a dollar for the answer yes, quoted every five seconds; matches are settled two seconds later."""

    def __init__(self, **changes: Any) -> None:
        key = polymarket.issued("main")
        super().__init__(
            **{
                "venues": {"polymarket": {"key_env": "KEY", "secret_env": "SECRET", "share": 1}},
                "instruments": {ANSWER: {"size": 100, "limit": 500}},
                **changes,
            }
        )
        known = polymarket.credentials(key)
        self.secrets |= {"KEY": known["walletAddress"], "SECRET": known["privateKey"]}
        self.exchange = PredictionExchange(
            "polymarket", [RAIN], self.world, random=self.world.randomness.stream("exchange")
        )
        self.exchange.open_account("main", {COLLATERAL: Decimal(1000)})
        self.venue = Venue(self.exchange, self.world, rest_lag_ns=50 * MS)
        self.venue.issue_key(key)
        self.gate = Gate(self.world)
        self.middle = Decimal("0.5")
        self._quoted: int | None = 0
        server = self.world.host("polymarket")
        self.world.complete(server.spawn(self._serve(server)))
        self._quote()

    async def _serve(self, host: Host) -> None:
        for name, application in polymarket.applications(self.venue, self.gate).items():
            await self.internet.serve(host, application, [name])

    def _quote(self) -> None:
        """Quote both sides, a little more or less of it each time, since a book that does not change says nothing."""
        if self._quoted is None:
            return
        self._quoted = 100_001 - self._quoted % 2
        ticks = RAIN.instruments()[0].ticks(self.middle)
        self.exchange.quote(RAIN.yes, [(ticks - 1, self._quoted)], [(ticks + 1, self._quoted)])
        self.world.call_later(5 * NS, self._quote)

    # -- what a test does

    def stop_quoting(self) -> None:
        """Take the house's quotes away for good."""
        self._quoted = None
        self.exchange.quote(RAIN.yes, [], [])

    def decide(self, target: str, decision: int) -> None:
        """Have a decision stored on the bus, as a replica would."""
        wall_ns = self.world.wall_ns()
        made = Decision(
            strategy="momentum",
            instrument=ANSWER,
            decision=str(decision),
            target=Quantity(target),
            not_after_ns=wall_ns + 60 * NS,
            decided_at_ns=wall_ns,
            reference_price=Price("0.5"),
            node="signal-a",
        )

        async def speak(bus: BrokerClient) -> None:
            await bus.enqueue(subject_of(made), encode(made), message_id=message_id_of(made))

        self.speak(speak)

    # -- what a test looks at

    def orders(self) -> list[OrderRecord]:
        """Return the account's orders as the venue's truth has them, oldest first."""
        return self.exchange.truth.orders("main")

    def ledger(self) -> dict[str, Decimal]:
        """Return what the bot last said that it owns."""
        snapshot: LedgerSnapshot = self.heard(LedgerSnapshot)[-1]
        return {asset: total for asset, total in snapshot.balances.items() if total}

    def truth(self) -> dict[str, Decimal]:
        """Return what the account owns, by the engine's names."""
        balances = self.exchange.truth.balances("main")
        named = {SHARE if asset == RAIN.yes else asset: balance.total for asset, balance in balances.items()}
        return {asset: total for asset, total in named.items() if total}
