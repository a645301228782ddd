"""How the journal's entries become rows: each replaces or ignores what is there, so that twice is as good as once."""

from decimal import Decimal

import msgspec

from engine.domain.codec import to_json
from engine.domain.evidence import Trade
from engine.domain.identity import decision_id
from engine.domain.messages import DecisionHandled
from engine.domain.order import Order
from engine.ports.store import SqlValue, Statement
from engine.recovery.ledger import trade_key
from engine.recovery.replica import Baseline, JournalWritten, Snapshot


class FillTime(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a fill that is known by its name only: when it happened, or before when."""

    at_ns: int


TABLES = ("orders", "fills", "decisions", "baselines", "checkpoint")


def statements_of(entry: JournalWritten) -> list[Statement]:
    """Return what writes one entry."""
    rows = [order_row(order) for order in entry.orders]
    rows += [fill_row(fill.venue, fill.trade) for fill in entry.fills]
    if entry.handled is not None:
        rows.append(decision_row(entry.handled))
    if entry.baseline is not None:
        rows += baseline_rows(entry.baseline)
    return rows


def statements_for(snapshot: Snapshot) -> list[Statement]:
    """Return what replaces a whole journal by a snapshot, whose sums stand for all fills."""
    rows: list[Statement] = [(f"DELETE FROM {table}", ()) for table in TABLES]
    rows += [order_row(order) for order in snapshot.orders]
    rows += [decision_row(handled) for handled in snapshot.decisions]
    for baseline in snapshot.baselines:
        rows += baseline_rows(baseline)
    body = to_json(FillTime(at_ns=snapshot.known_until_ns))
    rows += [("INSERT INTO fills VALUES (?, ?, ?, ?)", (*key, body)) for key in snapshot.known]
    checkpoint = "INSERT INTO checkpoint SELECT 1, coalesce(max(rowid), 0), ? FROM fills"
    return [*rows, (checkpoint, (to_json(snapshot.ledger),)), position_row(snapshot.token, snapshot.number)]


def position_row(token: int, number: int) -> Statement:
    """Return what notes how far the journal is."""
    return ("INSERT OR REPLACE INTO position VALUES (1, ?, ?)", (token, number))


def baseline_rows(baseline: Baseline) -> list[Statement]:
    """Return what writes a baseline; an asset-less account is written as an empty asset."""
    sql = "INSERT OR IGNORE INTO baselines VALUES (?, ?, ?)"
    amounts = sorted(baseline.balances.items()) or [("", Decimal(0))]
    return [(sql, (baseline.venue, asset, str(amount))) for asset, amount in amounts]


def order_row(order: Order) -> Statement:
    """Return what writes an order as it is now."""
    values: tuple[SqlValue, ...] = (
        order.client_order_id,
        order.venue,
        order.venue_order_id,
        int(order.settled),
        order.changed_ns,
        to_json(order),
    )
    return ("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?)", values)


def fill_row(venue: str, trade: Trade) -> Statement:
    """Return what counts a fill, once."""
    return (
        "INSERT OR IGNORE INTO fills VALUES (?, ?, ?, ?)",
        (*trade_key(venue, trade), to_json(trade)),
    )


def decision_row(handled: DecisionHandled) -> Statement:
    """Return what remembers a decision."""
    identity = decision_id(handled.strategy, handled.instrument, handled.decision)
    return ("INSERT OR REPLACE INTO decisions VALUES (?, ?, ?)", (identity, handled.at_ns, to_json(handled)))
