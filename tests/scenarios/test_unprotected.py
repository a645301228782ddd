"""Time without a working stop, judged from hand-made truth: only a stop at the same venue and side counts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from scenarios import run_scenario
from scenarios.intervals import Span
from scenarios.record import Record, VenueOrder, VenueTrade
from scenarios.unprotected import unprotected
from tests.scenarios.stories import BTC, NS, Story


def traded(at_s: int, side: str, quantity: str = "0.01", *, fee: str = "0", venue: str = "binance") -> VenueTrade:
    """Return a fill at 60,000, its fee in the base asset."""
    return VenueTrade(
        at_ns=at_s * NS,
        venue=venue,
        order_id=1,
        instrument=BTC,
        side=side,
        quantity=Decimal(quantity),
        price=Decimal(60_000),
        fee=Decimal(fee),
        fee_asset="BTC",
    )


def stop(
    at_s: int, *, status: str = "UNTRIGGERED", side: str = "sell", quantity: str = "0.01", **change: object
) -> VenueOrder:
    """Return a stop as it stood from then on."""
    order = VenueOrder(
        at_ns=at_s * NS,
        venue="binance",
        order_id=9,
        client_order_id="stop",
        instrument=BTC,
        side=side,
        quantity=Decimal(quantity),
        filled=Decimal(0),
        status=status,
        is_stop=True,
    )
    return structs.replace(order, **change)


def bare(*facts: VenueOrder | VenueTrade) -> list[tuple[float, float]]:
    """Return the seconds without protection in a run of 1,200 s."""
    record: Record = replace(
        Story().record(),
        trades=[one for one in facts if isinstance(one, VenueTrade)],
        orders=[one for one in facts if isinstance(one, VenueOrder)],
    )
    spans: list[Span] = unprotected(record)
    return [(start / NS, end / NS) for start, end in spans]


def test_without_a_stop_all_of_a_position_s_time_is_bare() -> None:
    assert bare(traded(100, "buy"), traded(400, "sell")) == [(100, 400)]
    assert bare(traded(100, "buy")) == [(100, 1200)]
    assert bare(traded(100, "sell"), traded(400, "buy")) == [(100, 400)]


def test_a_stop_protects_from_when_it_rests_until_it_is_gone() -> None:
    assert bare(traded(100, "buy"), stop(105), stop(300, status="CANCELED"), traded(400, "sell")) == [
        (100, 105),
        (300, 400),
    ]


@pytest.mark.parametrize(
    "useless",
    [
        stop(100, side="buy"),
        stop(100, quantity="0.005"),
        stop(100, venue="kraken"),
        stop(100, is_stop=False),
        stop(100, status="REJECTED"),
    ],
    ids=["the wrong side", "too small", "another venue", "no stop at all", "refused"],
)
def test_what_would_not_close_the_position_is_no_protection(useless: VenueOrder) -> None:
    assert bare(traded(100, "buy"), useless, traded(400, "sell")) == [(100, 400)]


def test_dust_that_no_venue_would_take_is_no_position() -> None:
    assert bare(traded(100, "buy", fee="0.0001"), traded(400, "sell", "0.0099")) == [(100, 400)]
    assert bare(traded(100, "buy", "0.0001")) == []


def test_time_bare_at_two_venues_counts_once() -> None:
    facts = [
        traded(100, "buy"),
        traded(200, "buy", venue="kraken"),
        traded(300, "sell"),
        traded(400, "sell", venue="kraken"),
    ]

    assert bare(*facts) == [(100, 400)]


def test_the_first_bot_which_places_no_stops_is_told_so() -> None:
    result = run_scenario("demo", seed=7)

    assert 0 < result.unprotected_s < result.virtual_s
