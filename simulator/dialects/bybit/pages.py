"""Pages of Bybit's lists: newest first, and a cursor that names the first and the last of a page.

The cursor is `<id>:<ms>,<id>:<ms>`, percent-encoded as the vendor sends it; clients send it back encoded once more.
"""

from collections.abc import Callable, Iterable
from itertools import dropwhile, islice
from typing import TypeVar
from urllib.parse import quote, unquote

from simulator.dialects.bybit.errors import wrong
from simulator.dialects.bybit.parameters import Parameters

T = TypeVar("T")


def page(
    newest_first: Iterable[T], parameters: Parameters, name: Callable[[T], str], *, default: int, most: int
) -> tuple[list[T], str]:
    """Return the page that a request asks for, and the cursor for the next one; `name` is `<id>:<ms>` of a thing."""
    cursor, limit = parameters.text("cursor"), parameters.limit(default, most)
    if cursor is not None:
        last = unquote(unquote(cursor)).partition(",")[2]
        if not last:
            raise wrong("cursor")
        newest_first = islice(dropwhile(lambda one: name(one) != last, newest_first), 1, None)
    found = list(islice(newest_first, limit))
    return found, quote(f"{name(found[0])},{name(found[-1])}", safe="") if found else ""
