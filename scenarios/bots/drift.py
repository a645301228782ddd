"""An example of a model of one's own, in plain Python: the chance that a price goes on as it went."""

from math import exp


class Drift:
    """Logistic in the mean of the last returns.

    Args:
        steepness: how sure it gets of a given mean.
    """

    def __init__(self, *, steepness: float = 4000.0) -> None:
        self._steepness = steepness

    def predict(self, features: tuple[float, ...]) -> float:
        """Return the chance, between 0 and 1."""
        mean = sum(features) / len(features)
        return 1 / (1 + exp(-max(-50.0, min(50.0, self._steepness * mean))))
