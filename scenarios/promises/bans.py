"""Promise: a machine that a venue has shut out keeps away until the time that it was told.

Two ways to break it: to knock while banned, and to earn the ban by going on after having been told to slow down. A ban
that comes without a warning is nobody's fault, and neither are requests that were already on their way.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from scenarios.finding import Finding, Tally
from scenarios.record import Record, RequestSeen
from scenarios.schema import Expect

NS = 1_000_000_000

ON_THEIR_WAY_NS = NS
"""Requests this soon after the first refusal were sent before it was heard, or by a task that had not read it yet."""


def bans_honoured(record: Record, expect: Expect) -> Finding:
    """Always: no request comes from a machine while it is banned, and none that was warned goes on until it is."""
    del expect  # a ban is to be honoured to the second, whatever the scenario says
    tally = Tally("bans_honoured")
    known: dict[tuple[str, str], _Told] = defaultdict(_Told)
    for request in record.requests:
        _judge(request, known[request.venue, request.sender], tally)
    return tally.finding(
        held=f"silence for as long as it was told after each of {tally.exercised} bans and warnings",
        never="no venue banned or warned a machine",
    )


@dataclass
class _Told:
    """What a machine was told by a venue, and when it first heard of it; virtual time."""

    banned_until_ns: int = 0
    warned_until_ns: int = 0
    heard_ns: int = 0


def _judge(request: RequestSeen, told: _Told, tally: Tally) -> None:
    who = f"{request.sender} at {request.venue}"
    if request.outcome == "throttled" and request.at_ns >= told.warned_until_ns:
        tally.exercise()
        told.warned_until_ns = request.until_ns
    if request.outcome != "banned":
        return
    if request.at_ns >= told.banned_until_ns:
        tally.exercise()
        if request.at_ns < told.warned_until_ns:
            tally.violate(request.at_ns, f"{who} went on after a warning until it was banned")
        told.banned_until_ns, told.heard_ns = request.until_ns, request.at_ns
    elif request.at_ns > told.heard_ns + ON_THEIR_WAY_NS:
        left_s = (told.banned_until_ns - request.at_ns) / NS
        tally.violate(request.at_ns, f"{who} asked for {request.path} {left_s:.0f} s before its ban ended")
