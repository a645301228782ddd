"""Clients that nobody here wrote, in an environment of their own, against `stormproof serve`: they cannot tell.

Each tells its story in a process of its own, strictly: what a venue must refuse is refused in the venue's own way, and
what it answers adds up.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.wire.environment import build

STORIES = Path(__file__).parent / "clients"
STORY_S_MAX = 45


def told(story: str, ready: dict[str, Any]) -> Any:
    """Run a story and return what it saw; fail with what it complained of."""
    command = [str(build()), "-I", str(STORIES / story)]
    line = json.dumps(ready)
    done = subprocess.run(command, input=line, capture_output=True, text=True, timeout=STORY_S_MAX, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_python_binance_places_queries_streams_and_cancels(ready: dict[str, Any]) -> None:
    seen = told("binance_story.py", ready)

    assert seen["trading"] == {
        "filled": "0.01000000",
        "unknown order": -2013,
        "unknown to cancel": -2011,
        "unknown symbol": -1121,
        "too fine": -1013,
        "too small": -1013,
        "too much": -2010,
        "stale": -1021,
    }
    assert seen["streams"] == {
        "btcusdt@miniTicker": ["E", "c", "e", "h", "l", "o", "q", "s", "v"],
        "btcusdt@bookTicker": ["A", "B", "a", "b", "s", "u"],
        "btcusdt@trade": ["E", "M", "T", "e", "m", "p", "q", "s", "t"],
        "btcusdt@aggTrade": ["E", "M", "T", "a", "e", "f", "l", "m", "p", "q", "s"],
        "btcusdt@depth": ["E", "U", "a", "b", "e", "s", "u"],
        "reports": ["NEW", "CANCELED"],
        "ids": ["wire-2", "wire-2"],
    }


def test_python_kraken_sdk_places_queries_streams_and_cancels(ready: dict[str, Any]) -> None:
    seen = told("kraken_story.py", ready)

    assert seen["trading"] == {
        "filled": "0.01000000",
        "only validated": ["descr"],
        "duplicate": ["EOrder:cl_ord_id already in use"],
        "unknown to cancel": "KrakenUnknownOrderError",
        "unknown pair": "KrakenUnknownAssetError",
        "too small": "KrakenInvalidArgumentsError",
        "too much": "KrakenInsufficientFundsError",
        "bad key": "KrakenInvalidAPIKeyError",
        "bad signature": "KrakenInvalidSignatureError",
    }
    assert seen["streams"] == {
        "channels": {
            "ticker": "snapshot", "trade": "update", "book": "snapshot", "executions": "snapshot",
            "balances": "snapshot",
        },
        "reports": ["pending_new", "new", "canceled"],
    }  # fmt: skip
