"""The options by which every command of a real bot finds it: configuration, data folder, keys, and who gives an order.

No option takes a secret: whoever is on the machine can read a command line.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="The bot's configuration, such as bot.yaml.")]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar="STORMPROOF_DATA",
        help="The bot's data on this machine, one folder a mode; unless given, data/<bot> beside the configuration.",
    ),
]
Keys = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        metavar="FILE",
        envvar="STORMPROOF_KEYS",
        help="A file of NAME=value lines that nobody else can read (mode 0600); "
        "then come the environment and the system's keyring.",
    ),
]
By = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", envvar="STORMPROOF_OPERATOR", help="Who gives this order; asked for."),
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is stored with the order.")]
Live = Annotated[
    bool,
    typer.Option(
        "--live",
        help="Trade real money: the file must say `mode: live` too, and a person types the bot's name; "
        "unattended, STORMPROOF_LIVE holds it.",
    ),
]
Testnet = Annotated[bool, typer.Option("--testnet", help="Trade on the venues' test networks, where they have one.")]


class ModeName(StrEnum):
    """With what a bot trades."""

    PAPER = "paper"
    TESTNET = "testnet"
    LIVE = "live"


WhichMode = Annotated[
    ModeName | None,
    typer.Option("--mode", help="Unless given, the most serious of those in which the bot has run on this machine."),
]
