"""Kraken counts: calls by key, public calls by address, orders by pair; every counter falls with time."""

from __future__ import annotations

import pytest

from simulator.dialects.kraken.limits import Counters, cancel_penalty
from simulator.dialects.kraken.settings import KrakenSettings
from simulator.exchange.venue import ApiKey
from simulator.kernel import NS
from tests.simulator.dialects.counters import Kraken
from tests.simulator.dialects.stage import ACCOUNT, SECRET


def test_private_calls_fill_a_counter_that_falls_with_time() -> None:
    kraken = Kraken(KrakenSettings(calls_max=3, calls_decay_per_s=0.5))
    for _ in range(3):
        assert "XXBT" in kraken.signed("BalanceEx")

    assert kraken.signed("BalanceEx") == "EAPI:Rate limit exceeded"
    kraken.wait(1.9)
    assert kraken.signed("BalanceEx") == "EAPI:Rate limit exceeded"
    kraken.wait(0.2)
    assert "XXBT" in kraken.signed("BalanceEx")


def test_history_costs_twice_and_orders_cost_no_calls() -> None:
    kraken = Kraken(KrakenSettings(calls_max=3))
    kraken.signed("ClosedOrders")

    assert kraken.signed("TradesHistory") == "EAPI:Rate limit exceeded"
    for _ in range(3):
        assert "txid" in kraken.buy()


def test_every_key_has_a_counter_of_its_own() -> None:
    kraken = Kraken(KrakenSettings(calls_max=1))
    kraken.venue.issue_key(ApiKey(account=ACCOUNT, key="second", secret=SECRET))
    kraken.signed("BalanceEx")

    assert kraken.signed("BalanceEx") == "EAPI:Rate limit exceeded"
    assert "XXBT" in kraken.signed("BalanceEx", key="second")


def test_public_calls_are_counted_by_address() -> None:
    kraken = Kraken(KrakenSettings(public_calls_max=2, public_calls_decay_per_s=1))
    assert "unixtime" in kraken.ask("Time")
    assert "unixtime" in kraken.ask("Time")

    assert kraken.ask("Time") == "EGeneral:Too many requests"
    kraken.wait(1)
    assert "unixtime" in kraken.ask("Time")


def test_orders_fill_the_counter_of_their_pair_only() -> None:
    kraken = Kraken(KrakenSettings(orders_max=2, orders_decay_per_s=1))
    assert "txid" in kraken.buy()
    assert "txid" in kraken.buy()

    assert kraken.buy() == "EOrder:Rate limit exceeded"
    assert "txid" in kraken.buy(pair="ETHUSDT", price="2900", volume="0.1")
    kraken.wait(1)
    assert "txid" in kraken.buy()


@pytest.mark.parametrize(
    ("age_s", "penalty"),
    [(0, 8), (4.9, 8), (5, 6), (10, 5), (15, 4), (45, 2), (90, 1), (299, 1), (300, 0)],
)
def test_a_cancel_costs_the_more_the_younger_the_order(age_s: float, penalty: int) -> None:
    kraken = Kraken()
    txid = kraken.buy()["txid"][0]
    kraken.wait(age_s)
    kraken.signed("CancelOrder", txid=txid)

    assert cancel_penalty(kraken.exchange.truth.orders(ACCOUNT)[0]) == penalty


def test_young_cancels_shut_out_new_orders_but_never_cancels() -> None:
    kraken = Kraken(KrakenSettings(orders_max=10))
    for name in ("one", "two"):
        kraken.buy(cl_ord_id=name)

    assert kraken.signed("CancelOrder", cl_ord_id="one") == {"count": 1}
    assert kraken.buy() == "EOrder:Rate limit exceeded"
    assert kraken.signed("CancelOrder", cl_ord_id="two") == {"count": 1}


def test_a_counter_falls_to_nothing_and_not_below() -> None:
    counters = Counters(most=2, decay_per_s=1)
    counters.add(("who",), 5, 0)

    assert counters.value(("who",), 2 * NS) == pytest.approx(3)
    assert counters.value(("who",), 100 * NS) == 0
    assert not counters.spend(("who",), 1, 3 * NS)
    assert counters.spend(("who",), 1, 4 * NS)
