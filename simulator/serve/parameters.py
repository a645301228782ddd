"""What a person may say in a JSON body of the control API, and every mistake in it at once.

Each kind of fault lists the parameters it takes; what is not listed is refused, for a misspelt name that is silently
ignored would leave somebody waiting for a fault that never comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

NS = 1_000_000_000

SPAN_S_MAX = 30 * 86_400
"""No fault needs longer than a month."""


class Invalid(Exception):
    """What was said cannot be done; `problems` are all of its mistakes."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class Parameter:
    """One thing that can be said: what it means, what it is unless said, and what it may be.

    `read` returns the value as the fault takes it, or raises `ValueError` with what it must be.
    """

    name: str
    meaning: str
    default: Any
    read: Callable[[object], Any]


def values_of(said: Mapping[str, object], parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """Return the value of each parameter as it was said, or as it is by default.

    Raises:
        Invalid: an unknown name, or a value that may not be.
    """
    known = {one.name: one for one in parameters}
    sayable = ", ".join(known) or "nothing"
    problems = [f"{shortened(name)} is unknown here; say {sayable}" for name in said if name not in known]
    values = {one.name: one.default for one in parameters}
    for name, value in said.items():
        if name in known:
            try:
                values[name] = known[name].read(value)
            except ValueError as error:
                problems.append(f"{name} is {shortened(value)}; give {error}")
    if problems:
        raise Invalid(*problems)
    return values


def span(name: str, meaning: str, default_s: float | None) -> Parameter:
    """Return a parameter in venue seconds, which the fault takes as nanoseconds."""

    def read(value: object) -> int:
        return round(_number(value, 0, SPAN_S_MAX, f"a number of seconds from 0 to {SPAN_S_MAX}") * NS)

    return Parameter(name, meaning, None if default_s is None else round(default_s * NS), read)


def share(name: str, meaning: str, default: float) -> Parameter:
    """Return a parameter from 0 to 1."""
    return Parameter(name, meaning, default, lambda value: _number(value, 0, 1, "a number from 0 to 1"))


def whole(name: str, meaning: str, default: int, low: int, high: int) -> Parameter:
    """Return a parameter that is a whole number within bounds."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return Parameter(name, meaning, default, read)


def flag(name: str, meaning: str) -> Parameter:
    """Return a parameter that is true or false, and false unless said."""

    def read(value: object) -> bool:
        if value is True or value is False:
            return value
        raise ValueError("true or false")

    return Parameter(name, meaning, False, read)


def choice(name: str, meaning: str, *words: str) -> Parameter:
    """Return a parameter that is one of some words, and the first unless said."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return value

    return Parameter(name, meaning, words[0], read)


def some_of(name: str, meaning: str, *words: str) -> Parameter:
    """Return a parameter that is a list of some words, and all of them unless said."""

    def read(value: object) -> frozenset[str]:
        if not isinstance(value, list) or not value or not all(one in words for one in value):
            raise ValueError(f"a list of some of {', '.join(words)}")
        return frozenset(value)

    return Parameter(name, meaning, frozenset(words), read)


def _number(value: object, low: float, high: float, wanted: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    raise ValueError(wanted)


def shortened(value: object) -> str:
    """Return a value as a message may quote it."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
