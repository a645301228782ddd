"""OKX's WebSocket connections: login, subscriptions and their ends, the text `ping`, and good-byes.

Every topic of a request is acknowledged, or refused, on its own. A connection on which nothing was said for 30
seconds, in either direction, is closed; a minute before the service is upgraded, everybody is told to reconnect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from simulator.dialects.okx.candles import Bar
from simulator.dialects.okx.front import Front
from simulator.dialects.okx.logins import Arg, Problem, admitted
from simulator.dialects.okx.market_channels import CANDLE, Board, Channel, Channels
from simulator.dialects.okx.private_channels import ALGOS, PrivateEvents, message
from simulator.dialects.streams import StreamSocket, frame

PUBLIC, PRIVATE, BUSINESS = "/ws/v5/public", "/ws/v5/private", "/ws/v5/business"
PATHS = (PUBLIC, PRIVATE, BUSINESS)
PRIVATE_CHANNELS: Mapping[str, str] = {"orders": PRIVATE, "account": PRIVATE, ALGOS: BUSINESS}
"""Where each is to be had."""
MARKET_CHANNELS = ("tickers", "trades", "books", "books5", "bbo-tbt")
VIP_CHANNELS = ("books-l2-tbt", "books50-l2-tbt")
OPENING_CHANNELS = ("tickers", "books5", "bbo-tbt")
INSTRUMENT_TYPES = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "ANY")
HELP = "https://www.okx.com/help-center/changes-to-v5-api-websocket-subscription-parameter-and-url."
WRONG_URL = (
    "Wrong URL or {} doesn't exist. Please use the correct URL, channel and parameters referring to API document."
)
MOVED = (
    "This channel has been migrated to the '/business' URL. Please subscribe using the new URL. "
    f"More details can refer to: {HELP}"
)
NOT_HERE = (
    'This channel is not supported by "/business" URL. Please use "/private" URL(for private channels), or "/public" '
    f"URL(for public channels). More details can refer to: {HELP}"
)
UPGRADE = "The connection will soon be closed for a service upgrade. Please reconnect."
ID = re.compile(r"[0-9A-Za-z]{1,32}\Z", re.ASCII)
HOUR_NS = 3_600_000_000_000
TOPICS_MAX = 480


class Lobby:
    """The connections of one OKX, so that all can be told of an upgrade."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.channels = Channels(front)
        self.events = PrivateEvents(front)
        self._sessions: dict[Session, None] = {}
        self._opened = 0

    def enter(self, session: Session) -> int:
        """Note a connection; return its number."""
        self._sessions[session] = None
        self._opened += 1
        return self._opened

    def leave(self, session: Session) -> None:
        """Forget a connection."""
        self._sessions.pop(session, None)

    def announce(self, in_ns: int) -> None:
        """Tell the public and private connections that they will be closed in `in_ns`, and close them then."""
        warned = [session for session in self._sessions if session.path != BUSINESS]
        for session in warned:
            session.say(event="notice", code="64008", msg=UPGRADE)
        self.front.timeline.call_later(in_ns, lambda: self._close(warned))

    def forget(self) -> None:
        """Hear nothing any more."""
        self.channels.forget()
        self.events.forget()
        for session in tuple(self._sessions):
            session.closed()

    def _close(self, warned: list[Session]) -> None:
        for session in warned:
            if session in self._sessions:
                session.socket.close(4006, "Abnormal disconnection")


