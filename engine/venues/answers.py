"""What a venue's answer to a request means, read from a table of signs: operation, HTTP status, code, text.

ccxt's exception classes are not asked: the same bytes raise different classes under different host names, a
truncated body looks like a final refusal, and bans are subclasses of "network error, try again" (`venues.md`, facts
1 to 5, 10). A table is read from the top, and the first sign that fits decides. What fits nothing is decided by
`UNLISTED`, which never says more than the transport proves; an answer that no table knows leaves a submit unknown.
"""

from __future__ import annotations

import re

import msgspec

from engine.domain.trouble import Trouble, TroubleKind
from engine.domain.venue_facts import NS

TEXT_CHARS_MAX = 200
QUERY = re.compile(r"((?:https?|wss?)://[^\s?'\"]+)\?[^\s'\"]*")
"""An address with a query: what ccxt puts into its errors holds the signature, the time, and order details."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that was read to its end: the code and text are the venue's own, found in its body."""

    status: int
    code: str = ""
    text: str = ""
    retry_after_ns: int | None = None


class Sign(msgspec.Struct, frozen=True):
    """One line of a table. Empty fields fit everything; `text` fits where it occurs, whatever its case."""

    kind: TroubleKind
    codes: tuple[str, ...] = ()
    text: str = ""
    statuses: tuple[int, ...] = ()
    operations: tuple[str, ...] = ()

    def fits(self, operation: str, answer: Answer) -> bool:
        """Tell whether an answer shows this sign; a code that ends in `*` stands for all that begin so."""
        return (
            (not self.codes or any(_matches(code, answer.code) for code in self.codes))
            and (not self.statuses or answer.status in self.statuses)
            and (not self.operations or operation in self.operations)
            and self.text.lower() in answer.text.lower()
        )


UNLISTED = (
    Sign(TroubleKind.BANNED, statuses=(418,)),
    Sign(TroubleKind.THROTTLED, statuses=(429,)),
    Sign(TroubleKind.UNKNOWN),
)
"""What an answer means whose code no table knows. A 4xx page of a proxy says nothing about the order (`venues.md`
1.4).
"""


def judge(table: tuple[Sign, ...], venue: str, operation: str, answer: Answer, *, until_ns: int | None) -> Trouble:
    """Return the trouble that an answer means; `until_ns` is when its wait ends on the venue's clock, where it
    tells.
    """
    kind = next(sign.kind for sign in (*table, *UNLISTED) if sign.fits(operation, answer))
    lasting = kind in (TroubleKind.THROTTLED, TroubleKind.BANNED)
    return Trouble(
        kind=kind,
        venue=venue,
        operation=operation,
        status=answer.status,
        code=answer.code,
        text=answer.text[:TEXT_CHARS_MAX],
        until_ns=until_ns if lasting else None,
    )


def retry_after_ns(headers: dict[str, str]) -> int | None:
    """Read a `Retry-After` in seconds from headers with lower-case names; a date in it is not read."""
    text = headers.get("retry-after", "").strip()
    return int(text) * NS if text.isascii() and text.isdigit() and len(text) < 8 else None


def shown(problem: BaseException) -> str:
    """Return an error as it may be logged and paged: its addresses without their queries, which are signed."""
    return QUERY.sub(r"\1?…", f"{type(problem).__name__}: {problem}")[:TEXT_CHARS_MAX]


def _matches(pattern: str, code: str) -> bool:
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern
