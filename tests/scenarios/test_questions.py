"""A world with questions in it: who trades what, whose key is whose, and whose order a hash is."""

from __future__ import annotations

import random
from decimal import Decimal

from scenarios.observer import named_by_the_bot
from scenarios.record import OrderReported, RequestSeen, VenueOrder
from scenarios.venue_profiles import PROFILES

RAIN = "RAIN:YES/USDC"


def told(venue: str, client_order_id: str, venue_order_id: str | None) -> OrderReported:
    """The bot says what a venue calls an order."""
    return OrderReported(
        at_ns=1,
        client_order_id=client_order_id,
        venue=venue,
        instrument=RAIN,
        quantity=Decimal(1),
        filled=Decimal(0),
        state="open",
        reason="",
        sequence=1,
        venue_order_id=venue_order_id,
    )


def seen(venue: str, client_order_id: str) -> VenueOrder:
    """A venue has an order."""
    return VenueOrder(
        at_ns=1,
        venue=venue,
        order_id=1,
        client_order_id=client_order_id,
        instrument=RAIN,
        side="buy",
        quantity=Decimal(1),
        filled=Decimal(0),
        status="NEW",
        reason="",
    )


def test_questions_are_traded_where_questions_are_and_pairs_elsewhere() -> None:
    """No venue lists both."""
    for name, profile in PROFILES.items():
        assert profile.lists(RAIN) is (name == "polymarket")
        assert profile.lists("BTC/USDT") is (name != "polymarket")
    assert PROFILES["polymarket"].traded_as(RAIN) == RAIN


def test_the_key_that_a_bot_is_given_is_the_one_that_the_venue_issued() -> None:
    """Of a wallet it knows the address and the private half; the venue's own name for it follows."""
    for profile in PROFILES.values():
        key = profile.issue("main", random.Random(1))
        assert profile.key_of("main", profile.known_by(key), key.secret, key.passphrase) == key
    assert PROFILES["polymarket"].known_by(PROFILES["polymarket"].issue("main", random.Random(1))).startswith("0x")


def test_an_order_that_carries_no_id_is_told_by_what_the_bot_said_it_is_called() -> None:
    """What it never spoke of stays a stranger's, and elsewhere an order says itself whose it is."""
    named = named_by_the_bot([told("polymarket", "spaaa", "0xab"), told("polymarket", "spbbb", None)])
    assert named(seen("polymarket", "0xab")).client_order_id == "spaaa"
    assert named(seen("polymarket", "0xcd")).client_order_id == "0xcd"

    request = RequestSeen(
        at_ns=1, venue="polymarket", endpoint="orders", status=200, account="main", client_order_id="0xab"
    )
    assert named(request).client_order_id == "spaaa"

    elsewhere = named_by_the_bot([told("binance", "spaaa", "7")])
    assert elsewhere(seen("binance", "7")).client_order_id == "7"
