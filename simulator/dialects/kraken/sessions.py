"""Kraken's WebSocket connections, version 2: requests and their answers, publicly and behind a token.

Each pair of a request is answered on its own. The venue's heartbeat (once a second on an otherwise silent
connection) is not sent: ccxt does not need it, and a day of it would be most of a run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from simulator.dialects.kraken.candles import DEPRECATION, INTERVALS
from simulator.dialects.kraken.clock import rfc3339
from simulator.dialects.kraken.front import Front
from simulator.dialects.kraken.market_channels import DEPTHS, SNAPSHOT_TRADES, Channel, Channels
from simulator.dialects.kraken.private_channels import Body, PrivateEvents
from simulator.dialects.kraken.public import STATUSES
from simulator.dialects.streams import StreamSocket

PUBLIC_CHANNELS = ("ticker", "trade", "book", "ohlc")
PRIVATE_CHANNELS = ("executions", "balances")
FORMS = {"ticker": "event_trigger", "book": "depth", "ohlc": "interval"}
"""What tells the forms of a channel apart."""
WRONG_HOST_FOR_PRIVATE = "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
WRONG_HOST_FOR_PUBLIC = "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"
INVALID_SESSION = "ESession:Invalid session"
CONNECTION_ID = 13_834_774_380_200_032_000
MAX_RATE_COUNT = 180
SYMBOLS_MAX = 1_000


class Problem(Exception):
    """A request is refused with this text; `about` is said beside it."""

    def __init__(self, text: str, about: Mapping[str, Any] | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.about = about or {}


class Session(ABC):
    """What both kinds of connection have in common: envelope, ping, and telling requests apart."""

    def __init__(self, front: Front, socket: StreamSocket, number: int) -> None:
        self.front = front
        self.socket = socket
        status = {
            "version": "2.0.10",
            "system": STATUSES[front.exchange.mode],
            "api_version": "v2",
            "connection_id": CONNECTION_ID + number,
        }
        self.send({"channel": "status", "type": "update", "data": [status]})

    def send(self, body: object) -> None:
        """Send a message."""
        self.socket.send(msgspec.json.encode(body))

    def ponged(self) -> None:  # noqa: B027  # whatever the kind of session, there is nothing to do
        """Take no note: Kraken's clients ping, the venue does not."""

    def received(self, text: str) -> None:
        """Answer a request."""
        time_in = rfc3339(self.front.timeline.wall_ns())
        try:
            request = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return self._refuse(Problem("Malformed request"), None, {}, time_in)
        method = request.get("method")
        number = request.get("req_id")
        if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
            return self._refuse(Problem("Req_id field must be an integer"), method, {}, time_in)
        echo: Body = {} if number is None else {"req_id": number}
        if method == "ping":
            return self.send({"method": "pong", **echo, "time_in": time_in, "time_out": time_in})
        try:
            self.change(*_subscription(method, request.get("params")), echo, time_in)
        except Problem as problem:
            self._refuse(problem, method, echo, time_in)
        return None

    @abstractmethod
    def change(self, method: str, params: Mapping[str, Any], echo: Body, time_in: str) -> None:
        """Subscribe or unsubscribe, and answer."""

    def accept(self, method: str, result: Body, echo: Body, time_in: str) -> None:
        """Answer that a request succeeded."""
        ending = {"success": True, "time_in": time_in, "time_out": time_in}
        self.send({"method": method, **echo, "result": result, **ending})

    def _refuse(self, problem: Problem, method: object, echo: Body, time_in: str) -> None:
        named = {"method": method} if isinstance(method, str) else {}
        ending = {"success": False, **problem.about, "time_in": time_in, "time_out": time_in}
        self.send({"error": problem.text, **named, **echo, **ending})


def _subscription(method: object, params: object) -> tuple[str, Mapping[str, Any]]:
    """Return what a request wants of a channel; raise `Problem` if it wants something else."""
    if not isinstance(method, str) or method not in ("subscribe", "unsubscribe"):
        raise Problem(f"Unsupported method: '{method}'" if method else "Method field is required")
    if not isinstance(params, dict):
        raise Problem("Params field must be an object")
    return method, params


