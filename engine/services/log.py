"""How components write what happened: an event in past tense and its fields, never prose."""

from typing import Protocol


class Log(Protocol):
    """A structured log; structlog's bound loggers fit. Secrets never go in."""

    def info(self, event: str, **fields: object) -> object:
        """Note something that is part of normal life."""
        ...

    def warning(self, event: str, **fields: object) -> object:
        """Note something that went wrong and was dealt with."""
        ...

    def error(self, event: str, **fields: object) -> object:
        """Note something that went wrong and needs somebody."""
        ...
