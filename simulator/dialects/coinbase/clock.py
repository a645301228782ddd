"""Coinbase's spelling of time: RFC 3339 in UTC, with microseconds where it has any fraction."""

from datetime import UTC, datetime
from functools import lru_cache

NS = 1_000_000_000
SECONDS = "%Y-%m-%dT%H:%M:%S"
NEVER = "0001-01-01T00:00:00Z"


def rfc3339(at_ns: int) -> str:
    """Return Unix nanoseconds as `2026-03-01T00:00:00.000000Z`."""
    whole, rest = divmod(at_ns, NS)
    return f"{_second(whole)}.{rest // 1000:06d}Z"


def whole_second(at_ns: int) -> str:
    """Return Unix nanoseconds as `2026-03-01T00:00:00Z`."""
    return _second(at_ns // NS) + "Z"


def parsed(text: str) -> int | None:
    """Return an RFC 3339 time with its zone in Unix nanoseconds, None if the text is not one."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            return None
        return int(at.replace(microsecond=0).timestamp()) * NS + at.microsecond * 1000
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=64)
def _second(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).strftime(SECONDS)
