"""What Coinbase's answers mean: an order is refused in HTTP 200, by a reason in words.

`success` is false and `error_response` says why, in `error` or, where that does not know, in `preview_failure_reason`.
A cancel has a reason of its own in `results`. A token that has expired on its way is answered by 401 like a wrong key;
those of submits and cancels live for seconds, those of reads for two minutes, which tells the two apart. Sources:
Coinbase documentation and `venues.md` 1.4.
"""

from __future__ import annotations

import json
from typing import Any

from engine.domain.trouble import TroubleKind as Kind
from engine.domain.venue_facts import NS
from engine.venues.answers import Answer, Sign, retry_after_ns

WAIT_NS = NS
"""Calls are counted by the second; a throttle does not say how long."""
UNSAID = ("", "UNKNOWN_FAILURE_REASON", "UNKNOWN_PREVIEW_FAILURE_REASON", "UNKNOWN_CANCEL_FAILURE_REASON")

SIGNS: tuple[Sign, ...] = (
    Sign(Kind.THROTTLED, statuses=(429,)),
    Sign(Kind.THROTTLED, codes=("rate_limit_exceeded", "too many requests")),
    Sign(Kind.UNKNOWN, statuses=(500, 502, 503, 504)),
    Sign(Kind.CLOCK, statuses=(401,), operations=("place", "cancel")),
    Sign(Kind.AUTH, statuses=(401,)),
    Sign(Kind.AUTH, codes=("PERMISSION_DENIED", "unauthorized")),
    Sign(Kind.MAINTENANCE, codes=("ORDER_ENTRY_DISABLED", "PREVIEW_ORDER_ENTRY_DISABLED")),
    Sign(Kind.NOT_FOUND, codes=("NOT_FOUND", "UNKNOWN_CANCEL_ORDER")),
    Sign(Kind.DUPLICATE, codes=("DUPLICATE_CANCEL_REQUEST",)),
    Sign(Kind.REJECTED, codes=("INSUFFICIENT_FUND*", "INVALID_*", "UNSUPPORTED_*", "INELIGIBLE_*", "PREVIEW_*")),
    Sign(Kind.REJECTED, codes=("COMMANDER_REJECTED_*", "INVALID_ARGUMENT")),
)


def read(status: int, headers: dict[str, str], body: str) -> Answer:
    """Find the reason in a body; one that is not Coinbase's has none."""
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    code, text = _reason(said) if isinstance(said, dict) else ("", body)
    return Answer(status=status, code=code, text=text, retry_after_ns=retry_after_ns(headers))


def until_ns(answer: Answer, now_ns: int) -> int:
    """Return when a throttle ends on the venue's clock."""
    return now_ns + (answer.retry_after_ns if answer.retry_after_ns is not None else WAIT_NS)


def _reason(said: dict[str, Any]) -> tuple[str, str]:
    """Return the first reason that says something, and its text."""
    inner = said.get("error_response")
    if isinstance(inner, dict):
        told = [str(inner.get(name) or "") for name in ("error", "preview_failure_reason")]
        return next((code for code in told if code not in UNSAID), ""), str(inner.get("message") or "")
    for rows, name in (("results", "failure_reason"), ("errors", "id")):
        if isinstance(said.get(rows), list):
            failed = [
                str(row.get(name) or "") for row in said[rows] if isinstance(row, dict) and not row.get("success")
            ]
            code = next(iter(failed), "")
            return "" if code in UNSAID else code, code
    return str(said.get("error") or ""), str(said.get("message") or said.get("error") or "")
