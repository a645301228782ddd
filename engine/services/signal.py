"""One replica of signal generation: at the end of each bar it says what the bot should hold or offer, or nothing.

Replicas in several zones decide the same thing under the same identity (strategy, instrument, end of bar), and the
bus stores it once; so none leads, and none needs to know of the others. Where a quorum is asked for, they say their
opinions first (`engine.services.voting`). On prices that are not fresh a replica keeps silent: a missing decision
costs one bar, a decision on old prices may cost the account. So does one on nonsense, from a model or a strategy: it
is refused, counted and told. A model that hangs is abandoned before the next bar ends.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.domain.messages import (
    Component,
    Decision,
    LedgerSnapshot,
    PriceSeen,
    Proposed,
)
from engine.domain.opinions import SentimentSeen
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.ports.strategy import Modelled, Strategy, View
from engine.services.bar_shelf import BarShelf
from engine.services.duty import NS, WELL, Health, forever, pause
from engine.services.forecasts import Forecaster, Nonsense, Refusal
from engine.services.listening import listen
from engine.services.log import Log
from engine.services.outbox import Outbox
from engine.services.outlook import Outlook
from engine.services.signal_teller import SignalTeller
from engine.services.voting import Voting
from engine.services.wishes import Letterhead, WishBounds, decision_of

MODEL_MISSING = "it asks a model, and there is none"


class Need(StrEnum):
    """What becomes of decisions when a dependency is gone."""

    OPTIONAL = "optional"  # they are made without it
    HARD = "hard"  # none is made


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What decides on one instrument."""

    strategy: Strategy
    forecaster: Forecaster | None
    bounds: WishBounds


@dataclass(frozen=True, kw_only=True)
class SignalBounds:
    """The replica's waits and queues; times in nanoseconds."""

    bar_ns: int
    settle_ns: int
    gather_ns: int
    not_after_ns: int
    pending_max: int
    retry_every_ns: int


