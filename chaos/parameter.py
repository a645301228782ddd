"""What a fault lets you choose: each parameter with its unit, its bounds, its default and what it means.

A fault is a frozen dataclass, and its parameters are its fields; the declaration rides in the field's metadata.
One declaration thus serves the reader of a scenario file (who is told what is wrong), its JSON Schema, the list
of faults, and the shrinker (who may soften a parameter only within its bounds).
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from chaos.units import DURATION_UNITS, UnitInvalid, duration_ns, exact, fraction, spoken

METADATA_KEY = "parameter"


class Parameter(Protocol):
    """One thing a fault lets you choose."""

    @property
    def meaning(self) -> str:
        """What it does, in one sentence."""
        ...

    def read(self, written: object) -> object:
        """Return the value that was written; raise `UnitInvalid` where it cannot be."""
        ...

    def write(self, value: Any) -> str | int | float:
        """Return the value as a scenario file holds it."""
        ...

    def bounds(self) -> str:
        """Say in words what may be written."""
        ...

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of what may be written."""
        ...

    def draw(self, chance: random.Random) -> object:
        """Return any value that may be written; one that spans magnitudes is drawn evenly over them."""
        ...


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One word of a few."""

    words: tuple[str, ...]
    meaning: str

    def read(self, written: object) -> str:
        """Return the word."""
        if written not in self.words:
            raise UnitInvalid(f"{written!r} is not a choice", f"use one of {', '.join(self.words)}")
        return str(written)

    def write(self, value: str) -> str:
        """Return the word as it is written."""
        return value

    def bounds(self) -> str:
        """Name the words."""
        return " | ".join(self.words)

    def schema(self) -> dict[str, object]:
        """Return an enumeration."""
        return {"enum": list(self.words), "description": self.meaning}

    def draw(self, chance: random.Random) -> str:
        """Return any of the words."""
        return chance.choice(self.words)


@dataclass(frozen=True, kw_only=True)
class Probability:
    """A chance above 0 and up to 1."""

    meaning: str

    def read(self, written: object) -> float:
        """Return the chance; `30%` is read as well as `0.3`."""
        value = fraction(written)
        if not 0 < value <= 1:
            raise UnitInvalid(f"{written!r} is no probability", "write a number above 0 and up to 1")
        return float(value)

    def write(self, value: float) -> float:
        """Return the chance as a number."""
        return value

    def bounds(self) -> str:
        """Say the range."""
        return "above 0, up to 1"

    def schema(self) -> dict[str, object]:
        """Return a number or a percentage."""
        number = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
        return {"anyOf": [number, {"type": "string", "pattern": "^[0-9.]+%$"}], "description": self.meaning}

    def draw(self, chance: random.Random) -> float:
        """Return a chance in steps of a tenth."""
        return chance.randint(1, 10) / 10


@dataclass(frozen=True, kw_only=True)
class Duration:
    """A length of time, in nanoseconds inside and with a unit outside."""

    min_ns: int
    max_ns: int
    meaning: str

    def read(self, written: object) -> int:
        """Return nanoseconds."""
        value = duration_ns(written)
        if not self.min_ns <= value <= self.max_ns:
            raise UnitInvalid(f"{written!r} is out of bounds", f"write a duration {self.bounds()}")
        return value

    def write(self, value: int) -> str:
        """Return it with its units."""
        return spoken(value)

    def bounds(self) -> str:
        """Say the range."""
        return f"from {spoken(self.min_ns)} to {spoken(self.max_ns)}"

    def schema(self) -> dict[str, object]:
        """Return a string with a unit."""
        return {"type": "string", "pattern": r"^(\d+(\.\d+)?\s*(ns|us|ms|s|m|h|d)\s*)+$", "description": self.meaning}

    def draw(self, chance: random.Random) -> int:
        """Return a length within the bounds, in whole milliseconds."""
        step = DURATION_UNITS["ms"]
        return max(
            self.min_ns, min(self.max_ns, round(_over_magnitudes(self.min_ns, self.max_ns, chance) / step) * step)
        )


@dataclass(frozen=True, kw_only=True)
class Count:
    """A whole number within bounds."""

    low: int
    high: int
    meaning: str

    def read(self, written: object) -> int:
        """Return the number."""
        value = exact(written)
        if value != value.to_integral_value() or not self.low <= value <= self.high:
            raise UnitInvalid(f"{written!r} is out of bounds", f"write a whole number {self.bounds()}")
        return int(value)

    def write(self, value: int) -> int:
        """Return the number."""
        return value

    def bounds(self) -> str:
        """Say the range."""
        return f"from {self.low} to {self.high}"

    def schema(self) -> dict[str, object]:
        """Return an integer within bounds."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high, "description": self.meaning}

    def draw(self, chance: random.Random) -> int:
        """Return a number within the bounds, small ones as often as large ones."""
        return round(_over_magnitudes(self.low + 1, self.high + 1, chance)) - 1


