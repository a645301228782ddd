"""What an executor says when it has recovered: from what, how far, and how long nobody led."""

from __future__ import annotations

import msgspec


class RecoveryReported(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A node leads now, on books that are as new as `point_ns`; whatever had been sent before that is in them.

    Each order in them that has no end is unknown until it was looked up.
    """

    bot: str
    node: str
    token: int
    number: int
    """The last journal entry that was found."""
    point_ns: int
    """When that entry, or the snapshot, was written, by the writer's wall clock: the recovery point."""
    from_snapshot: bool
    """Whether this node's own journal was behind what is on the bus, and was replaced."""
    entries: int
    """How many entries were read from the bus."""
    holes: int
    """How many entries the bus had lost; only what it could not keep is missing then, and a person is told."""
    orders: int
    """How many orders without an end were found."""
    waited_ns: int
    """How long the former leader's lease had stood unrenewed, as this node saw it."""
    took_ns: int
    """How long it took from leading to being recovered: with `waited_ns`, the recovery time."""
    at_ns: int

    @property
    def subject(self) -> str:
        """Return the subject on which it is sent."""
        return f"recovery.{self.bot}"

    @property
    def name(self) -> str:
        """Return the id under which it is stored once."""
        return f"recovery|{self.node}|{self.token}|{self.at_ns}"
