"""Mistakes about matches that are settled after they are told."""

from __future__ import annotations

import pytest

from engine.venues import polymarket_matches
from tests.defects.defect import Defect


def what_is_settled_stays(patch: pytest.MonkeyPatch) -> None:
    """Take what is on the chain for final, and read no further."""
    patch.setattr(polymarket_matches.Part, "over", property(lambda part: part.settled))


ANSWER_DEFECTS = (
    Defect(
        name="what a chain has settled stays settled",
        incident="design section 5: fills can be reversed",
        breaks="ledger_equals_venue",
        plant=what_is_settled_stays,
        weather="questions",
    ),
)
