"""A venue's test network is another host, and the real one is never dialled."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from engine.domain.errors import VenueTrouble
from engine.runtime.real.clock import RealClock
from engine.runtime.real.sockets import real_connectors
from engine.venues import TESTNETS, connect, open_door

HOSTS = {"binance": "testnet.binance.vision", "okx": "www.okx.com", "bybit": "api-testnet.bybit.com"}
"""OKX has one host for both; a header says which is meant."""


@pytest.mark.parametrize("name", TESTNETS)
def test_a_test_network_is_what_is_dialled(name: str) -> None:
    async def story() -> str:
        clock = RealClock()
        venue = connect(
            name,
            door=open_door(name, clock),
            credentials=None,
            connectors=real_connectors({}, beyond=()),
            random=Random(1),
            testnet=True,
        )
        try:
            with pytest.raises(VenueTrouble) as refused:
                await venue.open()
        finally:
            await venue.close()
        return str(refused.value)

    assert HOSTS[name] in asyncio.run(story())
