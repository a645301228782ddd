"""The durable half of the books: orders, fills, decisions and baselines as rows of one SQLite file.

Every write replaces or ignores what is there, so that doing it twice changes nothing: a journal is written again by
whoever is not sure that it was.
"""

import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal

from engine.domain.codec import from_json, reader, to_json
from engine.domain.errors import NotReplicated
from engine.domain.evidence import Trade
from engine.domain.messages import DecisionHandled
from engine.domain.order import Order
from engine.ports.store import SqlValue, Statement, Store
from engine.recovery.ledger import LedgerState, TradeKey, trade_key
from engine.recovery.replica import Baseline, JournalWritten, VenueFill
from engine.recovery.replicator import Replicator
from engine.recovery.rows import FillTime, position_row, statements_of
from engine.recovery.schema import VERSION, migrate

_read_trade = reader(Trade)
_read_time = reader(FillTime)

FILLS_WHOLE_MAX = 5_000
"""How many of the latest fills are kept whole, more than anybody reads at a start; of older ones that a checkpoint
counts, only the name."""


class Journal:
    """Writes and reads the execution journal; every method raises `StoreUnavailable`.

    Args:
        replica: what carries each entry to the bus as well; None where nobody else is to find it.
        strict: whether what must be found by a successor waits for the bus, too.
    """

    def __init__(self, store: Store, *, replica: Replicator | None = None, strict: bool = False) -> None:
        self._store = store
        self._replica = replica
        self._strict = strict

    async def open(self) -> None:
        """Bring the file's tables to the present version."""
        await migrate(self._store)

    async def identity(self, chance: random.Random) -> str:
        """Return the name that this file was given when it was made: who leads is known by it."""
        sql = "INSERT OR IGNORE INTO identity VALUES (1, ?)"
        await self._store.commit([(sql, (f"{chance.getrandbits(64):016x}",))])
        ((name,),) = await self._store.read("SELECT name FROM identity")
        return str(name)

    async def is_new(self) -> bool:
        """Tell whether nothing of a bot was ever written into it."""
        return not await self._store.read("SELECT 1 FROM baselines LIMIT 1")

    async def write(
        self,
        *,
        orders: Sequence[Order] = (),
        fills: Iterable[tuple[str, Trade]] = (),
        handled: DecisionHandled | None = None,
    ) -> None:
        """Write orders, fills (with their venue) and a decision in one transaction: facts, which the bus gets later."""
        entry = self._entry(orders=orders, fills=fills, handled=handled)
        if self._replica is not None:
            self._replica.put(entry)
        await self._store.commit(self._statements(entry))

    @asynccontextmanager
    async def intend(
        self,
        *,
        orders: Sequence[Order] = (),
        handled: DecisionHandled | None = None,
        baseline: Baseline | None = None,
    ) -> AsyncIterator[None]:
        """Write what a successor must find before anything comes of it; counted in memory inside the context.

        Disk and bus work at the same time: with a standby it costs one round trip or one sync, whichever is longer.
        Raise `NotReplicated` when only the bus failed.
        """
        entry = self._entry(orders=orders, handled=handled, baseline=baseline)
        stored = self._replica.deliver(entry) if self._replica is not None else None
        try:
            await self._store.commit(self._statements(entry))
            if stored is not None and self._strict and not await stored:
                raise NotReplicated("the bus did not take an intent, so that no successor would find it")
            yield
        finally:
            if self._replica is not None:
                self._replica.concluded(entry.number)

    def _entry(
        self,
        *,
        orders: Sequence[Order],
        fills: Iterable[tuple[str, Trade]] = (),
        handled: DecisionHandled | None = None,
        baseline: Baseline | None = None,
    ) -> JournalWritten:
        token, number, at_ns = self._replica.stamp() if self._replica is not None else (0, 0, 0)
        return JournalWritten(
            schema=VERSION,
            token=token,
            number=number,
            orders=tuple(orders),
            fills=tuple(VenueFill(venue=venue, trade=trade) for venue, trade in fills),
            handled=handled,
            baseline=baseline,
            at_ns=at_ns,
        )

    def _statements(self, entry: JournalWritten) -> list[Statement]:
        return statements_of(entry) + ([position_row(entry.token, entry.number)] if self._replica is not None else [])

    async def baselines(self) -> dict[str, dict[str, Decimal]]:
        """Return what each account held before the bot."""
        found: dict[str, dict[str, Decimal]] = {}
        for venue, asset, amount in await self._store.read("SELECT venue, asset, amount FROM baselines"):
            balances = found.setdefault(str(venue), {})
            if asset:
                balances[str(asset)] = Decimal(str(amount))
        return found

    async def fills(self, *, after: int, most: int) -> list[tuple[int, str, Trade]]:
        """Return fills in the order in which they were counted, from after a number on, with number and venue."""
        sql = "SELECT rowid, venue, body FROM fills WHERE rowid > ? ORDER BY rowid LIMIT ?"
        rows = await self._store.read(sql, (after, most))
        return [(int(str(number)), str(venue), _read_trade(_bytes(body))) for number, venue, body in rows]

    async def latest_fills(self, most: int) -> list[tuple[TradeKey, int]]:
        """Return the names of the fills that were counted last and when they happened, oldest first."""
        sql = "SELECT venue, instrument, trade_id, body FROM fills ORDER BY rowid DESC LIMIT ?"
        rows = reversed(await self._store.read(sql, (most,)))
        return [((str(venue), str(symbol), str(name)), _time_of(body)) for venue, symbol, name, body in rows]

    async def checkpoint(self) -> tuple[int, LedgerState | None]:
        """Return what the fills up to a number came to."""
        rows = await self._store.read("SELECT upto, body FROM checkpoint")
        return (int(str(rows[0][0])), from_json(_bytes(rows[0][1]), LedgerState)) if rows else (0, None)

    async def write_checkpoint(self, upto: int, state: LedgerState) -> None:
        """Write what the fills up to a number come to."""
        await self._store.commit([("INSERT OR REPLACE INTO checkpoint VALUES (1, ?, ?)", (upto, to_json(state)))])

    async def forget(self, *, before_ns: int) -> None:
        """Let go of settled orders and concluded decisions of before a time, so that the file ends growing.

        Each venue's last order stays, since a start asks when it was; so does every fill's name, by which none is
        counted twice, and the whole of the latest.
        """
        last = "(SELECT max(changed_ns) FROM orders AS other WHERE other.venue = orders.venue)"
        whole = "(SELECT min(checkpoint.upto, (SELECT max(rowid) FROM fills) - ?) FROM checkpoint)"
        await self._store.commit(
            [
                (f"DELETE FROM orders WHERE settled = 1 AND changed_ns < ? AND changed_ns < {last}", (before_ns,)),
                ("DELETE FROM decisions WHERE at_ns < ?", (before_ns,)),
                (f"UPDATE fills SET body = x'' WHERE body <> x'' AND rowid <= {whole}", (FILLS_WHOLE_MAX,)),
            ]
        )

    async def has_fill(self, venue: str, trade: Trade) -> bool:
        """Tell whether a fill was ever counted."""
        sql = "SELECT 1 FROM fills WHERE venue = ? AND instrument = ? AND trade_id = ?"
        return bool(await self._store.read(sql, trade_key(venue, trade)))

    async def orders(self, *, changed_after_ns: int) -> list[Order]:
        """Return the orders that are not settled or changed after a time, in the order of their changes."""
        sql = "SELECT body FROM orders WHERE settled = 0 OR changed_ns > ? ORDER BY changed_ns, client_order_id"
        return [from_json(_bytes(body), Order) for (body,) in await self._store.read(sql, (changed_after_ns,))]

    async def last_change_ns(self, venue: str) -> int | None:
        """Return when an order at a venue last changed; None before the first."""
        ((changed_ns,),) = await self._store.read("SELECT max(changed_ns) FROM orders WHERE venue = ?", (venue,))
        return changed_ns if isinstance(changed_ns, int) else None

    async def order(self, client_order_id: str) -> Order | None:
        """Return one order, however old."""
        rows = await self._store.read("SELECT body FROM orders WHERE client_order_id = ?", (client_order_id,))
        return from_json(_bytes(rows[0][0]), Order) if rows else None

    async def order_named(self, venue: str, instrument: str, venue_order_id: str) -> Order | None:
        """Return the order that a venue knows by an id of its own: one that it may use in each market (Binance)."""
        sql = "SELECT body FROM orders WHERE venue = ? AND venue_order_id = ?"
        rows = await self._store.read(sql, (venue, venue_order_id))
        orders = (from_json(_bytes(body), Order) for (body,) in rows)
        return next((order for order in orders if order.identity.instrument == instrument), None)

    async def decisions(self, *, after_ns: int) -> list[DecisionHandled]:
        """Return the decisions concluded after a time, oldest first."""
        sql = "SELECT body FROM decisions WHERE at_ns > ? ORDER BY at_ns, id"
        return [from_json(_bytes(body), DecisionHandled) for (body,) in await self._store.read(sql, (after_ns,))]


def _time_of(body: SqlValue) -> int:
    return _read_time(_bytes(body)).at_ns if body else 0  # a name alone, as older programs wrote it


def _bytes(value: SqlValue) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
