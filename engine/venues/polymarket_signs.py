"""What Polymarket's answers mean: a refusal is a sentence, in `error` or in the `errorMsg` of an answer with HTTP 200.

A sentence of the venue itself has the code `error`; a page of the network in front of it has none, and says nothing
about an order. A request that came too late is answered by 401 like a wrong key; submits and cancels are stamped so
that they die in time, reads are not, which tells the two apart. How long the network shuts an address out is not told;
ten minutes are taken. Sources: Polymarket documentation, error texts in bug reports of its clients, `venues.md` 1.4.
"""

from __future__ import annotations

import json
from typing import Any

from engine.domain.trouble import TroubleKind as Kind
from engine.domain.venue_facts import NS
from engine.venues.answers import Answer, Sign, retry_after_ns

WAIT_NS = NS
"""Orders and cancels are counted by the second."""
BAN_NS = 600 * NS
SAID = ("error",)

SIGNS: tuple[Sign, ...] = (
    Sign(Kind.THROTTLED, statuses=(429,)),
    Sign(Kind.BANNED, statuses=(403,)),
    Sign(Kind.MAINTENANCE, statuses=(425,)),
    Sign(Kind.MAINTENANCE, codes=SAID, statuses=(503,), text="trading is currently"),
    Sign(Kind.MAINTENANCE, codes=SAID, text="not yet ready to process"),
    Sign(Kind.UNKNOWN, statuses=(500, 502, 503, 504)),
    Sign(Kind.CLOCK, statuses=(401,), operations=("place", "cancel")),
    Sign(Kind.AUTH, statuses=(401,)),
    Sign(Kind.DUPLICATE, codes=SAID, text="duplicated", operations=("place",)),
    Sign(Kind.NOT_FOUND, codes=SAID, text="order can't be found", operations=("cancel",)),
    Sign(Kind.NOT_FOUND, codes=SAID, statuses=(404,), operations=("look_up", "cancel")),
    Sign(Kind.REJECTED, codes=SAID, statuses=(200, 400), operations=("place",)),
    Sign(Kind.REJECTED, codes=SAID, statuses=(400,), operations=("cancel",)),
)


def read(status: int, headers: dict[str, str], body: str) -> Answer:
    """Find the sentence in a body; one that is not Polymarket's has none."""
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    sentence = _sentence(said) if isinstance(said, dict) else ""
    code = SAID[0] if sentence else ""
    return Answer(status=status, code=code, text=sentence or body, retry_after_ns=retry_after_ns(headers))


def until_ns(answer: Answer, now_ns: int) -> int:
    """Return when a throttle or ban ends on the venue's clock."""
    wait_ns = BAN_NS if answer.status == 403 else WAIT_NS
    return now_ns + (answer.retry_after_ns if answer.retry_after_ns is not None else wait_ns)


def _sentence(said: dict[str, Any]) -> str:
    """Return what was said against a request; of a cancel that is said order by order."""
    refused = said.get("not_canceled")
    if isinstance(refused, dict) and refused:
        return str(next(iter(refused.values())))
    return str(said.get("error") or said.get("errorMsg") or "")
