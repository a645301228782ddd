"""Who may know whom: the five laws, and what is loaded only when it is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "simulator", "chaos", "scenarios")

EVERY_ENGINE_MODULE = """
import importlib, pkgutil, sys
import engine
found = [one.name for one in pkgutil.walk_packages(engine.__path__, "engine.")]
names = [name for name in found if not name.endswith("__main__")]  # those run the program
for name in names:
    importlib.import_module(name)
strangers = sorted({one.partition(".")[0] for one in sys.modules} & {"simpy", "simulator", "chaos", "scenarios"})
print(len(names), *strangers)
"""

REFEREE = ("bus_reader", "intents", "marks", "pages", "promises", "record", "slices", "uptime", "verdict", "weather")

HEAVY = ("ccxt", "pandas", "scipy", "numpy", "aiohttp", "matplotlib", "simpy")


def _python(code: str, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(cwd)}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_no_module_of_the_engine_loads_the_world_that_simulates_it() -> None:
    """The engine can run, be killed and be asked for its health without knowing that it can be simulated."""
    done = _python(EVERY_ENGINE_MODULE)

    assert done.returncode == 0, done.stderr
    count, *strangers = done.stdout.split()
    assert int(count) > 20, "the walk found almost no modules"
    assert strangers == []


EACH_BY_ITSELF = """
import importlib, pkgutil, sys
import scenarios
found = [one.name for one in pkgutil.walk_packages(scenarios.__path__, "scenarios.")]
names = [name for name in found if not name.endswith("__main__")]  # those run the program
for name in names:
    for loaded in [one for one in sys.modules if one.partition(".")[0] == "scenarios"]:
        del sys.modules[loaded]
    importlib.import_module(name)
print(len(names))
"""


def test_every_module_of_scenarios_can_be_imported_first() -> None:
    """No circle that only happens to work in the order of today."""
    done = _python(EACH_BY_ITSELF)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def test_the_referee_does_not_load_the_player() -> None:
    """A promise is judged without the engine's rounding, states or identities."""
    code = f"import sys\nfor one in {REFEREE!r}:\n    __import__('scenarios.' + one)\n"
    done = _python(code + "print('engine' in sys.modules)")

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["list", "--help"]])
def test_help_comes_at_once(arguments: list[str]) -> None:
    """Help loads nothing that takes a second to load."""
    code = (
        "import sys\nfrom scenarios.cli.leave import leave\ncode = leave(sys.argv[1:])\n"
        f"print('loaded:', *sorted(set({HEAVY!r}) & set(sys.modules)))\nsys.exit(code)"
    )
    done = _python(code, *arguments)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded:"


def test_the_contracts_hold() -> None:
    """The five laws of the design, as import-linter reads them."""
    done = _lint(ROOT)

    assert done.returncode == 0, done.stdout


def test_a_planted_import_breaks_its_contract(tmp_path: Path) -> None:
    """The contracts bite: a simulator that borrows the player's ruler is found out."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / "simulator" / "kernel" / "trace.py"
    planted.write_text(planted.read_text(encoding="utf-8") + "\nimport engine.domain\n", encoding="utf-8")

    done = _lint(tmp_path)

    assert done.returncode != 0
    assert "The simulator borrows no ruler from the player" in done.stdout
    assert "simulator.kernel.trace -> engine" in done.stdout


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    return _python(code, "--no-cache", cwd=root)
