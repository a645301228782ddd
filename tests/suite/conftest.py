"""What the suite put to the test, told at its end: every kind of fault, and how often it was thrown."""

from __future__ import annotations

from collections import Counter

import pytest

from chaos.vocabulary import KINDS


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how often each fault was thrown, and the kinds that never were."""
    thrown: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if report.when == "call" and name.startswith("fault:"):
                    thrown[name.removeprefix("fault:")] += int(value)
    if not thrown:
        return
    terminalreporter.section("faults thrown")
    for name in KINDS:
        terminalreporter.line(f"{thrown[name]:>6} {name}")
    never = [name for name in KINDS if not thrown[name]]
    terminalreporter.line(f"never: {', '.join(never) or 'none'}")
