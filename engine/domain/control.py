"""What a person tells a bot, as stored messages: pause, resume, kill, rearm, hand over; and what came of it.

They wait on the bus until the executor has obeyed, so an order given while nobody leads is not lost. Whoever obeys
says so with the name of what was asked, which is the id under which it was stored once.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Verb(StrEnum):
    """What is asked for."""

    PAUSE = "pause"  # enter nothing new
    RESUME = "resume"  # the end of a pause
    KILL = "kill"  # close everything, and stay so
    REARM = "rearm"  # the end of what only a person may end: a kill, a broken limit
    STANDBY = "standby"  # let another node lead


class Control(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An order of a person to a bot."""

    bot: str
    verb: Verb
    by: str
    reason: str
    at_ns: int

    @property
    def subject(self) -> str:
        """Return the subject on which it is sent."""
        return f"control.{self.bot}"

    @property
    def name(self) -> str:
        """Return the id under which it is stored once, and by which its answer names it."""
        return f"{self.verb.value}|{self.by}|{self.at_ns}"


class ControlDone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A node has obeyed; `asked` names the `Control`, `detail` says what is left to be done."""

    bot: str
    verb: Verb
    asked: str
    node: str
    detail: str
    at_ns: int

    @property
    def subject(self) -> str:
        """Return the subject on which it is sent."""
        return f"obeyed.{self.bot}"

    @property
    def name(self) -> str:
        """Return the id under which it is stored once."""
        return f"obeyed|{self.asked}|{self.node}"
