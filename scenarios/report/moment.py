"""The world at one moment of a run: what acts, who is up, what the venues hold, and what the bot believes of it.

All of it is read from the record of what was seen from outside up to then; nobody asks the bot.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from scenarios.record import Record, VenueOrder
from scenarios.report.summary import plain_table
from scenarios.report.words import clock, lasting

NS = 1_000_000_000


def moment(record: Record) -> dict[str, Any]:
    """Return the world at the end of a record as plain values; amounts are exact and written as text."""
    return {
        "at_s": record.end_ns / NS,
        "faults": [{"name": one.name, "on": one.on, "since_s": one.injected_ns / NS} for one in _acting(record)],
        "machines_down": _down(record),
        "venues": {venue: _venue(venue, record) for venue in record.venues},
        "decisions": {one: _decision(one, record) for one in record.instruments},
        "in_doubt": [{"venue": venue, "client_order_id": own, "state": state} for venue, own, state in _doubts(record)],
        "pages": [{"key": key, "summary": summary} for key, summary in _standing(record)],
    }


def moment_table(record: Record) -> RenderableType:
    """Return the same for a person."""
    now = moment(record)
    parts: list[RenderableType] = [Text(f"The world at {clock(now['at_s'])}", style="bold")]
    parts.append(
        _told("acting", (f"{one['name']} on {one['on']} since {clock(one['since_s'])}" for one in now["faults"]))
    )
    parts.append(_told("machines down", now["machines_down"]))
    table = plain_table("Venues", "venue", "price", "holdings", "believed", "open orders", right=("price",))
    for name, venue in now["venues"].items():
        orders = "\n".join(
            f"{one['side']} {one['left']} {one['kind']} {one['client_order_id']}" for one in venue["orders"]
        )
        table.add_row(name, _prices(venue["prices"]), _amounts(venue["holdings"]), _amounts(venue["believed"]), orders)
    parts.append(table)
    wanted = (
        f"{one}: {said['target']} since {lasting(now['at_s'] - said['at_s'])}"
        for one, said in now["decisions"].items()
        if said
    )
    parts.append(_told("last decided", wanted))
    parts.append(
        _told("in doubt", (f"{one['venue']} {one['client_order_id']} ({one['state']})" for one in now["in_doubt"]))
    )
    parts.append(_told("pages that stand", (one["summary"] for one in now["pages"])))
    return Group(*parts)


def _acting(record: Record) -> list[Any]:
    return [one for one in record.faults if one.injected_ns <= record.end_ns <= one.healed_ns]


def _down(record: Record) -> list[str]:
    up: dict[str, bool] = {}
    for one in record.powers:
        up[one.host] = one.up
    return sorted(name for name, is_up in up.items() if not is_up)


def _venue(venue: str, record: Record) -> dict[str, Any]:
    holdings = {one.asset: str(one.total) for one in record.balances if one.venue == venue}
    believed = next((one.balances for one in reversed(record.beliefs) if one.venue == venue), {})
    prices = {one.instrument: str(one.last) for one in record.prices if one.venue == venue}
    latest = {one.order_id: one for one in record.orders if one.venue == venue}
    return {
        "prices": prices,
        "holdings": holdings,
        "believed": {asset: str(amount) for asset, amount in dict(believed).items()},
        "orders": [_order(one) for one in latest.values() if one.is_open],
    }


def _order(order: VenueOrder) -> dict[str, Any]:
    return {
        "client_order_id": order.client_order_id,
        "instrument": order.instrument,
        "side": order.side,
        "left": str(order.quantity - order.filled),
        "kind": "stop" if order.is_stop else "exit" if order.closes else "entry",
        "since_s": order.at_ns / NS,
    }


def _decision(instrument: str, record: Record) -> dict[str, Any] | None:
    for one in reversed(record.decisions):
        if one.instrument == instrument:
            return {"target": str(one.target), "at_s": one.at_ns / NS, "node": one.node}
    return None


def _doubts(record: Record) -> list[tuple[str, str, str]]:
    states = {(one.venue, one.client_order_id): one.state for one in record.reports}
    return [(venue, own, state) for (venue, own), state in states.items() if state in ("unknown", "submitting")]


def _standing(record: Record) -> list[tuple[str, str]]:
    standing: dict[str, str] = {}
    for page in record.pages:
        if page.action == "trigger":
            standing.setdefault(page.key, page.summary)
        elif page.action == "resolve":
            standing.pop(page.key, None)
    return list(standing.items())


def _told(what: str, rows: Iterable[str]) -> Text:
    told = list(rows)
    return Text.assemble((f"{what}: ", "bold"), "\n  ".join(["", *told]) if len(told) > 1 else (told or ["nothing"])[0])


def _prices(prices: dict[str, str]) -> str:
    return "\n".join(f"{symbol} {price}" for symbol, price in prices.items())


def _amounts(amounts: dict[str, str]) -> str:
    return "\n".join(f"{amount} {asset}" for asset, amount in amounts.items())
