"""The table of what pages: every alert that the engine raises has its row, and a forgotten one is loud."""

import re
from pathlib import Path

import engine
from engine.services.escalation import TABLE, Escalation, escalation_of

SOURCE = Path(engine.__file__).parent
KEY = re.compile(r'f?"((?:[a-z]+)/(?:[^"\s]*))"')
KEY_MADE = re.compile(r"(?<!forget)_key\(")
"""Where a key is put together; a venue's key that is forgotten is another thing."""
PREFIXES = tuple(pattern.split("/")[0] for pattern, _, _ in TABLE)


def raised_keys() -> set[str]:
    """Return the alert keys that the source spells, with their placeholders."""
    keys = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text()
        if "raise_alert" in text or "_page(" in text or KEY_MADE.search(text):
            keys |= {key for key in KEY.findall(text) if key.split("/")[0].isalpha()}
    return {key for key in keys if not key.startswith(("application/", "text/"))}


def test_every_key_that_is_raised_has_a_row() -> None:
    keys = raised_keys()
    assert len(keys) >= 10
    assert {key for key in keys if key.split("/")[0] not in PREFIXES} == set()


def test_a_key_without_a_row_pages_at_once() -> None:
    assert escalation_of("something/new") is Escalation.AT_ONCE


def test_a_missed_heartbeat_pages_at_once_and_a_latency_only_when_nobody_has_it_in_hand() -> None:
    assert escalation_of("heartbeat/execution/exec-a") is Escalation.AT_ONCE
    assert escalation_of("latency/binance/place") is Escalation.UNACKNOWLEDGED
    assert escalation_of("optional/sentiment") is Escalation.NEVER


def test_every_row_says_why() -> None:
    assert all(why for _, _, why in TABLE)
