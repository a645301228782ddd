"""What OKX's answers mean (spot): the code of a request, or of the one order in it, which says more.

A body is `{"code": "1", "msg": "…", "data": [{"sCode": "51008", "sMsg": "…"}]}`: 1 when nothing of it succeeded, 2 when
some of a batch did, and the reason in `sCode`. The gateway's own refusals have no data. 50001, 50004, 50013 and 50026
do not say whether an order was executed. Sources: OKX API v5 documentation, error codes, and `venues.md` 1.4.
"""

from __future__ import annotations

import json

from engine.domain.trouble import TroubleKind as Kind
from engine.domain.venue_facts import NS
from engine.venues.answers import Answer, Sign, retry_after_ns

WAIT_NS = 2 * NS
"""The rolling window in which requests are counted; a throttle does not say how long."""

SIGNS: tuple[Sign, ...] = (
    Sign(Kind.THROTTLED, codes=("50011", "50061")),
    Sign(Kind.THROTTLED, statuses=(429,)),
    Sign(Kind.UNKNOWN, codes=("50001", "50004", "50005", "50013", "50026", "51149")),
    Sign(Kind.UNKNOWN, statuses=(500, 502, 503, 504)),
    Sign(Kind.CLOCK, codes=("50036", "50102", "50112")),
    Sign(Kind.MAINTENANCE, codes=("51022", "51290")),
    Sign(Kind.DUPLICATE, codes=("51016", "51410")),
    Sign(Kind.NOT_FOUND, codes=("51400", "51401", "51402", "51603")),
    Sign(Kind.AUTH, codes=("50100", "50101", "501*")),
    Sign(Kind.REJECTED, codes=("51*", "50000", "50002", "50006", "50014", "50015", "50016", "50025")),
)
"""51410, a cancel of what is being cancelled, is as good as a duplicate: look it up."""


def read(status: int, headers: dict[str, str], body: str) -> Answer:
    """Find code and text in a body; any that is not OKX's has neither."""
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    code, text = "", body
    if isinstance(said, dict):
        code, text = str(said.get("code", "")), str(said.get("msg", ""))
        if code in ("1", "2") and isinstance(said.get("data"), list):
            failed = [row for row in said["data"] if isinstance(row, dict) and row.get("sCode") not in ("0", None)]
            if failed:
                code, text = str(failed[0]["sCode"]), str(failed[0].get("sMsg", ""))
    return Answer(status=status, code=code, text=text, retry_after_ns=retry_after_ns(headers))


def until_ns(answer: Answer, now_ns: int) -> int:
    """Return when a throttle ends on the venue's clock."""
    return now_ns + (answer.retry_after_ns if answer.retry_after_ns is not None else WAIT_NS)
