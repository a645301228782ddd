"""Quantities as people write them, and what they exactly mean."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.units import DURATION_MAX_NS, UnitInvalid, duration_ns, exact, fraction, spoken


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("6h", 21_600_000_000_000),
        ("20m", 1_200_000_000_000),
        ("1h30m", 5_400_000_000_000),
        ("1h 30m", 5_400_000_000_000),
        ("0.1s", 100_000_000),
        ("250ms", 250_000_000),
        ("1d", 86_400_000_000_000),
        ("0s", 0),
    ],
)
def test_a_duration_is_exact_nanoseconds(written: str, meant: int) -> None:
    """Decimal arithmetic, so that a tenth of a second is a tenth."""
    assert duration_ns(written) == meant


@pytest.mark.parametrize("written", [600, 1.5, "600", "", "6x", "six hours", "-3m", None, True, "1.5ns", "5000d", "h"])
def test_a_duration_without_a_unit_or_sense_is_refused_with_a_remedy(written: object) -> None:
    """A bare number is refused, never guessed."""
    with pytest.raises(UnitInvalid) as caught:
        duration_ns(written)
    assert caught.value.what
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("written", "meant"), [("2bps", "0.0002"), ("30%", "0.3"), (0.3, "0.3"), ("-5bps", "-0.0005"), (1, "1")]
)
def test_a_share_is_an_exact_fraction_of_one(written: object, meant: str) -> None:
    """No float between the pen and the number."""
    assert fraction(written) == Decimal(meant)


@pytest.mark.parametrize("written", ["30 percent", "x", "", None, True, "2s"])
def test_what_is_no_share_is_refused(written: object) -> None:
    """A unit of time is no share."""
    with pytest.raises(UnitInvalid):
        fraction(written)


@pytest.mark.parametrize("written", ["nan", "inf", "1m", None, False, ""])
def test_what_is_no_finite_number_is_refused(written: object) -> None:
    """A market does not begin at infinity."""
    with pytest.raises(UnitInvalid):
        exact(written)


@given(st.integers(min_value=0, max_value=DURATION_MAX_NS))
def test_what_is_spoken_can_be_read_back(duration: int) -> None:
    """A schedule written to a file is the schedule that was drawn."""
    assert duration_ns(spoken(duration)) == duration
