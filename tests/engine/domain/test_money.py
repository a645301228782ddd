"""Exact money stays exact, and its kinds do not mix."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.errors import NotExact
from engine.domain.instrument import Instrument, Side
from engine.domain.money import Money, Price, Quantity

BTC = Instrument(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.00001"),
    quantity_min=Quantity("0.00001"),
    notional_min=Money(5),
)
DECIMALS = st.decimals(min_value="0.00000001", max_value="1e12", places=8)


@pytest.mark.parametrize("number", [0.1, "NaN", "inf", "-Infinity", "ten", True, None])
def test_what_is_not_exact_is_refused(number: object) -> None:
    """No float, no NaN, no infinity becomes money."""
    with pytest.raises(NotExact):
        Price(number)  # type: ignore[arg-type]


def test_kinds_do_not_mix() -> None:
    """A price plus a quantity is an error, not a number."""
    with pytest.raises(TypeError):
        Price(1) + Quantity(1)  # type: ignore[operator]
    with pytest.raises(TypeError):
        assert Price(1) < Quantity(2)  # type: ignore[operator]
    assert Price(1) != Quantity(1)
    assert Price(2) * Quantity("0.5") == Money(1)


def test_arithmetic_does_not_heed_the_ambient_context() -> None:
    """ccxt changes the decimal context of whoever calls it."""
    long = "1234567890.123456789012345678901234567"
    with decimal.localcontext(decimal.Context(prec=5)):
        assert str(-Quantity(long)) == "-" + long
        assert str(Quantity(long) + Quantity(0)) == long
        assert str(Price(1) * Quantity(long)) == long
        assert str(abs(-Quantity(long))) == long


@given(DECIMALS, st.sampled_from(Side))
def test_rounding_goes_toward_safety_and_less_than_a_step(number: Decimal, side: Side) -> None:
    """A buyer never pays more, a seller never takes less, nobody trades more than meant."""
    price = BTC.price_within(Price(number), side)
    assert price.value % BTC.tick_size == 0
    off = (Price(number) - price).value * side.sign
    assert 0 <= off < BTC.tick_size

    quantity = BTC.quantity_within(Quantity(number))
    assert quantity.value % BTC.lot_size == 0
    assert 0 <= (Quantity(number) - quantity).value < BTC.lot_size


def test_a_price_of_no_ticks_stays() -> None:
    """Rounding what is round changes nothing."""
    for side in Side:
        assert BTC.price_within(Price("60000.01"), side) == Price("60000.01")


def test_the_instrument_says_why_a_venue_would_refuse() -> None:
    """Minimum size and value."""
    assert BTC.refusal(Quantity("0.000001"), Price(60000)) == "quantity 0.000001 is below the minimum 0.00001"
    assert BTC.refusal(Quantity("0.00002"), Price(60000)) == "order value 1.20000 is below the minimum 5"
    assert BTC.refusal(Quantity("0.001"), Price(60000)) is None
