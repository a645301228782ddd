"""Which of a venue's markets the engine knows: all of its kind, whether they are open at the moment or not."""

from typing import Any

import pytest

from engine.venues.unified import instruments


def market(symbol: str, *, active: bool | None = True, lot: str | None = "0.001", **kind: Any) -> dict[str, Any]:
    base, _, quote = symbol.partition("/")
    return {
        "symbol": symbol,
        "base": base,
        "quote": quote,
        "spot": True,
        "active": active,
        "precision": {"price": "0.01", "amount": lot},
        "limits": {"amount": {"min": None, "max": None}, "cost": {"min": None}},
        **kind,
    }


def test_a_market_that_is_shut_for_the_moment_is_known() -> None:
    found = instruments({"BTC/USDT": market("BTC/USDT", active=False)}, positions=False)

    assert found["BTC/USDT"].symbol == "BTC/USDT"


def test_terms_without_sense_are_forgiven_only_where_nothing_is_traded() -> None:
    markets = {"OLD/USDT": market("OLD/USDT", active=False, lot=None), "BTC/USDT": market("BTC/USDT")}

    assert list(instruments(markets, positions=False)) == ["BTC/USDT"]
    with pytest.raises(ValueError, match="not a number"):
        instruments({"OLD/USDT": market("OLD/USDT", lot=None)}, positions=False)


def test_markets_of_another_kind_are_left_out() -> None:
    assert instruments({"BTC/USDT:USDT": market("BTC/USDT:USDT", spot=False, swap=True)}, positions=False) == {}
