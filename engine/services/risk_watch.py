"""The watch over what is held: limits that were broken, a day's loss, results that jump; each believed only twice.

The rules keep entries within the limits, so a position beyond one came by a way that no rule saw: a fill that was
taken for lost, an order of somebody else. That, and a loss beyond the day's, is told to safety at once, and once more
when a second, independent reading says the same: for a position the account's balances, for a loss another price. A
person who re-arms the bot accepts what was lost so far, and it counts anew from there.

A result that jumps, either way, is paged when a second price agrees; a gain that nobody can explain is as much of a
warning as a loss.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.domain.errors import BusUnavailable
from engine.domain.messages import encode
from engine.domain.money import NOTHING, Money
from engine.domain.profit import ProfitSeen
from engine.domain.risk import Scene, loss_limit, overstepped, quote_of
from engine.domain.safety import BOT, Loss
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.services.account import Account
from engine.services.alarms import Alarms, Severity
from engine.services.duty import heard, pause
from engine.services.log import Log
from engine.services.profit import Market, ProfitDesk
from engine.services.risk import RiskDesk
from engine.services.safety import Safety


@dataclass(frozen=True, kw_only=True)
class WatchBounds:
    """The watch's pace and patience; times in nanoseconds."""

    look_every_ns: int
    tell_every_ns: int
    anomaly: Decimal
    """How far a result may move within `anomaly_within_ns`, as a share of the value of the market's limit."""
    anomaly_within_ns: int


