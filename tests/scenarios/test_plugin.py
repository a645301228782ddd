"""The pytest plugin, as somebody uses it who has a strategy of their own and ten lines to spare."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

STRATEGY = '''
from decimal import Decimal

from engine.strategies.momentum import Momentum


class Mine(Momentum):
    """Somebody's own idea, which is like one that ships."""
'''

TEST = """
def test_mine_bears_lost_acknowledgements(world, bot, referee):
    bot.trades("strategy.py:Mine", bar="15s", lookback=5)
    world.lasts("14m", healed="3m")
    world.throw("ack_lost", on="any_venue", at="6m", lasts="3m", probability=0.5)
    world.throw("crash", on="node/exec-a", at="7m", lasts="10s")
    referee.expects(decision_every="15s", warm_up="4m", promises=["no_duplicate_orders", "no_lost_orders"])
    referee.must_see("order_filled_binance", "node_rebooted")
    result = referee.judge()
    assert result.verdict == "held", result.reproduce
"""

WRONG = """
def test_it(world, bot, referee):
    world.throw("ack_lots", on="binance", at="6m")
    referee.judge()
"""


def pytest_run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, as its user would."""
    installed = any(one.name == "stormproof" for one in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "scenarios.plugin"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "160"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugin, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_ten_lines_put_a_strategy_of_ones_own_to_the_test_with_each_seed(tmp_path: Path) -> None:
    """The strategy lies beside the test."""
    (tmp_path / "strategy.py").write_text(STRATEGY, encoding="utf-8")
    (tmp_path / "test_mine.py").write_text(TEST, encoding="utf-8")

    ran = pytest_run(tmp_path, "--stormproof-seeds", "3-4", "-v")

    assert ran.returncode == 0, ran.stdout
    assert "[seed-3] PASSED" in ran.stdout
    assert "[seed-4] PASSED" in ran.stdout


def test_a_mistake_in_a_test_is_told_in_the_words_of_a_scenario(tmp_path: Path) -> None:
    """What, and what to do."""
    (tmp_path / "test_wrong.py").write_text(WRONG, encoding="utf-8")

    ran = pytest_run(tmp_path)

    assert ran.returncode == 1
    assert "there is no fault 'ack_lots'" in ran.stdout
    assert "ack_lost" in ran.stdout


@pytest.mark.parametrize("seeds", ["", "x", "4-3", "1-99999"])
def test_seeds_that_are_none_are_refused(seeds: str, tmp_path: Path) -> None:
    """By pytest's own code for wrong usage."""
    (tmp_path / "test_wrong.py").write_text(WRONG, encoding="utf-8")

    ran = pytest_run(tmp_path, f"--stormproof-seeds={seeds}")

    assert ran.returncode == 4
    assert "write seeds as 7, 1-20 or 1,5,9" in ran.stderr
