"""The bot's configuration: units are asked for, unknown keys are refused, and every mistake is told at once."""

import copy
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from engine.runtime.config import bot_config
from engine.runtime.mistakes import ConfigRefused, Mistake
from engine.runtime.quantities import duration_ns, share

GOOD: dict[str, Any] = {
    "bot": "first-light",
    "nodes": {
        "feed-a": {"zone": "a", "runs": ["feed"]},
        "core-a": {"zone": "a", "runs": ["signal", "execution", "monitor"]},
    },
    "venues": {
        "binance": {"account": "main", "key_env": "BINANCE_KEY", "secret_env": "BINANCE_SECRET", "share": 0.4},
        "kraken": {"account": "main", "key_env": "KRAKEN_KEY", "secret_env": "KRAKEN_SECRET", "share": 0.6},
    },
    "instruments": {"BTC/USDT": {"size": 0.02, "limit": 0.05}},
    "strategy": {"name": "momentum", "bar": "60s", "lookback": 5},
    "execution": {"entry_ttl": "30s", "not_after": "1m30s", "price_collar": "20bps"},
    "pager": {"url": "https://events.pagerduty.com/v2/enqueue", "routing_key_env": "PAGERDUTY_KEY"},
}


def changed(**changes: Any) -> dict[str, Any]:
    """Return the good configuration with values replaced at `section__key` paths."""
    data = copy.deepcopy(GOOD)
    for path, value in changes.items():
        *sections, key = path.split("__")
        place = data
        for section in sections:
            place = place.setdefault(section, {})
        place[key] = value
    return data


def mistakes(data: dict[str, Any]) -> list[Mistake]:
    with pytest.raises(ConfigRefused) as refused:
        bot_config(data)
    return list(refused.value.mistakes)


def test_a_slip_in_one_section_hides_no_mistake_in_another() -> None:
    slips = changed(
        venues__kraken__share=0.7,
        strategy__lookbak=5,
        monitor__missed_after="5s",
        nodes={"one": {"zone": "a", "runs": ["feed", "signal", "monitor"]}},
        risk={"order_value": 500, "gross": 100},
    )
    paths = [".".join(map(str, mistake.path)) for mistake in mistakes(slips)]
    assert sorted(paths) == ["monitor.missed_after", "nodes", "risk.order_value", "strategy.lookbak", "venues"]


def test_several_nodes_may_execute_since_one_of_them_leads() -> None:
    config = bot_config(changed(nodes__two={"zone": "b", "runs": ["execution"]}))
    assert len(config.nodes_running("execution")) == 2


def test_a_cold_node_is_a_rival_and_no_replica_and_nothing_may_run_on_it_alone() -> None:
    spare = {"zone": "b", "runs": ["feed", "signal", "execution"], "cold": True}
    config = bot_config(changed(nodes__spare=spare))
    assert config.nodes_running("execution") == ("core-a",)
    assert config.nodes_running("execution", cold=True) == ("core-a", "spare")

    found = mistakes(changed(nodes__spare=spare, signal={"quorum": 2}))
    assert [(mistake.path, mistake.problem) for mistake in found] == [
        (("signal", "quorum"), "2 must agree, and 1 nodes run signal")
    ]
    found = mistakes(changed(nodes={"feed-a": {"zone": "a", "runs": ["feed", "signal", "monitor"]}, "spare": spare}))
    assert [mistake.problem for mistake in found] == ["no node runs execution"]


def test_values_are_exact_and_carry_their_unit_in_the_name() -> None:
    config = bot_config(GOOD)

    assert config.execution.not_after_ns == 90_000_000_000
    assert config.execution.price_collar == Decimal("0.002")
    assert config.instruments["BTC/USDT"].size == Decimal("0.02")
    assert config.nodes_running("execution") == ("core-a",)


def test_every_mistake_is_told_at_once_with_its_key() -> None:
    found = mistakes(
        changed(
            execution__entry_ttl=30,
            execution__colar="20bps",
            feed__poll_every="5 seconds",
            venues__kraken__share=2,
            pager={"url": "https://events.pagerduty.com/v2/enqueue"},
        )
    )

    assert {mistake.path for mistake in found} == {
        ("execution", "entry_ttl"),
        ("execution", "colar"),
        ("feed", "poll_every"),
        ("venues", "kraken", "share"),
        ("pager", "routing_key_env"),
    }
    assert all(mistake.problem and mistake.remedy for mistake in found)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"instruments": {"BTC/USDT": {"size": 0.02, "limit": 0.01}}}, ("instruments", "BTC/USDT")),
        ({"instruments": {"BTC/USDT": {"size": float("nan"), "limit": 1}}}, ("instruments", "BTC/USDT", "size")),
        ({"instruments": {"btc": {"size": 1, "limit": 1}}}, ("instruments", "btc")),
        ({"venues__kraken__share": 0.5}, ("venues",)),
        ({"nodes": {"one": {"zone": "a", "runs": ["feed", "signal", "monitor"]}}}, ("nodes",)),
        ({"nodes__two": {"zone": "b", "runs": []}}, ("nodes", "two", "runs")),
        ({"monitor__missed_after": "5s"}, ("monitor", "missed_after")),
        ({"alerts__forget_after": "5s"}, ("alerts", "forget_after")),
        (
            {"instruments": {"BTC/USDT": {"size": 0.02, "limit": 0.05, "gross_limit": 0.04}}},
            ("instruments", "BTC/USDT"),
        ),
        (
            {"instruments": {"BTC/USDT": {"size": 0.02, "limit": 0.05, "order_limit": 0.001}}},
            ("instruments", "BTC/USDT", "order_limit"),
        ),
        ({"risk": {"venue_gross": 2000, "gross": 1000}}, ("risk", "venue_gross")),
        ({"risk": {"order_value": 2000, "net": 1000}}, ("risk", "order_value")),
        ({"risk": {"net": 2000, "gross": 1000}}, ("risk", "net")),
        ({"risk": {"price_band": "10bps"}}, ("risk", "price_band")),
        ({"risk": {"loss_per_day": "0%"}}, ("risk", "loss_per_day")),
        ({"risk": {"entries_max": 0}}, ("risk", "entries_max")),
        ({"reconcile": {"foreign": "sell"}}, ("reconcile", "foreign")),
    ],
)
def test_what_could_lose_money_or_sleep_is_refused(changes: dict[str, Any], path: tuple[str, ...]) -> None:
    (found,) = mistakes(changed(**changes))

    assert found.path == path


