"""The simulator's message broker: what NATS JetStream is to the bot, in virtual time.

It runs on a machine of its own and is reached over links, so it can be slow, unreachable, or crash. What is stored
is durable one disk sync after it arrived, and only then acknowledged; a crash in between loses it, and its sender
knows, for it was never told otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from simulator.kernel import NS, Host, World
from simulator.network import Internet
from simulator.services.broker_streams import Durable, Streams, matches
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
    PONG,
    PUBLISH,
    PUT,
    STORED,
    SUBSCRIBE,
    TRIM,
    UNSUBSCRIBE,
    FrameProtocol,
)

Tap = Callable[[int, str, bytes], None]

SYNC_NS = 1_000_000
"""How long the broker's disk takes to make a message durable."""


class Broker:
    """One broker on one machine. `tap` shows an observer every message that was accepted."""

    def __init__(self, world: World, internet: Internet, *, name: str = "bus.internal", zone: str = "") -> None:
        self.name = name
        self.streams = Streams()
        self.sync_ns = SYNC_NS
        """How long its disk takes at present."""
        self.delivers_twice: Callable[[], bool] | None = None
        """A fault's hook: asked at every delivery whether it is made a second time, as after a lost acknowledgement."""
        self._world = world
        self._internet = internet
        self._taps: list[Tap] = []
        self.host = world.host("bus", self._serve, zone=zone)

    def tap(self, tap: Tap) -> None:
        """Call `tap(now_ns, subject, data)` for every message that is published or newly stored."""
        self._taps.append(tap)

    def saw(self, kind: str, subject: str, data: bytes) -> None:
        """Note an accepted message."""
        self._world.trace.record(kind, subject)
        for tap in self._taps:
            tap(self._world.now_ns(), subject, data)

    async def _serve(self, host: Host) -> None:
        serving = Serving(self, self.streams, host)
        self._internet.listen(host, [self.name], serving.accept)


class Serving:
    """One boot of the broker: who is connected, and who listens to what."""

    def __init__(self, broker: Broker, streams: Streams, host: Host) -> None:
        self._broker = broker
        self._streams = streams
        self._host = host
        self._listeners: dict[tuple[FrameProtocol, int], str] = {}
        self._bound: dict[str, list[tuple[FrameProtocol, int]]] = {}
        """Durable name to who asks for its messages; the latest who asked gets them, until it is gone."""
        self._alarms: dict[str, asyncio.TimerHandle] = {}
        self._receivers: dict[str, list[tuple[FrameProtocol, int]]] = {}
        """Subject to listeners: a memory of the patterns, forgotten whenever these change."""

    def accept(self) -> FrameProtocol:
        """Make the broker's end of a new connection."""
        return FrameProtocol(self._on_frame, self._on_lost)

    def _on_frame(self, client: FrameProtocol, frame: list[Any]) -> None:
        if frame[0] == PUBLISH:  # nearly always
            _, subject, data = frame
            self._publish(subject, data)
            return
        match frame:
            case [int(word), number, subject, data, message_id] if word == ENQUEUE:
                self._host.loop.call_later(
                    self._broker.sync_ns / NS, self._store, client, number, subject, data, message_id
                )
            case [int(word), number, pattern] if word == SUBSCRIBE:
                self._listeners[client, number] = pattern
                self._receivers.clear()
            case [int(word), number, pattern, name, wait_ns] if word == CONSUME:
                self._bound.setdefault(name, []).append((client, number))
                self._streams.durable(name, pattern, wait_ns)
                self._deliver(name)
            case [int(word), name, sequence] if word == ACKNOWLEDGE:
                self._streams.durables[name].acknowledge(sequence)
                self._deliver(name)
            case [int(word), number] if word == UNSUBSCRIBE:
                self._listeners.pop((client, number), None)
                self._receivers.clear()
                self._unbind(lambda bound: bound == (client, number))
            case [int(word)] if word == PING:
                client.send(PONG)
            case [int(word), number, *asked] if word in (GET, PUT, HISTORY, TRIM):
                self._on_question(client, word, number, *asked)

    def _on_question(self, client: FrameProtocol, word: int, number: int, *asked: Any) -> None:
        """Answer what is asked about the past and about values; what changes something first becomes durable."""
        match asked:
            case [key] if word == GET:
                there = self._streams.values.get(key)
                client.send(ANSWER, number, *((there.value, there.revision) if there is not None else ()))
            case [key, value, revision] if word == PUT:
                self._host.loop.call_later(self._broker.sync_ns / NS, self._put, client, number, key, value, revision)
            case [pattern, after, until] if word == HISTORY:
                until = self._streams.stored if until is None else until
                page = self._streams.page(pattern, after=after, until=until)
                rows = [(stored.sequence, stored.subject, stored.data) for stored in page]
                client.send(ANSWER, number, until, rows)
            case [pattern, before] if word == TRIM:
                self._host.loop.call_later(self._broker.sync_ns / NS, self._trim, client, number, pattern, before)

    def _put(self, client: FrameProtocol, number: int, key: str, value: bytes, revision: int | None) -> None:
        client.send(ANSWER, number, self._streams.put(key, value, revision))

    def _trim(self, client: FrameProtocol, number: int, pattern: str, before: int) -> None:
        self._streams.trim(pattern, before=before)
        client.send(ANSWER, number)

    def _on_lost(self, client: FrameProtocol) -> None:
        for key in [key for key in self._listeners if key[0] is client]:
            del self._listeners[key]
        self._unbind(lambda bound: bound[0] is client)
        self._receivers.clear()

    def _unbind(self, gone: Callable[[tuple[FrameProtocol, int]], bool]) -> None:
        for name, bound in self._bound.items():
            self._bound[name] = [one for one in bound if not gone(one)]

    # -- at most once

    def _publish(self, subject: str, data: bytes) -> None:
        self._broker.saw("published", subject, data)
        if subject not in self._receivers:
            self._receivers[subject] = [key for key, pattern in self._listeners.items() if matches(pattern, subject)]
        for listener, number in self._receivers[subject]:
            listener.send(MESSAGE, number, subject, data)

    # -- at least once

    def _store(self, client: FrameProtocol, number: int, subject: str, data: bytes, message_id: str) -> None:
        message = self._streams.store(subject, data, message_id, now_ns=self._broker_now_ns())
        client.send(STORED, number, self._streams.sequence(message_id))
        if message is None:
            return
        self._broker.saw("stored", subject, data)
        for name, durable in self._streams.durables.items():
            if matches(durable.pattern, subject):
                self._deliver(name)

    def _deliver(self, name: str) -> None:
        """Send a durable consumer all that it may have now, and come back when something must be sent again."""
        if not self._bound.get(name):
            return
        client, number = self._bound[name][-1]
        durable = self._streams.durables[name]
        while (due := durable.next(self._broker_now_ns())) is not None:
            message, redelivered = due
            twice = self._broker.delivers_twice is not None and self._broker.delivers_twice()
            for again in (redelivered, True)[: 1 + twice]:
                client.send(
                    DELIVERY, number, message.sequence, message.subject, message.data, message.message_id, again
                )
        self._set_alarm(name, durable)

    def _set_alarm(self, name: str, durable: Durable) -> None:
        if (alarm := self._alarms.pop(name, None)) is not None:
            alarm.cancel()
        due_ns = durable.due_ns()
        if due_ns is not None:
            delay_ns = max(0, due_ns - self._broker_now_ns())
            self._alarms[name] = self._host.loop.call_later(delay_ns / NS, self._deliver, name)

    def _broker_now_ns(self) -> int:
        return self._host.world.now_ns()  # outlives a reboot, as a wall clock would
