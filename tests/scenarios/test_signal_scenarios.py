"""The library's scenarios about deciding: mad models, what is only nice to have, prices that part, and quotes."""

from __future__ import annotations

import pytest

from scenarios import run_scenario
from scenarios.finding import Status
from scenarios.scenario import LIBRARY


@pytest.mark.parametrize("name", ["mad_models", "nice_to_have", "two_prices", "two_quotes"])
def test_it_is_held_and_what_it_is_about_happens(name: str) -> None:
    result = run_scenario(LIBRARY / f"{name}.yaml", seed=7)

    assert result.verdict is Status.HELD, [one for one in result.findings if one.status is not Status.HELD]
    if name == "nice_to_have":
        assert result.finding("optional_services_optional").exercised > 20


def test_the_example_of_a_learned_model_answers_a_chance() -> None:
    """It is run only where scikit-learn is installed: `pip install stormproof[models]`."""
    pytest.importorskip("sklearn")
    from engine.ports.model import ModelSpec
    from engine.runtime.model_host import make_model

    model = make_model(ModelSpec(use="./learned.py:LearnedTrend", folder=str(LIBRARY.parent / "bots")))
    rising, falling = model.predict((0.001,) * 5), model.predict((-0.001,) * 5)
    assert 0 <= falling < 0.5 < rising <= 1
