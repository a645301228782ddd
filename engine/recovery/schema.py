"""The tables of the execution journal, and how an older file becomes a newer one.

Bodies are the JSON that the bus carries, so that one can be read beside the other; the columns are what is asked for.
Versions only go up: `PRAGMA user_version` says which one a file has, and each step below takes it one further, in one
transaction with its number.
"""

from engine.domain.errors import SchemaUnknown
from engine.ports.store import Statement, Store

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE orders (
            client_order_id TEXT PRIMARY KEY,
            venue TEXT NOT NULL,
            venue_order_id TEXT,
            settled INTEGER NOT NULL,
            changed_ns INTEGER NOT NULL,
            body BLOB NOT NULL
        )""",
        "CREATE INDEX orders_unsettled ON orders (settled, changed_ns)",
        "CREATE INDEX orders_at_venue ON orders (venue, venue_order_id)",
        """CREATE TABLE fills (
            venue TEXT NOT NULL,
            instrument TEXT NOT NULL,
            trade_id TEXT NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (venue, instrument, trade_id)
        )""",
        """CREATE TABLE decisions (
            id TEXT PRIMARY KEY,
            at_ns INTEGER NOT NULL,
            body BLOB NOT NULL
        )""",
        "CREATE INDEX decisions_by_time ON decisions (at_ns)",
        """CREATE TABLE baselines (
            venue TEXT NOT NULL,
            asset TEXT NOT NULL,
            amount TEXT NOT NULL,
            PRIMARY KEY (venue, asset)
        )""",
    ),
    (
        """CREATE TABLE checkpoint (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            upto INTEGER NOT NULL,
            body BLOB NOT NULL
        )""",
    ),
    (
        "CREATE TABLE identity (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL)",
        """CREATE TABLE position (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            token INTEGER NOT NULL,
            number INTEGER NOT NULL
        )""",
    ),
    (),  # a fill may be the opposite of one that was taken back: a program that does not know that would not count it
)
"""What each version adds to the one before it. It only adds, so that a standby of the next version reads what a leader
of this one writes: upgrade those who stand by first, then let one of them lead, then upgrade the others.
"""

VERSION = len(STEPS)


def check_version(found: int, where: str) -> None:
    """Raise `SchemaUnknown` for what a newer version wrote."""
    if found > VERSION:
        raise SchemaUnknown(
            f"{where} has schema version {found}, and this program knows none above {VERSION}: it was written by a"
            " newer version, which is the one to run"
        )


async def migrate(store: Store) -> None:
    """Bring a journal's tables to the present version; raise `StoreUnavailable`, or `SchemaUnknown`."""
    ((version,),) = await store.read("PRAGMA user_version")
    check_version(version if isinstance(version, int) else 0, "the journal")
    for number, step in enumerate(STEPS, start=1):
        if isinstance(version, int) and number > version:
            statements: list[Statement] = [(sql, ()) for sql in step]
            await store.commit([*statements, (f"PRAGMA user_version = {number}", ())])
