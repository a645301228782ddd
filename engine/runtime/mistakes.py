"""What is wrong with a configuration, key by key: what, where, what to do.

The engine reads values, not files, so a mistake names the path of its key. Whoever read the file knows the line.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One thing that is wrong, at one key."""

    path: tuple[str | int, ...]
    """Keys from the top; empty where the whole does not fit together."""
    problem: str
    remedy: str

    def __str__(self) -> str:
        where = ".".join(str(part) for part in self.path)
        return f"{where}: {self.problem}; {self.remedy}" if where else f"{self.problem}; {self.remedy}"


class ConfigRefused(Exception):
    """A configuration has mistakes; all of them are told, and nothing was started."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
