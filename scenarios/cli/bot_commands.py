"""The commands of whoever runs a real bot: to look at it, to tell it something, to kill it, to examine its ground."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

from scenarios.cli.app import AsJson, app
from scenarios.cli.bot_options import By, Config, Data, Keys, Reason, WhichMode

if TYPE_CHECKING:
    from scenarios.cli.bot_session import Whereabouts

ORDERS: Mapping[str, str] = MappingProxyType(
    {
        "pause": "Enter nothing new until `resume`; stops and exits go on.",
        "resume": "End a pause.",
        "rearm": "End what only a person ends, a kill or a broken limit, whether an engine runs or not.",
        "standby": "Let another node lead, and say who does.",
    }
)
"""What a person may tell a bot, each a command."""


@app.command()
def status(config: Config, data: Data = None, keys: Keys = None, mode: WhichMode = None, json: AsJson = False) -> None:
    """Show who lives, who leads, what holds, what is open and what rings; 3 when nobody answers."""
    from scenarios.cli.ordering import status_and_tell

    raise typer.Exit(status_and_tell(_where(config, data, keys, mode), as_json=json))


def _order(verb: str) -> Callable[..., None]:
    """Return the command that tells a bot one thing."""

    def order(
        config: Config,
        by: By = None,
        reason: Reason = "",
        data: Data = None,
        keys: Keys = None,
        mode: WhichMode = None,
        json: AsJson = False,
    ) -> None:
        from engine.domain.control import Verb
        from scenarios.cli.ordering import order_and_tell

        raise typer.Exit(
            order_and_tell(_where(config, data, keys, mode), Verb(verb), by=by, reason=reason, as_json=json)
        )

    return order


for _verb, _help in ORDERS.items():
    app.command(_verb, help=_help)(_order(_verb))


@app.command()
def kill(
    config: Config,
    by: By = None,
    reason: Reason = "",
    data: Data = None,
    keys: Keys = None,
    mode: WhichMode = None,
    json: AsJson = False,
) -> None:
    """Close all that the bot manages, whether its engine is dead, alive or hung; 1 when anything is left."""
    from scenarios.cli.killing import kill_and_tell

    raise typer.Exit(kill_and_tell(_where(config, data, keys, mode), by=by, reason=reason, as_json=json))


@app.command()
def doctor(
    config: Config,
    data: Data = None,
    keys: Keys = None,
    mode: WhichMode = None,
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write configuration, checks and logs, without secrets, as a tar.gz."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Examine clocks, keys, limits, disk, bus and pager before a bot trades from here; 1 when a check fails."""
    from scenarios.cli.doctoring import doctor_and_tell

    raise typer.Exit(doctor_and_tell(_where(config, data, keys, mode), bundle=bundle, as_json=json))


def _where(config: Config, data: Data, keys: Keys, mode: WhichMode) -> Whereabouts:
    from scenarios.cli.bot_session import Whereabouts

    return Whereabouts(config=config, data=data, keys=keys, mode=None if mode is None else mode.value)
