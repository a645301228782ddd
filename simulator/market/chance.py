"""Normal deviates, the same on every Python."""

import random
from math import cos, log, sqrt, tau


def normal(random: random.Random) -> float:
    """Return a standard normal deviate (Box and Muller 1958).

    Made of `random()` alone, whose sequence Python promises to keep; that of `gauss` it does not.
    """
    draw = random.random
    return sqrt(-2.0 * log(1.0 - draw())) * cos(tau * draw())
