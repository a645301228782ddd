"""One request to a Coinbase endpoint, when limits and signature have been checked."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.dialects.coinbase.parameters import Fields, Query


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says, and who says it."""

    query: Query
    body: bytes
    account: str = ""
    named: str = ""
    """What stands in the path: an order, a product."""

    def fields(self) -> Fields:
        """Return the body as an object.

        Raises:
            Refused: it is not one.
        """
        return Fields.of(self.body)
