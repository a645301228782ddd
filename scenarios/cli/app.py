"""The commands and their options. What they need is imported when they are called: help must come at once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="stormproof",
    help="A trading-bot engine, and the simulated world that proves it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class WorldName(StrEnum):
    """Where a scenario can be run."""

    VIRTUAL = "virtual"


class Shelf(StrEnum):
    """What can be listed."""

    SCENARIOS = "scenarios"
    FAULTS = "faults"
    PROMISES = "promises"
    MARKS = "marks"
    SCHEMA = "schema"


Seed = Annotated[int, typer.Option(help="What every chance in the run is drawn from.", min=0)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of one that comes with the program.")],
    seed: Seed = 1,
    world: Annotated[WorldName, typer.Option(help="Where to run it.")] = WorldName.VIRTUAL,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY.PATH=VALUE", help="Replace a value of the scenario; may be repeated."),
    ] = None,
    json: AsJson = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Also write result.json into this folder.")] = None,
) -> None:
    """Run one scenario, judge it, and leave with 0 held, 1 broken, 3 unknown."""
    from scenarios.cli.running import run_and_tell

    raise typer.Exit(run_and_tell(scenario, seed, world.value, set_ or [], as_json=json, out=out))


@app.command()
def demo(
    seed: Seed = 7,
    json: AsJson = False,
) -> None:
    """Watch one bot on two exchanges go through six kinds of bad weather, in under a minute."""
    from scenarios.cli.running import run_and_tell

    raise typer.Exit(run_and_tell("demo", seed, "virtual", [], as_json=json, out=None))


@app.command(name="list")
def list_(
    shelf: Annotated[Shelf | None, typer.Argument(help="One shelf only.")] = None,
    json: AsJson = False,
) -> None:
    """Show what there is: scenarios, faults, promises, marks; or the JSON Schema of a scenario file."""
    from scenarios.cli.listing import list_and_tell

    raise typer.Exit(list_and_tell(shelf.value if shelf is not None else None, as_json=json))


@app.command()
def serve(
    venues: Annotated[list[str], typer.Argument(metavar="VENUE...", help="The venues, such as binance and kraken.")],
    port: Annotated[
        int | None, typer.Option(help="The first port; the others follow. Unless given, the system chooses.", min=1)
    ] = None,
    speed: Annotated[
        float, typer.Option(help="Venue seconds in a real one. Above 1 a client must sign with the venue's time.")
    ] = 1.0,
    seed: Seed = 1,
    price: Annotated[
        list[str] | None,
        typer.Option(metavar="SYMBOL=PRICE", help="Where a market opens, such as BTC/USDT=60000; may be repeated."),
    ] = None,
) -> None:
    """Serve venues on loopback HTTP and WebSocket ports until interrupted, for any client in any language."""
    from scenarios.cli.serving import serve_and_tell

    raise typer.Exit(serve_and_tell(venues, port=port, speed=speed, seed=seed, prices=price or []))


class Kind(StrEnum):
    """What can be recorded of a market."""

    CANDLES = "candles"
    TRADES = "trades"


@app.command()
def record(
    venue: Annotated[str, typer.Argument(help="A venue as ccxt names it, such as binance.")],
    symbol: Annotated[str, typer.Argument(help="A pair as ccxt unifies it, such as BTC/USDT.")],
    since: Annotated[str, typer.Option("--from", metavar="MOMENT", help="The beginning, such as 2026-03-01.")],
    until: Annotated[str, typer.Option("--to", metavar="MOMENT", help="The end, itself left out.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The CSV file to write.")],
    kind: Annotated[Kind, typer.Option(help="What to record.")] = Kind.CANDLES,
    timeframe: Annotated[str, typer.Option(help="Of candles, as ccxt writes it.")] = "1m",
    json: AsJson = False,
) -> None:
    """Download a real market's past into a file that a scenario can replay; needs the network, and no keys."""
    from scenarios.cli.recording import record_and_tell

    raise typer.Exit(
        record_and_tell(
            venue, symbol, kind=kind.value, timeframe=timeframe, since=since, until=until, out=out, as_json=json
        )
    )


@app.command()
def bench(
    figures: Annotated[list[str] | None, typer.Argument(help="Some figures only: kernel, rest, stream, …")] = None,
    rivals: Annotated[
        Path | None, typer.Option(metavar="PYTHON", help="The Python that has the public matching engines.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure what the simulation costs, as ratios to named floors taken in the same run."""
    from scenarios.cli.bench import bench_and_tell

    raise typer.Exit(bench_and_tell(figures or [], rivals=rivals, as_json=json))