class PublicSession(Session):
    """A connection to the public channels."""

    def __init__(self, front: Front, channels: Channels, socket: StreamSocket, number: int) -> None:
        super().__init__(front, socket, number)
        self._channels = channels
        self._watched: dict[tuple[str, str, object], Channel] = {}

    def change(self, method: str, params: Mapping[str, Any], echo: Body, time_in: str) -> None:
        """Subscribe to a channel of every pair named, or end that."""
        channel = params.get("channel")
        if channel in PRIVATE_CHANNELS:
            raise Problem(WRONG_HOST_FOR_PRIVATE)
        if channel not in PUBLIC_CHANNELS:
            raise Problem(f"Channel '{channel}' is not supported" if channel else "Channel field is required")
        symbols = params.get("symbol")
        if not isinstance(symbols, list) or not symbols or len(symbols) > SYMBOLS_MAX:
            raise Problem("Symbol field must be an array")
        form = self._form(channel, params)
        for symbol in symbols:
            try:
                self._change_one(method, channel, symbol, form, params, echo, time_in)
            except Problem as problem:
                self._refuse(problem, method, echo, time_in)

    def closed(self) -> None:
        """Stop watching."""
        for channel in self._watched.values():
            channel.watchers.pop(self.socket, None)
        self._watched.clear()

    def _form(self, channel: str, params: Mapping[str, Any]) -> object:
        """Return in which form a channel is wanted."""
        if channel == "ticker":
            trigger = params.get("event_trigger", "trades")
            if trigger not in ("trades", "bbo"):
                raise Problem("Event_trigger field is invalid")
            return trigger
        if channel == "book":
            depth = params.get("depth", 10)
            if type(depth) is not int or depth not in DEPTHS:
                raise Problem("Subscription depth not supported")
            return depth
        if channel == "ohlc":
            interval = params.get("interval", 1)
            if type(interval) is not int or interval not in INTERVALS:
                raise Problem("Subscription ohlc interval not supported")
            return interval
        return None

    def _change_one(
        self,
        method: str,
        channel: str,
        symbol: object,
        form: object,
        params: Mapping[str, Any],
        echo: Body,
        time_in: str,
    ) -> None:
        board = self._channels.boards.get(symbol) if isinstance(symbol, str) else None
        if board is None or not isinstance(symbol, str):
            raise Problem(f"Currency pair not supported {symbol}", {"symbol": symbol})
        key = (channel, symbol, form)
        wants = method == "subscribe"
        if wants and any(watched[:2] == key[:2] for watched in self._watched):
            raise Problem("Already subscribed", {"symbol": symbol})
        if not wants and key not in self._watched:
            raise Problem("Subscription Not Found", {"symbol": symbol})
        snapshot = params.get("snapshot", channel != "trade") is not False
        forms: Body = {FORMS[channel]: form} if channel in FORMS else {}
        result = {"channel": channel, **forms, **({"snapshot": snapshot} if wants else {}), "symbol": symbol}
        if channel == "ohlc" and wants:
            result["warnings"] = [DEPRECATION]
        self.accept(method, result, echo, time_in)
        if not wants:
            self._watched.pop(key).watchers.pop(self.socket, None)
            return
        if snapshot:
            self._send_snapshot(channel, symbol, form)
        watched = self._watched[key] = self._channel(channel, symbol, form)
        watched.watchers[self.socket] = None

    def _channel(self, channel: str, symbol: str, form: object) -> Channel:
        board = self._channels.boards[symbol]
        if channel == "ticker":
            return board.tickers[str(form)]
        if channel == "ohlc":
            return board.candles[int(str(form))]
        return board.books[int(str(form))] if channel == "book" else board.trades

    def _send_snapshot(self, channel: str, symbol: str, form: object) -> None:
        board, picture = self._channels.boards[symbol], self.front.venue.public.picture
        if channel == "ticker":
            self.socket.send(board.ticker_message(picture.ticker(symbol), "snapshot"))
        elif channel == "trade":
            self.socket.send(board.trade_message(picture.tape(symbol, SNAPSHOT_TRADES), "snapshot"))
        elif channel == "ohlc":
            self.socket.send(board.candle_message(int(str(form)), "snapshot"))
        else:
            depth = int(str(form))
            shown = picture.book(symbol, depth)
            wall_ns = self.front.timeline.wall_ns()
            self.socket.send(board.books[depth].snapshot(shown.bids, shown.asks, wall_ns))


class PrivateSession(Session):
    """A connection to the private channels; whoever has subscribed once is bound to his account."""

    def __init__(self, front: Front, events: PrivateEvents, socket: StreamSocket, number: int) -> None:
        super().__init__(front, socket, number)
        self._events = events
        self._ends: dict[str, Callable[[], None]] = {}
        self._sequences: dict[str, int] = {}
        self._account: str | None = None

    def change(self, method: str, params: Mapping[str, Any], echo: Body, time_in: str) -> None:
        """Subscribe to a channel, or end that."""
        channel = params.get("channel")
        if channel in PUBLIC_CHANNELS:
            raise Problem(WRONG_HOST_FOR_PUBLIC)
        if not isinstance(channel, str) or channel not in PRIVATE_CHANNELS:
            raise Problem(f"Channel '{channel}' is not supported" if channel else "Channel field is required")
        account = self.front.account_of(params.get("token")) or self._account
        if account is None or not isinstance(params.get("token"), str):
            raise Problem(INVALID_SESSION, {"channel": channel, "status": "error"})
        if method == "unsubscribe":
            end = self._ends.pop(channel, None)
            if end is None:
                raise Problem("Subscription Not Found", {"channel": channel})
            end()
            self.accept(method, {"channel": channel}, echo, time_in)
            return
        if channel in self._ends:
            raise Problem("Already subscribed", {"channel": channel})
        self._account = account
        self._subscribe(channel, account, params, echo, time_in)

    def closed(self) -> None:
        """End every subscription."""
        for end in self._ends.values():
            end()
        self._ends.clear()

    def _subscribe(self, channel: str, account: str, params: Mapping[str, Any], echo: Body, time_in: str) -> None:
        snapshot = params.get("snapshot", True) is not False
        rate = {"maxratecount": MAX_RATE_COUNT} if channel == "executions" else {}
        self.accept("subscribe", {"channel": channel, **rate, "snapshot": snapshot}, echo, time_in)
        self._sequences[channel] = 0
        if snapshot:
            self._send(channel, "snapshot", self._snapshot(channel, account, params))
        self._ends[channel] = self._events.subscribe(
            channel, account, lambda entries: self._send(channel, "update", entries)
        )

    def _snapshot(self, channel: str, account: str, params: Mapping[str, Any]) -> list[Body]:
        if channel == "balances":
            return self._events.balances(account)
        entries = []
        if params.get("snap_orders", True) is not False:
            entries += self._events.orders(account)
        if params.get("snap_trades", False) is True:
            entries += self._events.trades(account)
        return entries

    def _send(self, channel: str, kind: str, entries: list[Body]) -> None:
        self._sequences[channel] += 1
        self.send({"channel": channel, "type": kind, "data": entries, "sequence": self._sequences[channel]})


class Counter:
    """Numbers connections, so that each has an id of its own."""

    def __init__(self) -> None:
        self._number = 0

    def next(self, _request: web.Request) -> int:
        """Return the next number."""
        self._number += 1
        return self._number
