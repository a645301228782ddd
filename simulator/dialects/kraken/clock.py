"""Kraken's spellings of time: seconds with a fraction, RFC 3339 with microseconds, RFC 1123."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

NS = 1_000_000_000
RFC3339_SECONDS = "%Y-%m-%dT%H:%M:%S"


def seconds(at_ns: int) -> float:
    """Return Unix nanoseconds as Unix seconds."""
    return at_ns / NS


def rfc3339(at_ns: int) -> str:
    """Return Unix nanoseconds as `2026-03-01T00:00:00.000000Z`."""
    whole, rest = divmod(at_ns, NS)
    return f"{_second(whole)}.{rest // 1000:06d}Z"


@lru_cache(maxsize=64)
def _second(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).strftime(RFC3339_SECONDS)


def rfc1123(at_ns: int) -> str:
    """Return Unix nanoseconds as `Sun, 1 Mar 26 00:00:00 +0000`, as the Time endpoint does."""
    at = datetime.fromtimestamp(at_ns // NS, UTC)
    return f"{at:%a}, {at.day:2d} {at:%b %y %H:%M:%S +0000}"


def parsed(text: str) -> int | None:
    """Return an RFC 3339 time with its zone in Unix nanoseconds, None if the text is not one."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    whole = at.replace(microsecond=0)
    return int(Decimal(whole.timestamp())) * NS + at.microsecond * 1000
