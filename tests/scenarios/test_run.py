"""A run through the public door: the result, its frames, and how far it got meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios import run_scenario
from scenarios.finding import Status
from scenarios.result import Result
from scenarios.run import Progress, play
from scenarios.scenario import load_scenario
from tests.scenarios.files import scenario_file

OVERRIDES = (
    "world.duration=20m",
    "world.healed=5m",
    "expect.warm_up=8m",
    "sometimes=[]",
    "faults=["
    "{inject: socket_drop, on: binance, at: 12m, for: 20s}, {inject: crash, on: node/exec-a, at: 15m, for: 50s}]",
)


@pytest.fixture(scope="module")
def told() -> list[Progress]:
    """What was told of progress."""
    return []


@pytest.fixture(scope="module")
def result(told: list[Progress]) -> Result:
    """Give one short run with two faults."""
    return run_scenario("first_light", seed=3, overrides=OVERRIDES, on_progress=told.append)


def test_the_short_run_holds_what_it_could_put_to_the_test(result: Result) -> None:
    """Paging and recovery were exercised, and nothing is broken."""
    assert not [one for one in result.findings if one.status is Status.BROKEN]
    assert result.finding("paged_in_time").exercised == 1
    assert result.finding("recovered_in_time").exercised == 2
    assert result.virtual_s == 1500.0
    assert result.complaints == {}


def test_the_frames_hold_orders_faults_uptime_and_prices(result: Result) -> None:
    """Ready for a notebook."""
    orders, faults, uptime, prices = result.orders(), result.faults(), result.uptime(), result.prices()

    assert list(faults["name"]) == ["socket_drop", "crash"]
    assert str(faults["at"].dt.tz) == "UTC"
    assert list(uptime.index) == ["ingestion", "signal", "execution", "monitoring"]
    assert len(orders) == result.counts.accepted
    assert set(orders["venue"]) <= {"binance", "kraken"}
    assert set(prices["venue"]) == {"binance", "kraken"}
    assert prices["last"].between(50_000, 70_000).all()
    assert prices.index.is_monotonic_increasing


def test_progress_is_told_every_virtual_minute_with_what_rages(result: Result, told: list[Progress]) -> None:
    """To the end, and with the faults that act at the moment."""
    assert [one.virtual_s for one in told][:2] == [60.0, 120.0]
    assert told[-1].virtual_s == told[-1].total_s == result.virtual_s
    assert told[-1].speed_up > 1
    assert not told[-1].raging


def test_watching_changes_nothing(result: Result) -> None:
    """The same digest without anybody who looks on."""
    again = run_scenario("first_light", seed=3, overrides=OVERRIDES)

    assert again.digest == result.digest
    assert again.events == result.events


def test_what_asks_to_wait_is_over_when_the_wait_is(tmp_path: Path) -> None:
    """A venue that was busy for ten seconds and asked for a minute is shut for that minute, to whoever honours it."""
    busy = "{inject: rate_limit, on: binance, at: 5m, for: 10s, with: {retry_after: 1m}}"
    path = scenario_file(
        tmp_path,
        ("duration: 1h", "duration: 15m"),
        ("{inject: ack_lost, on: binance, at: 20m, for: 10m, with: {probability: 0.3}}", busy),
        ("at: 40m", "at: 13m"),
    )

    record = play(load_scenario(path), 1).record

    (asked,) = [one for one in record.faults if one.name == "rate_limit"]
    assert 55 * 10**9 < asked.lasted_ns <= 70 * 10**9
