"""The simulated internet: real aiohttp on both ends, and every way in which a connection can go wrong."""

from __future__ import annotations

import asyncio
import gc

import aiohttp
import pytest

from simulator.kernel import NS
from tests.simulator.network.stage import MS, NAME, Stage, hello


def test_an_https_request_takes_two_round_trips_of_virtual_time_and_none_of_real(stage: Stage) -> None:
    before_ns = stage.world.now_ns()

    answer = stage.tell(hello)

    assert answer == {"hello": NAME, "n": 1, "date": "Sun, 01 Mar 2026 00:00:00 GMT"}
    assert stage.world.now_ns() - before_ns == 4 * 5 * MS  # connect, then ask
    stage.world.close()


def test_an_unknown_name_does_not_resolve(stage: Stage) -> None:
    with pytest.raises(aiohttp.ClientConnectorError, match="Name or service not known"):
        stage.tell(lambda session: session.get("https://nowhere.example/"))
    stage.world.close()


def test_a_refused_connection_fails_and_an_accepted_one_works_again(stage: Stage) -> None:
    stage.internet.refuse([NAME])
    with pytest.raises(aiohttp.ClientConnectorError, match="Connection refused"):
        stage.tell(hello)

    stage.internet.accept([NAME])

    assert stage.tell(hello)
    stage.world.close()


def test_a_black_hole_makes_the_client_wait_and_its_repair_lets_the_request_through(stage: Stage) -> None:
    stage.internet.link("client", "server").black_hole()
    stage.world.call_later(7 * NS, stage.internet.link("client", "server").repair)

    async def patient(session: aiohttp.ClientSession) -> object:
        with pytest.raises(TimeoutError):
            async with session.get(f"https://{NAME}/hello", timeout=aiohttp.ClientTimeout(total=3)):
                pass
        return await hello(session)

    stage.tell(patient)

    assert stage.world.now_ns() > 7 * NS
    assert stage.requests == 1
    stage.world.close()


def test_a_stream_is_reset_and_the_client_hears_of_it_at_once(stage: Stage) -> None:
    stage.world.call_later(int(3.5 * NS), lambda: stage.internet.reset("server"))

    async def listen(session: aiohttp.ClientSession) -> list[str]:
        async with session.ws_connect(f"wss://{NAME}/ticks") as socket:
            return [message.type.name async for message in socket]

    kinds = stage.tell(listen)

    assert kinds == ["TEXT"] * 3
    assert stage.world.now_ns() < 4 * NS
    stage.world.close()


def test_of_a_power_cut_the_client_learns_nothing_until_the_machine_has_booted_again(stage: Stage) -> None:
    stage.world.call_later(int(2.5 * NS), lambda: stage.world.crash("server"))
    stage.world.call_later(60 * NS, lambda: stage.world.reboot("server"))

    async def listen(session: aiohttp.ClientSession) -> tuple[int, str]:
        async with session.ws_connect(f"wss://{NAME}/ticks") as socket:
            heard = 0
            while True:
                try:
                    async with asyncio.timeout(10):
                        message = await socket.receive()
                except TimeoutError:
                    await socket.ping()
                    continue
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return heard, message.type.name
                heard += 1

    assert stage.tell(listen) in {(2, "CLOSED"), (2, "ERROR"), (2, "CLOSING")}
    assert stage.world.now_ns() > 60 * NS
    assert stage.tell(hello)
    stage.world.close()


def test_the_sessions_of_a_dead_machine_end_without_a_word(stage: Stage) -> None:
    sessions: list[aiohttp.ClientSession] = []

    async def leave_one_open(_: aiohttp.ClientSession) -> object:
        sessions.append(aiohttp.ClientSession(connector=stage.internet.connector(stage.client)))
        return await hello(sessions[0])

    assert stage.tell(leave_one_open)
    stage.world.crash("client")
    sessions.clear()
    gc.collect()  # a ResourceWarning here would be an error
    stage.world.close()


def test_capacity_and_jitter_slow_a_link_down() -> None:
    stage = Stage(delay_ns=5 * MS, jitter_ns=2 * MS, bytes_per_s=100_000)

    async def upload(session: aiohttp.ClientSession) -> object:
        async with session.post(f"https://{NAME}/size", data=b"x" * 200_000) as answer:
            return await answer.json()

    assert stage.tell(upload) == {"size": 200_000}
    assert 2 * NS < stage.world.now_ns() < 2.2 * NS
    stage.world.close()


def test_what_is_sent_on_one_connection_arrives_in_order_whatever_the_jitter() -> None:
    stage = Stage(delay_ns=MS, jitter_ns=50 * MS)
    received: list[bytes] = []

    class Sink(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            received.append(data)

    async def send(session: aiohttp.ClientSession) -> None:
        transport, _ = await stage.internet.connect(stage.client, "sink", asyncio.Protocol)
        for n in range(100):
            transport.write(b"%d" % n)
            await asyncio.sleep(0.001)
        await asyncio.sleep(1)

    stage.internet.listen(stage.server, ["sink"], Sink)
    stage.tell(send)

    assert received == [b"%d" % n for n in range(100)]
    stage.world.close()


def test_a_writer_is_paused_while_too_much_is_under_way(stage: Stage) -> None:
    log: list[str] = []

    class Writer(asyncio.Protocol):
        def pause_writing(self) -> None:
            log.append("pause")

        def resume_writing(self) -> None:
            log.append("resume")

    async def flood(session: aiohttp.ClientSession) -> None:
        transport, _ = await stage.internet.connect(stage.client, "sink", Writer)
        for _ in range(10):
            transport.write(b"x" * 100_000)
        await asyncio.sleep(1)

    stage.internet.listen(stage.server, ["sink"], asyncio.Protocol)
    stage.tell(flood)

    assert log == ["pause", "resume"]
    stage.world.close()
