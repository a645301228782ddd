"""`list`: the shelves of what comes with the program."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rich.table import Table

from chaos.fault import Aim, Fault
from chaos.parameter import parameters_of
from chaos.units import NS, spoken
from chaos.vocabulary import KINDS
from scenarios.marks import CALLED, FILLED, MARKS
from scenarios.promises import PROMISES
from scenarios.published import scenario_schema
from scenarios.report.summary import plain_table, report_console
from scenarios.scenario import LIBRARY, load_scenario

SHELVES = ("scenarios", "faults", "promises", "marks")


def list_and_tell(shelf: str | None, *, as_json: bool) -> int:
    """Print one shelf, or all of them, and return the exit code."""
    if shelf == "schema":
        sys.stdout.write(json.dumps(scenario_schema(), indent=2) + "\n")
        return 0
    chosen = SHELVES if shelf is None else (shelf,)
    found = {name: READERS[name]() for name in chosen}
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        return 0
    console = report_console()
    for name, rows in found.items():
        console.print(_shown(name, rows))
    return 0


EXAMPLES: Mapping[Aim, str] = MappingProxyType(
    {
        Aim.VENUE: "binance",
        Aim.ENDPOINT: "endpoint/orders@binance",
        Aim.NODE: "node/exec-a",
        Aim.ZONE: "zone/a",
        Aim.REGION: "region/tokyo",
        Aim.LINK: '"link/a->kraken"',
        Aim.BUS: "bus",
        Aim.MARKET: "BTC/USDT",
        Aim.SENTIMENT: "sentiment",
        Aim.ANALYTICS: "analytics",
        Aim.PAGER: "pager",
    }
)
"""What a fault of each aim could be thrown at."""

Rows = list[dict[str, Any]]


def _scenarios() -> Rows:
    rows = []
    for path in sorted(LIBRARY.glob("*.yaml")):
        scenario = load_scenario(path)
        rows.append(
            {
                "name": scenario.name,
                "title": scenario.title,
                "lasts": f"{spoken(scenario.world.duration_ns)} + {spoken(scenario.world.healed_ns)}",
                "faults": sorted({line.kind.name for line in scenario.faults}),
            }
        )
    return rows


def _faults() -> Rows:
    return [
        {
            "name": kind.name,
            "on": kind.aims_at.value,
            "meaning": kind.meaning,
            "parameters": {name: one.bounds() for name, one in parameters_of(kind).items()},
            "lasts": spoken(kind.for_default_ns),
            "example": example_of(kind),
            "worlds": list(kind.worlds),
            "learned_from": list(kind.learned_from),
        }
        for kind in KINDS.values()
    ]


def example_of(kind: type[Fault]) -> str:
    """Return a line of a scenario that injects a kind of fault, with all of its parameters."""
    fault = kind(id="", on="", at_ns=1_800 * NS, for_ns=kind.for_default_ns, seed=0)
    given = {name: one.write(getattr(fault, name)) for name, one in parameters_of(kind).items()}
    words = "".join(f"{name}: {value}, " for name, value in given.items()).removesuffix(", ")
    lasts = f"at: {spoken(fault.at_ns)}, for: {spoken(fault.for_ns)}"
    with_ = f", with: {{{words}}}" if given else ""
    return f"{{inject: {kind.name}, on: {EXAMPLES[kind.aims_at]}, {lasts}{with_}}}"


def _promises() -> Rows:
    return [{"name": name, "meaning": _sentence(promise)} for name, promise in PROMISES.items()]


def _marks() -> Rows:
    rows = [{"name": name, "meaning": _sentence(mark)} for name, mark in MARKS.items()]
    return [
        *rows,
        {"name": f"{FILLED}<venue>", "meaning": "Orders that were filled at that venue."},
        {"name": f"{CALLED}<runbook>", "meaning": "Alerts and pages that told somebody to read that runbook."},
    ]


READERS = {"scenarios": _scenarios, "faults": _faults, "promises": _promises, "marks": _marks}


def _sentence(documented: object) -> str:
    return (inspect.getdoc(documented) or "").partition("\n")[0]


def _shown(title: str, rows: Rows) -> Table:
    columns = tuple(rows[0]) if rows else ()
    table = plain_table(title.capitalize(), *columns)
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    return table


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{name}: {bounds}" for name, bounds in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
