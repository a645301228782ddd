"""Mistakes in deciding: a model that is waited for, a replica that has to see everything itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.ports.strategy import Bar, Features
from engine.services.forecasts import Forecaster, Refusal, judged
from engine.services.outlook import Outlook
from engine.services.signal import Desk, Signal
from tests.defects.defect import Defect


def a_hung_model_is_waited_for(patch: pytest.MonkeyPatch) -> None:
    """Ask the model, and wait for its answer before the next bar is closed."""

    async def ask(forecaster: Forecaster, features: Features) -> float | Refusal:
        return judged(await forecaster._model.predict(features), forecaster._bounds)

    async def close_bars(signal: Signal, end_ns: int, _group: object) -> None:
        for symbol, desk in signal._desks.items():
            if signal._outlook.close_bar(symbol, end_ns) is not None:
                await decide(signal, desk, symbol)

    async def decide(signal: Signal, desk: Desk, symbol: str) -> None:
        if (view := signal._outlook.view(symbol)) is not None:
            await signal._decide(desk, view)

    patch.setattr(Forecaster, "ask", ask)
    patch.setattr(Signal, "_close_bars", close_bars)


def a_replica_begins_without_its_bars(patch: pytest.MonkeyPatch) -> None:
    """See all bars oneself after a restart, however far the strategy looks back."""

    def recall(_outlook: Outlook, _symbol: str, _bars: Sequence[Bar], **_times: int) -> int:
        return 0

    patch.setattr(Outlook, "recall", recall)


SIGNAL_DEFECTS = (
    Defect(
        name="a replica begins without its bars",
        incident="mission U22",
        breaks="recovered_in_time",
        plant=a_replica_begins_without_its_bars,
        weather="rolling_restart",
    ),
    Defect(
        name="a hung model is waited for",
        incident="mission U3",
        breaks="recovered_in_time",
        plant=a_hung_model_is_waited_for,
        weather="hung_models",
    ),
)
