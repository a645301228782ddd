"""A node's figures for Prometheus, put together from what is there when somebody asks, and at no other time.

Nothing on the way of an order counts for this: latencies lie in the call book's sketches, breakers and budgets in the
doors, depths in the queues; what belongs to the whole bot comes from the bus (`engine.runtime.real.tally`). The
registry is the node's own, so nothing of the process that Prometheus' library would add by itself is told.

Every figure carries the bot and the node. `deploy/prometheus/rules.yaml` says which of them wake somebody.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from engine.domain.messages import Status
from engine.resilience.breaker import BreakerState
from engine.runtime.kit import Kit
from engine.runtime.real.readiness import Readiness
from engine.runtime.real.tally import Tally
from engine.runtime.supervision import Post, overall
from engine.services.duty import NS

Sample = tuple[tuple[str, ...], float]
OF: Final = ("bot", "node")


class NodeFigures:
    """Answers Prometheus for one node; see `text`."""

    def __init__(self, kit: Kit, posts: Sequence[Post], readiness: Readiness, tally: Tally) -> None:
        self._kit = kit
        self._posts = posts
        self._readiness = readiness
        self._tally = tally
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Put the figures together; the registry asks."""
        yield from self._node()
        yield from self._queues()
        yield from self._calls()
        yield from self._limits()
        yield from self._orders()
        yield from self._safety()

    def _node(self) -> Iterator[Metric]:
        config, node = self._kit.config, self._kit.node
        about = [((config.nodes[node].zone, config.mode), 1.0)]
        yield self._gauge(
            "node_info", "The node is there; where it stands, and with what money it trades", about, "zone", "mode"
        )
        components = dict.fromkeys(post.component for post in self._posts)
        up = [
            ((one.value,), _truth(overall([post for post in self._posts if post.component is one]).status is Status.OK))
            for one in components
        ]
        yield self._gauge("component_up", "Whether a component can do its job", up, "component")
        parts = [((post.name,), _truth(post.health().status is Status.OK)) for post in self._posts]
        yield self._gauge("part_up", "Whether a part can do its job: a feed of one venue, for one", parts, "part")
        lag = [((), self._tally.lag_ns() / NS)]
        yield self._gauge("loop_lag_seconds", "By how much the node's loop was late at most in the last minute", lag)

    def _queues(self) -> Iterator[Metric]:
        outbox, now_ns = self._kit.outbox, self._kit.clock.monotonic_ns()
        yield self._gauge("outbox_messages", "Messages that wait for the bus", [((), outbox.waiting)])
        since_ns = outbox.unreachable_since_ns
        away = 0.0 if since_ns is None else (now_ns - since_ns) / NS
        yield self._gauge("bus_away_seconds", "For how long the bus has stored nothing; 0 while it does", [((), away)])
        heard_ns = self._readiness.heard_ns
        if heard_ns is not None:
            silent = [((), (now_ns - heard_ns) / NS)]
            yield self._gauge("bus_silent_seconds", "How long ago a sign of life came over the bus", silent)
        alerts = [
            ((component.value, alert.severity.value, alert.runbook, alert.key), 1.0)
            for component, book in self._kit.alarms.items()
            for alert in book.open()
        ]
        labels = ("component", "severity", "runbook", "key")
        yield self._gauge("alert_open", "A trouble that this node holds open", alerts, *labels)

    def _calls(self) -> Iterator[Metric]:
        figures = [(component.value, one) for component, book in self._kit.calls.items() for one in book.figures()]
        labels = ("component", "venue", "operation")
        calls = [((component, one.venue, one.operation), float(one.calls)) for component, one in figures]
        yield self._counter("venue_calls", "Requests to a venue", calls, *labels)
        failures = [((component, one.venue, one.operation), float(one.failures)) for component, one in figures]
        yield self._counter(
            "venue_call_failures", "Requests that nobody answered in the venue's language", failures, *labels
        )
        latencies = [
            ((component, one.venue, one.operation, f"{share:g}"), took_ns / NS)
            for component, one in figures
            for share, took_ns in one.quantiles_ns.items()
        ]
        about = "How long requests take, of this and the last period, within one per cent"
        yield self._gauge("venue_call_seconds", about, latencies, *labels, "quantile")

    def _limits(self) -> Iterator[Metric]:
        doors = self._kit.doors
        used = [
            ((venue, meter), share)
            for venue, door in doors.items()
            for meter, share in door.budget.shares_used().items()
        ]
        yield self._gauge(
            "budget_used_ratio", "How much of a venue's limit is used, from 0 to 1", used, "venue", "meter"
        )
        held = [
            ((venue, lane.value), door.budget.held_ns(lane) / NS)
            for venue, door in doors.items()
            for lane in door.lanes
        ]
        yield self._gauge(
            "budget_held_seconds", "How long a venue has told us to send nothing yet", held, "venue", "lane"
        )
        states = [
            ((venue, endpoint, state.value), _truth(breaker.state is state))
            for venue, door in doors.items()
            for endpoint, breaker in door.breakers.items()
            for state in BreakerState
        ]
        yield self._gauge("breaker_state", "Which state a breaker is in", states, "venue", "endpoint", "state")

    def _orders(self) -> Iterator[Metric]:
        ends = [((venue, state.value), float(count)) for (venue, state), count in self._tally.ends.items()]
        about = "Orders by how they ended; each is counted by one node, the sum is the bot's"
        yield self._counter("orders_ended", about, ends, "venue", "state")
        books = self._tally.books.items()
        unknown = [((venue,), float(len(book.unknown_orders))) for venue, book in books]
        yield self._gauge("orders_unknown", "Orders of which nobody knows whether they live", unknown, "venue")
        resting = [((venue,), float(len(book.open_orders))) for venue, book in books]
        yield self._gauge("orders_open", "Orders that rest at a venue", resting, "venue")
        bare = [(market, bare_ns / NS) for market, bare_ns in self._tally.unprotected_ns().items()]
        about = "For how long a position had less at its stops than it should"
        yield self._counter("unprotected_seconds", about, bare, "venue", "instrument")
        drift = [
            ((venue, asset), float(amount))  # for people to look at: no sum is made of it
            for venue, differences in self._tally.drift.items()
            for asset, amount in differences.items()
        ]
        yield self._gauge("drift", "What a venue has more than the books, in its last audit", drift, "venue", "asset")

    def _safety(self) -> Iterator[Metric]:
        states = [((scope,), float(state.rank)) for scope, state in self._tally.safety.items()]
        about = "0 normal, 1 hold, 2 exit only, 3 flatten, 4 killed"
        yield self._gauge("safety_state", about, states, "scope")

    def _gauge(self, name: str, about: str, samples: Iterable[Sample], *labels: str) -> Metric:
        return self._filled(GaugeMetricFamily(f"stormproof_{name}", about, labels=(*OF, *labels)), samples)

    def _counter(self, name: str, about: str, samples: Iterable[Sample], *labels: str) -> Metric:
        return self._filled(CounterMetricFamily(f"stormproof_{name}", about, labels=(*OF, *labels)), samples)

    def _filled(self, family: GaugeMetricFamily | CounterMetricFamily, samples: Iterable[Sample]) -> Metric:
        for labels, value in samples:
            family.add_metric((self._kit.config.bot, self._kit.node, *labels), value)
        return family


def _truth(yes: bool) -> float:
    return 1.0 if yes else 0.0
