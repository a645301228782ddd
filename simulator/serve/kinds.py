"""What can be done to a served venue by hand: the kinds of faults, what each takes, and how it begins.

Each begins at one of the doors of `VenueFaults` or of the venue's views, and returns its own undo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.dialects.gate import StreamKind
from simulator.exchange.events import BookChanged
from simulator.serve.parameters import Parameter, choice, flag, share, some_of, span, whole

if TYPE_CHECKING:
    from simulator.serve.faults import VenueFaults

Values = dict[str, Any]
Undo = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class FaultKind:
    """One kind of fault: what it does to a venue, and what can be said about it. An `instant` one leaves nothing."""

    meaning: str
    parameters: tuple[Parameter, ...]
    begin: Callable[[VenueFaults, int, Values], Undo]
    instant: bool = False


FOR = span("for_s", "heals itself after so many seconds of the venue's time; without it, when it is healed", None)
ENDPOINTS = some_of("endpoints", "which requests it strikes", "orders", "account", "public")
PROBABILITY = share("probability", "how often it strikes", 1.0)
EXECUTES = flag("executes", "the request is done all the same")


def _error(faults: VenueFaults, number: int, said: Values) -> Undo:
    return faults.put_rule(number, kind="error", status=said["status"], executes=said["executes"], **_aim(said))


def _hang(faults: VenueFaults, number: int, said: Values) -> Undo:
    return faults.put_rule(number, kind="hang", executes=said["executes"], **_aim(said))


def _throttle(faults: VenueFaults, number: int, said: Values) -> Undo:
    told = {"retry_after_ns": said["retry_after_s"], "patience": said["patience"], "ban_ns": said["ban_s"]}
    return faults.put_rule(number, kind="throttle", **told, **_aim(said))


def _ack_lost(faults: VenueFaults, number: int, said: Values) -> Undo:
    return faults.put_rule(number, kind="ack_lost", **_aim(said))


def _slow(faults: VenueFaults, number: int, said: Values) -> Undo:
    delay_ns = faults.timeline.real_ns(said["delay_s"])  # the desk sleeps on its loop, whose clock is the real one
    return faults.put_rule(number, kind="slow", delay_ns=delay_ns, **_aim(said))


def _silent_reject(faults: VenueFaults, number: int, said: Values) -> Undo:
    return faults.reject_silently(number, said["probability"])


def _drop_streams(faults: VenueFaults, _: int, said: Values) -> Undo:
    which: dict[str, StreamKind | None] = {"all": None, "public": "public", "private": "private"}
    faults.gate.drop_streams(which[said["streams"]])
    return lambda: None


def _refuse_streams(faults: VenueFaults, _: int, __: Values) -> Undo:
    return faults.refuse_streams()


def _view_lag(faults: VenueFaults, _: int, said: Values) -> Undo:
    return faults.delay_view(said["view"], said["lag_s"])


def _hidden_orders(faults: VenueFaults, number: int, said: Values) -> Undo:
    chance = faults.chance(number)
    return faults.venue.rest.hide_new_orders(share=said["probability"], for_ns=said["hidden_s"], random=chance)


def _missing_rows(faults: VenueFaults, number: int, said: Values) -> Undo:
    return faults.venue.rest.miss_open_orders(share=said["probability"], random=faults.chance(number))


def _silent_stream(faults: VenueFaults, _: int, said: Values) -> Undo:
    return (faults.venue.public if said["streams"] == "public" else faults.venue.private).silence()


def _skipped_deltas(faults: VenueFaults, number: int, said: Values) -> Undo:
    return faults.venue.public.skip(BookChanged, share=said["probability"], random=faults.chance(number))


def _aim(said: Values) -> Values:
    return {"endpoints": said["endpoints"], "probability": said["probability"]}


KINDS: Mapping[str, FaultKind] = {
    "error": FaultKind(
        meaning="REST answers with the venue's own error page",
        parameters=(whole("status", "the HTTP status", 503, 500, 599), EXECUTES, ENDPOINTS, PROBABILITY, FOR),
        begin=_error,
    ),
    "hang": FaultKind(
        meaning="REST does not answer; when it is healed, what hangs is cut",
        parameters=(EXECUTES, ENDPOINTS, PROBABILITY, FOR),
        begin=_hang,
    ),
    "throttle": FaultKind(
        meaning="REST tells everybody to slow down, and bans who does not",
        parameters=(
            span("retry_after_s", "how long a throttled client is told to wait", 30),
            whole("patience", "requests within that wait before the ban", 3, 0, 100_000),
            span("ban_s", "how long a client that went on is refused", 120),
            ENDPOINTS,
            PROBABILITY,
            FOR,
        ),
        begin=_throttle,
    ),
    "ack_lost": FaultKind(
        meaning="a request is done, and the connection is cut before the answer",
        parameters=(
            Parameter("endpoints", ENDPOINTS.meaning, frozenset({"orders"}), ENDPOINTS.read),
            PROBABILITY,
            FOR,
        ),
        begin=_ack_lost,
    ),
    "slow": FaultKind(
        meaning="a request is done at once and answered late",
        parameters=(span("delay_s", "how late", 1), ENDPOINTS, PROBABILITY, FOR),
        begin=_slow,
    ),
    "silent_reject": FaultKind(
        meaning="an order is acknowledged, then rejected in matching",
        parameters=(PROBABILITY, FOR),
        begin=_silent_reject,
    ),
    "drop_streams": FaultKind(
        meaning="open streams are cut, once; new ones are taken",
        parameters=(choice("streams", "which", "all", "public", "private"),),
        begin=_drop_streams,
        instant=True,
    ),
    "refuse_streams": FaultKind(
        meaning="new streams are refused; open ones stay", parameters=(FOR,), begin=_refuse_streams
    ),
    "view_lag": FaultKind(
        meaning="a view of the venue shows what was, some time ago",
        parameters=(choice("view", "which", "rest", "public", "private"), span("lag_s", "how long ago", 5), FOR),
        begin=_view_lag,
    ),
    "hidden_orders": FaultKind(
        meaning="an order that was just placed is not found when it is looked up",
        parameters=(span("hidden_s", "how old it must be to be found", 5), PROBABILITY, FOR),
        begin=_hidden_orders,
    ),
    "missing_rows": FaultKind(
        meaning="the list of open orders misses rows", parameters=(PROBABILITY, FOR), begin=_missing_rows
    ),
    "silent_stream": FaultKind(
        meaning="a stream tells nothing, and answers pings",
        parameters=(choice("streams", "which", "public", "private"), FOR),
        begin=_silent_stream,
    ),
    "skipped_deltas": FaultKind(
        meaning="a public book misses changes", parameters=(PROBABILITY, FOR), begin=_skipped_deltas
    ),
}
