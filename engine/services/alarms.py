"""How a component says that something needs a person, and that it no longer does.

Alarms are levels, not edges: a component says what holds now, as often as it likes. Its book
(`engine.ops.alert_book`) makes messages of the changes and repeats what still holds, so that neither a lost message
nor a restart forgets one.
"""

from enum import StrEnum
from typing import Protocol


class Severity(StrEnum):
    """How bad it is, in PagerDuty's words."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"


class Alarms(Protocol):
    """Where a component raises and resolves its alerts. Both only note it; nothing waits."""

    def raise_alert(self, key: str, *, severity: Severity, summary: str, runbook: str) -> None:
        """Say that this trouble holds. Saying it twice changes nothing."""
        ...

    def resolve_alert(self, key: str) -> None:
        """Say that this trouble does not hold. Saying it of one that was never raised changes nothing."""
        ...
