"""What Binance's answers mean (spot): its error codes, its bans, and the doubts it states itself.

Sources: Binance spot API documentation, error codes and general information on limits, and `venues.md` 1.4. A 5xx
and the codes -1000, -1001, -1006, -1007 say by their own definition that the execution status is unknown. -1008
(server overloaded) comes with a 503 and is taken as such: its wait is nobody's quota, so that the breaker paces it
and no lane is held for it.
"""

from __future__ import annotations

import json
import re

from engine.domain.trouble import TroubleKind as Kind
from engine.domain.venue_facts import NS
from engine.venues.answers import Answer, Sign, retry_after_ns

BAN_NS = 120 * NS
"""The shortest ban; used where neither header nor text says how long."""
WAIT_NS = 10 * NS
"""The longest order-count window but one; used where a throttle does not say how long."""

_BAN_END = re.compile(r"banned until (\d{13})")

SIGNS: tuple[Sign, ...] = (
    Sign(Kind.BANNED, statuses=(418,)),
    Sign(Kind.BANNED, codes=("-1003",), text="banned until"),
    Sign(Kind.THROTTLED, codes=("-1003", "-1015")),
    Sign(Kind.THROTTLED, statuses=(429,)),
    Sign(Kind.UNKNOWN, codes=("-1000", "-1001", "-1006", "-1007", "-1008")),
    Sign(Kind.UNKNOWN, statuses=(500, 502, 503, 504)),
    Sign(Kind.CLOCK, codes=("-1021", "-5028")),
    Sign(Kind.MAINTENANCE, codes=("-1016",)),
    Sign(Kind.NOT_FOUND, codes=("-2011", "-2013")),
    Sign(Kind.NOT_FOUND, codes=("-2026",), operations=("look_up",)),  # archived: ended long ago without a fill
    Sign(Kind.REJECTED, codes=("-2026",)),
    Sign(Kind.DUPLICATE, codes=("-2010", "-4116"), text="duplicate"),
    Sign(Kind.MAINTENANCE, codes=("-2010", "-1013"), text="market is closed"),
    Sign(Kind.MAINTENANCE, statuses=(451,)),  # not from where we ask: the request was not looked at
    Sign(Kind.AUTH, codes=("-2010",), text="trading is not enabled"),
    Sign(Kind.REJECTED, codes=("-2010", "-1013", "-1111", "-1112", "-2021", "-2022")),
    Sign(Kind.AUTH, codes=("-1002", "-1022", "-2014", "-2015")),
    Sign(Kind.REJECTED, codes=("-1014", "-1020", "-11*"), statuses=(400,)),
)


def read(status: int, headers: dict[str, str], body: str) -> Answer:
    """Find code and text in a body `{"code": -1013, "msg": "…"}`; any other body has neither."""
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    code, text = "", body
    if isinstance(said, dict):
        code, text = str(said.get("code", "")), str(said.get("msg", ""))
    return Answer(status=status, code=code, text=text, retry_after_ns=retry_after_ns(headers))


def until_ns(answer: Answer, now_ns: int) -> int:
    """Return when a throttle or ban ends on the venue's clock: from the text, else `Retry-After`, else our own
    bound.
    """
    if end := _BAN_END.search(answer.text):
        return int(end[1]) * 1_000_000
    if answer.retry_after_ns is not None:
        return now_ns + answer.retry_after_ns
    return now_ns + (BAN_NS if answer.status == 418 else WAIT_NS)
