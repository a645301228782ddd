"""What stands in for the exchanges of a bot that trades with play money: where they are, and the keys that they know.

Whoever starts the stand-ins leaves this in the bot's data folder, for its owner alone. So a node that is started by
hand, or a person who kills the bot from a second terminal, finds the same ones; and the keys of real accounts are
never given to what only plays.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from engine.domain.errors import EngineError
from engine.runtime.resolving import Socket, resolved

FILE = "stand_ins.json"


class StandInsNotFound(EngineError):
    """A bot is to trade with play money, and nobody has started what it would trade at."""


@dataclass(frozen=True, kw_only=True)
class StandIns:
    """Stand-ins for all venues of one bot."""

    resolve: Mapping[str, str]
    """The real hosts, and where each is dialled, as in a configuration."""
    secrets: Mapping[str, str] = field(repr=False)
    """Made-up keys, by the names that the configuration gives."""
    control: Mapping[str, str] = field(repr=False, default_factory=dict)
    """Where a person looks at them and injects faults: `url` and `token`."""

    @property
    def sockets(self) -> dict[Socket, Socket]:
        """Return where each real socket is dialled."""
        return resolved(self.resolve)


def write_stand_ins(data: Path, told: StandIns) -> None:
    """Leave them in a bot's data folder."""
    write_private(data / FILE, json.dumps({one.name: dict(getattr(told, one.name)) for one in fields(told)}))


def find_stand_ins(data: Path) -> StandIns:
    """Return what stands in for the venues; raise `StandInsNotFound`."""
    try:
        told = json.loads((data / FILE).read_text(encoding="utf-8"))
        return StandIns(resolve=told["resolve"], secrets=told["secrets"], control=told["control"])
    except FileNotFoundError:
        problem = f"with play money there must be something to trade at, and nothing was started for {data}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = f"{data / FILE} cannot be read ({error})"
    raise StandInsNotFound(f"{problem}; start `stormproof live`, or say --live or --testnet")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all; make its folder where it is missing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    half.unlink(missing_ok=True)
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(half, path)
