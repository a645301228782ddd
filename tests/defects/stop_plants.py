"""Mistakes about stops that a venue keeps apart from other orders: where they are asked for, what they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from engine.domain.order import Order
from engine.domain.ticket import OrderRef
from engine.venues.okx_stops import OkxStops
from tests.defects.defect import Defect


def stops_are_asked_for_like_other_orders(patch: pytest.MonkeyPatch) -> None:
    """Look a stop up, and cancel it, where the venue has never heard of it."""
    real: Callable[[Order], OrderRef] = vars(Order)["ref"].fget

    def like_any_other(order: Order) -> OrderRef:
        ref = real(order)
        return OrderRef(
            client_order_id=ref.client_order_id,
            instrument=ref.instrument,
            venue_order_id=ref.venue_order_id,
            since_ns=ref.since_ns,
        )

    patch.setattr(Order, "ref", property(like_any_other))


def what_a_stop_became_is_another_order(patch: pytest.MonkeyPatch) -> None:
    """Take the order that a stop has become by its own name, which nobody has asked for."""

    def named(_stops: OkxStops, row: Mapping[str, Any]) -> tuple[str, str | None]:
        name = str(row["ordId"])
        _stops._before[name] = (name, None)
        return name, row.get("clOrdId") or None

    patch.setattr(OkxStops, "named", named)


STOP_DEFECTS = (
    Defect(
        name="a stop is asked for like any other order",
        incident="nautilus#4411",
        breaks="exits_stay_open",
        plant=stops_are_asked_for_like_other_orders,
        weather="stops_elsewhere",
    ),
    Defect(
        name="what a stop became is another order",
        incident="freqtrade#8761",
        breaks="ledger_equals_venue",
        plant=what_a_stop_became_is_another_order,
        weather="stops_elsewhere",
    ),
)
