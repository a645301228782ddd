"""Momentum wants its size when the price has risen over the lookback, and nothing else."""

from dataclasses import dataclass

import pytest

from engine.domain.money import ZERO, Price, Quantity
from engine.strategies.momentum import Momentum


@dataclass(frozen=True)
class Closing:
    close: Price


@pytest.mark.parametrize(
    ("closes", "wanted"),
    [
        ((100, 90, 101), Quantity("0.5")),
        ((100, 200, 100), ZERO),
        ((100, 200, 99), ZERO),
        ((1, 100, 200, 150), Quantity("0.5")),
    ],
)
def test_it_compares_the_last_close_with_the_one_lookback_bars_before(
    closes: tuple[int, ...], wanted: Quantity
) -> None:
    momentum = Momentum(size=Quantity("0.5"), lookback=2)

    assert momentum.bars_needed == 3
    assert momentum.target([Closing(Price(close)) for close in closes]) == wanted
