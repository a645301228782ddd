"""Models that are sick, on the wire: nothing they say becomes a decision, and a replica with a healthy one goes on."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.domain.messages import AlertRaised, AlertResolved, Decision, Heartbeat
from engine.domain.money import Quantity
from engine.domain.opinions import SignalDisagreed, SignalRefused
from engine.ports.model import ModelFailed, ModelSpec
from engine.runtime.model_process import ModelProcess
from engine.services.forecasts import ForecastBounds, Forecaster, Nonsense, Refusal
from simulator.kernel import NS
from simulator.services import ModelSickness
from tests.engine.runtime.stage import Stage
from tests.engine.runtime.test_nodes import quote

MODEL = """
class Sure:
    def predict(self, features):
        return 0.5 + 100 * features[-1]
"""
SICK: list[tuple[str, dict[str, Any]]] = [
    ("not_finite", {"garbage": lambda _: float("nan")}),
    ("not_finite", {"garbage": lambda _: float("inf")}),
    ("absurd", {"garbage": lambda _: 1e9}),
    ("malformed", {"garbage": lambda _: "buy!"}),
    ("failed", {"crashes": True}),
    ("late", {"hangs": True}),
    ("late", {"delay_ns": 5 * NS}),
]


def forecasting(folder: Path, **changes: Any) -> Stage:
    (folder / "sure.py").write_text(MODEL)
    return Stage(
        strategy={"name": "forecast", "bar": "10s", "lookback": 1},
        model={"use": str(folder / "sure.py") + ":Sure", "low": 0, "high": 1, "within": "2s", "costs": "100ms"},
        **changes,
    )


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = forecasting(tmp_path)
    yield stage
    stage.world.close()


def test_a_model_is_asked_and_its_answer_followed_after_its_declared_time(stage: Stage) -> None:
    stage.boot("signal-a")
    quote(stage, from_s=1, until_s=60, step=100)
    stage.run(60)

    decided = [(at_ns, said) for at_ns, said in stage.said if isinstance(said, Decision)]
    assert len(decided) == 4
    assert {said.target for _, said in decided} == {Quantity("0.02")}
    assert all(1.1 <= at_ns / NS % 10 < 1.12 for at_ns, _ in decided)


@pytest.mark.parametrize(("why", "sickness"), SICK)
def test_a_sick_model_decides_nothing_is_counted_told_and_taken_up_again_when_it_is_well(
    stage: Stage, why: str, sickness: dict[str, Any]
) -> None:
    stage.sickness["signal-a"] = sick = ModelSickness(**sickness)
    stage.boot("signal-a")
    quote(stage, from_s=1, until_s=120, step=100)
    stage.run(65)

    assert stage.heard(Decision) == []
    refused = stage.heard(SignalRefused)
    assert [(each.why, each.count) for each in refused] == [(why, count) for count in range(1, len(refused) + 1)]
    assert len(refused) == 5
    assert f"refused so far: {len(refused) - 1} {why}" in stage.heard(Heartbeat)[-1].detail
    assert {alert.key for alert in stage.heard(AlertRaised)} == {"signal/signal-a/BTC/USDT/refused"}

    sick.crashes, sick.hangs, sick.garbage, sick.delay_ns = False, False, None, 0
    stage.run(25)
    assert len(stage.heard(Decision)) == 2
    assert [alert.key for alert in stage.heard(AlertResolved)] == ["signal/signal-a/BTC/USDT/refused"]


def test_a_replica_with_a_sick_model_costs_no_decision_while_another_is_well(stage: Stage) -> None:
    stage.sickness["signal-a"] = ModelSickness(hangs=True)
    stage.boot("signal-a", "signal-b")
    quote(stage, from_s=1, until_s=60, step=100)
    stage.run(60)

    assert len(stage.heard(Decision)) == 4
    assert {decision.node for decision in stage.heard(Decision)} == {"signal-b"}


NODES = {
    **{f"signal-{zone}": {"zone": zone, "runs": ["signal"]} for zone in "abc"},
    "rest": {"zone": "a", "runs": ["feed", "execution", "monitor"]},
}


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Stage]:
    stage = forecasting(tmp_path, nodes=NODES, signal={"quorum": 2, "gather": "5s"})
    yield stage
    stage.world.close()


def test_two_of_three_replicas_outvote_one_whose_model_is_off(three: Stage) -> None:
    """Its answers are no nonsense: each is a chance between 0 and 1, and the wrong one."""
    three.sickness["signal-a"] = ModelSickness(shift=-0.4)
    three.boot("signal-a", "signal-b", "signal-c")
    quote(three, from_s=1, until_s=60, step=100)
    three.run(60)

    assert {decision.target for decision in three.heard(Decision)} == {Quantity("0.02")}
    assert {int(decision.decision) % 60 for decision in three.heard(Decision)} == {20, 30, 40, 50}
    told = three.heard(SignalDisagreed)
    assert {(each.agreed, each.others) for each in told} == {(("signal-b", "signal-c"), ("signal-a",))}
    assert {alert.key for alert in three.heard(AlertRaised)} == {"signal/BTC/USDT/disagreement"}


def test_without_a_quorum_nothing_is_decided(three: Stage) -> None:
    three.sickness["signal-a"] = ModelSickness(shift=-0.4)
    three.sickness["signal-b"] = ModelSickness(crashes=True)
    three.boot("signal-a", "signal-b", "signal-c")
    quote(three, from_s=1, until_s=60, step=100)
    three.run(60)

    assert three.heard(Decision) == []
    assert all(len(each.agreed) < each.needed for each in three.heard(SignalDisagreed))
    assert three.heard(SignalDisagreed)


def test_a_dead_replica_leaves_a_quorum_of_the_other_two_and_nobody_counts_for_the_others(three: Stage) -> None:
    three.boot("signal-a", "signal-b", "signal-c")
    quote(three, from_s=1, until_s=100, step=100)
    three.run(35)
    three.world.crash("signal-b")
    three.run(65)

    assert len(three.heard(Decision)) == 8
    assert three.heard(SignalDisagreed) == []


# -- the real process


def asked(code: str, tmp_path: Path, story: Callable[[ModelProcess], Any]) -> Any:
    """Let a story meet a model of some code, in a process of its own."""
    (tmp_path / "real.py").write_text(code)

    async def told() -> Any:
        model = ModelProcess(ModelSpec(use=f"{tmp_path}/real.py:M"))
        try:
            return await story(model)
        finally:
            await model.abandon()

    return asyncio.run(told())


HANGS_AT_NAN = """
import os, time
class M:
    def predict(self, features):
        print("a model may print")
        if features[0] == 1: time.sleep(60)
        if features[0] == 2: os._exit(3)
        if features[0] == 3: raise ValueError("no luck")
        if features[0] == 4: return float("nan")
        return features[0] * 2
"""


def test_a_real_model_answers_fails_dies_and_is_there_again(tmp_path: Path) -> None:
    async def story(model: ModelProcess) -> list[object]:
        said: list[object] = []
        for question in (5.0, 3.0, 5.5, 2.0, 6.0):
            try:
                said.append(await model.predict((question,)))
            except ModelFailed as problem:
                said.append(str(problem))
        return said

    assert asked(HANGS_AT_NAN, tmp_path, story) == [
        10.0,
        "ValueError: no luck",
        11.0,
        "the model's process has died",
        12.0,
    ]


def test_a_real_model_that_hangs_is_abandoned_and_nan_is_seen(tmp_path: Path) -> None:
    async def story(model: ModelProcess) -> list[object]:
        forecaster = Forecaster(model, ForecastBounds(low=0, high=100, within_ns=3 * NS))
        return [await forecaster.ask((question,)) for question in (7.0, 1.0, 8.0, 4.0)]

    well, late, again, nan = asked(HANGS_AT_NAN, tmp_path, story)

    assert (well, again) == (14.0, 16.0)
    assert [each.why for each in (late, nan) if isinstance(each, Refusal)] == [Nonsense.LATE, Nonsense.NOT_FINITE]
