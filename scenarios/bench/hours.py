"""Six hours at three venues with a ticker every five seconds: what the whole of a run costs, the referee included.

With one of everything, and with the bot of three zones that most of the library runs: everything of it is there twice
or three times, so that a price is heard by five machines instead of two. The figure is in seconds, which say as much
about the machine as about the code; so the detail tells it in a floor of the same run as well: how many timeouts of
SimPy's could have passed.
"""

from __future__ import annotations

from pathlib import Path

from scenarios.bench.clock import time_out_in_simpy
from scenarios.bench.figure import Figure, Target
from scenarios.run import run
from scenarios.scenario import load_scenario

HERE = Path(__file__).parent
SCENARIO = HERE / "three_venues.yaml"
BOTS = {"one_of_each": HERE / "one_of_each.yaml", "three_zones": HERE.parent / "bots" / "three_zones.yaml"}
SEED = 3
FLOORS = 3
MILLION = 1_000_000
TARGET = Target(at_most=20.0)


def played(bot: Path) -> float:
    """Run the six hours with a bot; return processor seconds."""
    return run(load_scenario(SCENARIO, [f"bot={bot}"]), SEED).cpu_s


def measure() -> list[Figure]:
    """Return a figure for each bot."""
    figures = []
    for name, bot in BOTS.items():
        ours_s = played(bot)
        floor_s = min(time_out_in_simpy() for _ in range(FLOORS))
        figures.append(
            Figure(
                name=f"six_hours_{name}",
                value=ours_s,
                unit="s",
                ours="six hours and the healed act: three venues, a ticker every 5 s, three prices a tick",
                floor="none: an absolute figure",
                target=TARGET,
                detail=f"as much as {ours_s / floor_s / MILLION:.0f} million timeouts of SimPy",
            )
        )
    return figures
