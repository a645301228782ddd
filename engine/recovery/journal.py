"""The durable half of the books: orders, fills, decisions and baselines as rows of one SQLite file.

Every write replaces or ignores what is there, so that doing it twice changes nothing: a journal is written again by
whoever is not sure that it was.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from engine.domain.codec import from_json, reader, to_json
from engine.domain.evidence import Trade
from engine.domain.identity import decision_id
from engine.domain.messages import DecisionHandled
from engine.domain.order import Order
from engine.ports.store import SqlValue, Statement, Store
from engine.recovery.ledger import LedgerState
from engine.recovery.schema import migrate

_read_trade = reader(Trade)


class Journal:
    """Writes and reads the execution journal; every method raises `StoreUnavailable`."""

    def __init__(self, store: Store) -> None:
        self._store = store

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
        """Write orders, fills (with their venue) and a decision in one transaction."""
        statements = [_order(order) for order in orders]
        statements += [_fill(venue, trade) for venue, trade in fills]
        if handled is not None:
            statements.append(_decision(handled))
        await self._store.commit(statements)

    async def write_baseline(self, venue: str, balances: Mapping[str, Decimal]) -> None:
        """Write what an account held before the bot; an asset-less account is written as an empty asset."""
        rows = sorted(balances.items()) or [("", Decimal(0))]
        sql = "INSERT OR IGNORE INTO baselines VALUES (?, ?, ?)"
        await self._store.commit([(sql, (venue, asset, str(amount))) for asset, amount in rows])

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

    async def checkpoint(self) -> tuple[int, LedgerState | None]:
        """Return what the fills up to a number came to."""
        rows = await self._store.read("SELECT upto, body FROM checkpoint")
        return (int(str(rows[0][0])), from_json(_bytes(rows[0][1]), LedgerState)) if rows else (0, None)

    async def write_checkpoint(self, upto: int, state: LedgerState) -> None:
        """Write what the fills up to a number come to."""
        await self._store.commit([("INSERT OR REPLACE INTO checkpoint VALUES (1, ?, ?)", (upto, to_json(state)))])

    async def has_fill(self, venue: str, trade: Trade) -> bool:
        """Tell whether a fill was ever counted."""
        sql = "SELECT 1 FROM fills WHERE venue = ? AND instrument = ? AND trade_id = ?"
        return bool(await self._store.read(sql, (venue, trade.instrument, trade.trade_id)))

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

    async def order_named(self, venue: str, venue_order_id: str) -> Order | None:
        """Return the order that a venue knows by an id of its own."""
        sql = "SELECT body FROM orders WHERE venue = ? AND venue_order_id = ?"
        rows = await self._store.read(sql, (venue, venue_order_id))
        return from_json(_bytes(rows[0][0]), Order) if rows else None

    async def decisions(self, *, after_ns: int) -> list[DecisionHandled]:
        """Return the decisions concluded after a time, oldest first."""
        sql = "SELECT body FROM decisions WHERE at_ns > ? ORDER BY at_ns, id"
        return [from_json(_bytes(body), DecisionHandled) for (body,) in await self._store.read(sql, (after_ns,))]


def _order(order: Order) -> Statement:
    values: tuple[SqlValue, ...] = (
        order.client_order_id,
        order.venue,
        order.venue_order_id,
        int(order.settled),
        order.changed_ns,
        to_json(order),
    )
    return ("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?)", values)


def _fill(venue: str, trade: Trade) -> Statement:
    return (
        "INSERT OR IGNORE INTO fills VALUES (?, ?, ?, ?)",
        (venue, trade.instrument, trade.trade_id, to_json(trade)),
    )


def _decision(handled: DecisionHandled) -> Statement:
    identity = decision_id(handled.strategy, handled.instrument, handled.decision)
    return ("INSERT OR IGNORE INTO decisions VALUES (?, ?, ?)", (identity, handled.at_ns, to_json(handled)))


def _bytes(value: SqlValue) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
