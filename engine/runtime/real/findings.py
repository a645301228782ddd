"""What an examination of a bot's ground comes to: one finding a line, each with what to do where it is not well.

Every part of it is bounded in time and supervised, since it is asked when something is wrong: a venue that does not
answer is a finding, and so is a check that fails itself.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from enum import StrEnum

import msgspec

from engine.services.duty import NS


class Grade(StrEnum):
    """How well something is."""

    OK = "ok"
    WARN = "warn"  # it works, and a person should know
    FAIL = "fail"  # the bot would not work, or would be in danger


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at: what, how well it is, what was seen, and what to do about it."""

    check: str
    grade: Grade
    said: str
    remedy: str = ""


def ok(check: str, said: str) -> Finding:
    """Return that something is well."""
    return Finding(check=check, grade=Grade.OK, said=said)


def warn(check: str, said: str, remedy: str) -> Finding:
    """Return that a person should know of something."""
    return Finding(check=check, grade=Grade.WARN, said=said, remedy=remedy)


def fail(check: str, said: str, remedy: str) -> Finding:
    """Return that something must be mended."""
    return Finding(check=check, grade=Grade.FAIL, said=said, remedy=remedy)


async def each(findings: Iterable[Finding]) -> AsyncIterator[Finding]:
    """Yield what a part finds that waits for nobody."""
    for finding in findings:
        yield finding


async def examined(check: str, findings: AsyncIterator[Finding], *, within_ns: int) -> list[Finding]:
    """Return what a part of the examination finds within a time; its own end is a finding, too."""
    found: list[Finding] = []
    try:
        async with asyncio.timeout(within_ns / NS):
            async for finding in findings:
                found.append(finding)  # noqa: PERF401  # one by one: what was found before an end is kept
    except TimeoutError:
        said = f"no answer within {within_ns // NS} s"
        found.append(fail(check, said, "see whether it can be reached from this machine"))
    except Exception as problem:  # supervised: whatever a check runs into, the others are told all the same
        said = f"it could not be looked at: {type(problem).__name__}: {problem}"
        found.append(fail(check, said, "mend what it says, then look again"))
    return found
