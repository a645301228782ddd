"""Where the bus's subjects, patterns and keys lie in NATS, so that sequences and revisions mean what the port says.

Everything of one bot begins with its own name, its space, so that two bots of one cluster do not obey each other's
decisions. What is published and what is stored are kept apart by the second token: NATS would store a published
message whose subject a stream has, and a plain subscriber would hear what is stored, twice where it was sent twice.

What is stored under one first token is one stream, so its sequences count there and a flood of one kind pushes nothing
else out. Values are a key-value bucket as NATS's own tools read it, but for `allow_direct`: such reads are answered by
any server of a cluster, and one that lags would show a successor an older snapshot than the journal was trimmed for.
"""

from dataclasses import dataclass

from nats.js.api import DiscardPolicy, StorageType, StreamConfig

MESSAGES_MAX = 100_000
"""Stored messages under one first token; of more, the oldest go."""

KEPT_S = 24 * 3600.0
"""How long a message is stored, and its id remembered."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One bot's place on a bus; `replicas` is on how many servers of a cluster each message is kept."""

    space: str
    replicas: int = 1

    def told(self, pattern: str) -> str:
        """Return the subject, or pattern, of what is published."""
        return f"{self.space}.told.{pattern}"

    def stored(self, pattern: str) -> str:
        """Return the subject, or pattern, of what is stored."""
        return f"{self.space}.stored.{pattern}"

    def subject(self, wire: str) -> str:
        """Return the subject as the engine knows it."""
        return wire.split(".", 2)[2]

    def stream(self, pattern: str) -> StreamConfig:
        """Return the stream of a stored subject or pattern, whose first token must be none of the wild ones."""
        first = pattern.partition(".")[0]
        if first in ("*", ">"):
            raise ValueError(f"{pattern}: what is stored is read by its first token, so that one must be named")
        return StreamConfig(
            name=f"{self.space}-{first}",
            subjects=[self.stored(first), self.stored(f"{first}.>")],
            max_msgs=MESSAGES_MAX,
            max_age=KEPT_S,
            duplicate_window=KEPT_S,
            storage=StorageType.FILE,
            num_replicas=self.replicas,
        )

    def key(self, key: str) -> str:
        """Return the subject of the value under a key."""
        return f"$KV.{self.space}.{key}"

    @property
    def values(self) -> StreamConfig:
        """Return the stream of the values."""
        return StreamConfig(
            name=f"KV_{self.space}",
            subjects=[self.key(">")],
            max_msgs_per_subject=1,
            discard=DiscardPolicy.NEW,
            allow_direct=False,
            allow_rollup_hdrs=True,
            deny_delete=True,
            storage=StorageType.FILE,
            num_replicas=self.replicas,
        )
