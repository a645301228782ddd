"""The table that `status` prints: one look, and a person knows who leads, what holds, what is open, and what rings."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from engine.domain.messages import Status
from engine.ops.status import BotStatus
from scenarios.report.summary import plain_table
from scenarios.report.words import lasting

NS = 1_000_000_000


def status_table(told: BotStatus) -> RenderableType:
    """Return all that is known of a bot."""
    return Group(*_parts(told))


def _parts(told: BotStatus) -> Iterator[RenderableType]:
    yield Text(f"{told.bot}: {_headline(told)}", style="bold" if told.answered else "bold red")
    yield _leader(told)
    yield _beats(told)
    yield from _safety(told)
    yield _books(told)
    yield from _alerts(told)


def _headline(told: BotStatus) -> str:
    if not told.answered:
        return f"nobody answers; the bus is there, and nothing was said on it for {_lasting(told.listened_ns)}"
    silent = sum(beat.age_ns is None for beat in told.beats)
    unwell = sum(beat.status is Status.DEGRADED for beat in told.beats)
    held = ", ".join(sorted({said.state.value for said in told.safety})) or "normal"
    troubles = [f"{silent} silent"] * bool(silent) + [f"{unwell} unwell"] * bool(unwell)
    return ", ".join([held, *troubles, f"{len(told.alerts)} alerts"])


def _leader(told: BotStatus) -> Text:
    leader = told.leader
    if leader is None:
        return Text("nobody has ever led", style="yellow")
    if leader.laid_down:
        return Text(f"nobody leads: {leader.node} laid the lease down (token {leader.token})", style="yellow")
    if not leader.renewed:
        problem = f"has the lease and did not renew it for {_lasting(told.listened_ns)}"
        return Text(f"{leader.node} {problem} (token {leader.token})", style="red")
    return Text(f"{leader.node} leads (token {leader.token})")


def _beats(told: BotStatus) -> RenderableType:
    table = plain_table("Who lives", "node", "component", "heard", "", right=("heard",))
    for beat in sorted(told.beats, key=lambda one: (one.node, one.component.value)):
        if beat.age_ns is None:
            heard, what = Text("never", style="red"), Text(f"silent for {_lasting(told.listened_ns)}", style="red")
        else:
            well = beat.status is Status.OK
            heard = Text(f"{_lasting(beat.age_ns)} ago")
            what = Text("ok" if well else f"degraded: {beat.detail}", style="green" if well else "yellow")
        table.add_row(beat.node, beat.component.value, heard, what)
    return table


def _safety(told: BotStatus) -> Iterator[RenderableType]:
    if told.safety:
        table = plain_table("What holds", "scope", "state", "lost", "why")
        for said in told.safety:
            table.add_row(said.scope, said.state.value, ", ".join(said.losses), said.reason)
        yield table
    if told.latches:
        table = plain_table("What only a person ends", "scope", "what", "why", "since")
        for latch in told.latches:
            since = f"{_lasting(told.at_ns - latch.at_ns)} ago"
            table.add_row(latch.scope, latch.loss.value, latch.reason, since)
        yield table


def _books(told: BotStatus) -> RenderableType:
    table = plain_table("What is open", "venue", "position", "orders", "of unknown fate", right=("orders",))
    covered = {(said.venue, said.instrument): said for said in told.protected}
    for ledger in sorted(told.ledgers, key=lambda one: one.venue):
        held = []
        for instrument, quantity in sorted(ledger.positions.items()):
            stop = covered.get((ledger.venue, instrument))
            protected = f" (stops cover {stop.covered})" if stop is not None and quantity else ""
            held.append(f"{quantity} {instrument}{protected}")
        unknown = ", ".join(ledger.unknown_orders)
        table.add_row(ledger.venue, "\n".join(held) or "none", str(len(ledger.open_orders)), Text(unknown, style="red"))
    for venue in told.untold:
        table.add_row(venue, Text("nobody says", style="red"), "?", "")
    return table


def _alerts(told: BotStatus) -> Iterator[RenderableType]:
    if told.alerts:
        table = plain_table("What rings", "alert", "since", "in hand of", "what")
        for alert in told.alerts:
            since = f"{_lasting(told.at_ns - alert.since_ns)} ago"
            table.add_row(alert.key, since, alert.in_hand_of or "nobody", f"{alert.summary} (runbook {alert.runbook})")
        yield table


def _lasting(duration_ns: int) -> str:
    return lasting(round(duration_ns / NS))
