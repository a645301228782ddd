"""The seams of ccxt are where we think they are, and give it our clock and our dice."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from random import Random

import aiohttp
import ccxt
import ccxt.pro
import pytest
from ccxt.async_support.base.exchange import Exchange
from ccxt.async_support.base.ws.client import Client

from engine.venues import VENUES, Credentials, open_door
from engine.venues.binance import Binance
from engine.venues.ccxt_kinds import KINDS, exchange
from engine.venues.ccxt_seams import QuietWire, Seam
from engine.venues.venue_clock import VenueClock
from tests.engine.resilience.hand_clock import HandClock
from tests.engine.venues.stage import SECRET


def a_seam(seed: int = 7) -> Seam:
    """Return what instances share, on a clock of ours."""
    dialect = Binance()
    return Seam(VenueClock(HandClock()), Random(seed), heard=lambda headers: None, read=dialect.read)


def test_what_is_overridden_is_there() -> None:
    """A new version of ccxt is looked at before it is used."""
    assert ccxt.__version__ == "4.5.90"
    for name in ("milliseconds", "seconds", "microseconds", "uuid", "uuid16", "uuid22", "random_bytes", "rand_number"):
        assert callable(getattr(Exchange, name)), name
    for name in ("incrementing_nonce", "on_rest_response", "handle_errors", "client", "close_ws_clients", "on_close"):
        assert callable(getattr(Exchange, name)), name
    for name in ("ping_loop", "future", "handle_message", "on_error", "closed", "send"):
        assert callable(getattr(Client, name)), name
    assert "Exchange.milliseconds()" in inspect.getsource(Client.ping_loop), (
        "the static clock is gone: so may be our cure"
    )
    assert set(KINDS) == set(VENUES)


@pytest.mark.parametrize("name", VENUES)
def test_ccxt_has_our_clock_our_dice_and_one_nonce_for_a_key(name: str) -> None:
    """Whatever an instance is for."""

    async def story() -> None:
        seam = a_seam()
        async with aiohttp.ClientSession() as session:
            keys = Credentials(api_key="k", secret=SECRET)
            first, second = (exchange(name, seam, session, keys, options={}, timeout_ns=10**9) for _ in range(2))
            assert first.milliseconds() == seam.clock.wall_ns() // 10**6
            assert [first.incrementing_nonce(), second.incrementing_nonce(), first.incrementing_nonce()] == [
                first.milliseconds() + step for step in range(3)
            ]
            assert len({first.uuid(), second.uuid(), first.uuid16(), first.uuid22(), first.random_bytes(8)}) == 5
            assert 10**5 <= first.rand_number(6) < 10**6
            assert first.number is str
            assert isinstance(first.client("wss://example.com"), QuietWire)
            first.clients, second.clients = {}, {}
            for each in (first, second):
                await each.close()
            assert not session.closed

    asyncio.run(story())


def test_the_same_seed_makes_the_same_ids() -> None:
    """And another seed others."""
    assert a_seam(1).hex(32) == a_seam(1).hex(32) != a_seam(2).hex(32)


def test_secrets_are_not_shown() -> None:
    """Not by printing what holds them."""
    assert repr(Credentials(api_key="the-key", secret="the-secret")) == "Credentials()"


def test_ccxt_is_loaded_by_the_first_venue_and_not_before() -> None:
    """A node without venues does without it."""
    code = "import sys, engine.venues, engine.venues.dialects; sys.exit('ccxt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_venue_that_we_do_not_speak_is_a_clear_error() -> None:
    """Before anything is opened."""
    with pytest.raises(KeyError, match="mtgox"):
        open_door("mtgox", HandClock())
