"""Keeping the pager's open pages equal to what holds, and finding another way to a person when the pager is down.

A pager loop works off the difference between the switchboard and what the pager knows. What is not yet worth waking
somebody goes to the quiet channel; what is, and the pager has not taken for a while, goes there too, as long as the
pager is still tried. An alert's delivery is acknowledged once the pager has it, so a monitor that dies in between gets
it again.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from engine.domain.errors import StoreUnavailable
from engine.domain.messages import AlertAcknowledged, AlertRaised, AlertResolved, Status
from engine.ports.bus import Delivery
from engine.ports.clock import Clock
from engine.ports.store import Store
from engine.services.duty import NS, WELL, Health, pause
from engine.services.listening import acknowledge
from engine.services.log import Log
from engine.services.switchboard import Page, Switchboard

TOLD, IN_HAND = "told", "in_hand"
"""The tables: keys of pages that are open, and of alerts that somebody has acknowledged."""


class Pager(Protocol):
    """Who wakes a person; all calls tell whether the pager has taken it, and never raise for a pager that is down."""

    async def trigger(self, page: Page) -> bool:
        """Open a page; a key that is open already stays one page."""
        ...

    async def acknowledge(self, key: str) -> bool:
        """Say that a person has an open page in hand: it is not escalated further."""
        ...

    async def resolve(self, key: str) -> bool:
        """End a page."""
        ...


class Notifier(Protocol):
    """A channel that wakes nobody: a chat room, a mailbox."""

    async def notify(self, text: str) -> bool:
        """Say something there; False when it was not taken. Does not raise for a channel that is down."""
        ...


@dataclass(frozen=True, kw_only=True)
class PagingBounds:
    """Waits and sizes; times in nanoseconds."""

    forget_alerts_after_ns: int
    escalate_after_ns: int
    retry_first_ns: int
    retry_most_ns: int
    second_after_ns: int
    """How long the pager may take nothing before the second channel is told as well."""
    pages_max: int


class Paging:
    """The pages of one monitor.

    Args:
        second: where quiet alerts go, and pages that the pager does not take; None for nowhere.
    """

    def __init__(
        self, store: Store, pager: Pager, second: Notifier | None, *, clock: Clock, log: Log, bounds: PagingBounds
    ) -> None:
        self._store = store
        self._pager = pager
        self._second = second
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self.board = self._empty_board()
        self._unacknowledged: dict[str, Delivery] = {}
        self._to_acknowledge: list[str] = []
        self._written_in_hand: tuple[str, ...] = ()
        self._told_second: dict[str, None] = {}
        self._work = asyncio.Event()
        self._down_since_ns: int | None = None

    async def open(self) -> None:
        """Remember which pages are open, and what somebody has in hand."""
        self._written_in_hand = await self._remembered(IN_HAND)
        self.board = self._empty_board(await self._remembered(TOLD), self._written_in_hand)

    def health(self) -> Health:
        """Say degraded while the pager cannot be reached: then nobody is woken by anything."""
        if self._down_since_ns is None:
            return WELL
        seconds = (self._clock.monotonic_ns() - self._down_since_ns) // NS
        return Health(status=Status.DEGRADED, detail=f"the pager has not answered for {seconds} s")

    def take(self, said: AlertRaised | AlertResolved | AlertAcknowledged, delivery: Delivery) -> bool:
        """Take what was said about an alert; False when there is no room for it."""
        if not self.board.take(said, now_ns=self._clock.monotonic_ns()):
            return False
        if isinstance(said, AlertAcknowledged):
            self._to_acknowledge.append(said.key)
        self._unacknowledged[delivery.message_id] = delivery
        self._work.set()
        return True

    def look(self) -> None:
        """Work off what has become due."""
        self.board.forget(now_ns=self._clock.monotonic_ns())
        self._work.set()

    async def run(self) -> None:
        """Bring the pager up to date whenever something changed; while it is down, with a growing pause."""
        delay_ns = self._bounds.retry_first_ns
        while True:
            await self._work.wait()
            self._work.clear()
            if await self._bring_up_to_date():
                delay_ns = self._bounds.retry_first_ns
                self._down_since_ns = None
                self._told_second.clear()
                await self._tell_quietly()
                continue
            if self._down_since_ns is None:
                self._down_since_ns = self._clock.monotonic_ns()
            await self._tell_second()
            await pause(delay_ns)
            delay_ns = min(delay_ns * 2, self._bounds.retry_most_ns)
            self._work.set()

    async def _bring_up_to_date(self) -> bool:
        """Open and close what is due; False as soon as the pager does not take something."""
        for page in self.board.to_open(now_ns=self._clock.monotonic_ns()):
            if not await self._pager.trigger(page):
                return False
            self._log.warning("paged", key=page.key, summary=page.summary)
            self.board.opened(page.key)
            await self._remember(TOLD, page.key)
        while self._to_acknowledge:
            key = self._to_acknowledge[0]
            if key in self.board.told and not await self._pager.acknowledge(key):
                return False
            del self._to_acknowledge[0]
        for key in self.board.to_close(now_ns=self._clock.monotonic_ns()):
            if not await self._pager.resolve(key):
                return False
            self._log.info("page_resolved", key=key)
            self.board.closed(key)
            await self._forget(TOLD, key)
        await self._write_in_hand()
        waiting, self._unacknowledged = self._unacknowledged, {}
        for delivery in waiting.values():
            await acknowledge(delivery, self._log)
        return True

    async def _tell_quietly(self) -> None:
        """Say where nobody is woken what is not yet worth waking somebody; what is not taken is tried again later."""
        for page in self.board.to_tell_quietly():
            if self._second is not None and not await self._second.notify(f"{page.summary} ({page.runbook})"):
                return
            self.board.told_quietly(page.key)

    async def _tell_second(self) -> None:
        """Say on the second channel what the pager has not taken for too long."""
        down_ns = self._clock.monotonic_ns() - (self._down_since_ns or 0)
        if self._second is None or down_ns < self._bounds.second_after_ns:
            return
        for page in self.board.to_open(now_ns=self._clock.monotonic_ns()):
            if page.key not in self._told_second:
                if not await self._second.notify(f"THE PAGER IS DOWN. {page.summary} (runbook {page.runbook})"):
                    return
                self._told_second[page.key] = None

    def _empty_board(self, told: tuple[str, ...] = (), in_hand: tuple[str, ...] = ()) -> Switchboard:
        return Switchboard(
            told,
            in_hand,
            now_ns=self._clock.monotonic_ns(),
            forget_after_ns=self._bounds.forget_alerts_after_ns,
            escalate_after_ns=self._bounds.escalate_after_ns,
            pages_max=self._bounds.pages_max,
        )

    async def _remembered(self, table: str) -> tuple[str, ...]:
        """Return the keys of a table when this monitor last ran; none when its store does not answer."""
        try:
            await self._store.commit([(f"CREATE TABLE IF NOT EXISTS {table} (key TEXT PRIMARY KEY)", ())])
            return tuple(str(key) for (key,) in await self._store.read(f"SELECT key FROM {table} ORDER BY key"))
        except StoreUnavailable as problem:
            self._log.warning("pages_not_remembered", table=table, problem=str(problem))
            return ()

    async def _write_in_hand(self) -> None:
        """Write down what has come into somebody's hands, and what is over."""
        before, now = self._written_in_hand, self.board.in_hand
        self._written_in_hand = now
        for key in now:
            if key not in before:
                await self._remember(IN_HAND, key)
        for key in before:
            if key not in now:
                await self._forget(IN_HAND, key)

    async def _remember(self, table: str, key: str) -> None:
        await self._write(f"INSERT OR IGNORE INTO {table} VALUES (?)", key)

    async def _forget(self, table: str, key: str) -> None:
        await self._write(f"DELETE FROM {table} WHERE key = ?", key)

    async def _write(self, sql: str, key: str) -> None:
        """Write down what is so now; a monitor without a store goes on paging."""
        try:
            await self._store.commit([(sql, (key,))])
        except StoreUnavailable as problem:
            self._log.warning("page_not_written_down", key=key, problem=str(problem))
