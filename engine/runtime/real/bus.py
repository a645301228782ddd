"""The bus of a real process: NATS JetStream behind `engine.ports.bus`.

A server that is away is no reason not to start: the engine knows what to do without a bus. One that is there and must
not be used (a wrong token, no JetStream, a version that lacks what is leant on) is told at once.
"""

import asyncio
import weakref
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import nats.errors
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError, NotFoundError

from engine.ports.bus import PENDING_MAX, BusUnavailable, RevisionStale
from engine.ports.clock import Clock
from engine.runtime.real.bus_connection import BusConnection, BusRefused, Link, put_to_rest
from engine.runtime.real.bus_layout import Layout
from engine.runtime.real.bus_reading import NS, Delivered, Heard, Inlet, Pull, StoredMessage, Value, silence

__all__ = ["BusRefused", "NatsBus", "open_bus"]

BATCH_MAX = 32
"""Stored messages that are asked for at a time: a reader that dies keeps no more than these from another one."""
BATCH_WITHIN_NS = 20 * NS
PAGE_MAX = 500
PAGE_WITHIN_NS = 2 * NS
UNACKNOWLEDGED_MAX = 256
CONSUMER_KEPT_S = 30.0
"""How long the server keeps what was needed to read one page of the past, if nobody takes it away."""
WRONG_LAST_SEQUENCE = (10071, 10164)


@asynccontextmanager
async def open_bus(
    urls: Sequence[str], *, token: str | None, name: str, space: str, clock: Clock, replicas: int = 1
) -> AsyncIterator["NatsBus"]:
    """Connect to a bus for as long as the context lasts; one that is away is looked for in the background.

    Args:
        urls: servers of one cluster (`nats://host:port`, `tls://…`), tried in turn.
        name: how this connection is called in the server's lists.
        space: the bot's name: bots of one cluster hear nothing of each other.
        replicas: on how many servers of the cluster each stored message lies, where its stream is new.

    Raises:
        BusRefused: a server is there that must not be used.
    """
    connection = BusConnection(urls, token=token, name=name, clock=clock)
    keeper = asyncio.create_task(connection.keep(), name="bus-client")
    try:
        await connection.tried()
        yield NatsBus(connection, Layout(space=space, replicas=replicas))
    finally:
        await put_to_rest(keeper)


