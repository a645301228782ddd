"""OKX's lists, read page after page: newest first, each page after a name of the last row of the one before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from engine.venues.dialects import Ask
from engine.venues.paging import every_page
from engine.venues.unified import member, rows, text

T = TypeVar("T")

PAGE = 100
SINCE_MARGIN_MS = 60_000
"""Histories are read from a minute earlier: the clocks of two views need not agree."""


async def pages(
    ask: Ask, operation: str, get: Any, query: dict[str, Any], by: str, read: Callable[[dict[str, Any]], T]
) -> list[T]:
    """Read all pages of a list; `by` names what the next page is asked after."""

    async def turn(after: str | None) -> tuple[list[T], str | None]:
        page = rows(member(await get(query | ({} if after is None else {"after": after})), "data"))
        return [read(row) for row in page], text(page[-1][by]) if len(page) >= PAGE else None

    return await every_page(ask, "okx", operation, turn)
