"""Mistakes about positions with margin: exits that open, funding that nobody counts, a side that nobody protects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.domain.instrument import Side
from engine.domain.venue_facts import VenueFacts
from engine.services.protection_plan import Standing
from engine.venues import evidence_reader
from engine.venues.binance import Binance
from engine.venues.binanceusdm import BinanceUsdm
from tests.defects.defect import Defect


def exits_may_open(patch: pytest.MonkeyPatch) -> None:
    """Send exits and stops like entries: what is closed already is opened on the other side."""
    patch.setattr(BinanceUsdm, "submit_params", Binance.submit_params)


def funding_is_nobodys(patch: pytest.MonkeyPatch) -> None:
    """Count fills, and nothing that a position is charged without one."""
    nobody: Mapping[str, Any] = {}
    patch.setattr(evidence_reader, "READERS", nobody)


def only_longs_are_protected(patch: pytest.MonkeyPatch) -> None:
    """Protect what can be sold, as on spot."""
    patch.setattr(Standing, "side", property(lambda _standing: Side.SELL))


def a_liquidation_is_a_strangers(patch: pytest.MonkeyPatch) -> None:
    """Take the order with which a venue ends a position for somebody else's."""
    patch.setattr(VenueFacts, "took_away", lambda _facts, _client_order_id: False)


PERPETUAL_DEFECTS = (
    Defect(
        name="a liquidation goes unseen",
        incident="freqtrade#7107",
        breaks="paged_in_time",
        plant=a_liquidation_is_a_strangers,
        weather="liquidated",
    ),
    Defect(
        name="exits may open the other side",
        incident="design section 5: exits only reduce",
        breaks="no_duplicate_orders",
        plant=exits_may_open,
        weather="perpetual",
    ),
    Defect(
        name="funding is not counted",
        incident="design section 4: positions with margin and funding",
        breaks="ledger_equals_venue",
        plant=funding_is_nobodys,
        weather="perpetual",
    ),
    Defect(
        name="only longs are protected",
        incident="design section 5: while a position is open a stop rests",
        breaks="positions_protected",
        plant=only_longs_are_protected,
        weather="perpetual",
    ),
)