APART: dict[str, Any] = {
    "venues__binance__share": 1,
    "venues__kraken__share": 1,
    "venues__kraken__instruments": ["ETH/USDT"],
    "venues__binance__instruments": ["BTC/USDT"],
    "instruments__ETH/USDT": {"size": 1, "limit": 2},
}
"""Each venue trades something else."""


def test_a_venue_trades_everything_unless_it_says_what() -> None:
    assert bot_config(GOOD).markets == (("binance", "BTC/USDT"), ("kraken", "BTC/USDT"))

    apart = bot_config(changed(**APART))
    assert apart.traded_at("kraken") == ("ETH/USDT",)
    assert apart.markets == (("binance", "BTC/USDT"), ("kraken", "ETH/USDT"))


@pytest.mark.parametrize(
    ("changes", "path", "problem"),
    [
        ({"venues__kraken__share": 0.5}, "venues", "the shares for ETH/USDT add up to 0.5"),
        ({"venues__binance__instruments": None}, "venues", "the shares for ETH/USDT add up to 2"),
        ({"instruments__SOL/USDT": {"size": 1, "limit": 2}}, "venues", "SOL/USDT is traded at none"),
        (
            {"venues__kraken__instruments": ["ETH/USDT", "SOL/USDT"]},
            "venues.kraken.instruments",
            "SOL/USDT is not among `instruments`",
        ),
        ({"venues__kraken__instruments": []}, "venues.kraken.instruments", "Tuple should have at least 1 item"),
    ],
)
def test_shares_make_a_whole_for_each_instrument(changes: dict[str, Any], path: str, problem: str) -> None:
    (found,) = mistakes(changed(**(APART | changes)))

    assert ".".join(map(str, found.path)) == path
    assert found.problem.startswith(problem)


CONTRACT: dict[str, Any] = {
    "venues": {"binanceusdm": {"key_env": "KEY", "secret_env": "SECRET", "share": 1, "positions": {"leverage": 3}}},
    "instruments": {"BTC/USDT:USDT": {"size": 0.02, "limit": 0.05}},
}


def test_a_contract_may_be_traded_where_it_is_said_how_positions_are_held() -> None:
    terms = bot_config(changed(**CONTRACT)).venues["binanceusdm"].positions

    assert terms is not None
    assert (terms.mode, terms.margin, terms.leverage, terms.set) == ("one-way", "cross", 3, False)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"venues__binanceusdm__positions": None}, "venues.binanceusdm.positions"),
        ({"instruments": {"BTC/USDT": {"size": 0.02, "limit": 0.05}}}, "venues.binanceusdm.positions"),
        ({"venues__binanceusdm__positions": {"leverage": 126}}, "venues.binanceusdm.positions.leverage"),
        ({"venues__binanceusdm__positions": {"leverage": 3, "mode": "hedge"}}, "venues.binanceusdm.positions.mode"),
    ],
)
def test_positions_are_declared_where_they_are_held_and_nowhere_else(changes: dict[str, Any], path: str) -> None:
    (found,) = mistakes(changed(**deepcopy(CONTRACT | changes)))

    assert ".".join(map(str, found.path)) == path


@pytest.mark.parametrize(
    ("text", "ns"), [("250ms", 250_000_000), ("1h30m", 5_400_000_000_000), ("0.5s", 500_000_000), ("7us", 7_000)]
)
def test_a_duration_is_a_number_and_a_unit(text: str, ns: int) -> None:
    assert duration_ns(text) == ns


@pytest.mark.parametrize("text", ["60", 60, "s", "60 s!", "-1s", "1y", None, True])
def test_a_duration_without_a_known_unit_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="write a number and a unit"):
        duration_ns(text)


def test_a_share_is_exact() -> None:
    assert share("20bps") == Decimal("0.002")
    assert share("0.5%") == Decimal("0.005")
    with pytest.raises(ValueError, match="write a number and a unit"):
        share("0.002")
