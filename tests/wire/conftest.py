"""Tests over real sockets: one server for all of them that only place and read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.wire.server import serving


@pytest.fixture
def ready() -> Iterator[dict[str, Any]]:
    """The ready line of a server with both venues, a new one for each test: nobody has traded there yet."""
    with serving("binance", "kraken") as server:
        yield server.ready