class Session:
    """One connection."""

    def __init__(self, lobby: Lobby, socket: StreamSocket, path: str) -> None:
        self.socket = socket
        self.path = path
        self._front = lobby.front
        self._lobby = lobby
        self._number = lobby.enter(self)
        self._connection_id = (
            f"{(self._front.timeline.wall_ns() // 1_000 + self._number * 0x9E3779B1) & 0xFFFFFFFF:08x}"
        )
        self._account: str | None = None
        self._ends: dict[bytes, Callable[[], None]] = {}
        self._requests: tuple[int, int] = (0, 0)
        now_ns = self._front.timeline.now_ns()
        self._active_ns = now_ns
        self._watch = self._front.timeline.call_later(self._front.settings.idle_ns, self._check_idle)

    def send_frame(self, data: bytes) -> None:
        """Send a frame that was made for many."""
        self._active_ns = self._front.timeline.now_ns()
        self.socket.send_frame(data)

    def say(self, **body: Any) -> None:
        """Send a message about the connection itself."""
        self.send_frame(frame(msgspec.json.encode({**body, "connId": self._connection_id})))

    def ponged(self) -> None:
        """Take no note: OKX's clients ping in text."""

    def closed(self) -> None:
        """Let go of everything."""
        self._watch.cancel()
        self._lobby.leave(self)
        for end in self._ends.values():
            end()
        self._ends.clear()

    def received(self, text: str) -> None:
        """Answer a message of the client."""
        self._active_ns = self._front.timeline.now_ns()
        if text == "ping":
            return self.send_frame(frame(b"pong"))
        try:
            request = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return self.say(event="error", msg=f"Invalid request: {text[:200]}", code="60012")
        name = request.get("id")
        if name is not None and not (isinstance(name, str) and ID.match(name)):
            return self.say(event="error", msg="Parameter id error.", code="60033")
        echo = {} if name is None else {"id": name}
        try:
            self._obey(request, text, echo)
        except Problem as problem:
            self.say(**echo, event="error", msg=problem.text, code=problem.code)
        return None

    def _obey(self, request: Arg, text: str, echo: dict[str, str]) -> None:
        op, args = request.get("op"), request.get("args")
        if not isinstance(op, str):
            raise Problem("60012", f"Invalid request: {text[:200]}")
        if op not in ("login", "subscribe", "unsubscribe"):
            raise Problem("60019", f"Invalid op: {op[:40]}")
        if not isinstance(args, list) or not args:
            raise Problem("60012", f"Invalid request: {text[:200]}")
        if len(args) > TOPICS_MAX or not all(isinstance(arg, dict) for arg in args):
            raise Problem("60013", "Invalid args")
        self._count()
        if op == "login":
            return self._login(args[0])
        for arg in args:
            try:
                self._change(op, arg, echo)
            except Problem as problem:
                self.say(**echo, event="error", msg=problem.text, code=problem.code)
        return None

    def _count(self) -> None:
        """Refuse what goes beyond so many requests an hour."""
        hour = self._front.timeline.now_ns() // HOUR_NS
        began, requests = self._requests
        requests = requests + 1 if began == hour else 1
        self._requests = (hour, requests)
        if requests > self._front.settings.stream_requests_per_hour_max:
            raise Problem("60014", "Requests too frequent")

    def _login(self, arg: Arg) -> None:
        """Bind the connection to the account whose key signed; close it if none did."""
        if self._account is not None:
            raise Problem("60031", "The WebSocket endpoint does not allow multiple or repeated logins.")
        try:
            self._account = admitted(self._front, arg)
        except Problem as problem:
            self.say(event="error", msg=problem.text, code=problem.code)
            return self.socket.close(4001, "Login Failed")
        return self.say(event="login", code="0", msg="")

    def _change(self, op: str, arg: Arg, echo: dict[str, str]) -> None:
        """Subscribe to a topic, or end that, and say so."""
        channel = arg.get("channel")
        if not isinstance(channel, str) or not channel:
            raise Problem("60027", "Parameter channel can not be empty.")
        topic = msgspec.json.encode(arg, order="deterministic")
        if op == "unsubscribe":
            end = self._ends.pop(topic, None)
            if end is not None:
                end()
            return self.say(**echo, event="unsubscribe", arg=arg)
        if channel in PRIVATE_CHANNELS:
            return self._subscribe_private(channel, arg, topic, echo)
        board = self._board(channel, arg)
        self.say(**echo, event="subscribe", arg=arg)
        if topic not in self._ends:
            self._subscribe_market(channel, board, topic)
        return None

    def _board(self, channel: str, arg: Arg) -> Board:
        """Return whose channel is meant, if this is the connection for it."""
        is_candle = channel.startswith(CANDLE)
        if channel in VIP_CHANNELS and self.path == PUBLIC:
            raise Problem("64003", "Your trading fee tier doesn't meet the requirement to access this channel")
        if is_candle and self.path != BUSINESS:
            raise Problem("64001", MOVED)
        if channel in MARKET_CHANNELS and self.path == BUSINESS:
            raise Problem("64002", NOT_HERE)
        name = arg.get("instId")
        board = self._lobby.channels.boards.get(name) if isinstance(name, str) else None
        known = channel in MARKET_CHANNELS or (is_candle and _bar(channel) is not None)
        if board is None or not known or self.path == PRIVATE:
            shown = ",".join(f"{one}:{value}" for one, value in arg.items() if isinstance(value, str))
            raise Problem("60018", WRONG_URL.format(shown[:200]))
        return board

    def _subscribe_market(self, channel: str, board: Board, topic: bytes) -> None:
        bar = _bar(channel)
        watched: Channel
        if bar is not None:
            candles = board.candle(bar)
            opening, watched = candles.present(self._front.timeline.wall_ns()), candles
        elif channel == "books":
            opening, watched = board.books.snapshot(), board.books
        else:
            watched = board.channels[channel]
            opening = board.opening(channel) if channel in OPENING_CHANNELS else None
        if opening is not None:
            self.send_frame(frame(opening))
        watched.watch(self)
        self._ends[topic] = lambda: (watched.watchers.pop(self, None), None)[1]

    def _subscribe_private(self, channel: str, arg: Arg, topic: bytes, echo: dict[str, str]) -> None:
        account, events = self._account, self._lobby.events
        if self.path != PRIVATE_CHANNELS[channel]:
            raise Problem("60018", WRONG_URL.format(f"channel:{channel}"))
        if account is None:
            raise Problem("60011", "Please log in")
        if channel != "account" and arg.get("instType") not in INSTRUMENT_TYPES:
            raise Problem("60033", "Parameter instType error.")
        instrument = arg.get("instId")
        if instrument is not None and instrument not in self._lobby.channels.boards:
            raise Problem("60018", WRONG_URL.format(f"channel:{channel},instId:{str(instrument)[:60]}"))
        self.say(**echo, event="subscribe", arg=arg)
        if topic in self._ends:
            return
        connections = events.connections(channel, account)
        if self._number not in connections:
            if len(connections) >= self._front.settings.connections_per_channel_max:
                self.say(event="channel-conn-count-error", channel=channel, connCount=str(len(connections)))
                return
            self.say(event="channel-conn-count", channel=channel, connCount=str(len(connections) + 1))
        if channel == "account":
            more = {"eventType": "snapshot", "curPage": 1, "lastPage": True}
            self.send_frame(frame(message(dict(arg), account, events.account(account), **more)))
        self._ends[topic] = events.subscribe(channel, account, self._number, self._sink(channel, arg, account))

    def _sink(self, channel: str, arg: Arg, account: str) -> Callable[[Any], None]:
        shown = dict(arg)
        if channel == "account":
            return lambda body: self.send_frame(frame(message(shown, account, body, eventType="event_update")))
        wants = arg.get("instType") in ("SPOT", "ANY")
        instrument = arg.get("instId")

        def tell(body: Any) -> None:
            if wants and instrument in (None, body["instId"]):
                self.send_frame(frame(message(shown, account, body)))

        return tell

    def _check_idle(self) -> None:
        quiet_ns = self._front.timeline.now_ns() - self._active_ns
        idle_ns = self._front.settings.idle_ns
        if quiet_ns >= idle_ns:
            self.socket.close(4004, "No data received in 30s")
            return
        self._watch = self._front.timeline.call_later(idle_ns - quiet_ns, self._check_idle)


def _bar(channel: str) -> Bar | None:
    if not channel.startswith(CANDLE):
        return None
    try:
        return Bar(channel.removeprefix(CANDLE))
    except ValueError:
        return None
