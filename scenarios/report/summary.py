"""The table at the end of a run: what was thrown at the bot, what held, how long it was up, how to see it again."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from scenarios.finding import Status
from scenarios.recoveries import Recovery
from scenarios.report.words import clock, lasting, percent
from scenarios.result import FaultOutcome, Result
from scenarios.verdict import uptime_status

SIGNS = {Status.HELD: ("✓", "green"), Status.BROKEN: ("✗", "bold red"), Status.UNKNOWN: ("?", "yellow")}
WIDTH_PIPED = 110
"""Columns where nobody's terminal says how many there are."""


class ReportConsole(Console):
    """A console that leaves it to the command line what it means that nobody reads any more."""

    def on_broken_pipe(self) -> None:
        """Raise `BrokenPipeError`; the library would leave with 1, which reads as a broken promise."""
        raise BrokenPipeError


def report_console() -> Console:
    """Return the console that reports go to: colour and width of the terminal, or plain text of a fixed width."""
    console = ReportConsole()
    return console if console.is_terminal else ReportConsole(width=WIDTH_PIPED)


def summary(result: Result) -> RenderableType:
    """Return the whole report on a run."""
    parts: list[RenderableType] = [
        _headline(result),
        _weather(result),
        _promises(result),
        _uptime(result),
        _orders(result),
        _unprotected(result),
        *(_standby(one) for one in result.recoveries if one.started_s is not None),
        _marks(result),
    ]
    if result.complaints:
        parts.append(_complaints(result))
    parts.append(Text.assemble("\nsee it again:  ", (result.reproduce, "bold"), no_wrap=True, overflow="ignore"))
    return Group(*parts)


def plain_table(title: str, *columns: str, right: Iterable[str] = ()) -> Table:
    """Return an empty table of the house's look."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _sign(status: Status) -> Text:
    return Text(*SIGNS[status])


def _headline(result: Result) -> RenderableType:
    speed_up = result.virtual_s / result.wall_s if result.wall_s else 0.0
    facts = (
        f"seed {result.seed} · {lasting(result.virtual_s)} of virtual time in {lasting(result.wall_s)}, "
        f"{speed_up:,.0f} times as fast · {result.events:,} events"
    )
    colour = SIGNS[result.verdict][1]
    lines = [Text(result.title, style="bold"), Text(facts, style="dim")]
    if result.verdict is Status.UNKNOWN:
        lines.append(Text(f"not known: {'; '.join(result.unknowns)}", style=colour))
    return Panel(
        Group(*lines),
        title=Text(f" {result.verdict.value.upper()} ", style=f"{colour} reverse"),
        title_align="left",
        border_style=colour,
        box=box.ROUNDED,
    )


def _weather(result: Result) -> RenderableType:
    numbers = ("times", "in all", "slowest recovery", "slowest page")
    table = plain_table("What was thrown at the bot", "fault", "on", *numbers, right=numbers)
    ordered = sorted(result.weather, key=lambda one: (one.name, one.on))
    for (name, on), group in groupby(ordered, key=lambda one: (one.name, one.on)):
        faults = list(group)
        total_s = sum(one.for_s for one in faults)
        table.add_row(name, on, str(len(faults)), lasting(total_s), _slowest(faults), _paged(faults))
    return table


def _slowest(faults: list[FaultOutcome]) -> Text:
    if any(one.recovered_after_s is None for one in faults):
        return Text("never", style="red")
    return Text(lasting(max(one.recovered_after_s or 0.0 for one in faults)))


def _paged(faults: list[FaultOutcome]) -> Text:
    due = [one for one in faults if one.must_page]
    if not due:
        return Text("none due", style="dim")
    if any(one.paged_after_s is None for one in due):
        return Text("never", style="red")
    return Text(lasting(max(one.paged_after_s or 0.0 for one in due)))


def _promises(result: Result) -> RenderableType:
    table = plain_table("What was promised", "", "promise", "tested", "", right=("tested",))
    for finding in result.findings:
        told = finding.detail
        if finding.at_ns is not None:
            told = f"first at {clock(finding.at_ns / 1e9)}: {told}"
        style = "dim" if finding.status is Status.HELD else SIGNS[finding.status][1]
        table.add_row(_sign(finding.status), finding.name, f"{finding.exercised:,}", Text(told, style=style))
    return table


def _uptime(result: Result) -> RenderableType:
    numbers = ("up", "down", "judged", "no venue", "target")
    table = plain_table("Uptime, in slices of 10 s judged from outside", "", "component", *numbers, right=numbers)
    for one in result.uptimes:
        target = result.targets.get(one.component)
        table.add_row(
            _sign(uptime_status(one, target)) if target is not None else "",
            one.component,
            percent(one.measured),
            lasting(one.down_s),
            lasting(one.judged_s),
            lasting(one.venue_down_s),
            "–" if target is None else percent(float(target)),
        )
    return table


def _orders(result: Result) -> RenderableType:
    counts = result.counts
    return Text.assemble(
        ("Orders  ", "bold"),
        f"{counts.intents} intents, {counts.accepted} accepted, {counts.filled} filled, {counts.refused} refused, "
        f"{counts.unknown_resolved} in doubt and resolved, {counts.duplicates} twice, {counts.lost} lost",
    )


def _unprotected(result: Result) -> RenderableType:
    if not result.unprotected_s:
        return Text.assemble(("Bare    ", "bold"), "never: no position was open without a working stop")
    share = percent(result.unprotected_s / result.virtual_s)
    told = f"{lasting(result.unprotected_s)}, {share} of the time: a position open, and no working stop at its venue"
    return Text.assemble(("Bare    ", "bold"), (told, "yellow"))


def _standby(one: Recovery) -> RenderableType:
    if one.started_s is None or one.led_s is None:
        return Text.assemble(("Standby ", "bold"), (f"{one.node} never led", "red"))
    told = f"{one.node} led {lasting(one.led_s - one.started_s)} after its start"
    if one.lost_s is not None:
        told += f", {lasting(one.led_s - one.lost_s)} after {one.after} was lost"
        told += f", with the books of {lasting(one.lost_s - one.point_s)} before that"
    found = f"{one.behind} changes at the venues and {one.orders} orders in doubt had to be looked up"
    return Text.assemble(("Standby ", "bold"), f"{told}; {found}")


def _marks(result: Result) -> RenderableType:
    text = Text.assemble(("Seen    ", "bold"))
    for number, (name, seen) in enumerate(result.marks.items()):
        text.append(", " if number else "")
        text.append(f"{name} {seen}", style="" if seen else "yellow")
    return text if result.marks else Text("")


def _complaints(result: Result) -> RenderableType:
    lines = "\n".join(f"  {times:>4} × {one}" for one, times in result.complaints.items())
    told = f"\nErrors that nobody handled:\n{lines}"
    return Text(told, style="yellow", no_wrap=True, overflow="ellipsis")
