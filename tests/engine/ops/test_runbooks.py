"""Every alert that the engine can raise names a runbook that exists, and every runbook belongs to an alert."""

import re
from pathlib import Path

import engine

ENGINE = Path(engine.__file__).parent
WRITTEN = {path.stem for path in (ENGINE / "runbooks").glob("*.md")}


def named() -> set[str]:
    """Return the runbooks that the engine's source names."""
    source = "\n".join(path.read_text() for path in ENGINE.rglob("*.py"))
    whole = set(re.findall(r'runbook="([a-z-]+)"', source)) | set(re.findall(r'"([a-z-]+)",?\s*\)', source)) & WRITTEN
    for prefix in re.findall(r'runbook=f"([a-z-]+)\{kind\.value\}"', source):
        whole |= {f"{prefix}{kind}" for kind in ("throttled", "banned")}
    return whole


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    assert named() == WRITTEN
    assert len(WRITTEN) >= 12


def test_a_runbook_says_what_it_means_what_was_done_and_what_to_do() -> None:
    for path in (ENGINE / "runbooks").glob("*.md"):
        text = path.read_text()
        assert text.startswith("# "), path.name
        assert all(part in text for part in ("**Means.**", "**Done already.**", "**Do.**")), path.name
