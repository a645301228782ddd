"""The clients' own virtual environment, built from their own lock file where it is missing or the lock has changed.

    python -m tests.wire.environment

Theirs and not ours: a client that nobody here wrote comes with the versions that it wants, and ccxt pins its own. The
build is bounded, and guarded, so that two tests that want it at once build it once.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = Path(__file__).with_name("clients.lock")
HOME = ROOT / ".venv" / "clients"
PYTHON = HOME / "bin" / "python"

BUILD_S_MAX = 300


def build() -> Path:
    """Return the Python of the clients, with all that their lock file names.

    Raises:
        subprocess.SubprocessError: it could not be built; what pip said stands on standard error.
    """
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    HOME.parent.mkdir(exist_ok=True)
    with (HOME.parent / "clients.guard").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        built = HOME / "installed"
        if not built.exists() or built.read_text(encoding="utf-8") != wanted:
            _run([sys.executable, "-m", "venv", "--clear", str(HOME)])
            quietly = ["--quiet", "--disable-pip-version-check", "--require-hashes"]
            _run([str(PYTHON), "-m", "pip", "install", *quietly, "-r", str(LOCK)])
            built.write_text(wanted, encoding="utf-8")
    return PYTHON


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, timeout=BUILD_S_MAX, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    build()
