"""Client order ids are a function of the intent alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.identity import Identity, is_ours, namespace

NAMES = st.text(st.characters(exclude_characters="|", exclude_categories=["Cs"]), min_size=1, max_size=12)
IDENTITIES = st.builds(Identity, bot=NAMES, strategy=NAMES, instrument=NAMES, decision=NAMES, leg=NAMES)


@given(IDENTITIES, IDENTITIES)
def test_two_intents_have_two_ids_and_one_intent_has_one(first: Identity, second: Identity) -> None:
    """And each is one that every venue takes."""
    assert (first == second) == (first.client_order_id == second.client_order_id)
    assert re.fullmatch(r"[a-z][a-z0-9]{17}", first.client_order_id)
    assert is_ours(first.client_order_id, first.bot)


def test_an_id_is_what_it_always_was() -> None:
    """A change here would make a new version send again what an old one has sent."""
    identity = Identity(
        bot="first-light", strategy="momentum", instrument="BTC/USDT", decision="1772323260", leg="kraken"
    )
    assert identity.client_order_id == "sp5l6jj6y3bxerw2sd"


def test_orders_of_others_are_not_ours() -> None:
    """Foreign orders are recognised as such."""
    assert not is_ours(None, "bot")
    assert not is_ours("x-TKT5PX2F0123456", "bot")
    assert not is_ours(namespace("other") + "a" * 12, "bot")


@pytest.mark.parametrize("name", ["", "a|b"])
def test_a_name_that_could_blur_two_intents_is_refused(name: str) -> None:
    """The separator cannot be part of a name."""
    with pytest.raises(ValueError, match="identity"):
        Identity(bot=name, strategy="s", instrument="i", decision="d", leg="l")
