"""The composition root: the only package that sees both the engine and the world, and judges one by the other.

from scenarios import run_scenario

result = run_scenario("first_light", seed=7)
result.verdict, result.orders(), result.faults(), result.uptime(), result.prices()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenarios.result import Result
    from scenarios.run import Progress


def run_scenario(
    scenario: str | Path,
    *,
    seed: int = 1,
    overrides: Sequence[str] = (),
    on_progress: Callable[[Progress], None] | None = None,
) -> Result:
    """Run a scenario, by its file or by its name in the library, and return the judged result.

    `overrides` are `key.path=value` as `--set` takes them. Raises `scenarios.problem.ScenarioInvalid` with every
    mistake of the file; whatever goes wrong with the simulation itself is raised as it is.
    """
    from scenarios.run import run  # a run loads ccxt and aiohttp; `stormproof --help` does not
    from scenarios.scenario import load_scenario

    return run(load_scenario(scenario, overrides), seed, on_progress)


__all__ = ["run_scenario"]
