"""Momentum wants its size when the price has risen over the lookback, with a stop below, and nothing else."""

from decimal import Decimal

import pytest

from engine.domain.money import ZERO, Price, Quantity
from engine.ports.strategy import Bar, View
from engine.strategies.momentum import Momentum

SIZE = Quantity("0.5")


def view(*closes: int) -> View:
    bars = tuple(
        Bar(instrument="BTC/USDT", end_ns=at, open=price, high=price, low=price, close=price)
        for at, price in enumerate(map(Price, closes))
    )
    return View(instrument="BTC/USDT", size=SIZE, bars=bars)


@pytest.mark.parametrize(
    ("closes", "target"),
    [
        ((100, 90, 101), SIZE),
        ((100, 110, 100), ZERO),
        ((100, 110, 99), ZERO),
    ],
)
def test_it_compares_the_last_close_with_the_one_lookback_bars_before(
    closes: tuple[int, ...], target: Quantity
) -> None:
    momentum = Momentum(lookback=2)

    assert momentum.bars_needed == len(closes)
    assert momentum.decide(view(*closes)).quantity == target


def test_its_stop_is_a_share_below_the_price_that_it_was_decided_on() -> None:
    momentum = Momentum(lookback=1, stop=Decimal("0.02"))

    assert momentum.decide(view(99, 100)).stop == Price(98)
    assert momentum.decide(view(100, 99)).stop is None


@pytest.mark.parametrize("wrong", [{"lookback": 0}, {"stop": Decimal(1)}, {"stop": Decimal("-0.1")}])
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, Decimal]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Momentum(**wrong)  # type: ignore[arg-type]
