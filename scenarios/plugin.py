"""The pytest plugin: a chaos test of one's own strategy in ten lines.

    def test_my_strategy_bears_lost_acknowledgements(world, bot, referee):
        bot.trades("strategy.py:Mine", bar="60s")
        world.lasts("40m")
        world.throw("ack_lost", on="any_venue", at="10m", lasts="10m", probability=0.5)
        world.throw("crash", on="node/exec-a", at="15m", lasts="20s")
        referee.expects(exposure={"BTC/USDT": 0.05})
        assert referee.judge().verdict == "held"

It comes with the package; `pytest --stormproof-seeds 1-20` runs each such test with every one of these seeds. What the
fixtures gather is written as a scenario and read back by the rules of any other, so that a mistake is told in the same
words, and so that a failing test leaves files that `stormproof run`, `shrink` and `replay` take.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scenarios.bot_sections import PAGER, PRICED, SMALL, nodes_section, venues_section

if TYPE_CHECKING:  # every run of pytest loads this file, and few want a world
    from scenarios.result import Result

SEEDS_DEFAULT = "1"
SEEDS_MAX = 10_000

NEEDED = ["no_duplicate_orders", "no_lost_orders", "ledger_equals_venue"]
"""What every test must put to the test, unless it says otherwise: any bot that trades at all does."""


class WorldUnderTest:
    """The world of a test: an hour, two zones, Binance and Kraken, and one market, until it is said otherwise."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {
            "duration": "1h",
            "healed": "10m",
            "zones": ["a", "b"],
            "venues": ["binance", "kraken"],
            "markets": {"BTC/USDT": {"model": "jump_diffusion", "price": 60000, "volatility": 1.0}},
        }
        self.faults: list[dict[str, Any]] = []
        self.actions: list[dict[str, Any]] = []

    def lasts(self, duration: str, *, healed: str = "10m") -> None:
        """Say how long the act under fire lasts, and the healed one after it."""
        self.values |= {"duration": duration, "healed": healed}

    def trades_at(self, *venues: str) -> None:
        """Say which venues there are."""
        self.values["venues"] = list(venues)

    def market(self, symbol: str, **settings: Any) -> None:
        """Add a market, or change one: the keys are those of `world.markets` in a scenario file."""
        known = self.values["markets"].get(symbol, {"model": "jump_diffusion"})
        self.values["markets"][symbol] = known | settings

    def throw(
        self,
        fault: str,
        *,
        on: str,
        at: str | None = None,
        every: Any = None,
        lasts: Any = None,
        **parameters: Any,
    ) -> None:
        """Throw a fault: the same words as in a scenario file, `lasts` being `for` and `parameters` `with`."""
        said = {"inject": fault, "on": on, "at": at, "every": every, "for": lasts, "with": parameters or None}
        self.faults.append({key: value for key, value in said.items() if value is not None})

    def act(self, what: str, *, at: str, **rest: Any) -> None:
        """Let a person kill, re-arm, pause, resume, deploy, or ask for an exit."""
        self.actions.append({"do": what, "at": at, **rest})


