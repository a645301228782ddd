"""Transactions of a journal or a database: what is committed is still there after the power was cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from engine.domain.errors import StoreUnavailable

__all__ = ["SqlValue", "Statement", "Store", "StoreUnavailable"]

SqlValue: TypeAlias = int | float | str | bytes | None
Statement: TypeAlias = tuple[str, tuple[SqlValue, ...]]


class Store(Protocol):
    """Rows of a file that one process owns, or of a database that machines share."""

    async def commit(self, statements: Sequence[Statement]) -> None:
        """Run statements in one transaction, durable when this returns; raise `StoreUnavailable` when none of it
        is stored, or, of a shared database alone, when nobody can tell.
        """
        ...

    async def read(self, sql: str, parameters: tuple[SqlValue, ...] = ()) -> list[tuple[SqlValue, ...]]:
        """Return the rows of a query; raise `StoreUnavailable`."""
        ...
