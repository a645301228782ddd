"""Whatever the exchange core refuses, every dialect has words for."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from simulator.dialects.binance import refusals
from simulator.dialects.kraken import errors
from simulator.exchange.rejections import RejectCode

TABLES: dict[str, Mapping[RejectCode, object]] = {"binance": refusals.REJECTIONS, "kraken": errors.REJECTIONS}


@pytest.mark.parametrize("name", TABLES)
def test_every_refusal_of_the_core_has_its_words(name: str) -> None:
    """A missing one would be a KeyError in the middle of a storm."""
    assert set(TABLES[name]) == set(RejectCode)
