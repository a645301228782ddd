"""Where a command is asked to write, looked at before anything is run: an hour's work must not end at a wrong name."""

from __future__ import annotations

import os
from pathlib import Path

from scenarios.problem import UsageError


def check_folder(out: Path) -> None:
    """Make the folder that `--out` names; raise `UsageError` where nothing can be written into it."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out}: this is a file; name a folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}; name a folder that can be written to") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise UsageError(f"--out {out}: nothing may be written there; name a folder that can be written to")


def check_file(out: Path) -> None:
    """Make the folder of the file that `--out` names; raise `UsageError` where it cannot be written."""
    if out.is_dir():
        raise UsageError(f"--out {out}: this is a folder; name a file in it")
    check_folder(out.parent)
