"""A quantity as a person writes it: `6h`, `1h30m`, `250ms`, `2bps`, `30%`, and the exact number it means.

A bare number is refused where a unit belongs: `for: 600` once meant seconds to its writer and milliseconds to its
reader. Arithmetic is decimal, so that `0.1s` is exactly 100,000,000 ns.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

NS = 1_000_000_000

DURATION_UNITS: dict[str, int] = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": NS,
    "m": 60 * NS,
    "h": 3_600 * NS,
    "d": 86_400 * NS,
}
DURATION_MAX_NS = 3_650 * DURATION_UNITS["d"]
"""Ten years: longer is a slip of the pen, not a scenario."""

FRACTION_UNITS: dict[str, Decimal] = {"": Decimal(1), "%": Decimal("0.01"), "bps": Decimal("0.0001")}

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*")
_FRACTION = re.compile(r"(-?\d+(?:\.\d+)?(?:[eE]-?\d+)?)\s*(%|[a-zA-Z]*)")


class UnitInvalid(ValueError):
    """A quantity cannot be read. `what` says why, `remedy` what to write instead."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")


def duration_ns(written: object) -> int:
    """Read a duration such as `20m` or `1h30m` as nanoseconds; raise `UnitInvalid`."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        raise UnitInvalid(f"{written!r} is a duration without a unit", f"write {written}s, {written}m or {written}h")
    if not isinstance(written, str) or not written.strip():
        raise UnitInvalid(f"{written!r} is not a duration", "write a number and a unit, such as 90s, 20m or 6h")
    total, position, text = 0, 0, written.strip()
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            raise UnitInvalid(f"{written!r} is not a duration", "write a number and a unit, such as 90s, 20m or 6h")
        total += _part_ns(part.group(1), part.group(2), written)
        position = part.end()
    if total > DURATION_MAX_NS:
        raise UnitInvalid(f"{written!r} is longer than ten years", "choose a duration that a run can last")
    return total


def _part_ns(number: str, unit: str, written: str) -> int:
    if unit not in DURATION_UNITS:
        raise UnitInvalid(
            f"{written!r} has the unit {unit!r}, which is no unit of time", f"use one of {', '.join(DURATION_UNITS)}"
        )
    value = Decimal(number) * DURATION_UNITS[unit]
    if value != value.to_integral_value():
        raise UnitInvalid(f"{written!r} is finer than a nanosecond", "round it")
    return int(value)


def fraction(written: object) -> Decimal:
    """Read a share such as `0.3`, `30%` or `2bps` exactly; raise `UnitInvalid`."""
    text = str(written).strip()
    match = _FRACTION.fullmatch(text)
    if isinstance(written, bool) or match is None:
        raise UnitInvalid(f"{written!r} is not a share", "write a number such as 0.3, 30% or 2bps")
    if match.group(2) not in FRACTION_UNITS:
        raise UnitInvalid(f"{written!r} has the unit {match.group(2)!r}, which is no share", "use %, bps or no unit")
    return Decimal(match.group(1)) * FRACTION_UNITS[match.group(2)]


def exact(written: object) -> Decimal:
    """Read a plain number exactly, as it is written; raise `UnitInvalid`."""
    try:
        value = Decimal(str(written).strip()) if not isinstance(written, bool) else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise UnitInvalid(f"{written!r} is not a number", "write a finite number without a unit, such as 60000")
    return value


def spoken(duration: int) -> str:
    """Say a duration in nanoseconds as a person would write it: `1h30m`, `250ms`."""
    if duration == 0:
        return "0s"
    text, left = "", duration
    for unit in reversed(DURATION_UNITS):
        count, left = divmod(left, DURATION_UNITS[unit])
        text += f"{count}{unit}" if count else ""
    return text
