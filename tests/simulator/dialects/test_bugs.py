"""A bug of a dialect is neither a bad request nor weather: it is told to the world."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.simulator.dialects.kraken.connection import PUBLIC
from tests.simulator.dialects.stage import Stage


def broken() -> Stage:
    """A Kraken that is in a state which nobody has thought of."""
    stage = Stage("kraken")
    strange: Any = "strange"
    stage.exchange.mode = strange
    return stage


def test_a_bug_behind_a_rest_call_is_a_complaint_and_a_500() -> None:
    stage = broken()
    statuses = []

    async def story(session: aiohttp.ClientSession) -> None:
        async with session.get("https://api.kraken.com/0/public/SystemStatus") as answer:
            statuses.append(answer.status)

    with pytest.raises(AssertionError, match="strange"):
        stage.browse(story)

    assert statuses == [500]
    assert len(stage.complaints) == 1


def test_a_bug_behind_a_stream_is_a_complaint() -> None:
    stage = broken()

    async def story(session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(PUBLIC) as socket:
            assert (await socket.receive()).type is not aiohttp.WSMsgType.TEXT

    with pytest.raises(AssertionError, match="strange"):
        stage.browse(story)

    assert len(stage.complaints) == 1
