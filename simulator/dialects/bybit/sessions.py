"""Bybit's WebSocket connections: the public topics of a category, and the private ones behind a signature.

Clients ping with JSON, and only so; a connection on which nothing is said for ten minutes is cut. Who asks for a topic
that he holds, or that there is none of, is told so and keeps his connection.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from simulator.dialects.bybit.boards import Boards, TickerTopic
from simulator.dialects.bybit.books import DepthTopic
from simulator.dialects.bybit.dcp import TOPICS as DCP_TOPICS
from simulator.dialects.bybit.front import Front
from simulator.dialects.bybit.parameters import WHOLE
from simulator.dialects.bybit.private_events import KNOWN, PrivateEvents
from simulator.dialects.bybit.settings import NS
from simulator.dialects.bybit.signing import matches
from simulator.dialects.bybit.topics import Topic
from simulator.dialects.streams import StreamSocket
from simulator.exchange.timeline import Cancellable

Reply = Mapping[str, Any]

LOOK_NS = 30 * NS
"""How often a connection is looked at for having been silent too long."""


class Session(ABC):
    """What both kinds of connections have in common: requests, pings, silence."""

    names_all = False
    """Whether an answer has a `req_id` even where the request had none."""

    def __init__(self, front: Front, socket: StreamSocket) -> None:
        self.front = front
        self.socket = socket
        self.connection = front.new_connection()
        self._spoke_ns = front.timeline.now_ns()
        self._timer: Cancellable | None = front.timeline.call_later(LOOK_NS, self._look)

    def received(self, text: str) -> None:
        """Answer a request."""
        self._spoke_ns = self.front.timeline.now_ns()
        try:
            request = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            self.reply("", {}, success=False, text="error:request is not valid json")
            return
        op = request.get("op")
        name = op if isinstance(op, str) else ""
        arguments = request.get("args", [])
        if name == "ping":
            self.pong(request)
        elif name not in ("subscribe", "unsubscribe", "auth") or not isinstance(arguments, list):
            self.reply(name, request, success=False, text="error:invalid op")
        else:
            self.asked(name, arguments, request)

    @abstractmethod
    def asked(self, op: str, arguments: list[Any], request: Reply) -> None:
        """Do what a request says."""

    @abstractmethod
    def pong(self, request: Reply) -> None:
        """Answer a ping."""

    def ponged(self) -> None:  # noqa: B027  # whatever the kind of session, there is nothing to do
        """Take no note of a pong: nobody was pinged."""

    def closed(self) -> None:
        """Stop watching: the connection has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def send(self, payload: bytes) -> None:
        """Send a message; it keeps the connection alive."""
        self._spoke_ns = self.front.timeline.now_ns()
        self.socket.send(payload)

    def send_frame(self, framed: bytes) -> None:
        """Send a frame that others get, too."""
        self._spoke_ns = self.front.timeline.now_ns()
        self.socket.send_frame(framed)

    def reply(self, op: str, request: Reply, *, success: bool, text: str) -> None:
        """Answer a request in the form they all share."""
        named = {"req_id": _req_id(request)} if self.names_all or "req_id" in request else {}
        body = {"success": success, "ret_msg": text, "op": op, "conn_id": self.connection, **named}
        self.send(msgspec.json.encode(body))

    def _look(self) -> None:
        if self.front.timeline.now_ns() - self._spoke_ns >= self.front.settings.stream_idle_ns:
            self._timer = None
            self.socket.close(1000, "idle")
            return
        self._timer = self.front.timeline.call_later(LOOK_NS, self._look)


class PublicSession(Session):
    """A connection to the public topics of one category."""

    names_all = True

    def __init__(self, front: Front, boards: Boards, socket: StreamSocket, category: str) -> None:
        super().__init__(front, socket)
        self._topics: Mapping[str, Topic] = boards.spot if category == "spot" else {}
        self._held: dict[str, Topic] = {}

    def asked(self, op: str, arguments: list[Any], request: Reply) -> None:
        """Hold topics, or let them go: all that a request names, or none."""
        if op == "auth":
            self.reply(op, request, success=False, text="error:invalid op")
            return
        problem = self._problem(op, arguments)
        if problem is not None:
            self.reply(op, request, success=False, text=problem)
            return
        self.reply(op, request, success=True, text="subscribe" if op == "subscribe" else "")
        for name in arguments:
            if op == "subscribe":
                self._hold(self._topics[name])
            else:
                self._held.pop(name).holders.pop(self, None)

    def pong(self, request: Reply) -> None:
        """Answer a ping."""
        self.reply("ping", request, success=True, text="pong")

    def closed(self) -> None:
        """Give back every topic."""
        super().closed()
        for topic in self._held.values():
            topic.holders.pop(self, None)
        self._held.clear()

    def _problem(self, op: str, arguments: list[Any]) -> str | None:
        most = self.front.settings.stream_topics_per_request_max
        if not arguments or len(arguments) > most:
            return f"args size >{most}" if arguments else "error:args is empty"
        for place, name in enumerate(arguments):
            if not isinstance(name, str) or name not in self._topics:
                return f"error:handler not found,topic:{_shown(name)}"
            is_held = name in self._held
            if name in arguments[:place] or is_held is (op == "subscribe"):
                return f"error:{'already' if op == 'subscribe' else 'not'} subscribed,topic:{name}"
        return None

    def _hold(self, topic: Topic) -> None:
        self._held[topic.name] = topic
        if isinstance(topic, DepthTopic | TickerTopic):
            self.send(topic.snapshot())
        topic.holders[self] = self.send_frame


