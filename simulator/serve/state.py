"""What the control API tells: a venue at a glance, from its truth and not from one of its views."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from simulator.exchange.orders import OrderRecord
from simulator.exchange.perpetual.exchange import HOUSE, INSURANCE
from simulator.exchange.perpetual.picture import PerpetualPicture
from simulator.serve.faults import Injected, Served, VenueFaults
from simulator.serve.kinds import FaultKind
from simulator.serve.parameters import Parameter
from simulator.serve.real_time import NS, RealTimeline

NOBODY = (HOUSE, INSURANCE)
"""Accounts that no client has."""


def state_json(name: str, hosts: Mapping[str, str], faults: VenueFaults) -> dict[str, Any]:
    """Return the state of one venue; money as text, times in seconds."""
    venue, gate, timeline = faults.venue, faults.gate, faults.timeline
    return {
        "venue": name,
        "hosts": dict(hosts),
        "time": datetime.fromtimestamp(timeline.wall_ns() / NS, UTC).isoformat(timespec="milliseconds"),
        "speed": timeline.speed,
        "up_s": round(timeline.now_ns() / NS, 3),
        "mode": venue.exchange.mode.value,
        "views": {view.name: {"lag_s": view.lag_ns / NS} for view in venue.views.values()},
        "streams": {
            "public": gate.open_streams("public"),
            "private": gate.open_streams("private"),
            "refused": gate.streams_refused,
        },
        "markets": {symbol: _market_json(venue, symbol) for symbol in venue.exchange.instruments},
        "accounts": {one: _account_json(venue, one) for one in venue.exchange.truth.accounts() if one not in NOBODY},
        "faults": [injected_json(one, timeline) for one in faults.active],
    }


def orders_json(venue: Served) -> dict[str, list[dict[str, Any]]]:
    """Return the orders of each account, oldest first; money as text, times in Unix seconds."""
    truth = venue.exchange.truth
    return {
        account: [_order_json(venue, order) for order in truth.orders(account)]
        for account in truth.accounts()
        if account not in NOBODY
    }


def _order_json(venue: Served, order: OrderRecord) -> dict[str, Any]:
    instrument = venue.exchange.instruments[order.symbol]
    return {
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "side": order.side.value,
        "status": order.status.value,
        "price": None if order.price_ticks is None else _plain(instrument.price(order.price_ticks)),
        "quantity": _plain(instrument.quantity(order.quantity_lots)),
        "filled": _plain(instrument.quantity(order.filled_lots)),
        "created_s": order.created_ns / NS,
        "updated_s": order.updated_ns / NS,
    }


def injected_json(injected: Injected, timeline: RealTimeline) -> dict[str, Any]:
    """Return a fault that was injected, with what was said of it and how long ago (venue time)."""
    age_s = round((timeline.now_ns() - injected.since_ns) / NS, 3)
    return {"number": injected.number, "kind": injected.kind, "with": dict(injected.said), "age_s": age_s}


def kinds_json(kinds: Mapping[str, FaultKind]) -> dict[str, Any]:
    """Return what can be injected, and what each takes."""
    return {
        name: {"meaning": kind.meaning, "with": {one.name: _parameter_json(one) for one in kind.parameters}}
        for name, kind in kinds.items()
    }


def _parameter_json(parameter: Parameter) -> dict[str, Any]:
    default = parameter.default
    if isinstance(default, frozenset):
        default = sorted(default)
    elif parameter.name.endswith("_s") and default is not None:
        default = default / NS
    return {"meaning": parameter.meaning, "default": default}


def _market_json(venue: Served, symbol: str) -> dict[str, Any]:
    ticker, instrument = venue.exchange.truth.ticker(symbol), venue.exchange.instruments[symbol]
    ticks = {"bid": ticker.bid_ticks, "ask": ticker.ask_ticks, "last": ticker.last_ticks}
    return {name: None if value is None else _plain(instrument.price(value)) for name, value in ticks.items()}


def _account_json(venue: Served, account: str) -> dict[str, Any]:
    truth = venue.exchange.truth
    balances = {
        asset: {"free": _plain(balance.free), "locked": _plain(balance.locked)}
        for asset, balance in truth.balances(account).items()
    }
    told = {"balances": balances, "open_orders": len(truth.open_orders(account))}
    if not isinstance(truth, PerpetualPicture):
        return told
    held = {one.symbol: venue.exchange.instruments[one.symbol].quantity(one.lots) for one in truth.positions(account)}
    return {**told, "positions": {symbol: _plain(quantity) for symbol, quantity in held.items() if quantity}}


def _plain(amount: Decimal) -> str:
    return f"{amount:f}"
