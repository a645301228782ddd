"""Polymarket's connections: what a client may say on the market and the user channel, and what keeps them open.

The first message says what is wanted, for the user channel with the account's credentials in it. Nothing is
acknowledged, and whoever says something that is not understood is told `INVALID OPERATION`. A client keeps a
connection by sending the text PING, which is answered by the text PONG; protocol pings count for nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import msgspec

from simulator.dialects.polymarket.front import Front
from simulator.dialects.polymarket.market_channel import MarketChannel
from simulator.dialects.polymarket.user_channel import UserChannel
from simulator.dialects.polymarket.wallets import wallet_of
from simulator.dialects.streams import StreamSocket
from simulator.exchange.timeline import Cancellable

GOING_AWAY, POLICY_VIOLATION = 1001, 1008
INVALID = b"INVALID OPERATION"
PING, PONG = "PING", b"PONG"
CONDITIONS_MAX = 500


class Session(ABC):
    """One connection, of either channel."""

    def __init__(self, front: Front, socket: StreamSocket) -> None:
        self._front = front
        self._socket = socket
        self._heard_ns = front.timeline.now_ns()
        self._watch: Cancellable | None = None
        self._look_for_silence()

    def received(self, text: str) -> None:
        """Take a message of the client."""
        self._heard_ns = self._front.timeline.now_ns()
        if text == PING:
            self._socket.send(PONG)
            return
        said = _read(text)
        if said is None or not self._take(said):
            self._socket.send(INVALID)

    def ponged(self) -> None:  # noqa: B027  # whatever the kind of session, there is nothing to do
        """Take no note: what keeps a connection is text."""

    def closed(self) -> None:
        """Let go of everything."""
        if self._watch is not None:
            self._watch.cancel()

    @abstractmethod
    def _take(self, said: dict[str, Any]) -> bool:
        """Do what is wanted; say whether it was understood."""

    def _look_for_silence(self) -> None:
        left_ns = self._heard_ns + self._front.settings.silence_max_ns - self._front.timeline.now_ns()
        if left_ns <= 0:
            self._watch = None
            self._socket.close(GOING_AWAY)
        else:
            self._watch = self._front.timeline.call_later(left_ns, self._look_for_silence)


class MarketSession(Session):
    """A connection to the market channel; it may follow more tokens, or fewer, at any time."""

    wants_more = False

    def __init__(self, front: Front, channel: MarketChannel, socket: StreamSocket) -> None:
        self._channel = channel
        self._held: dict[str, None] = {}
        super().__init__(front, socket)

    def tell(self, data: bytes) -> None:
        """Send a frame of the channel."""
        self._socket.send_frame(data)

    def closed(self) -> None:
        """Let go of everything."""
        super().closed()
        for token_id in self._held:
            self._channel.leave(token_id, self)

    def _take(self, said: dict[str, Any]) -> bool:
        operation = said.get("operation") or ("subscribe" if said.get("type") == "market" else "")
        wanted = said.get("assets_ids")
        if operation not in ("subscribe", "unsubscribe") or not isinstance(wanted, list):
            return False
        named = [one for one in wanted if isinstance(one, str) and self._channel.knows(one)]
        if said.get("custom_feature_enabled") is True:
            self.wants_more = True
        if operation == "unsubscribe":
            for token_id in named:
                if self._held.pop(token_id, token_id) is None:
                    self._channel.leave(token_id, self)
        else:
            self._follow(list(dict.fromkeys(named)))
        return True

    def _follow(self, token_ids: list[str]) -> None:
        """Begin to follow tokens; the books of those that were named come first, new or not."""
        room = self._front.settings.stream_tokens_max
        for token_id in token_ids:
            if len(self._held) < room or token_id in self._held:
                self._held[token_id] = None
                self._channel.watch(token_id, self)
        self._socket.send(self._channel.snapshots([one for one in token_ids if one in self._held]))


class UserSession(Session):
    """A connection to the user channel; without credentials of an account it is closed."""

    def __init__(self, front: Front, channel: UserChannel, socket: StreamSocket) -> None:
        self._channel = channel
        self._conditions: dict[str, None] = {}
        self._end: Callable[[], None] | None = None
        super().__init__(front, socket)

    def closed(self) -> None:
        """Let go of everything."""
        super().closed()
        if self._end is not None:
            self._end()

    def _take(self, said: dict[str, Any]) -> bool:
        operation, wanted = said.get("operation"), said.get("markets") or []
        if not isinstance(wanted, list) or len(wanted) > CONDITIONS_MAX:
            return False
        named = [one for one in wanted if isinstance(one, str)]
        if self._end is not None and operation in ("subscribe", "unsubscribe"):
            change = self._conditions.setdefault if operation == "subscribe" else self._conditions.pop
            for condition in named:
                change(condition, None)
            return True
        if said.get("type") != "user":
            return False
        key = self._front.doorman.admit_stream(said.get("auth"))
        if key is None:
            self._socket.close(POLICY_VIOLATION)
            return True
        if self._end is not None:
            self._end()
        self._conditions = dict.fromkeys(named)
        self._end = self._channel.subscribe(key.account, wallet_of(key.secret), self._hear)
        return True

    def _hear(self, condition: str, message: bytes) -> None:
        if not self._conditions or condition in self._conditions:
            self._socket.send(message)


def _read(text: str) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
