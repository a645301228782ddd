"""Where a bot's bus is: at the URL of its configuration, or where the server of its data folder says that it listens.

Whoever starts that server leaves address and token in the folder, in a file that only its owner can read; so a node, or
a person who kills the bot from a second terminal, needs neither on a command line.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.domain.errors import EngineError
from engine.runtime.config import BotConfig
from engine.runtime.real.stand_ins import write_private

ADDRESS = Path("bus") / "address.json"
"""The file in a bot's data folder."""


class BusNotFound(EngineError):
    """Nobody has said where the bus is."""


@dataclass(frozen=True, kw_only=True)
class BusAddress:
    """How a bus is reached: servers of one cluster, and the token that they ask for."""

    urls: tuple[str, ...]
    token: str | None = field(default=None, repr=False)


def write_address(data: Path, address: BusAddress) -> None:
    """Leave the address of the data folder's own server for others of the same user."""
    write_private(data / ADDRESS, json.dumps({"urls": address.urls, "token": address.token}))


def find_bus(config: BotConfig, data: Path, secrets: Mapping[str, str]) -> BusAddress:
    """Return where the bus is.

    Raises:
        BusNotFound: the configuration has no `bus.url`, and no server was ever started for this folder.
    """
    if config.bus.url:
        token_env = config.bus.token_env
        if token_env is not None and not secrets.get(token_env):
            raise BusNotFound(f"bus.token_env names {token_env}, which is not set here; set it")
        return BusAddress(urls=config.bus.url, token=secrets[token_env] if token_env is not None else None)
    try:
        told = json.loads((data / ADDRESS).read_text(encoding="utf-8"))
        return BusAddress(urls=tuple(told["urls"]), token=told["token"])
    except FileNotFoundError:
        problem = f"there is no bus: the configuration has no bus.url, and no server was started for {data}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = f"{data / ADDRESS} cannot be read ({error})"
    raise BusNotFound(f"{problem}; start `stormproof live`, or set bus.url")
