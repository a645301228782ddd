"""Binance's WebSocket connections: the public streams and the user data stream, request by request.

What both have in common with the venue's: pings every 20 s, a cut after a minute without a pong, an end after 24
hours, and a cut for whoever sends more than five messages in a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from simulator.dialects.binance.front import MS, Front
from simulator.dialects.binance.pace import Channel, Subscriber
from simulator.dialects.binance.parameters import Parameters
from simulator.dialects.binance.refusals import BAD_KEY, Refused
from simulator.dialects.binance.settings import NS
from simulator.dialects.binance.signing import check_signature, check_window, given_signature, known_key
from simulator.dialects.binance.streams import Channels, names_in_path
from simulator.dialects.binance.user_events import UserEvents
from simulator.dialects.streams import PING, StreamSocket, frame
from simulator.exchange.timeline import Cancellable

POLICY_VIOLATION = 1008
METHODS = "SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY, GET_PROPERTY"


class Keeper:
    """Keeps one connection honest: pings, pong deadline, end of life, and how much it may say."""

    def __init__(self, front: Front, socket: StreamSocket) -> None:
        self._front = front
        self._socket = socket
        self._ponged_ns = self._born_ns = front.timeline.now_ns()
        self._second = -1
        self._messages = 0
        self._timer: Cancellable | None = None
        self._wind()

    def heard(self) -> bool:
        """Count a message of the client; say whether it may be read."""
        second = self._front.timeline.wall_ns() // NS
        if second != self._second:
            self._second, self._messages = second, 0
        self._messages += 1
        if self._messages > self._front.settings.stream_messages_per_second_max:
            self._socket.close(POLICY_VIOLATION, "Too many requests")
            return False
        return True

    def ponged(self) -> None:
        """Note a pong."""
        self._ponged_ns = self._front.timeline.now_ns()

    def stop(self) -> None:
        """Stop watching: the connection has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wind(self) -> None:
        self._timer = self._front.timeline.call_later(self._front.settings.ping_interval_ns, self._look)

    def _look(self) -> None:
        now_ns, settings = self._front.timeline.now_ns(), self._front.settings
        if now_ns - self._ponged_ns > settings.pong_timeout_ns or now_ns - self._born_ns >= settings.stream_life_ns:
            self._timer = None
            self._socket.close(POLICY_VIOLATION, "Disconnected")
            return
        self._socket.send_frame(frame(str(self._front.wall_ms()).encode(), PING))
        self._wind()


class PublicSession:
    """A connection to the public streams."""

    def __init__(self, front: Front, channels: Channels, socket: StreamSocket, request: web.Request) -> None:
        path, _, query = request.raw_path.partition("?")
        names, wrapped = names_in_path(path, query)
        self._front = front
        self._channels = channels
        self._socket = socket
        self._keeper = Keeper(front, socket)
        self._subscriber = Subscriber(socket.send_frame, wrapped=wrapped)
        self._held: dict[str, list[Channel]] = {}
        for name in names:
            found = channels.find(name)
            if found is not None:
                self._hold(name, found)

    def received(self, text: str) -> None:
        """Answer a request."""
        if self._keeper.heard():
            self._socket.send(msgspec.json.encode(self._answer(text)))

    def ponged(self) -> None:
        """Note a pong."""
        self._keeper.ponged()

    def closed(self) -> None:
        """Give back every stream."""
        self._keeper.stop()
        for name in list(self._held):
            self._let_go(name)

    def _answer(self, text: str) -> Mapping[str, Any]:
        try:
            request = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}
        request_id = request.get("id")
        if request_id is not None and not isinstance(request_id, int | str):
            return _error(2, "Invalid request: request ID must be an unsigned integer", None)
        method = request.get("method")
        if method is None:
            return _error(2, "Invalid request: missing field `method`", request_id)
        if method == "LIST_SUBSCRIPTIONS":
            return {"result": list(self._held), "id": request_id}
        if method not in ("SUBSCRIBE", "UNSUBSCRIBE"):
            return _error(2, f"Invalid request: unknown variant `{method}`, expected one of {METHODS}", request_id)
        return self._change(method == "SUBSCRIBE", request.get("params"), request_id)

    def _change(self, holds: bool, names: object, request_id: int | str | None) -> Mapping[str, Any]:
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return _error(2, "Invalid request: params must be a list of streams", request_id)
        if len(self._held) + len(names) > self._front.settings.streams_per_connection_max:
            return _error(2, "Invalid request: too many parameters", request_id)
        found = {name: self._channels.find(name) for name in names}
        if None in found.values():
            return _error(2, "Invalid request: invalid stream", request_id)
        for name, channels in found.items():
            if holds:
                self._hold(name, channels or [])
            else:
                self._let_go(name)
        return {"result": None, "id": request_id}

    def _hold(self, name: str, channels: list[Channel]) -> None:
        self._held[name] = channels
        for channel in channels:
            channel.holders[self._subscriber] = None

    def _let_go(self, name: str) -> None:
        for channel in self._held.pop(name, []):
            channel.holders.pop(self._subscriber, None)


