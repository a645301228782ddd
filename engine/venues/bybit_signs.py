"""What Bybit's answers mean (spot): `retCode` in a body that mostly comes with HTTP 200.

A 403 is the address shut out for ten minutes, whatever the body says. Timeouts while creating or cancelling (170146,
170147, 170007) and a server's errors (10000, 10016) leave it open whether anything was done. Sources: Bybit API v5
documentation, error codes and rate limits, and `venues.md` 1.4.
"""

from __future__ import annotations

import json

from engine.domain.trouble import TroubleKind as Kind
from engine.domain.venue_facts import NS
from engine.venues.answers import Answer, Sign, retry_after_ns

BAN_NS = 600 * NS
WAIT_NS = NS
MS = 1_000_000

SIGNS: tuple[Sign, ...] = (
    Sign(Kind.BANNED, statuses=(403,)),
    Sign(Kind.BANNED, codes=("10018",)),
    Sign(Kind.THROTTLED, codes=("10006", "10429", "170005", "170222")),
    Sign(Kind.THROTTLED, statuses=(429,)),
    Sign(Kind.UNKNOWN, codes=("10000", "10016", "170007", "170146", "170147", "110079")),
    Sign(Kind.UNKNOWN, statuses=(500, 502, 503, 504)),
    Sign(Kind.CLOCK, codes=("10002",)),
    Sign(Kind.MAINTENANCE, codes=("170031", "170210")),
    Sign(Kind.DUPLICATE, codes=("170141", "110072", "10014")),
    Sign(Kind.NOT_FOUND, codes=("170213", "110001")),
    Sign(Kind.AUTH, codes=("10003", "10004", "10005", "10007", "10009", "10010", "33004")),
    Sign(Kind.REJECTED, codes=("10001", "170*", "110*")),
)


def read(status: int, headers: dict[str, str], body: str) -> Answer:
    """Find code and text in a body `{"retCode": 170131, "retMsg": "…"}`; when the limit resets is in a header."""
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    code, text = "", body
    if isinstance(said, dict):
        code, text = str(said.get("retCode", "")), str(said.get("retMsg", ""))
    reset = headers.get("x-bapi-limit-reset-timestamp", "")
    if code == "10006" and reset.isascii() and reset.isdigit() and len(reset) == 13:
        text = f"{text} until {reset}"
    return Answer(status=status, code=code, text=text, retry_after_ns=retry_after_ns(headers))


def until_ns(answer: Answer, now_ns: int) -> int:
    """Return when a throttle or ban ends on the venue's clock: as the header says, else after our own bound."""
    end = answer.text.rpartition(" until ")[2]
    if answer.code == "10006" and end.isdigit():
        return int(end) * MS
    if answer.retry_after_ns is not None:
        return now_ns + answer.retry_after_ns
    return now_ns + (BAN_NS if answer.status == 403 or answer.code == "10018" else WAIT_NS)
