"""What is wrong with something a person wrote: where, what, and what to do about it.

UsageError             the person asked for something that cannot be done; the command line leaves with code 2
└── ScenarioInvalid    a scenario, or a file it names, has mistakes; it carries every one of them
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One mistake. `where` is `file:line`, a file, or the `--set` option that made it."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


class UsageError(Exception):
    """What was asked for cannot be done as it was asked."""


class ScenarioInvalid(UsageError):
    """A scenario cannot be run. `problems` are all of its mistakes, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(one) for one in self.problems))