class UserSession:
    """A connection to the WebSocket API, of which the user data stream is served."""

    def __init__(self, front: Front, events: UserEvents, socket: StreamSocket, _request: web.Request) -> None:
        self._front = front
        self._events = events
        self._socket = socket
        self._keeper = Keeper(front, socket)
        self._subscriptions: dict[int, Callable[[], None]] = {}
        self._born = 0
        self._methods: Mapping[str, Callable[[Parameters, Mapping[str, Any]], Any]] = {
            "ping": lambda _parameters, _sent: {},
            "time": lambda _parameters, _sent: {"serverTime": front.wall_ms()},
            "userDataStream.subscribe.signature": self._subscribe,
            "userDataStream.unsubscribe": self._unsubscribe,
            "session.subscriptions": lambda _parameters, _sent: [
                {"subscriptionId": number} for number in self._subscriptions
            ],
        }

    def received(self, text: str) -> None:
        """Answer a request."""
        if self._keeper.heard():
            self._socket.send(msgspec.json.encode(self._answer(text)))

    def ponged(self) -> None:
        """Note a pong."""
        self._keeper.ponged()

    def closed(self) -> None:
        """End every subscription."""
        self._keeper.stop()
        for end in self._subscriptions.values():
            end()
        self._subscriptions.clear()

    def _answer(self, text: str) -> Mapping[str, Any]:
        try:
            request = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return _failure(None, Refused(-1135, "Invalid JSON Request"), [])
        request_id = request.get("id")
        if not isinstance(request_id, int | str | None):
            request_id = None
        weights = self._weights()
        method = self._methods.get(str(request.get("method")))
        if method is None:
            return _failure(request_id, Refused(-1020, "This operation is not supported."), weights)
        sent = request.get("params", {})
        try:
            result = method(Parameters(_as_text(sent)), sent)
        except Refused as refused:
            return _failure(request_id, refused, weights)
        return {"id": request_id, "status": 200, "result": result, "rateLimits": weights}

    def _subscribe(self, parameters: Parameters, sent: Mapping[str, Any]) -> Mapping[str, Any]:
        key = known_key(self._front.venue, parameters.text("apiKey"))
        check_window(parameters, self._front.settings, self._front.wall_ms())
        given = given_signature(parameters)
        signed = "&".join(f"{name}={sent[name]}" for name in sorted(sent) if name != "signature")
        check_signature(key, signed.encode(), given)
        number = self._born
        self._born += 1
        self._subscriptions[number] = self._events.subscribe(
            key.account, lambda event: self._socket.send(b'{"subscriptionId":%d,"event":%s}' % (number, event))
        )
        return {"subscriptionId": number}

    def _unsubscribe(self, parameters: Parameters, _sent: Mapping[str, Any]) -> Mapping[str, Any]:
        number = parameters.long("subscriptionId")
        numbers = list(self._subscriptions) if number is None else [number]
        for one in numbers:
            end = self._subscriptions.pop(one, None)
            if end is None:
                raise Refused(*BAD_KEY)
            end()
            ended = {"e": "eventStreamTerminated", "E": self._front.timeline.wall_ns() // MS}
            self._socket.send(msgspec.json.encode({"subscriptionId": one, "event": ended}))
        return {}

    def _weights(self) -> list[Mapping[str, Any]]:
        used = self._front.limits.spend_quietly(self._socket.peer, 2)
        most = self._front.settings.weight_per_minute_max
        limit = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": most}
        return [{**limit, "count": used}]


def _as_text(sent: object) -> Mapping[str, str]:
    """Return parameters sent as JSON as the text they would be in a query."""
    if not isinstance(sent, dict):
        raise Refused(-1130, "Data sent for parameter 'params' is not valid.")
    for value in sent.values():
        if isinstance(value, dict | list | bool) or value is None:
            raise Refused(-1130, "Data sent for parameter 'params' is not valid.")
    return {name: str(value) for name, value in sent.items()}


def _error(code: int, text: str, request_id: int | str | None) -> Mapping[str, Any]:
    return {"error": {"code": code, "msg": text}, "id": request_id}


def _failure(request_id: int | str | None, refused: Refused, weights: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    error = {"code": refused.code, "msg": refused.text}
    return {"id": request_id, "status": refused.status, "error": error, "rateLimits": weights}
