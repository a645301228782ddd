"""What Kraken's answers mean (spot): its error texts, which are its codes, and come with HTTP status 200.

An error text is `E<class>:<what>`, with or without a space after the colon; a body may hold several. The first that
any sign knows decides. Sources: Kraken REST documentation on errors and rate limits, and `venues.md` 1.4.
"""

from __future__ import annotations

import json
import re

from engine.domain.trouble import TroubleKind as Kind
from engine.domain.venue_facts import NS
from engine.venues.answers import Answer, Sign, retry_after_ns

LOCKOUT_NS = 900 * NS
"""How long a temporary lockout lasts; the venue does not say [unconfirmed]."""
WAIT_NS = 6 * NS
"""What two requests of the slowest tier's counter take to decay (0.33 a second)."""

_UNIX = re.compile(r"Throttled: ?(\d{10})\b")

SIGNS: tuple[Sign, ...] = (
    Sign(Kind.BANNED, codes=("EGeneral:Temporary lockout*", "EAPI:Temporary lockout*")),
    Sign(Kind.THROTTLED, codes=("EAPI:Rate limit*", "EOrder:Rate limit*", "EService:Throttled*")),
    Sign(Kind.THROTTLED, codes=("EOrder:Domain rate limit*",)),
    Sign(Kind.THROTTLED, codes=("EGeneral:Too many requests*",)),
    Sign(Kind.UNKNOWN, codes=("EService:Timeout", "EService:Deadline elapsed*")),
    Sign(Kind.MAINTENANCE, codes=("EService:Market in *", "EAPI:Feature disabled*")),
    Sign(Kind.UNKNOWN, codes=("EService:*", "EGeneral:Internal error*", "EDatabase:*")),
    Sign(Kind.CLOCK, codes=("EAPI:Invalid nonce*",)),
    Sign(Kind.AUTH, codes=("EAPI:Invalid key*", "EAPI:Invalid signature*", "EGeneral:Permission denied*")),
    Sign(Kind.NOT_FOUND, codes=("EOrder:Unknown order*",)),
    Sign(Kind.DUPLICATE, codes=("EOrder:*", "EGeneral:*"), text="duplicate"),
    Sign(Kind.DUPLICATE, codes=("EOrder:*", "EGeneral:*"), text="cl_ord_id"),
    Sign(
        Kind.REJECTED,
        codes=(
            "EOrder:*",
            "EGeneral:Invalid arguments*",
            "EGeneral:Unknown method",
            "EQuery:*",
            "EAccount:*",
            "EFunding:*",
        ),
    ),
    Sign(Kind.UNKNOWN, statuses=(500, 502, 503, 504, 520)),
)


def read(status: int, headers: dict[str, str], body: str) -> Answer:
    """Find the error in a body `{"error": ["EOrder:Insufficient funds"]}`; any other body has none."""
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    errors = said.get("error") if isinstance(said, dict) else None
    texts = [text for text in errors if isinstance(text, str)] if isinstance(errors, list) else []
    codes = [re.sub(r": +", ":", text, count=1) for text in texts]
    known = next((code for code in codes if any(sign.codes and _shows(sign, code) for sign in SIGNS)), "")
    return Answer(
        status=status,
        code=known or next(iter(codes), ""),
        text="; ".join(texts) or body,
        retry_after_ns=retry_after_ns(headers),
    )


def until_ns(answer: Answer, now_ns: int) -> int:
    """Return when a throttle or lockout ends on the venue's clock: as its text says, else after our own bound."""
    if end := _UNIX.search(answer.text):
        return int(end[1]) * NS
    if answer.retry_after_ns is not None:
        return now_ns + answer.retry_after_ns
    return now_ns + (LOCKOUT_NS if "lockout" in answer.text else WAIT_NS)


def _shows(sign: Sign, code: str) -> bool:
    return sign.fits("", Answer(status=200, code=code, text=code))
