"""A server that echoes, counts and streams, and a client machine to tell stories on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web

from simulator.kernel import Host, World
from simulator.network import Internet, LinkSpeed

NAME = "api.venue.example"
MS = 1_000_000

Story = Callable[[aiohttp.ClientSession], Awaitable[object]]


class Stage:
    """A server that echoes, counts and streams, and a client machine."""

    def __init__(self, seed: int = 1, **speed: int) -> None:
        self.world = World(seed)
        self.internet = Internet(self.world, speed=LinkSpeed(**speed) if speed else None)
        self.requests = 0
        self.server = self.world.host("server", self.serve)
        self.client = self.world.host("client")
        self.world.run(MS)

    async def serve(self, host: Host) -> None:
        app = web.Application()
        app.router.add_get("/hello", self.hello)
        app.router.add_post("/size", self.size)
        app.router.add_get("/ticks", self.ticks)
        await self.internet.serve(host, app, [NAME])
        await asyncio.sleep(1e9)

    async def hello(self, request: web.Request) -> web.Response:
        self.requests += 1
        return web.json_response({"hello": request.host, "n": self.requests})

    async def size(self, request: web.Request) -> web.Response:
        return web.json_response({"size": len(await request.read())})

    async def ticks(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        while not socket.closed:
            try:
                await socket.receive(timeout=1)
            except TimeoutError:
                await socket.send_json({"tick": "tock"})
        return socket

    def tell(self, story: Story) -> object:
        """Run a story with a client session on the client machine and return what it returns."""

        async def told() -> object:
            connector = self.internet.connector(self.client)
            async with aiohttp.ClientSession(connector=connector) as session:
                return await story(session)

        return self.world.complete(self.client.spawn(told()))


async def hello(session: aiohttp.ClientSession) -> dict[str, object]:
    async with session.get(f"https://{NAME}/hello") as answer:
        body: dict[str, object] = await answer.json()
        return {**body, "date": answer.headers["Date"]}