class Signal:
    """Makes decisions of what it sees.

    Args:
        shelf: where the bars are that a replica before this one has seen.
        sentiment: whether there is a source of sentiment, and whether nothing may be decided without it.
        voting: counts opinions where several replicas must agree; None lets each one's word be enough.
    """

    component = Component.SIGNAL

    def __init__(
        self,
        strategy_name: str,
        desks: Mapping[str, Desk],
        outlook: Outlook,
        shelf: BarShelf,
        voting: Voting | None,
        teller: SignalTeller,
        *,
        sentiment: Need | None,
        node: str,
        bus: Bus,
        outbox: Outbox,
        clock: Clock,
        log: Log,
        bounds: SignalBounds,
    ) -> None:
        self._strategy_name = strategy_name
        self._desks = dict(desks)
        self._outlook = outlook
        self._shelf = shelf
        self._voting = voting
        self._teller = teller
        self._sentiment = sentiment
        self._node = node
        self._bus = bus
        self._outbox = outbox
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._blind: tuple[str, ...] = ()

    async def run(self) -> None:
        """Listen and decide until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(forever(self._hear_prices()), name="prices")
            group.create_task(forever(self._hear_ledgers()), name="ledgers")
            if self._sentiment is not None:
                group.create_task(forever(self._hear_sentiment()), name="sentiment")
            if self._voting is not None:
                group.create_task(forever(self._hear_opinions(self._voting)), name="opinions")
            group.create_task(forever(self._shelf.run()), name="shelf")
            group.create_task(forever(self._decide_at_each_end(group)), name="bars")

    def health(self) -> Health:
        """Tell what it could not decide on, and what it refused: neither is its own failure to run."""
        told = [f"no fresh price of {', '.join(self._blind)}"] if self._blind else []
        told += self._teller.details()
        return Health(status=WELL.status, detail="; ".join(told))

    # -- hearing

    async def _hear_prices(self) -> None:
        bounds = self._bounds
        async for seen in listen(
            self._bus,
            "price.>",
            PriceSeen,
            log=self._log,
            pending_max=bounds.pending_max,
            retry_every_ns=bounds.retry_every_ns,
        ):
            self._outlook.note_price(seen)

    async def _hear_ledgers(self) -> None:
        bounds = self._bounds
        async for snapshot in listen(
            self._bus,
            "ledger.>",
            LedgerSnapshot,
            log=self._log,
            pending_max=bounds.pending_max,
            retry_every_ns=bounds.retry_every_ns,
        ):
            self._outlook.note_ledger(snapshot)

    async def _hear_opinions(self, voting: Voting) -> None:
        bounds = self._bounds
        async for said in listen(
            self._bus,
            "proposal.>",
            Proposed,
            log=self._log,
            pending_max=bounds.pending_max,
            retry_every_ns=bounds.retry_every_ns,
        ):
            opinion = said.decision
            known = opinion.strategy == self._strategy_name and opinion.instrument in self._desks
            if known and self._clock.wall_ns() <= opinion.not_after_ns and (made := voting.vote(opinion)) is not None:
                self._decided(made)

    async def _hear_sentiment(self) -> None:
        bounds = self._bounds
        async for seen in listen(
            self._bus,
            "sentiment.>",
            SentimentSeen,
            log=self._log,
            pending_max=bounds.pending_max,
            retry_every_ns=bounds.retry_every_ns,
        ):
            self._outlook.note_sentiment(seen)

    # -- deciding

    async def _decide_at_each_end(self, group: asyncio.TaskGroup) -> None:
        """Wake a little after each end of a bar on the wall clock; a bar that was slept through is not decided."""
        bar_ns, settle_ns = self._bounds.bar_ns, self._bounds.settle_ns
        end_ns = (self._clock.wall_ns() // bar_ns + 1) * bar_ns
        while True:
            left_ns = end_ns + settle_ns - self._clock.wall_ns()
            if left_ns > 0:
                await pause(min(left_ns, bar_ns))
                continue
            if -left_ns < bar_ns:
                await self._close_bars(end_ns, group)
            end_ns = max(end_ns + bar_ns, (self._clock.wall_ns() - settle_ns) // bar_ns * bar_ns + bar_ns)

    async def _close_bars(self, end_ns: int, group: asyncio.TaskGroup) -> None:
        """End every instrument's bar; what asks a model does so beside, so that it holds up nobody."""
        blind = []
        for symbol, desk in self._desks.items():
            if self._outlook.close_bar(symbol, end_ns) is None:
                blind.append(symbol)
                self._log.warning("not_decided_on_stale_prices", instrument=symbol, end_s=end_ns // NS)
            elif (view := self._outlook.view(symbol)) is None:
                continue
            elif isinstance(desk.strategy, Modelled):
                group.create_task(self._decide(desk, view), name=f"decide-{symbol}")
            else:
                await self._decide(desk, view)
        self._blind = tuple(blind)
        self._shelf.bars_ended()
        if self._voting is not None:
            group.create_task(self._count_votes(self._voting, str(end_ns // NS)), name="votes")

    async def _decide(self, desk: Desk, view: View) -> None:
        wish = await self._wish(desk, view)
        made = self._decision(wish, desk, view)
        if isinstance(made, Refusal):
            await self._teller.refused(made, view.instrument, str(view.bars[-1].end_ns // NS))
            return
        self._teller.sane(view.instrument)
        if self._voting is None:
            self._decided(made)
        else:
            await self._teller.publish(Proposed(decision=made))
            if (agreed := self._voting.vote(made)) is not None:
                self._decided(agreed)

    async def _wish(self, desk: Desk, view: View) -> object:
        """Ask the strategy, and its model first where it has one."""
        strategy = desk.strategy
        if self._sentiment is Need.HARD and view.sentiment is None:
            return Refusal(why=Nonsense.MISSING, detail="the source of sentiment is silent, and declared to be needed")
        try:
            if isinstance(strategy, Modelled):
                if desk.forecaster is None:
                    return Refusal(why=Nonsense.FAILED, detail=MODEL_MISSING)
                answer = await desk.forecaster.ask(strategy.features(view))
                if isinstance(answer, Refusal):
                    return answer
                view = replace(view, forecast=answer)
            return strategy.decide(view)
        except Exception as problem:  # a strategy is somebody else's code: its failure costs one decision, no more
            self._log.warning("strategy_failed", instrument=view.instrument, problem=repr(problem))
            return Refusal(why=Nonsense.STRATEGY, detail=repr(problem))

    def _decision(self, wish: object, desk: Desk, view: View) -> Decision | Refusal:
        if isinstance(wish, Refusal):
            return wish
        head = Letterhead(
            strategy=self._strategy_name,
            node=self._node,
            decided_at_ns=self._clock.wall_ns(),
            not_after_ns=view.bars[-1].end_ns + self._bounds.not_after_ns,
        )
        try:
            return decision_of(wish, view, desk.bounds, head)
        except Exception as problem:  # what a strategy puts into a wish is its own: any type may stand anywhere
            return Refusal(why=Nonsense.MALFORMED, detail=repr(problem))

    def _decided(self, decision: Decision) -> None:
        self._log.info(
            "decided", instrument=decision.instrument, decision=decision.decision, target=str(decision.target)
        )
        self._outbox.put(decision, not_after_ns=decision.not_after_ns)

    async def _count_votes(self, voting: Voting, decision: str) -> None:
        """Some time after a bar's end, see on what the replicas did not agree."""
        await pause(self._bounds.gather_ns)
        for symbol in self._desks:
            if (tally := voting.close(symbol, decision)) is not None:
                await self._teller.counted(tally, symbol, decision)