class RiskWatch:
    """Measures what is held against the limits for as long as prices come in; `changed` is set as the books change."""

    def __init__(
        self,
        risk: RiskDesk,
        profits: ProfitDesk,
        accounts: Mapping[str, Account],
        *,
        safety: Safety,
        alarms: Alarms,
        bus: Bus,
        clock: Clock,
        log: Log,
        changed: asyncio.Event,
        bounds: WatchBounds,
    ) -> None:
        self._changed = changed
        self._risk = risk
        self._profits = profits
        self._accounts = dict(accounts)
        self._safety = safety
        self._alarms = alarms
        self._bus = bus
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._broken_since_ns: int | None = None
        self._latched = False
        self._day = 0
        self._samples: dict[Market, deque[tuple[int, Money]]] = {}
        self._told: dict[Market, tuple[int, ProfitSeen]] = {}

    async def run(self) -> None:
        """Look whenever there are new prices, but no more often than declared, until cancelled.

        While nothing is held no price moves a result, so only a change of the books is waited for, or a slow look.
        """
        await self._profits.recall()
        while True:
            await self._risk.prices.changed.wait()
            self._risk.prices.changed.clear()
            self._changed.clear()
            at_stake = await self.look()
            await pause(self._bounds.look_every_ns)
            if not at_stake:
                await heard(self._changed, within_ns=self._bounds.tell_every_ns - self._bounds.look_every_ns)

    async def look(self) -> bool:
        """Measure everything once, and tell what is to be told; return whether prices can change anything."""
        measured = await self._profits.measure()
        if self._was_rearmed():
            await self._profits.accept(measured)
        self._risk.lost_today = self._profits.lost(measured)
        scene = self._risk.held()
        await self._mind_limits(measured, scene)
        self._begin_day(measured)
        await self._mind_jumps({(seen.venue, seen.instrument): seen.result for seen in measured})
        await self._tell(measured)
        return self._latched or self._broken_since_ns is not None or any(each.worst for each in scene.holdings)

    # -- limits

    async def _mind_limits(self, measured: Sequence[ProfitSeen], scene: Scene) -> None:
        broken = [str(each) for each in overstepped(scene, self._risk.limits)]
        lost = self._too_much(self._risk.lost_today, scene)
        if not broken and not lost:
            self._broken_since_ns = None
            self._safety.regained(Loss.LIMIT, scope=BOT)
            return
        if self._broken_since_ns is None:
            self._broken_since_ns = self._clock.monotonic_ns()
        for reason in (*broken, *lost):
            self._safety.lost(Loss.LIMIT, scope=BOT, reason=reason, reading="books and prices")
        if broken and self._balances_agree():
            self._safety.lost(Loss.LIMIT, scope=BOT, reason=broken[0], reading="balances")
        if lost and not self._latched:
            for reason in self._too_much(self._profits.lost(await self._measured_otherwise(measured)), scene):
                self._safety.lost(Loss.LIMIT, scope=BOT, reason=reason, reading="other prices")

    async def _measured_otherwise(self, measured: Sequence[ProfitSeen]) -> tuple[ProfitSeen, ...]:
        """Return the results with what is held at other prices; nothing if one of these cannot be had."""
        held = [(seen.venue, seen.instrument) for seen in measured if seen.position]
        again = await self._profits.second_opinion(held)
        closed = tuple(seen for seen in measured if not seen.position)
        return (*closed, *again) if len(again) == len(held) else ()

    def _was_rearmed(self) -> bool:
        """Tell whether a person has ended a broken limit since the last look: then the loss so far is accepted."""
        was, self._latched = self._latched, any(held.loss is Loss.LIMIT for held in self._safety.latched())
        return was and not self._latched

    def _too_much(self, lost: Mapping[str, Money], scene: Scene) -> list[str]:
        limits = {quote: loss_limit(quote, scene, self._risk.limits) for quote in lost}
        return [
            f"{lost[quote]} {quote} were lost today, and {most} is the limit"
            for quote, most in limits.items()
            if most is not None and lost[quote] > NOTHING and lost[quote] >= most
        ]

    def _balances_agree(self) -> bool:
        """Tell whether every account was found to agree with the books since something was beyond its limit."""
        since_ns = self._broken_since_ns
        agreed = (account.agreed_ns for account in self._accounts.values())
        return since_ns is not None and all(at_ns is not None and at_ns > since_ns for at_ns in agreed)

    # -- jumps

    async def _mind_jumps(self, results: Mapping[Market, Money]) -> None:
        jumped = {market: jump for market, result in results.items() if (jump := self._jump(market, result))}
        opinions = await self._profits.second_opinion(jumped)
        again = {(seen.venue, seen.instrument): seen.result for seen in opinions}
        for market, result in results.items():
            venue, instrument = market
            key = f"profit/{venue}/{instrument}/anomaly"
            sure = market in jumped and market in again and self._is_jump(market, again[market] - self._first(market))
            if sure:
                word = "gained" if jumped[market] > NOTHING else "lost"
                within_s = self._bounds.anomaly_within_ns // 1_000_000_000
                summary = f"{instrument} at {venue} {word} {abs(jumped[market])} {quote_of(instrument)} in {within_s} s"
                self._alarms.raise_alert(key, severity=Severity.ERROR, summary=summary, runbook="profit-anomaly")
            elif market not in jumped:
                self._alarms.resolve_alert(key)
            self._sample(market, result)

    def _begin_day(self, measured: Sequence[ProfitSeen]) -> None:
        """Compare nothing over midnight: a day's result begins at nothing, and that is no jump."""
        day = max((seen.day for seen in measured), default=self._day)
        if day != self._day:
            self._day = day
            self._samples.clear()

    def _jump(self, market: Market, result: Money) -> Money | None:
        """Return how far a result has moved within the time that is looked at, if that is too far."""
        if not self._samples.get(market):
            return None
        moved = result - self._first(market)
        return moved if self._is_jump(market, moved) else None

    def _first(self, market: Market) -> Money:
        return self._samples[market][0][1]

    def _is_jump(self, market: Market, moved: Money) -> bool:
        price = self._risk.prices.known(*market)
        limit = self._risk.limits.markets[market[1]].net
        return price is not None and abs(moved) > (price * limit).scaled(self._bounds.anomaly)

    def _sample(self, market: Market, result: Money) -> None:
        now_ns = self._clock.monotonic_ns()
        samples = self._samples.setdefault(market, deque())
        samples.append((now_ns, result))
        while samples[0][0] < now_ns - self._bounds.anomaly_within_ns:
            samples.popleft()

    # -- what is told

    async def _tell(self, measured: Sequence[ProfitSeen]) -> None:
        """Publish the results that have changed, each no more often than declared."""
        now_ns = self._clock.monotonic_ns()
        for seen in measured:
            market = (seen.venue, seen.instrument)
            told_ns, told = self._told.get(market, (None, None))
            if told is not None and told_ns is not None:
                same = (told.result, told.position, told.day) == (seen.result, seen.position, seen.day)
                if same or now_ns - told_ns < self._bounds.tell_every_ns:
                    continue
            try:
                await self._bus.publish(seen.subject, encode(seen))
            except BusUnavailable as problem:
                self._log.warning("profit_not_published", venue=seen.venue, problem=str(problem))
                return
            self._told[market] = (now_ns, seen)
