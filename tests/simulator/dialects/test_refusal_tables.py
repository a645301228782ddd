"""Whatever the exchange core refuses, every dialect has words for."""

from __future__ import annotations

import pytest

from simulator.exchange.rejections import RejectCode
from tests.simulator.dialects.table import TABLE


@pytest.mark.parametrize("name", TABLE)
def test_every_refusal_of_the_core_has_its_words(name: str) -> None:
    """A missing one would be a KeyError in the middle of a storm."""
    assert set(TABLE[name].refusals) == set(RejectCode)
