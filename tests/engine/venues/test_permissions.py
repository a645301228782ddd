"""What a key may do, over real HTTP bytes: each venue is asked in its own words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.domain.ticket import Refused
from engine.domain.trouble import TroubleKind
from engine.ports.venue import KeyPermissions, Venue
from simulator.exchange.venue import ApiKey, Permission
from tests.engine.venues.stage import SECRET, VENUES, a_stage, a_ticket


@pytest.mark.parametrize("name", VENUES)
def test_a_key_that_trades_and_no_more_is_told_as_such(name: str) -> None:
    with a_stage(name) as stage:

        async def story(venue: Venue) -> KeyPermissions | None:
            return await venue.permissions()

        told = None if name == "polymarket" else KeyPermissions(trades=True, withdraws=False)  # a wallet tells nothing
        assert stage.tell(story) == told


@pytest.mark.parametrize("name", ["binance", "kraken"])
@pytest.mark.parametrize(
    ("may", "trades", "withdraws"), [(("read", "withdraw"), False, True), (("read", "trade", "withdraw"), True, True)]
)
def test_a_right_too_many_or_too_few_is_told(
    name: str, may: tuple[Permission, ...], trades: bool, withdraws: bool
) -> None:
    with a_stage(name) as stage:
        key = ApiKey(account="main", key="the-key", secret=SECRET)
        stage.simulated.issue_key(replace(key, may=frozenset(may)))

        async def story(venue: Venue) -> None:
            assert await venue.permissions() == KeyPermissions(trades=trades, withdraws=withdraws)
            outcome = await venue.place(a_ticket(venue))
            if not trades:
                assert isinstance(outcome, Refused)
                assert outcome.trouble.kind is TroubleKind.AUTH

        stage.tell(story)
