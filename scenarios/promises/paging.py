"""Promises: a person is called when one is needed, and not when none is.

What needs a person, and which page is about what, is the referee's own table in `scenarios.pages`.
"""

from __future__ import annotations

from chaos.fault import Blocks
from scenarios.contracts import taken_away
from scenarios.escalations import waiting_of
from scenarios.finding import Finding, Tally
from scenarios.intervals import Span, lengthened, merged, touches, without
from scenarios.pages import GRACE_NS, NS, PAGE_WITHIN_NS, names, needing_a_person, paged_at_ns
from scenarios.record import FaultSeen, PageSeen, Record
from scenarios.schema import Expect
from scenarios.weather import on_machines, spans

QUIET_NS = 600 * NS
"""A stretch of good weather this long is one occasion on which the pager could have rung falsely."""


def paged_in_time(record: Record, expect: Expect) -> Finding:
    """Within 60 s of its start: every fault that needs a person has rung the pager, and every liquidation; and so has
    what nobody took in hand for five minutes.
    """
    del expect  # 60 s is the user's own figure, whatever the scenario says
    tally = Tally("paged_in_time")
    for fault in needing_a_person(record):
        due = fault.injected_ns + PAGE_WITHIN_NS
        if due > record.end_ns:
            continue
        tally.exercise()
        paged = paged_at_ns(fault, record)
        if paged is None:
            tally.violate(due, f"{fault.name} on {fault.on} rang no pager")
        elif paged > due:
            late_s = (paged - fault.injected_ns) / 1e9
            tally.violate(due, f"{fault.name} on {fault.on} rang the pager only after {late_s:.0f} s")
    _judge_takings(record, tally)
    _judge_escalation(record, tally)
    return tally.finding(
        held=f"all {tally.exercised} troubles that need a person rang the pager within 60 s",
        never="no fault lasted long enough to need a person",
    )


def _judge_takings(record: Record, tally: Tally) -> None:
    """A venue that takes a position away has done what the bot's exits should have: whatever the weather, it rings."""
    for taken in taken_away(record):
        due = taken.at_ns + PAGE_WITHIN_NS
        if due > record.end_ns:
            continue
        tally.exercise()
        rung = (page for page in record.pages if page.action == "trigger" and taken.at_ns <= page.at_ns <= due)
        if not any("liquidation" in page.key and names(page, taken.venue) for page in rung):
            tally.violate(due, f"{taken.venue} took {taken.quantity} {taken.instrument} away, and no pager rang")


def _judge_escalation(record: Record, tally: Tally) -> None:
    """What nobody took in hand for five minutes rings as well; a bot without its monitors, or its pager, cannot."""
    down = [*spans(on_machines(record, Blocks.SERVICE)), *_deploys(record)]
    mute = lengthened(merged(down), PAGE_WITHIN_NS)
    for alert in waiting_of(record):
        due = None if alert.due_ns is None else alert.due_ns + PAGE_WITHIN_NS
        if due is None or due > alert.end_ns or touches(mute, alert.start_ns, due):
            continue
        tally.exercise()
        if not any(alert.is_rung_by(page) and page.at_ns <= due for page in record.pages if page.action == "trigger"):
            tally.violate(due, f"{alert.key} waited for somebody for five minutes and rang no pager")


def _deploys(record: Record) -> list[Span]:
    return [(one.at_ns, one.done_ns or one.at_ns) for one in record.actions if one.verb == "deploy"]


def no_false_pages(record: Record, expect: Expect) -> Finding:
    """Always: the pager rings only while a fault acts on what the page names, or within three minutes of its heal;
    never about what somebody has in hand, and about what may wait only when it has waited.
    """
    del expect  # the grace is the referee's
    tally = Tally("no_false_pages")
    stormy = lengthened(spans(record.faults), GRACE_NS)
    places = {*record.venues, *(beat.node for beat in record.beats)}
    rung = [page for page in record.pages if page.action == "trigger"]
    for page in rung:
        tally.exercise()
        named = any(names(page, place) for place in places)
        about = [one for one in record.faults if not named or _about(page, one, record)]
        if not any(one.injected_ns <= page.at_ns <= one.healed_ns + GRACE_NS for one in about):
            tally.violate(page.at_ns, f"the pager rang in good weather: {page.summary or page.key}")
    for alert in waiting_of(record):
        tally.exercise()
        early = [page for page in rung if alert.is_rung_by(page) and alert.should_be_quiet(page.at_ns)]
        if early:
            held = "was in somebody's hand" if alert.in_hand_ns is not None else "had not waited for anybody"
            tally.violate(early[0].at_ns, f"the pager rang about {alert.key}, which {held}")
    quiet = without([(0, record.end_ns)], stormy)
    tally.exercise(sum((end - start) // QUIET_NS for start, end in quiet))
    return tally.finding(
        held=f"{len(rung)} pages, each with its fault, and silence in good weather",
        never="the pager never rang and the weather was never good for long",
    )


def _about(page: PageSeen, fault: FaultSeen, record: Record) -> bool:
    """Whether a page names what a fault hit; the bus hits every machine, and a market every venue that trades it."""
    markets = {one.rpartition(":")[0] or one for one in record.instruments} | {*record.instruments}
    everywhere = Blocks.BUS in fault.blocks or fault.on.partition("@")[0] in markets
    return everywhere or any(names(page, place) for place in fault.places)
