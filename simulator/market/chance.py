"""Normal deviates, the same on every Python."""

import math
import random


def normal(random: random.Random) -> float:
    """Return a standard normal deviate (Box and Muller 1958).

    Made of `random()` alone, whose sequence Python promises to keep; that of `gauss` it does not.
    """
    radius = math.sqrt(-2.0 * math.log(1.0 - random.random()))
    return radius * math.cos(math.tau * random.random())