@dataclass(frozen=True, kw_only=True)
class Number:
    """A share or factor within bounds."""

    low: float
    high: float
    meaning: str

    def read(self, written: object) -> float:
        """Return the number; `10%` and `20bps` are read as well."""
        value = float(fraction(written))
        if not self.low <= value <= self.high:
            raise UnitInvalid(f"{written!r} is out of bounds", f"write a number {self.bounds()}")
        return value

    def write(self, value: float) -> float:
        """Return the number."""
        return value

    def bounds(self) -> str:
        """Say the range."""
        return f"from {self.low:g} to {self.high:g}"

    def schema(self) -> dict[str, object]:
        """Return a number or a percentage."""
        number = {"type": "number", "minimum": self.low, "maximum": self.high}
        return {"anyOf": [number, {"type": "string", "pattern": "^-?[0-9.]+(%|bps)$"}], "description": self.meaning}

    def draw(self, chance: random.Random) -> float:
        """Return a number within the bounds, of three digits."""
        return float(f"{chance.uniform(self.low, self.high):.3g}")


def _over_magnitudes(low: float, high: float, chance: random.Random) -> float:
    """Return a number from `low` (at least 1) to `high` whose logarithm is drawn evenly."""
    low, high = max(1.0, low), max(1.0, high)
    return math.exp(chance.uniform(math.log(low), math.log(high)))


def choice(default: str, *words: str, meaning: str) -> Any:
    """Declare a field of a fault that is one word of a few."""
    return field(default=default, metadata={METADATA_KEY: Choice(words=(default, *words), meaning=meaning)})


def probability(default: float, *, meaning: str) -> Any:
    """Declare a field of a fault that is a chance."""
    return field(default=default, metadata={METADATA_KEY: Probability(meaning=meaning)})


def number(default: float, *, low: float, high: float, meaning: str) -> Any:
    """Declare a field of a fault that is a share or a factor within bounds."""
    return field(default=default, metadata={METADATA_KEY: Number(low=low, high=high, meaning=meaning)})


def duration(default: str, *, low: str, high: str, meaning: str) -> Any:
    """Declare a field of a fault that is a length of time, in nanoseconds."""
    declared = Duration(min_ns=duration_ns(low), max_ns=duration_ns(high), meaning=meaning)
    return field(default=duration_ns(default), metadata={METADATA_KEY: declared})


def count(default: int, *, low: int, high: int, meaning: str) -> Any:
    """Declare a field of a fault that is a whole number."""
    return field(default=default, metadata={METADATA_KEY: Count(low=low, high=high, meaning=meaning)})


def parameters_of(kind: Any) -> Mapping[str, Parameter]:
    """Return the declared parameters of a kind of fault by name, in the order of their declaration."""
    return {one.name: one.metadata[METADATA_KEY] for one in fields(kind) if METADATA_KEY in one.metadata}
