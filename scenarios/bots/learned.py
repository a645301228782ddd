"""An example of a model of one's own: a scikit-learn classifier that learns whether the next return is positive.

It needs `pip install stormproof[models]`; scikit-learn is imported when the model is made, in the model's own process,
so the engine runs without it. It learns from prices made up here, in which moves tend to go on, so that the example
needs no data. A model in earnest would load what it learned elsewhere: give it the file as a parameter.
"""

from __future__ import annotations

from typing import Any


class LearnedTrend:
    """Logistic regression on the last returns; answers the chance that the next is positive.

    Args:
        lookback: how many returns it is shown.
        seed: of the prices that it learns from.
    """

    def __init__(self, *, lookback: int = 5, seed: int = 7) -> None:
        import numpy as np
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        shocks = np.random.default_rng(seed).normal(scale=0.001, size=4000)
        returns = shocks.copy()
        for now in range(1, len(returns)):
            returns[now] += 0.3 * returns[now - 1]
        shown = np.lib.stride_tricks.sliding_window_view(returns[:-1], lookback)
        rose = returns[lookback:] > 0
        self._model: Any = make_pipeline(StandardScaler(), LogisticRegression())
        self._model.fit(shown, rose)

    def predict(self, features: tuple[float, ...]) -> float:
        """Return the chance, between 0 and 1."""
        return float(self._model.predict_proba([features])[0, 1])
