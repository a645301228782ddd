"""Reading a list that comes in pages: to its end, or not at all.

A list that was read in part proves nothing and must not look whole. Rows are read inside the request, so that one that
makes no sense is this request's trouble, and no exception of somebody else's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from engine.domain.errors import VenueTrouble
from engine.domain.trouble import Trouble, TroubleKind
from engine.venues.dialects import Ask

T = TypeVar("T")
Mark = TypeVar("Mark")
"""Where a page ends, in whatever words the venue wants to be asked for the next."""

PAGES_MAX = 20
"""Of a list with more pages nothing is believed."""


async def every_page(
    ask: Ask, venue: str, operation: str, turn: Callable[[Mark | None], Awaitable[tuple[list[T], Mark | None]]]
) -> list[T]:
    """Return the rows of all pages, each a request of its own.

    Args:
        turn: reads the page after a mark, the first after None, and tells where it ends; None where nothing follows.

    Raises:
        VenueTrouble: a page could not be read, or there are more than `PAGES_MAX`.
    """
    found: list[T] = []
    after: Mark | None = None
    for _ in range(PAGES_MAX):
        page, after = await ask(operation, partial(turn, after))
        found += page
        if after is None:
            return found
    raise _too_long(venue, operation)


def _too_long(venue: str, operation: str) -> VenueTrouble:
    """Return the trouble of a list that has more than we read: it was not read completely."""
    return VenueTrouble(
        Trouble(kind=TroubleKind.MALFORMED, venue=venue, operation=operation, text="more pages than are read")
    )
