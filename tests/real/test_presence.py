"""What is missing skips a test on a person's machine, and never where it decides what lands."""

from __future__ import annotations

import pytest

from tests.real.presence import needed


def test_what_is_missing_is_red_in_ci_and_a_skip_elsewhere() -> None:
    with pytest.raises(pytest.fail.Exception, match="Toxiproxy is not on this machine: make servers"):
        needed(None, "Toxiproxy", "make servers", environment={"CI": "true"})
    with pytest.raises(pytest.skip.Exception, match="make servers"):
        needed(None, "Toxiproxy", "make servers", environment={})
    assert needed("there", "Toxiproxy", "make servers", environment={"CI": "true"}) == "there"
