"""What Prometheus is told of a node is what happened, and nothing is counted twice."""

from decimal import Decimal
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from engine.domain.audit import AuditDone
from engine.domain.messages import OrderChanged, Protected, encode, message_id_of, subject_of
from engine.domain.money import Quantity
from simulator.services import BrokerClient
from tests.engine.runtime.health_stage import NODES, HealthStage
from tests.engine.runtime.trading_stage import BTC


def trading(*, decisions: int) -> HealthStage:
    """Return a stage whose bot has bought and sold in turn."""
    stage = HealthStage()
    stage.boot(*NODES)
    stage.run(20)
    for number in range(decisions):
        stage.decide("0.02" if number % 2 == 0 else "0", number)
        stage.run(20)
    return stage


def figures(stage: HealthStage, node: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Return what a node tells Prometheus: by name, by labels in the order of their names, without bot and node."""
    status, text = stage.ask(node, "/metrics")
    assert status == 200
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = dict(sample.labels)
            assert (labels.pop("bot"), labels.pop("node")) == ("test-bot", node)
            found.setdefault(sample.name, {})[tuple(labels[key] for key in sorted(labels))] = sample.value
    return found


def protected(position: str, covered: str) -> Protected:
    return Protected(venue="binance", instrument=BTC, position=Quantity(position), covered=Quantity(covered), at_ns=0)


def test_orders_requests_budgets_and_breakers_of_a_trading_bot_are_told() -> None:
    stage = trading(decisions=6)

    told = figures(stage, "exec-a")
    ended = [said for said in stage.heard(OrderChanged) if said.state in ("filled", "cancelled", "expired", "rejected")]
    assert len(ended) >= 5
    counted = [figures(stage, node).get("stormproof_orders_ended_total", {}) for node in ("exec-a", "exec-b")]
    assert sum(sum(ends.values()) for ends in counted) == len({said.client_order_id for said in ended})
    assert told["stormproof_orders_unknown"] == {("binance",): 0}
    assert told["stormproof_component_up"] == {("execution",): 1}
    placed = sum(1 for one in stage.requests if one.method == "POST" and one.path == "/api/v3/order")
    calls = told["stormproof_venue_calls_total"]
    assert calls["execution", "place", "binance"] == placed >= 5
    quantiles = told["stormproof_venue_call_seconds"]
    assert (
        0 < quantiles["execution", "place", "0.5", "binance"] <= quantiles["execution", "place", "0.99", "binance"] < 1
    )
    assert 0 < told["stormproof_budget_used_ratio"]["weight", "binance"] < 1
    assert told["stormproof_breaker_state"]["orders", "closed", "binance"] == 1
    assert told["stormproof_breaker_state"]["orders", "open", "binance"] == 0
    assert told["stormproof_loop_lag_seconds"][()] < 1
    stage.world.close()


def test_what_fails_is_seen_in_breakers_parts_and_alerts() -> None:
    stage = trading(decisions=1)
    stage.world.crash("binance")
    stage.run(120)

    feed = figures(stage, "feed-a")
    assert feed["stormproof_part_up"] == {("feed/binance",): 0}
    assert feed["stormproof_component_up"] == {("ingestion",): 0}
    assert any(name[2] == "stream-lost" or name[2] == "venue-unreachable" for name in feed["stormproof_alert_open"])
    closed = [one for one, value in feed["stormproof_breaker_state"].items() if one[1] == "closed" and value == 0]
    assert closed
    assert sum(feed["stormproof_venue_call_failures_total"].values()) > 0
    assert max(figures(stage, "exec-a")["stormproof_safety_state"].values()) >= 1
    stage.world.crash("bus")
    stage.run(40)
    assert figures(stage, "feed-a")["stormproof_bus_silent_seconds"][()] > 30
    stage.world.close()


def test_time_without_protection_is_counted_while_it_lasts_and_dust_is_not() -> None:
    stage = HealthStage()
    stage.boot("exec-a", "exec-b")
    stage.run(10)

    def bare() -> float:
        return round(figures(stage, "exec-a")["stormproof_unprotected_seconds_total"][BTC, "binance"], 1)

    said: list[tuple[float, Any]] = []
    for position, covered, run_s in (
        ("1", "0", 20),
        ("1", "0.5", 20),
        ("1", "1", 30),
        ("1", "0.9999", 30),
        ("-1", "0", 10),
    ):
        stage.speak(telling(protected(position, covered)))
        stage.run(run_s)
        said.append((run_s, bare()))

    assert [seconds for _, seconds in said] == [20, 40, 40, 40, 50]
    stage.world.close()


def test_an_end_that_is_told_again_is_counted_once_and_drift_is_that_of_the_last_sure_audit() -> None:
    stage = trading(decisions=2)
    before = figures(stage, "exec-b")["stormproof_orders_ended_total"]
    again = next(said for said in stage.heard(OrderChanged) if said.state == "filled")

    async def tell(bus: BrokerClient) -> None:
        await bus.enqueue(subject_of(again), encode(again), message_id=f"{message_id_of(again)}-again")

    stage.speak(tell)
    stage.run(1)
    for conclusive, amount in ((True, "0.5"), (False, "0.7")):
        audit = AuditDone(
            venue="binance", markets=1, unread=0, fills_found=0, orphans=0, foreign=0, began_ns=0, at_ns=0,
            differences={"BTC": Decimal(amount)}, conclusive=conclusive,
        )  # fmt: skip
        stage.speak(telling(audit))
        stage.run(1)

    assert figures(stage, "exec-b")["stormproof_orders_ended_total"] == before
    assert figures(stage, "exec-a")["stormproof_drift"] == {("BTC", "binance"): 0.5}
    stage.world.close()


def test_without_the_token_no_figure_is_told() -> None:
    stage = HealthStage()
    stage.boot("exec-a")
    stage.run(10)

    assert stage.ask("exec-a", "/metrics", token=None) == (401, "bring the token\n")
    assert stage.ask("exec-a", "/metrics", token="another")[0] == 401
    stage.world.close()


def telling(message: Any) -> Any:
    """Return a story that says something to everybody."""

    async def tell(bus: BrokerClient) -> None:
        await bus.publish(subject_of(message), encode(message))

    return tell
