"""A run as pandas frames, for a notebook: orders, faults, uptime, prices. Times are the world's own, in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from scenarios.record import Record, VenueOrder

if TYPE_CHECKING:
    from scenarios.result import FaultOutcome

ORDER_COLUMNS = [
    "created", "ended", "venue", "instrument", "side", "quantity", "filled", "status", "bot_says", "client_order_id",
]  # fmt: skip
FAULT_COLUMNS = [
    "at", "name", "on", "at_s", "for_s", "must_page", "paged_after_s", "recovered_after_s",
]  # fmt: skip
PRICE_COLUMNS = ["at", "venue", "instrument", "last", "source", "node", "age_s"]


def orders(record: Record) -> pd.DataFrame:
    """Return one row for each order at a venue; `bot_says` is the last state that the bot reported."""
    first: dict[tuple[str, int], VenueOrder] = {}
    last: dict[tuple[str, int], VenueOrder] = {}
    for order in record.orders:
        key = (order.venue, order.order_id)
        first.setdefault(key, order)
        last[key] = order
    said = {(one.venue, one.client_order_id): one.state for one in record.reports}
    rows = [
        {
            "created": _moment(record, first[key].at_ns),
            "ended": pd.NaT if order.is_open else _moment(record, order.at_ns),
            "venue": order.venue,
            "instrument": order.instrument,
            "side": order.side,
            "quantity": float(order.quantity),
            "filled": float(order.filled),
            "status": order.status,
            "bot_says": said.get((order.venue, order.client_order_id)),
            "client_order_id": order.client_order_id,
        }
        for key, order in last.items()
    ]
    return pd.DataFrame(rows, columns=ORDER_COLUMNS)


def faults(weather: Sequence[FaultOutcome], record: Record) -> pd.DataFrame:
    """Return one row for each fault."""
    rows = [{"at": _moment(record, round(one.at_s * 1e9)), **asdict(one)} for one in weather]
    return pd.DataFrame(rows, columns=FAULT_COLUMNS)


def uptime(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return one row for each component, indexed by it."""
    return pd.DataFrame(rows).set_index("component")


def prices(record: Record) -> pd.DataFrame:
    """Return one row for each price on the bus, indexed by when it stood there; `age_s` is how old it was then."""
    rows = [
        {
            "at": _moment(record, one.at_ns),
            "venue": one.venue,
            "instrument": one.instrument,
            "last": float(one.last),
            "source": one.source,
            "node": one.node,
            "age_s": (one.at_ns - one.venue_ns) / 1e9,
        }
        for one in record.prices
    ]
    return pd.DataFrame(rows, columns=PRICE_COLUMNS).set_index("at")


def _moment(record: Record, at_ns: int) -> pd.Timestamp:
    return pd.Timestamp(record.epoch_ns + at_ns, tz="UTC")
