"""Matches on their way through the chain: sent, mined, confirmed, or given up and taken back, before or after that.

Until a match is mined nothing moves: what each side gives stays locked on its account, counted to no order any
more. All that moves passes through one account that holds the collateral. Its tokens are negative: it owes them to
whoever has them, one of each kind for a unit of collateral, and so minting, merging and swapping are one thing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.exchange import reasons
from simulator.exchange.ledger import Account, Ledger
from simulator.exchange.orders import TradeRecord
from simulator.exchange.prediction.listing import OutcomeListing
from simulator.exchange.prediction.records import Settlement, SettlementState
from simulator.exchange.timeline import Timeline
from simulator.exchange.working_order import WorkingOrder

VAULT = "collateral"  # the account that holds what open tokens are worth, and owes the tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Half:
    """One party of a match: what it gives and gets, in smallest units; the house has neither order nor trade."""

    account: Account
    gives: tuple[str, int]
    gets: tuple[str, int]
    fee: int  # kept of what it gets
    order: WorkingOrder | None = None
    trade: TradeRecord | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A taker's half and a maker's; they fit together once everything has passed through the vault."""

    listing: OutcomeListing
    halves: tuple[Half, Half]

    @property
    def trades(self) -> tuple[TradeRecord, ...]:
        """The clients' halves as they were written down, the taker's first."""
        return tuple(half.trade for half in self.halves if half.trade is not None)


Fails = Callable[[tuple[TradeRecord, ...]], bool]
Notes = Callable[[Match, Settlement], None]


class Clearing:
    """Sends matches to the chain; `delay_ns` a step, `fails` decides on a match when it is to be mined, and `undoes`
    when it is to be confirmed.
    """

    def __init__(self, ledger: Ledger, timeline: Timeline, note: Notes) -> None:
        """Open the vault; `note` hears of each half whose match has come further, then `commit` makes it true."""
        ledger.open(VAULT, {}, overdraft=True)
        self.vault = ledger.account(VAULT)
        self.delay_ns = 2_000_000_000
        self.fails: Fails | None = None
        self.undoes: Fails | None = None
        self._ledger = ledger
        self._timeline = timeline
        self._note = note
        self.commit: Callable[[OutcomeListing], None] = lambda _: None

    def send(self, match: Match) -> None:
        """Put a match on its way."""
        self._tell(match, SettlementState.MATCHED)
        self._timeline.call_later(self.delay_ns, lambda: self._mine(match))

    def exchange(self, account: Account, gives: tuple[str, int], gets: tuple[str, int], *, fee: int = 0) -> None:
        """Let an account give what it has locked, and get something else for it."""
        self._ledger.pay(account, self.vault, *gives)
        self._ledger.pay(self.vault, account, *gets, fee=fee)

    def _mine(self, match: Match) -> None:
        if self.fails is not None and self.fails(match.trades):
            self._step(match, SettlementState.RETRYING, self._fail)
            return
        for half in match.halves:
            self.exchange(half.account, half.gives, half.gets, fee=half.fee)
        self._step(match, SettlementState.MINED, self._confirm)

    def _step(self, match: Match, state: SettlementState, then: Callable[[Match], None]) -> None:
        self._tell(match, state)
        self._timeline.call_later(self.delay_ns, lambda: then(match))
        self.commit(match.listing)

    def _confirm(self, match: Match) -> None:
        if self.undoes is not None and all(map(self._has_it_still, match.halves)) and self.undoes(match.trades):
            for half in match.halves:
                self._undo(half)
            self._step(match, SettlementState.RETRYING, self._fail)
            return
        self._tell(match, SettlementState.CONFIRMED)
        self.commit(match.listing)

    def _has_it_still(self, half: Half) -> bool:
        """Tell whether a side can return what it got: a chain that undid what was spent since would undo more."""
        asset, units = half.gets
        return half.account.overdraft or half.account.free[asset] >= units - half.fee

    def _undo(self, half: Half) -> None:
        """Exchange back what was exchanged, the fee included; what a client gave is locked again."""
        account, (asset, units) = half.account, half.gets
        if not account.overdraft:
            self._ledger.lock(account, asset, units - half.fee)
        self._ledger.pay(account, self.vault, asset, units - half.fee, fee=-half.fee)
        self._ledger.pay(self.vault, account, *half.gives)
        if not account.overdraft:
            self._ledger.lock(account, *half.gives)

    def _fail(self, match: Match) -> None:
        for half in match.halves:
            if half.order is not None:
                self._ledger.release(half.account, *half.gives)
        self._tell(match, SettlementState.FAILED, reasons.SETTLEMENT_FAILED)
        self.commit(match.listing)

    def _tell(self, match: Match, state: SettlementState, reason: str = "") -> None:
        wall_ns = self._timeline.wall_ns()
        for trade in match.trades:
            self._note(match, Settlement(trade=trade, state=state, updated_ns=wall_ns, reason=reason))
