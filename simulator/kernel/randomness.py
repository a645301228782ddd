"""Chance, drawn from one seed as named streams.

Each user of chance has a stream of its own name (`market/BTC/USDT`, `fault/3`), seeded by a hash of the root
seed and that name. Adding a fault therefore does not move the market, and removing one leaves the others as
they were, which is what makes a failing schedule shrinkable.
"""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy


class Randomness:
    """Every stream of chance in one run."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def sub_seed(self, name: str) -> int:
        """Return the 64-bit seed of the stream called `name`: the same for the same root seed, everywhere."""
        digest = hashlib.blake2b(f"{self.seed}/{name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big")

    def stream(self, name: str) -> random.Random:
        """Return a new stream of chance, at its beginning."""
        return random.Random(self.sub_seed(name))

    def numbers(self, name: str) -> numpy.random.Generator:
        """Return a numpy generator for drawing in blocks (PCG64), at its beginning."""
        import numpy as np  # heavy, and only markets draw in blocks

        return np.random.Generator(np.random.PCG64(self.sub_seed(name)))
