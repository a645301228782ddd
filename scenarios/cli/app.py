"""The commands and their options. What they need is imported when they are called: help must come at once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from scenarios.cli.bot_options import Config, Data, Keys, Live, Testnet


class CutShort(Exception):
    """A command was interrupted, or nobody reads what it writes; `by` says which."""

    def __init__(self, by: BaseException) -> None:
        self.by = by
        super().__init__(str(by))


class Commands(TyperGroup):
    """The commands; the library would leave with codes of its own, and without a word, when one is cut short."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; raise `CutShort` where it is interrupted or its reader has gone."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, BrokenPipeError) as error:
            raise CutShort(error) from error


app = typer.Typer(
    name="stormproof",
    cls=Commands,
    help="A trading-bot engine, and the simulated world that proves it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class WorldName(StrEnum):
    """Where a scenario can be run."""

    VIRTUAL = "virtual"
    LOOPBACK = "loopback"


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
    progress: Annotated[
        bool, typer.Option("--progress", help="Tell on standard error every minute how far it has got.")
    ] = False,
) -> None:
    """Run one scenario, judge it, and leave with 0 held, 1 broken, 3 unknown."""
    from scenarios.cli.running import run_and_tell

    raise typer.Exit(run_and_tell(scenario, seed, world.value, set_ or [], as_json=json, out=out, progress=progress))


@app.command()
def demo(
    seed: Seed = 7,
    json: AsJson = False,
) -> None:
    """Watch one bot on two exchanges go through six kinds of bad weather, in under a minute."""
    from scenarios.cli.running import run_and_tell

    raise typer.Exit(run_and_tell("demo", seed, "virtual", [], as_json=json, out=None))


@app.command()
def explore(
    seeds: Annotated[int, typer.Option(help="How many seeds to try.", min=1, max=1_000_000)] = 100,
    first: Annotated[int, typer.Option("--from", help="The first seed; the others follow.", min=0)] = 1,
    lasts: Annotated[str, typer.Option("--for", metavar="DURATION", help="Virtual time under fire of each.")] = "40m",
    jobs: Annotated[int | None, typer.Option(help="Processes side by side; one a core unless given.", min=1)] = None,
    dask: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Use this Dask cluster, tcp://…")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The campaign's folder; it is taken up again.")] = Path(
        "explored"
    ),
    json: AsJson = False,
) -> None:
    """Search for what nobody thought of: each seed draws a world, a bot and a weather of its own."""
    from scenarios.cli.exploring import explore_and_tell

    raise typer.Exit(
        explore_and_tell(seeds=seeds, first=first, lasts=lasts, jobs=jobs, dask=dask, out=out, as_json=json)
    )


@app.command()
def certify(
    profile: Annotated[
        str, typer.Argument(help="A scenario whose faults all recur: the declared weather, and the bot under it.")
    ],
    root: Annotated[
        int,
        typer.Option(help="What every seed follows from: a number that was not used before, such as 20260301.", min=0),
    ],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY.PATH=VALUE", help="Replace a value of the profile; may be repeated."),
    ] = None,
    runs: Annotated[int, typer.Option(help="How many runs are made; declared before, never extended.", min=1)] = 400,
    target: Annotated[float, typer.Option(help="The uptime that each component must reach.", min=0.5, max=1)] = 0.9995,
    longest: Annotated[str, typer.Option(metavar="DURATION", help="Longer occurrences are run this long.")] = "30m",
    spare: Annotated[
        str | None, typer.Option(metavar="NODE", help="A machine to silence in every run, to put the monitors to work.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes side by side; one a core unless given.", min=1)] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Also write certificate.json here.")] = None,
    json: AsJson = False,
) -> None:
    """Say with 95 % confidence how long each component is up under a declared weather."""
    from scenarios.cli.certifying import certify_and_tell

    raise typer.Exit(
        certify_and_tell(
            profile,
            set_ or [],
            runs=runs,
            root=root,
            target=target,
            longest=longest,
            spare=spare,
            jobs=jobs,
            out=out,
            as_json=json,
        )
    )


@app.command()
def replay(
    scenario: Annotated[str, typer.Argument(help="A scenario, or the result.json of an earlier run of one.")],
    seed: Annotated[int | None, typer.Option(help="As for run; a result names its own.", min=0)] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY.PATH=VALUE", help="Replace a value of the scenario; may be repeated."),
    ] = None,
    digest: Annotated[
        str | None, typer.Option(help="What the run must come to; unless known, it is run twice and compared.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="Stop here, such as 1h2m, and show the world.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Repeat a run to the same digest, or stop it at a moment and look around."""
    from scenarios.cli.replaying import replay_and_tell

    raise typer.Exit(replay_and_tell(scenario, seed, set_ or [], digest=digest, at=at, as_json=json))


@app.command()
def shrink(
    scenario: Annotated[str, typer.Argument(help="A scenario that breaks something, or the name of one.")],
    seed: Seed = 1,
    kind: Annotated[
        str | None, typer.Option("--promise", help="What must break; unless given, what breaks first.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY.PATH=VALUE", help="Replace a value of the scenario; may be repeated."),
    ] = None,
    runs: Annotated[int, typer.Option(help="How many runs it may take.", min=4, max=10_000)] = 60,
    jobs: Annotated[int | None, typer.Option(help="Processes side by side; one a core unless given.", min=1)] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The scenario file to write.")] = None,
    json: AsJson = False,
) -> None:
    """Find the smallest schedule that breaks the same promise, and write it as a scenario."""
    from scenarios.cli.shrinking import shrink_and_tell

    raise typer.Exit(shrink_and_tell(scenario, seed, kind, set_ or [], runs=runs, jobs=jobs, out=out, as_json=json))


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


@app.command()
def node(
    name: Annotated[str, typer.Argument(help="Which node of the bot's file to run.")],
    config: Config,
    data: Data = None,
    keys: Keys = None,
    live: Live = False,
    testnet: Testnet = False,
    terse: Annotated[
        bool, typer.Option("--terse", help="Show warnings and errors alone; log.jsonl in the data has every line.")
    ] = False,
    bound: Annotated[
        bool, typer.Option("--bound", help="End when standard input ends, as a supervisor's child does.", hidden=True)
    ] = False,
) -> None:
    """Run one node of a bot until SIGTERM: then it cancels its entries, lays its lease down and leaves with 0."""
    from scenarios.cli.node import run_and_serve

    raise typer.Exit(
        run_and_serve(name, config, data=data, keys=keys, live=live, testnet=testnet, terse=terse, bound=bound)
    )


@app.command()
def live(
    config: Config,
    data: Data = None,
    keys: Keys = None,
    live: Live = False,
    testnet: Testnet = False,
    balance: Annotated[
        list[str] | None,
        typer.Option(metavar="ASSET=AMOUNT", help="What a paper account begins with; else 100000 of each money."),
    ] = None,
) -> None:
    """Run a whole bot on this machine: on paper, unless --testnet or --live says otherwise."""
    from scenarios.cli.live import live_and_tell

    raise typer.Exit(live_and_tell(config, data=data, keys=keys, live=live, testnet=testnet, balances=balance or []))


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
