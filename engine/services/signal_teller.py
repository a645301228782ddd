"""What a replica tells of decisions that it did not make: counted, on the bus, and as alerts that end by themselves."""

from collections import Counter

from engine.domain.errors import BusUnavailable
from engine.domain.messages import Message, encode, subject_of
from engine.domain.opinions import SignalDisagreed, SignalRefused
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.services.alarms import Alarms, Severity
from engine.services.forecasts import Nonsense, Refusal
from engine.services.log import Log
from engine.services.voting import Tally


class SignalTeller:
    """Counts refusals and disagreements of one replica since its start.

    Args:
        strategy: the name of the strategy that decides.
        quorum: how many replicas must agree.
    """

    def __init__(
        self, strategy: str, *, quorum: int, node: str, bus: Bus, alarms: Alarms, clock: Clock, log: Log
    ) -> None:
        self._strategy = strategy
        self._quorum = quorum
        self._node = node
        self._bus = bus
        self._alarms = alarms
        self._clock = clock
        self._log = log
        self._refused: Counter[Nonsense] = Counter()
        self._last: dict[str, Refusal] = {}
        self._disagreed = 0

    def details(self) -> list[str]:
        """Return what a heartbeat should say: what is refused now, and how much was refused so far."""
        told = [f"{symbol} refused ({each.why}: {each.detail})" for symbol, each in sorted(self._last.items())]
        if self._refused:
            counts = ", ".join(f"{count} {why}" for why, count in sorted(self._refused.items()))
            told.append(f"refused so far: {counts}")
        return told

    def sane(self, symbol: str) -> None:
        """Note that what was answered on an instrument makes sense again."""
        self._last.pop(symbol, None)
        self._alarms.resolve_alert(self._key(symbol))

    async def refused(self, refusal: Refusal, symbol: str, decision: str) -> None:
        """Count and tell that nothing was decided."""
        self._refused[refusal.why] += 1
        self._last[symbol] = refusal
        self._log.warning("signal_refused", instrument=symbol, why=refusal.why, detail=refusal.detail)
        summary = f"{self._node} decides nothing on {symbol}: {refusal.why}, {refusal.detail}"
        self._alarms.raise_alert(
            self._key(symbol), severity=Severity.WARNING, summary=summary, runbook="signal-refused"
        )
        await self.publish(
            SignalRefused(
                strategy=self._strategy,
                instrument=symbol,
                decision=decision,
                why=refusal.why.value,
                detail=refusal.detail,
                count=self._refused[refusal.why],
                node=self._node,
                at_ns=self._clock.wall_ns(),
            )
        )

    async def counted(self, tally: Tally, symbol: str, decision: str) -> None:
        """Tell how a vote ended, unless all were of one mind."""
        key = f"signal/{symbol}/disagreement"
        if tally.unanimous:
            self._alarms.resolve_alert(key)
            return
        self._disagreed += 1
        self._log.warning("replicas_disagreed", instrument=symbol, decision=decision, others=list(tally.others))
        made = "a decision was made" if tally.enough else f"{self._quorum} are needed, so nothing was decided"
        summary = f"on {symbol} {_names(tally.agreed)} stand against {_names(tally.others)}; {made}"
        self._alarms.raise_alert(key, severity=Severity.WARNING, summary=summary, runbook="signal-disagreement")
        await self.publish(
            SignalDisagreed(
                strategy=self._strategy,
                instrument=symbol,
                decision=decision,
                agreed=tally.agreed,
                others=tally.others,
                needed=self._quorum,
                count=self._disagreed,
                node=self._node,
                at_ns=self._clock.wall_ns(),
            )
        )

    async def publish(self, message: Message) -> None:
        """Say something to whoever listens now; what cannot be said is only logged."""
        try:
            await self._bus.publish(subject_of(message), encode(message))
        except BusUnavailable as problem:
            self._log.warning("signal_not_published", what=type(message).__name__, problem=str(problem))

    def _key(self, symbol: str) -> str:
        return f"signal/{self._node}/{symbol}/refused"


def _names(nodes: tuple[str, ...]) -> str:
    return ", ".join(nodes) or "nobody"
