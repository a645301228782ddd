"""OKX's lists, read page after page: newest first, each page after a name of the last row of the one before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from engine.venues import okx_facts
from engine.venues.dialects import Ask
from engine.venues.paging import every_page
from engine.venues.unified import member, rows, text

T = TypeVar("T")

PAGE = 100
SINCE_MARGIN_MS = 60_000
"""Histories are read from a minute earlier: the clocks of two views need not agree."""


async def pages(
    ask: Ask,
    operation: str,
    get: Any,
    query: dict[str, Any],
    by: str,
    read: Callable[[dict[str, Any]], T],
    *,
    since_ms: int = 0,
) -> list[T]:
    """Read all pages of a list, back to a time of creation; `by` names what the next page is asked after."""

    async def turn(after: str | None) -> tuple[list[T], str | None]:
        page = rows(member(await get(query | ({} if after is None else {"after": after})), "data"))
        goes_on = len(page) >= PAGE and (not since_ms or int(page[-1]["cTime"]) >= since_ms)
        return [read(row) for row in page], text(page[-1][by]) if goes_on else None

    return await every_page(ask, okx_facts.FACTS.name, operation, turn)