class PrivateSession(Session):
    """A connection to the private topics of one account."""

    def __init__(self, front: Front, events: PrivateEvents, socket: StreamSocket) -> None:
        super().__init__(front, socket)
        self._events = events
        self._account: str | None = None
        self._ends: dict[str, Callable[..., None]] = {}

    def asked(self, op: str, arguments: list[Any], request: Reply) -> None:
        """Let a client in, or let one who is in hold topics or let them go."""
        if op == "auth":
            self._authenticate(arguments, request)
            return
        if self._account is None:
            self.reply(op, request, success=False, text="Request not authorized")
            return
        problem = self._problem(op, arguments)
        if problem is not None:
            self.reply(op, request, success=False, text=problem)
            return
        self.reply(op, request, success=True, text="")
        for name in arguments:
            if op == "subscribe":
                self._ends[name] = self._subscribed(self._account, name)
            else:
                self._ends.pop(name)(lost=False)

    def pong(self, request: Reply) -> None:
        """Answer a ping, in a form of its own."""
        named = {"req_id": _req_id(request)} if "req_id" in request else {}
        body = {**named, "op": "pong", "args": [str(self.front.wall_ms())], "conn_id": self.connection}
        self.send(msgspec.json.encode(body))

    def closed(self) -> None:
        """End every subscription: the client is lost."""
        super().closed()
        for end in self._ends.values():
            end(lost=True)
        self._ends.clear()

    def _authenticate(self, arguments: list[Any], request: Reply) -> None:
        problem = self._auth_problem(arguments)
        self.reply("auth", request, success=problem is None, text=problem or "")

    def _auth_problem(self, arguments: list[Any]) -> str | None:
        """Let the client in whose key signed the end of its request's life; return what is wrong otherwise."""
        if len(arguments) != 3:
            return "Params Error"
        name, expires, given = arguments
        if not isinstance(name, str) or not isinstance(given, str) or isinstance(expires, bool):
            return "Params Error"
        if not isinstance(expires, int | str) or not WHOLE.match(str(expires)):
            return "Params Error"
        key = self.front.venue.key(name)
        if key is None:
            return "API key is invalid."
        if int(expires) <= self.front.wall_ms():
            return "Params Error"
        if not matches(key, f"GET/realtime{expires}".encode(), given):
            return "error sign!"
        if self._account is not None and self._account != key.account:
            return "Repeat auth"
        self._account = key.account
        return None

    def _problem(self, op: str, arguments: list[Any]) -> str | None:
        if not arguments:
            return "error:args is empty"
        for place, name in enumerate(arguments):
            if not isinstance(name, str) or (name not in KNOWN and name not in DCP_TOPICS):
                return f"error:handler not found,topic:{_shown(name)}"
            is_held = name in self._ends
            if name in arguments[:place] or is_held is (op == "subscribe"):
                return f"error:{'already' if op == 'subscribe' else 'not'} subscribed,topic:{name}"
        return None

    def _subscribed(self, account: str, name: str) -> Callable[..., None]:
        """Hold a topic; return what lets it go, told whether the client was lost."""
        if name == "dcp.spot":
            self.front.protection.held(account)
            return lambda *, lost: self.front.protection.let_go(account, lost=lost)
        end = self._events.subscribe(account, name, self, self.send)

        def let_go(*, lost: bool) -> None:  # of what only tells, it makes no difference how it ends
            end()

        return let_go


def _req_id(request: Reply) -> str:
    value = request.get("req_id", "")
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _shown(name: object) -> str:
    return name if isinstance(name, str) else msgspec.json.encode(name).decode()
