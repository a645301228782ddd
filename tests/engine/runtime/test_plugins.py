"""A person's own strategy and model: ten lines are enough, and every mistake names file, class and what is missing."""

import copy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.domain.money import ZERO, Price, Quantity
from engine.ports.strategy import Bar, Hold, View
from engine.runtime.config import bot_config
from engine.runtime.mistakes import ConfigRefused
from tests.engine.runtime.stage import BOT

TEN_LINES = """
from dataclasses import dataclass
from engine.ports.strategy import ZERO, Hold, View, Wish

@dataclass(frozen=True, kw_only=True)
class Breakout:
    bars_needed: int = 3

    def decide(self, view: View) -> Wish:
        return Hold(view.size if view.price > max(bar.high for bar in view.bars[:-1]) else ZERO)
"""
RICH = """
from decimal import Decimal
from engine.ports.strategy import Price

class Rich:
    bars_needed = 1
    def __init__(self, *, edge: Decimal, floor: Price | None = None, rest_ns: int = 5, label: str = "x") -> None:
        self.edge, self.floor, self.rest_ns, self.label = edge, floor, rest_ns, label
    def decide(self, view): ...
"""


def bot(**strategy: Any) -> dict[str, Any]:
    return {**copy.deepcopy(BOT), "strategy": {"name": "mine", "bar": "60s", **strategy}}


def told(folder: Path, data: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigRefused) as refused:
        bot_config(data, folder=folder)
    return [str(mistake) for mistake in refused.value.mistakes]


def test_ten_lines_beside_the_bots_file_are_a_strategy(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(TEN_LINES)

    plugin = bot_config(bot(use="./mine.py:Breakout", bars_needed=2), folder=tmp_path).strategy.plugin

    assert plugin is not None
    prices = [Price(9), Price(10)]
    bars = tuple(Bar(instrument="X", end_ns=0, open=each, high=each, low=each, close=each) for each in prices)
    strategy = plugin.make()
    assert strategy.bars_needed == 2
    assert strategy.decide(View(instrument="X", size=Quantity(1), bars=bars)) == Hold(Quantity(1))
    assert strategy.decide(View(instrument="X", size=Quantity(1), bars=bars[::-1])) == Hold(ZERO)


def test_one_that_comes_with_the_engine_is_used_by_its_name_and_its_parameters_stand_beside_it() -> None:
    config = bot_config({**BOT, "strategy": {"name": "momentum", "bar": "5s", "lookback": 7, "stop": "3%"}})

    assert config.strategy.plugin is not None
    strategy = config.strategy.plugin.make()
    assert (strategy.lookback, strategy.stop) == (7, Decimal("0.03"))


def test_parameters_are_read_in_the_files_own_units_by_their_annotations(tmp_path: Path) -> None:
    (tmp_path / "rich.py").write_text(RICH)

    written = {"edge": "20bps", "floor": 0.1, "rest": "90s"}
    plugin = bot_config(bot(use="rich.py:Rich", **written), folder=tmp_path).strategy.plugin

    assert plugin is not None
    made = plugin.make()
    assert (made.edge, made.floor, made.rest_ns, made.label) == (Decimal("0.002"), Price("0.1"), 90 * 10**9, "x")


def test_every_wrong_parameter_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "rich.py").write_text(RICH)

    found = told(tmp_path, bot(use="rich.py:Rich", floor="cheap", rest=90, lable="y"))

    assert [one.partition(":")[0] for one in sorted(found)] == [
        "strategy.edge",
        "strategy.floor",
        "strategy.lable",
        "strategy.rest",
    ]
    assert "which knows edge, floor, rest, label" in "".join(found)


@pytest.mark.parametrize(
    ("text", "use", "problem"),
    [
        ("", "./gone.py:A", "there is no file"),
        ("class B: ...", "./mine.py:A", "there is no class A in /"),
        ("class Aa: ...", "./mine.py:A", "did you mean Aa?"),
        ("class A: ...", "./mine.py:A", "has no method decide; write `def decide(self, view: View)"),
        ("class A:\n    def decide(self): ...", "./mine.py:A", "decide of the strategy A"),
        ("class A:\n    def decide(self, view): ...", "./mine.py:A", "bars_needed None"),
        ("class A:\n    bars_needed = 0\n    def decide(self, view): ...", "./mine.py:A", "bars_needed 0"),
        ("import nowhere_at_all", "./mine.py:A", "there is no module nowhere_at_all"),
        ("1 / 0", "./mine.py:A", "cannot be imported: ZeroDivisionError"),
        (
            "class A:\n    def __init__(self): raise ValueError('no luck')\n    def decide(self, v): ...",
            "./mine.py:A",
            "luck",
        ),
        ("", "engine.strategies.momentum:Momentun", "did you mean Momentum?"),
        ("", "nothing", "names no class"),
        (
            "class A:\n    bars_needed = 1\n    def decide(self, v): ...\n    def features(self, v): ...",
            "./mine.py:A",
            "asks a model",
        ),
    ],
)
def test_a_strategy_that_cannot_be_used_is_refused_before_anything_starts(
    tmp_path: Path, text: str, use: str, problem: str
) -> None:
    if text:
        (tmp_path / "mine.py").write_text(text)

    (found,) = told(tmp_path, bot(use=use))

    assert problem in found
    assert found.startswith("strategy")


def test_a_model_is_checked_as_well_and_its_bounds_must_leave_room(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("class M: ...\nclass N:\n    def predict(self, features): return 0\n")
    asks = "class A:\n    bars_needed = 1\n    def decide(self, v): ...\n    def features(self, v): ...\n"
    (tmp_path / "mine.py").write_text(asks)
    data = bot(use="mine.py:A")

    assert "has no method predict" in told(tmp_path, {**data, "model": {"use": "m.py:M", "low": 0, "high": 1}})[0]
    assert "low is not below high" in told(tmp_path, {**data, "model": {"use": "m.py:N", "low": 1, "high": 1}})[0]
    late = {"use": "m.py:N", "low": 0, "high": 1, "within": "60s"}
    assert "model.within" in told(tmp_path, {**data, "model": late})[0]
    bot_config({**data, "model": {"use": "m.py:N", "low": 0, "high": 1}}, folder=tmp_path)


def test_a_kill_needs_no_strategy_that_loads(tmp_path: Path) -> None:
    config = bot_config(bot(use="./gone.py:A"), folder=tmp_path, plugins=False)

    assert config.strategy.plugin is None
    assert config.bot == "test-bot"
