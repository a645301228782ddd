"""The history database: every decision, order and alert in rows that anybody can query, written behind trading's back.

It is a file of the node, or a database that machines share and several bots may write into: each row has its bot, and
the statements are such as SQLite and PostgreSQL both understand.

It is fed from the bus, at its own pace: an event is acknowledged once its row is durable, so while the database is
down events wait on the bus, and when it is back nothing is missing. Nothing waits for it. A row has the event's own id
as its key, so what comes twice is written once. The oldest rows go when there are too many.
"""

from dataclasses import dataclass

from engine.domain.errors import StoreUnavailable
from engine.domain.messages import Component, Message, Status, encode
from engine.ports.bus import Bus, Delivery
from engine.ports.clock import Clock
from engine.ports.store import Statement, Store
from engine.services.duty import NS, WELL, Health, pause, together
from engine.services.listening import acknowledge, take
from engine.services.log import Log

PATTERNS = ("decision.>", "handled.>", "order.>", "alert.>", "safety.>")
SCHEMA: tuple[Statement, ...] = (
    (
        "CREATE TABLE IF NOT EXISTS events (bot TEXT NOT NULL, id TEXT NOT NULL, subject TEXT NOT NULL,"
        " kind TEXT NOT NULL, written_ns BIGINT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (bot, id))",
        (),
    ),
    ("CREATE INDEX IF NOT EXISTS events_by_time ON events (bot, written_ns)", ()),
    ("CREATE INDEX IF NOT EXISTS events_by_subject ON events (bot, subject, written_ns)", ()),
)
PRUNE_EVERY = 1000
"""Rows between two looks at how many there are."""


def without_the_oldest(table: str, *, bot: str, rows_max: int) -> Statement:
    """Return what deletes the oldest rows of a bot beyond so many."""
    oldest = f"SELECT written_ns FROM {table} WHERE bot = ? ORDER BY written_ns DESC LIMIT 1 OFFSET ?"
    return f"DELETE FROM {table} WHERE bot = ? AND written_ns <= ({oldest})", (bot, bot, rows_max)


@dataclass(frozen=True, kw_only=True)
class HistoryBounds:
    """How much is kept, and how the bus is lived with; times in nanoseconds."""

    rows_max: int
    degraded_after_ns: int
    ack_wait_ns: int
    retry_every_ns: int


class HistoryWriter:
    """Writes what happened into a database.

    Args:
        bot: whose place in the queues it keeps.
    """

    component = Component.OPTIONAL

    def __init__(self, bot: str, store: Store, *, bus: Bus, clock: Clock, log: Log, bounds: HistoryBounds) -> None:
        self._bot = bot
        self._store = store
        self._bus = bus
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._failing_since_ns: int | None = None
        self._written = 0

    async def run(self) -> None:
        """Write until cancelled."""
        await self._commit(SCHEMA)
        await together(*(self._record(pattern) for pattern in PATTERNS))

    def health(self) -> Health:
        """Say degraded while the database takes nothing for long; events wait on the bus meanwhile."""
        since_ns = self._failing_since_ns
        if since_ns is None:
            return WELL
        failing_ns = self._clock.monotonic_ns() - since_ns
        late = failing_ns > self._bounds.degraded_after_ns
        detail = f"the history takes nothing for {failing_ns // NS} s; events wait on the bus"
        return Health(status=Status.DEGRADED if late else Status.OK, detail=detail)

    async def _record(self, pattern: str) -> None:
        deliveries = take(
            self._bus,
            pattern,
            durable=f"history-{self._bot}-{pattern.partition('.')[0]}",
            log=self._log,
            ack_wait_ns=self._bounds.ack_wait_ns,
            retry_every_ns=self._bounds.retry_every_ns,
        )
        async for said, delivery in deliveries:
            await self._commit((self._row(said, delivery), *self._prune()))
            await acknowledge(delivery, self._log)

    def _row(self, said: Message, delivery: Delivery) -> Statement:
        what = (delivery.message_id, delivery.subject, type(said).__name__)
        row = (self._bot, *what, self._clock.wall_ns(), encode(said).decode())
        return "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row

    def _prune(self) -> tuple[Statement, ...]:
        """Now and then, let the oldest rows go."""
        self._written += 1
        if self._written % PRUNE_EVERY:
            return ()
        return (without_the_oldest("events", bot=self._bot, rows_max=self._bounds.rows_max),)

    async def _commit(self, statements: tuple[Statement, ...]) -> None:
        """Write, however long the database is down."""
        while True:
            try:
                await self._store.commit(statements)
            except StoreUnavailable as problem:
                if self._failing_since_ns is None:
                    self._failing_since_ns = self._clock.monotonic_ns()
                self._log.warning("history_not_written", problem=str(problem))
                await pause(self._bounds.retry_every_ns)
            else:
                self._failing_since_ns = None
                return
