"""Times and shares in words that a person takes in at a glance."""

from __future__ import annotations

STEPS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "m"), (1.0, "s"))


def lasting(seconds: float) -> str:
    """Return a duration in its two largest units: `6h 20m`, `1m 30s`, `3.1s`, `40ms`."""
    if seconds <= 0:
        return "0s"
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 10 and seconds != round(seconds):
        return f"{seconds:.1f}s"
    left, parts = round(seconds), []
    for size, unit in STEPS:
        count, left = divmod(left, int(size))
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2])


def clock(seconds: float) -> str:
    """Return a moment of virtual time as hours, minutes and seconds: `02:25:00`."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def percent(share: float | None) -> str:
    """Return a share with as many digits as an uptime needs, and none where all was up."""
    if share is None:
        return "–"
    return "100 %" if share == 1 else f"{share * 100:.3f} %"