class BotUnderTest:
    """The bot of a test: momentum, on six machines, until it is said otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file: Path | None = None
        self.values: dict[str, Any] = {
            "bot": "under-test",
            "nodes": nodes_section(SMALL),
            "instruments": {"BTC/USDT": {"size": 0.02, "limit": 0.05}},
            "strategy": {"name": "momentum", "bar": "60s", "lookback": 5},
            "execution": dict(PRICED),
            "pager": dict(PAGER),
        }

    def reads(self, file: str | Path) -> None:
        """Take a bot's own configuration file as it is; a relative path is relative to the test's folder."""
        self.file = (self.folder / file).resolve()

    def trades(self, use: str, *, bar: str = "60s", **settings: Any) -> None:
        """Decide by a strategy of one's own, `file.py:Class`, relative to the test's folder, or by one that ships."""
        if ":" in use:
            file, _, name = use.partition(":")
            own = (self.folder / file).resolve()
            strategy: dict[str, Any] = {"name": own.stem, "use": f"{own}:{name}"}
        else:
            strategy = {"name": use}
        self.values["strategy"] = {**strategy, "bar": bar, **settings}

    def sets(self, **sections: Any) -> None:
        """Replace whole sections of the configuration, such as `protection={"stop": "3%"}`."""
        self.values |= sections


class RefereeOfTest:
    """Judges the bot in its world, once for each seed that was asked for."""

    def __init__(self, world: WorldUnderTest, bot: BotUnderTest, folder: Path, seed: int) -> None:
        self.world = world
        self.bot = bot
        self.folder = folder
        self.seed = seed
        self.bounds: dict[str, Any] = {}
        self.marks: list[str] = []

    def expects(self, **bounds: Any) -> None:
        """Set bounds to judge by: the keys of `expect` in a scenario file, such as `recovery="120s"`."""
        self.bounds |= bounds

    def must_see(self, *marks: str) -> None:
        """Name what must happen at least once, or the test proves nothing; `stormproof list marks` shows them."""
        self.marks += marks

    def judge(self) -> Result:
        """Run it and return the result; its `reproduce` is the command that shows it again.

        Raises:
            ScenarioInvalid: what was asked for cannot be run; it names every mistake.
        """
        from scenarios.run import run
        from scenarios.scenario import load_scenario

        return run(load_scenario(self._written()), self.seed)

    def _written(self) -> Path:
        from scenarios.written import scenario_text, write_text

        bot = deepcopy(self.bot.values)
        bot.setdefault("venues", venues_section(self.world.values["venues"]))
        limits = {symbol: one["limit"] for symbol, one in bot["instruments"].items()}
        path = self.folder / "scenario.yaml"
        write_text(self.folder / "bot.yaml", scenario_text(bot))
        values = {
            "title": f"A test of {bot['bot']}",
            "world": self.world.values,
            "bot": str(self.bot.file or "bot.yaml"),
            "faults": self.world.faults,
            "actions": self.world.actions,
            "expect": {"exposure": limits if self.bot.file is None else {}, "promises": NEEDED, **self.bounds},
            "sometimes": self.marks,
        }
        write_text(path, scenario_text(values))
        return path


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--stormproof-seeds`."""
    group = parser.getgroup("stormproof", "chaos tests of trading bots")
    group.addoption(
        "--stormproof-seeds",
        default=SEEDS_DEFAULT,
        metavar="SEEDS",
        help="the seeds that each test with the `referee` fixture is run with, such as 7, 1-20 or 1,5,9",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse seeds that are none before anything is collected."""
    _seeds(config.getoption("--stormproof-seeds"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that wants the referee once for each seed."""
    if "referee" in metafunc.fixturenames:
        seeds = _seeds(metafunc.config.getoption("--stormproof-seeds"))
        metafunc.parametrize("stormproof_seed", seeds, ids=[f"seed-{seed}" for seed in seeds])


def _seeds(written: str) -> list[int]:
    """Read `7`, `1-20` or `1,5,9`; raise a usage error of pytest's."""
    seeds: list[int] = []
    try:
        for part in written.split(","):
            first, dash, last = part.partition("-")
            seeds += range(int(first), int(last) + 1) if dash else [int(first)]
    except ValueError:
        seeds = []
    if not 0 < len(seeds) <= SEEDS_MAX:
        raise pytest.UsageError(f"--stormproof-seeds {written}: write seeds as 7, 1-20 or 1,5,9")
    return list(dict.fromkeys(seeds))


@pytest.fixture
def stormproof_seed() -> int:
    """The seed of this run of the test; one for each is drawn from `--stormproof-seeds`."""
    return 1


@pytest.fixture
def world() -> WorldUnderTest:
    """The world that the bot is put into."""
    return WorldUnderTest()


@pytest.fixture
def bot(request: pytest.FixtureRequest) -> BotUnderTest:
    """The bot that is put to the test."""
    return BotUnderTest(request.path.parent)


@pytest.fixture
def referee(world: WorldUnderTest, bot: BotUnderTest, tmp_path: Path, stormproof_seed: int) -> RefereeOfTest:
    """The judge of both."""
    return RefereeOfTest(world, bot, tmp_path, stormproof_seed)
