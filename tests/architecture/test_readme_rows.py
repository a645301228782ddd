"""The README links every row of the mission to its proof, and each proof is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = ("U1", "U1b", *(f"U{number}" for number in range(2, 26)))
LINK = re.compile(r"\[[^\]]+\]\(([^)]+)\)")
NAMED_TEST = re.compile(r"`(test_[a-z0-9_]+)`")


def rows() -> dict[str, str]:
    """Return the proofs of each row, as written."""
    found: dict[str, str] = {}
    for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if re.fullmatch(r"U\d+b?", cells[0]):
            assert cells[0] not in found, f"{cells[0]} stands twice in the README"
            found[cells[0]] = cells[-1]
    return found


def test_every_row_of_the_mission_is_there() -> None:
    """In the order of the mission."""
    assert tuple(rows()) == ROWS


@pytest.mark.parametrize("row", ROWS)
def test_the_proof_of_a_row_exists(row: str) -> None:
    """Files that are linked, and tests that are named, in one of the files beside them."""
    proof = rows()[row]
    targets = [ROOT / path for path in LINK.findall(proof)]

    assert targets
    for target in targets:
        assert target.exists(), f"{row}: there is no {target.relative_to(ROOT)}; link what proves it now"
    sources = "".join(target.read_text(encoding="utf-8") for target in targets if target.suffix == ".py")
    for name in NAMED_TEST.findall(proof):
        assert f"def {name}(" in sources, f"{row}: {name} is in none of the files; name the test that proves it now"
