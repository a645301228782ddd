"""Quantities with their units, as people write them in a configuration: `60s`, `1h30m`, `20bps`, `0.5%`.

A bare number is refused, never guessed: `ttl: 30` reads as milliseconds to one person and as minutes to another.
Durations become whole nanoseconds and shares become exact decimals, so that no float enters the engine.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

UNIT_NS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60 * 1_000_000_000,
    "h": 3_600 * 1_000_000_000,
    "d": 86_400 * 1_000_000_000,
}
SHARE_OF_ONE = {"bps": Decimal("0.0001"), "%": Decimal("0.01")}

_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|d)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*(bps|%)")


def duration_ns(text: object) -> int:
    """Read a duration such as `250ms`, `60s` or `1h30m` as nanoseconds.

    Raises:
        ValueError: it is not text, has no unit, or an unknown one.
    """
    if not isinstance(text, str) or not _WHOLE.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is not a duration; write a number and a unit: 250ms, 60s, 5m, 1h30m, 2d")
    parts: list[tuple[str, str]] = _PART.findall(text)
    return int(sum((Decimal(number) * UNIT_NS[unit] for number, unit in parts), Decimal(0)))


def share(text: object) -> Decimal:
    """Read a share such as `20bps` or `0.5%` as an exact fraction of one.

    Raises:
        ValueError: it is not text, has no unit, or an unknown one.
    """
    match = _SHARE.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is not a share; write a number and a unit: 20bps, 0.5%")
    return Decimal(match[1]) * SHARE_OF_ONE[match[2]]


def exact(number: object) -> Decimal:
    """Read a number exactly as it was written: `0.02` is two hundredths, not the float beside it.

    Raises:
        ValueError: it is not a finite number.
    """
    if isinstance(number, bool) or not isinstance(number, str | int | float | Decimal):
        raise ValueError(f"{number!r} is not a number")  # noqa: TRY004 - pydantic collects ValueError
    try:
        decimal = Decimal(str(number))
    except InvalidOperation:
        raise ValueError(f"{number!r} is not a number") from None
    if not decimal.is_finite():
        raise ValueError(f"{number!r} is not a finite number")
    return decimal


DurationNs = Annotated[int, BeforeValidator(duration_ns), WithJsonSchema({"type": "string", "examples": ["60s"]})]
Share = Annotated[Decimal, BeforeValidator(share), WithJsonSchema({"type": "string", "examples": ["20bps"]})]
Exact = Annotated[Decimal, BeforeValidator(exact), WithJsonSchema({"type": "number"})]