class NatsBus:
    """See `engine.ports.bus.Bus`; made by `open_bus`."""

    def __init__(self, connection: BusConnection, layout: Layout) -> None:
        self._connection = connection
        self._layout = layout

    async def publish(self, subject: str, data: bytes) -> None:
        """See `engine.ports.bus.Bus`."""
        link = await self._connection.connected(subject)
        await self._connection.opened()
        try:
            await link.client.publish(self._layout.told(subject), data)
        except nats.errors.Error as problem:
            raise BusUnavailable(f"{subject} cannot be sent: {problem}") from None

    async def enqueue(self, subject: str, data: bytes, *, message_id: str) -> int:
        """See `engine.ports.bus.Bus`."""

        async def ask(link: Link) -> int:
            await link.ensure(self._layout.stream(subject))
            stored = await link.js.publish(self._layout.stored(subject), data, headers={"Nats-Msg-Id": message_id})
            return stored.seq

        return await self._connection.ask(subject, ask)

    def subscribe(self, pattern: str, *, pending_max: int = PENDING_MAX) -> Inlet[Heard]:
        """See `engine.ports.bus.Bus`."""
        inlet: Inlet[Heard] = Inlet(pending_max)
        self._connection.open(inlet, partial(self._listen, self._layout.told(pattern), weakref.ref(inlet)))
        return inlet

    def consume(self, pattern: str, *, durable: str, ack_wait_ns: int) -> Inlet[Delivered]:
        """See `engine.ports.bus.Bus`."""
        inlet: Inlet[Delivered] = Inlet(UNACKNOWLEDGED_MAX)
        consumer = ConsumerConfig(
            durable_name=durable,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ack_wait_ns / NS,
            max_ack_pending=UNACKNOWLEDGED_MAX,
            filter_subject=self._layout.stored(pattern),
        )
        self._connection.open(inlet, partial(self._consume, pattern, consumer, weakref.ref(inlet), inlet.hungry))
        return inlet

    async def history(self, pattern: str, *, after: int = 0) -> AsyncIterator[StoredMessage]:
        """See `engine.ports.bus.Bus`."""
        last = await self._connection.ask(pattern, partial(self._last, pattern))
        while after < last:
            page = await self._connection.ask(pattern, partial(self._page, pattern, after, last))
            for stored in page:
                after = stored.sequence
                yield stored
            if not page:
                return

    async def trim(self, pattern: str, *, before: int) -> None:
        """See `engine.ports.bus.Bus`."""

        async def ask(link: Link) -> bool:
            stream = await link.ensure(self._layout.stream(pattern))
            return await link.js.purge_stream(stream, seq=before, subject=self._layout.stored(pattern))

        if before > 1:  # a purge before 0 would be one of everything
            await self._connection.ask(pattern, ask)

    async def get(self, key: str) -> Value | None:
        """See `engine.ports.bus.Bus`."""

        async def ask(link: Link) -> tuple[Value | None]:
            stream = await link.ensure(self._layout.values)
            try:
                found = await link.js.get_last_msg(stream, self._layout.key(key))
            except NotFoundError:
                return (None,)
            return (Value(found.data or b"", found.seq or 0),)

        (value,) = await self._connection.ask(key, ask)
        return value

    async def put(self, key: str, value: bytes, *, revision: int | None = None) -> int:
        """See `engine.ports.bus.Bus`."""
        only = None if revision is None else {"Nats-Expected-Last-Subject-Sequence": str(revision)}

        async def ask(link: Link) -> int:
            await link.ensure(self._layout.values)
            try:
                return (await link.js.publish(self._layout.key(key), value, headers=only)).seq
            except APIError as problem:
                if problem.err_code not in WRONG_LAST_SEQUENCE:
                    raise
                told = f"{key} has not revision {revision} any more: somebody else has written it"
                raise RevisionStale(told) from None

        return await self._connection.ask(key, ask)

    # -- reading what comes

    async def _listen(
        self, subject: str, inlet: "weakref.ref[Inlet[Heard]]", link: Link, opened: asyncio.Event
    ) -> None:
        """Put what is published into an inlet, until cancelled."""

        async def hear(message: Msg) -> None:
            there = inlet()
            if there is not None:
                there.put(Heard(self._layout.subject(message.subject), message.data))

        ear = await link.client.subscribe(subject, cb=hear)
        opened.set()
        try:
            await link.lost.wait()
        finally:
            await silence(ear.unsubscribe())

    async def _consume(
        self,
        pattern: str,
        consumer: ConsumerConfig,
        inlet: "weakref.ref[Inlet[Delivered]]",
        hungry: asyncio.Event,
        link: Link,
        opened: asyncio.Event,
    ) -> None:
        """Ask for stored messages whenever the reader has none, until cancelled; tell it when that fails."""
        opened.set()  # what is stored waits
        try:
            stream = await link.ensure(self._layout.stream(pattern))
            await link.js.add_consumer(stream, consumer)
            async with Pull(link.client, stream, str(consumer.durable_name)) as pull:
                while True:
                    await hungry.wait()
                    async for message in pull.batch(BATCH_MAX, within_ns=BATCH_WITHIN_NS):
                        if (there := inlet()) is not None:
                            there.put(self._delivered(message))
        except (nats.errors.Error, TimeoutError, BusUnavailable) as problem:
            if (there := inlet()) is not None and not link.lost.is_set():
                there.fail(BusUnavailable(f"{pattern} cannot be read: {problem or 'no answer'}"))

    def _delivered(self, message: Msg) -> Delivered:
        return Delivered(
            self._layout.subject(message.subject),
            message.data,
            (message.headers or {}).get("Nats-Msg-Id", ""),
            (message.metadata.num_delivered or 1) > 1,
            int(message.metadata.timestamp.timestamp() * NS),
            partial(self._acknowledge, message.reply),
        )

    async def _acknowledge(self, reply: str) -> None:
        """Acknowledge over the connection of the moment; without one the message comes again."""
        if (link := self._connection.link) is not None:
            await silence(link.client.publish(reply, b"+ACK"))

    # -- reading the past

    async def _last(self, pattern: str, link: Link) -> int:
        """Return the last sequence that fits a pattern, from the server that leads its stream; 0 for none."""
        stream = await link.ensure(self._layout.stream(pattern))
        try:
            return (await link.js.get_last_msg(stream, self._layout.stored(pattern))).seq or 0
        except NotFoundError:
            return 0

    async def _page(self, pattern: str, after: int, last: int, link: Link) -> list[StoredMessage]:
        """Read a page of the past, up to a sequence that is known to be there.

        Any server of a cluster may read it, and may lag; so a page ends there, and not where nothing more comes.
        """
        stream = await link.ensure(self._layout.stream(pattern))
        consumer = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=after + 1,
            ack_policy=AckPolicy.NONE,
            mem_storage=True,
            inactive_threshold=CONSUMER_KEPT_S,
            filter_subject=self._layout.stored(pattern),
        )
        made = await link.js.add_consumer(stream, consumer)
        page: list[StoredMessage] = []
        async with Pull(link.client, stream, made.name) as pull:
            async for message in pull.batch(PAGE_MAX, within_ns=PAGE_WITHIN_NS):
                sequence = message.metadata.sequence.stream
                if sequence <= last:
                    page.append(StoredMessage(sequence, self._layout.subject(message.subject), message.data))
                if sequence >= last:
                    break
        await silence(link.js.delete_consumer(stream, made.name))
        if not page and await self._is_there(pattern, after, last, link):
            raise BusUnavailable(f"the bus does not show all that it has of {pattern}")
        return page

    async def _is_there(self, pattern: str, after: int, last: int, link: Link) -> bool:
        """Tell whether anything is left of a piece of the past: what was trimmed meanwhile need not be waited for."""
        stream = await link.ensure(self._layout.stream(pattern))
        try:
            first = await link.js.get_msg(stream, seq=after + 1, subject=self._layout.stored(pattern), next=True)
        except NotFoundError:
            return False
        return (first.seq or 0) <= last
