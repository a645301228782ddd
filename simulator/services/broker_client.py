"""A machine's connection to the broker: it reconnects by itself and takes up its subscriptions again.

The engine's bus port is fitted by shape. What cannot be sent in time, and what somebody else has replaced meanwhile,
raises the error class that was handed in, for the simulator does not know the engine's errors.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable
from typing import Any

from simulator.kernel import NS, Host
from simulator.network import Internet
from simulator.services.broker_subscription import Delivery, Message, Subscription
from simulator.services.broker_wire import (
    ACKNOWLEDGE,
    ANSWER,
    CONSUME,
    DELIVERY,
    ENQUEUE,
    GET,
    HISTORY,
    MESSAGE,
    PING,
    PUBLISH,
    PUT,
    STORED,
    SUBSCRIBE,
    TRIM,
    UNSUBSCRIBE,
    Entry,
    FrameProtocol,
    StoredMessage,
)

ANSWER_WITHIN_NS = 5 * NS
"""A message that is not stored within this time has failed, as far as its sender knows."""

RECONNECT_WAIT_NS = 50_000_000
CONNECT_WITHIN_NS = 2 * NS
QUIET_MAX_NS = 5 * NS
"""After this long without a frame the client asks each second whether the broker is there; after twice this long it
redials."""


class BrokerClient:
    """The bus of one machine, for one boot of it. Made and used on the machine's own loop."""

    def __init__(
        self,
        internet: Internet,
        host: Host,
        *,
        broker: str = "bus.internal",
        unavailable: Callable[[str], Exception],
        stale: Callable[[str], Exception],
    ) -> None:
        self._internet = internet
        self._host = host
        self._broker = broker
        self._unavailable = unavailable
        self._stale = stale
        self._numbers = 0
        self._subscriptions: weakref.WeakValueDictionary[int, Subscription] = weakref.WeakValueDictionary()
        self._asked: dict[int, asyncio.Future[list[Any]]] = {}
        self._connection: FrameProtocol | None = None
        self._is_connected = asyncio.Event()
        self._is_lost = asyncio.Event()
        self._heard_ns = 0
        self._takers: dict[int, Callable[..., None]] = {
            STORED: self._take_answer,
            ANSWER: self._take_answer,
            MESSAGE: self._take_message,
            DELIVERY: self._take_delivery,
        }
        self._ear: asyncio.TimerHandle | None = None
        self._keeper = host.spawn(self._keep_connected(), "bus-client")

    # -- the port

    async def publish(self, subject: str, data: bytes) -> None:
        """Send a message to whoever listens now."""
        connection = await self._connected(subject)
        connection.send(PUBLISH, subject, data)

    async def enqueue(self, subject: str, data: bytes, *, message_id: str) -> int:
        """Store a message, durably, and return its sequence. The same id is stored once."""
        (sequence,) = await self._ask(subject, ENQUEUE, subject, data, message_id)
        return int(sequence)

    def subscribe(self, pattern: str, *, pending_max: int = 1000) -> Subscription:
        """Listen from now on; of more than `pending_max` unread messages the oldest are dropped."""
        return self._open(pending_max, lambda number: (SUBSCRIBE, number, pattern))

    def consume(self, pattern: str, *, durable: str, ack_wait_ns: int) -> Subscription:
        """Read stored messages from the first that `durable` has not acknowledged; each comes again until it is."""
        return self._open(100_000, lambda number: (CONSUME, number, pattern, durable, ack_wait_ns))

    async def history(self, pattern: str, *, after: int = 0) -> AsyncIterator[StoredMessage]:
        """Read what is stored after a sequence, oldest first, page by page; end with what was there at the start."""
        until: int | None = None
        while True:
            until, rows = await self._ask(pattern, HISTORY, pattern, after, until)
            for sequence, subject, data in rows:
                after = sequence
                yield StoredMessage(sequence, subject, data)
            if not rows:
                return

    async def trim(self, pattern: str, *, before: int) -> None:
        """Forget what is stored with a lower sequence."""
        await self._ask(pattern, TRIM, pattern, before)

    async def get(self, key: str) -> Entry | None:
        """Return the value under a key, None when there was never one."""
        found = await self._ask(key, GET, key)
        return Entry(*found) if found else None

    async def put(self, key: str, value: bytes, *, revision: int | None = None) -> int:
        """Replace the value under a key, if it still has a revision (0: if there is none), and return the new one."""
        (replaced,) = await self._ask(key, PUT, key, value, revision)
        if replaced is None:
            raise self._stale(f"{key} has not revision {revision} any more: somebody else has written it")
        assert isinstance(replaced, int)
        return replaced

    # -- behind it

    async def _ask(self, about: str, word: int, *asked: Any) -> list[Any]:
        """Send a frame that the broker answers, and return the answer."""
        connection = await self._connected(about)
        number = self._next_number()
        answer: asyncio.Future[list[Any]] = self._host.loop.create_future()
        self._asked[number] = answer
        connection.send(word, number, *asked)
        patience = self._host.loop.call_later(ANSWER_WITHIN_NS / NS, self._wait_no_more, answer, about)
        try:
            return await answer
        finally:
            patience.cancel()
            self._asked.pop(number, None)

    def _wait_no_more(self, answer: asyncio.Future[list[Any]], about: str) -> None:
        if not answer.done():
            answer.set_exception(self._unavailable(f"the broker did not answer about {about} in time"))

    def _open(self, pending_max: int, opening: Callable[[int], tuple[Any, ...]]) -> Subscription:
        number = self._next_number()
        subscription = Subscription(pending_max, opening(number), self._give_up)
        self._subscriptions[number] = subscription
        if self._connection is not None:
            self._connection.send(*subscription.opening)
        return subscription

    def _give_up(self, number: int) -> None:
        if self._subscriptions.pop(number, None) is not None and self._connection is not None:
            self._connection.send(UNSUBSCRIBE, number)

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    async def _connected(self, subject: str) -> FrameProtocol:
        if self._connection is None:
            try:
                async with asyncio.timeout(ANSWER_WITHIN_NS / NS):
                    await self._is_connected.wait()
            except TimeoutError:
                raise self._unavailable(f"the broker is not connected; {subject} cannot be sent") from None
        if self._connection is None:
            raise self._unavailable(f"the broker's connection was lost; {subject} cannot be sent")
        return self._connection

    async def _keep_connected(self) -> None:
        while True:
            try:
                async with asyncio.timeout(CONNECT_WITHIN_NS / NS):
                    _, protocol = await self._internet.connect(self._host, self._broker, self._make_protocol)
            except OSError:
                await asyncio.sleep(RECONNECT_WAIT_NS / NS)
                continue
            assert isinstance(protocol, FrameProtocol)
            self._begin(protocol)
            await self._watch(protocol)
            self._end()

    def _make_protocol(self) -> FrameProtocol:
        return FrameProtocol(self._on_frame, self._on_lost)

    def _begin(self, protocol: FrameProtocol) -> None:
        self._connection = protocol
        self._is_lost.clear()
        self._is_connected.set()
        self._heard_ns = self._host.monotonic_ns()
        for _, subscription in sorted(self._subscriptions.items()):
            protocol.send(*subscription.opening)

    async def _watch(self, protocol: FrameProtocol) -> None:
        """Return when the connection is lost, or silent for twice the bound."""
        self._listen_on(protocol, QUIET_MAX_NS)
        try:
            await self._is_lost.wait()
        finally:
            assert self._ear is not None
            self._ear.cancel()

    def _listen_on(self, protocol: FrameProtocol, for_ns: int) -> None:
        self._ear = self._host.loop.call_later(for_ns / NS, self._mind_silence, protocol)

    def _mind_silence(self, protocol: FrameProtocol) -> None:
        """Ask whether the broker is there, or give it up: one timer a connection, set anew when it rings."""
        quiet_ns = self._host.monotonic_ns() - self._heard_ns
        if quiet_ns >= 2 * QUIET_MAX_NS:
            protocol.close()
            self._is_lost.set()
            return
        if quiet_ns >= QUIET_MAX_NS:
            protocol.send(PING)
        self._listen_on(protocol, max(QUIET_MAX_NS - quiet_ns, NS))

    def _end(self) -> None:
        self._connection = None
        self._is_connected.clear()
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(self._unavailable("the broker's connection was lost before it answered"))

    def _on_lost(self, protocol: FrameProtocol) -> None:
        if protocol is self._connection:
            self._is_lost.set()

    def _on_frame(self, protocol: FrameProtocol, frame: list[Any]) -> None:
        self._heard_ns = self._host.monotonic_ns()
        take = self._takers.get(frame[0])
        if take is not None:  # else it only says that the broker is there
            take(protocol, *frame[1:])

    def _take_answer(self, _protocol: FrameProtocol, number: int, *told: Any) -> None:
        answer = self._asked.get(number)
        if answer is not None and not answer.done():
            answer.set_result(list(told))

    def _take_message(self, protocol: FrameProtocol, number: int, subject: str, data: bytes) -> None:
        subscription = self._subscriptions.get(number)
        if subscription is None:
            protocol.send(UNSUBSCRIBE, number)
        else:
            subscription.put(Message(subject, data))

    def _take_delivery(
        self,
        protocol: FrameProtocol,
        number: int,
        sequence: int,
        subject: str,
        data: bytes,
        message_id: str,
        redelivered: bool,
    ) -> None:
        subscription = self._subscriptions.get(number)
        if subscription is None:
            protocol.send(UNSUBSCRIBE, number)
            return
        durable = subscription.opening[3]
        subscription.put(Delivery(subject, data, message_id, redelivered, lambda: self._acknowledge(durable, sequence)))

    def _acknowledge(self, durable: str, sequence: int) -> None:
        if self._connection is not None:
            self._connection.send(ACKNOWLEDGE, durable, sequence)
