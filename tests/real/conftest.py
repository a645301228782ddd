"""Servers that the tests with real processes share, each started at its first use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real.postgres_server import PostgresServer, postgres


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL server; a test that kills it starts it again."""
    with postgres() as running:
        yield running
