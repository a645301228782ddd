"""Compares one run over every supported Python that is installed: `make versions`.

Each interpreter gets a virtual environment of its own beside the checkout's, from the same lock file.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHONS = ("python3.11", "python3.12", "python3.13")
SCENARIO = ("run", "first_light", "--seed", "7", "--json")


def digest(python: str) -> str:
    """Return the digest of the run on one interpreter, setting up its environment first."""
    home = ROOT / ".venv" / "versions" / python
    pip = [str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    if not (home / "installed").exists():
        subprocess.run([python, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock")], check=True)
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], check=True)
        (home / "installed").touch()
    ran = subprocess.run(
        [str(home / "bin" / "stormproof"), *SCENARIO], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return str(json.loads(ran.stdout)["digest"])


def main() -> int:
    """Print a digest for each installed Python; return 0 when they are the same, 1 when not, 3 when only one ran."""
    installed = [python for python in PYTHONS if shutil.which(python)]
    digests = {python: digest(python) for python in installed}
    for python, found in digests.items():
        print(f"{python}  {found}")
    if len(set(digests.values())) > 1:
        print("the same scenario and seed gave different runs")
        return 1
    return 0 if len(digests) > 1 else 3


if __name__ == "__main__":
    sys.exit(main())
