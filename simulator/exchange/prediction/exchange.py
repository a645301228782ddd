"""The truth of one prediction market venue: a spot exchange of outcome tokens, and what makes and ends them.

A pair of tokens is made from one unit of collateral and merged into one again, by hand or by matching. When the
question is answered, one token of the pair is worth that unit, and the other nothing.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal
from types import MappingProxyType

from simulator.exchange import reasons
from simulator.exchange.events import MarketResolved
from simulator.exchange.exchange import HOUSE, Exchange
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.ledger import Account
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderStatus, SelfTrade
from simulator.exchange.prediction.clearing import VAULT, Fails
from simulator.exchange.prediction.floor import PredictionFloor
from simulator.exchange.prediction.listing import pair
from simulator.exchange.prediction.market import AMOUNT_STEP, PredictionMarket
from simulator.exchange.prediction.picture import PredictionPicture
from simulator.exchange.prediction.records import Resolution
from simulator.exchange.rejections import RejectCode, Rejected, UnknownSymbol
from simulator.exchange.timeline import Timeline

__all__ = ["HOUSE", "VAULT", "PredictionExchange"]

AMOUNT_MAX = Decimal(10**12)  # of a split or a merge
_FREE = FeeSchedule(maker_bps=Decimal(0), taker_bps=Decimal(0))  # each market has its own fee
_EXACT = Context(prec=80)


class PredictionExchange(Exchange):
    """One venue of binary questions.

    Everything a spot exchange has, it has, but for triggers, modes of self-trade prevention, and a house that
    quotes more than the affirmative token: the other one's quotes are the mirror image.
    """

    truth: PredictionPicture
    _floor: PredictionFloor
    _floor_kind = PredictionFloor
    _picture_kind = PredictionPicture

    def __init__(
        self,
        name: str,
        markets: Iterable[PredictionMarket],
        timeline: Timeline,
        *,
        random: random.Random,
        matching_delay_ns: int = 50_000_000,
        open_orders_max: int = 200,
    ) -> None:
        """Open without accounts; `random` only chooses where the order and trade ids begin.

        Raises:
            ValueError: two markets share a token, a condition, or do not share their collateral.
        """
        self._markets = {market.condition: market for market in markets}
        instruments = [one for market in self._markets.values() for one in market.instruments()]
        if len({one.symbol for one in instruments}) != len(instruments):
            raise ValueError(f"{name}: two markets share a token")
        self._of_token = {token: market for market in self._markets.values() for token in market.tokens}
        self._resolutions: dict[str, Resolution] = {}
        super().__init__(
            name,
            instruments,
            timeline,
            fees=_FREE,
            random=random,
            matching_delay_ns=matching_delay_ns,
            open_orders_max=open_orders_max,
        )
        for market in self._markets.values():
            for listing in pair(market, self._ledger):
                self._listings[listing.instrument.symbol] = listing
        self._floor.clearing.commit = self._commit

    @property
    def markets(self) -> Mapping[str, PredictionMarket]:
        """The questions by condition, in the order given."""
        return MappingProxyType(self._markets)

    @property
    def settlement_delay_ns(self) -> int:
        """How long a match is on its way to each of its states; settable, for the steps to come."""
        return self._floor.clearing.delay_ns

    @settlement_delay_ns.setter
    def settlement_delay_ns(self, delay_ns: int) -> None:
        self._floor.clearing.delay_ns = delay_ns

    @property
    def settlement_fails(self) -> Fails | None:
        """A fault's hook: asked when a match is to be mined, with the clients' halves; what it picks is taken back."""
        return self._floor.clearing.fails

    @settlement_fails.setter
    def settlement_fails(self, fails: Fails | None) -> None:
        self._floor.clearing.fails = fails

    @property
    def settlement_undone(self) -> Fails | None:
        """A fault's hook: asked when a mined match is to be confirmed; what it picks is taken back after all.

        Where a side has spent meanwhile what it got, the match stays.
        """
        return self._floor.clearing.undoes

    @settlement_undone.setter
    def settlement_undone(self, undoes: Fails | None) -> None:
        self._floor.clearing.undoes = undoes

    def submit(self, request: OrderRequest) -> OrderRecord:
        """Accept an order, match it, and return the record after matching; what is matched settles later.

        Raises:
            Rejected: `code` says why; nothing has changed. MARKET_HALTED once the question is answered.
            UnknownAccount: no such account.
        """
        if request.trigger is not None or request.self_trade is not SelfTrade.ALLOW:
            raise Rejected(RejectCode.TERMS, "neither triggers nor self-trade prevention are known here")
        market = self._of_token.get(request.symbol)
        if market is not None and market.condition in self._resolutions:
            raise Rejected(RejectCode.MARKET_HALTED, f"{market.condition} has been resolved")
        return super().submit(request)

    def quote(self, symbol: str, bids: Sequence[tuple[int, int]], asks: Sequence[tuple[int, int]]) -> None:
        """Replace the house's orders by this ladder of (price in ticks, lots); its asks buy the other token.

        Nothing is quoted once the question is answered.

        Raises:
            UnknownSymbol: it is not traded here.
            ValueError: the ladder crosses itself, or is not for an affirmative token.
        """
        market = self._of_token.get(symbol)
        if market is not None and symbol != market.yes:
            raise ValueError(f"{symbol} is quoted through {market.yes}")
        if market is None or market.condition not in self._resolutions:
            super().quote(symbol, bids, asks)

    def split(self, account: str, condition: str, amount: Decimal) -> None:
        """Make `amount` of each token from as much collateral.

        Raises:
            Rejected: LOT_SIZE or INSUFFICIENT_BALANCE.
            UnknownAccount, UnknownSymbol: no such account or condition.
        """
        market, owner = self.market(condition), self._ledger.account(account)
        self._swap(owner, [market.collateral], list(market.tokens), amount)

    def merge(self, account: str, condition: str, amount: Decimal) -> None:
        """Make collateral from `amount` of each token again.

        Raises:
            Rejected: LOT_SIZE or INSUFFICIENT_BALANCE.
            UnknownAccount, UnknownSymbol: no such account or condition.
        """
        market, owner = self.market(condition), self._ledger.account(account)
        self._swap(owner, list(market.tokens), [market.collateral], amount)

    def resolve(self, condition: str, winner: str) -> Resolution:
        """Answer a question: its orders end, and what was matched settles as it would have.

        Raises:
            UnknownSymbol: no such condition.
            ValueError: it has been answered, or the winner is not one of its tokens.
        """
        market = self.market(condition)
        if condition in self._resolutions or winner not in market.tokens:
            raise ValueError(f"{condition} has been answered, or {winner} is no answer to it")
        loser = market.no if winner == market.yes else market.yes
        wall_ns = self._timeline.wall_ns()
        resolution = Resolution(condition=condition, winner=winner, loser=loser, resolved_ns=wall_ns)
        self._resolutions[condition] = resolution
        listing = self._listing(market.yes)
        self._floor.quote_house(listing, (), ())
        for order in self._floor.register.all():
            if order.request.symbol in market.tokens:
                self._floor.withdraw(order)
                self._floor.finish(order, OrderStatus.CANCELED, reasons.RESOLVED)
        self._floor.note(MarketResolved(at_ns=self._timeline.now_ns(), resolution=resolution))
        self._commit(listing)
        return resolution

    def redeem(self, account: str, condition: str) -> Decimal:
        """Burn all of both tokens that the account has, and return the collateral it got for the winning ones.

        Tokens that are on their way to it can be redeemed once they have arrived.

        Raises:
            Rejected: MARKET_HALTED while the question is open.
            UnknownAccount, UnknownSymbol: no such account or condition.
        """
        market, owner = self.market(condition), self._ledger.account(account)
        resolution = self._resolutions.get(condition)
        if resolution is None:
            raise Rejected(RejectCode.MARKET_HALTED, f"{condition} has not been resolved")
        clearing, ledger = self._floor.clearing, self._ledger
        won, lost = owner.free[resolution.winner], owner.free[resolution.loser]
        for token, units, worth in ((resolution.winner, won, won), (resolution.loser, lost, 0)):
            if not owner.overdraft:
                ledger.lock(owner, token, units)
            clearing.exchange(owner, (token, units), (market.collateral, worth))
        self._commit()
        return ledger.amount(market.collateral, won)

    def market(self, condition: str) -> PredictionMarket:
        """Return a question.

        Raises:
            UnknownSymbol: it is not asked here.
        """
        try:
            return self._markets[condition]
        except KeyError:
            raise UnknownSymbol(f"{self.name} does not ask {condition}") from None

    def _swap(self, owner: Account, gives: list[str], gets: list[str], amount: Decimal) -> None:
        if not (amount.is_finite() and 0 < amount <= AMOUNT_MAX) or _EXACT.remainder(amount, AMOUNT_STEP):
            raise Rejected(RejectCode.LOT_SIZE, f"{amount} is no multiple of {AMOUNT_STEP} up to {AMOUNT_MAX}")
        ledger, vault = self._ledger, self._floor.clearing.vault
        units = {asset: ledger.units(asset, amount) for asset in (*gives, *gets)}
        for asset in gives:
            if owner.free[asset] < units[asset] and not owner.overdraft:
                raise Rejected(RejectCode.INSUFFICIENT_BALANCE, f"less than {amount} {asset} is free")
        for asset in gives:
            if not owner.overdraft:
                ledger.lock(owner, asset, units[asset])
            ledger.pay(owner, vault, asset, units[asset])
        for asset in gets:
            ledger.pay(vault, owner, asset, units[asset])
        self._commit()
