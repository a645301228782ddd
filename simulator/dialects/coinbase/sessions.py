"""Coinbase's connections: subscriptions by message, with a token in the message where the channel is private.

A connection is closed that does not subscribe to anything within five seconds, and one that nothing was told for more
than a minute, pings or not; whoever wants to keep a quiet one subscribes to the heartbeats. Every mistake is answered
by a message of type `error`, and the connection lives on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from simulator.dialects.coinbase import ids
from simulator.dialects.coinbase.clock import rfc3339
from simulator.dialects.coinbase.envelope import Message
from simulator.dialects.coinbase.front import Front
from simulator.dialects.coinbase.market_channels import CHANNELS, Channels
from simulator.dialects.coinbase.user_channel import UserEvents
from simulator.dialects.streams import StreamSocket
from simulator.exchange.timeline import Cancellable

USER, HEARTBEATS = "user", "heartbeats"
POLICY_VIOLATION, GOING_AWAY = 1008, 1001
NO_TOKEN = "authentication failure"
PRODUCTS_MAX = 1_000


class Problem(Exception):
    """A message is refused with this text."""


class Session:
    """One connection."""

    def __init__(
        self, front: Front, channels: Channels, user: UserEvents, socket: StreamSocket, *, has_markets: bool
    ) -> None:
        """Begin a connection to the market host, or, without markets, to the one for users only."""
        self._front = front
        self._channels = channels
        self._user = user
        self._socket = socket
        self._has_markets = has_markets
        self._held: dict[str, dict[str, None]] = {}
        self._account = ""
        self._end_user: Callable[[], None] | None = None
        self._sequence = 0
        self._beats = 0
        self._told_ns = front.timeline.now_ns()
        self._heart: Cancellable | None = None
        self._watch: Cancellable | None = None
        self._look_after(front.settings.subscribe_within_ns, self._look_for_subscription)

    def received(self, text: str) -> None:
        """Take a message of the client."""
        try:
            self._change(*self._read(text))
        except Problem as problem:
            self._socket.send(msgspec.json.encode({"type": "error", "message": str(problem)}))

    def ponged(self) -> None:
        """Take no note: pings and pongs do not keep a connection."""

    def closed(self) -> None:
        """Let go of everything."""
        for timer in (self._heart, self._watch):
            if timer is not None:
                timer.cancel()
        for channel in list(self._held):
            self._leave(channel, list(self._held[channel]))

    def tell(self, message: Message) -> None:
        """Send a message of a channel."""
        self._told_ns = self._front.timeline.now_ns()
        self._socket.send(message.numbered(self._sequence))
        self._sequence += 1

    # -- what the client wants

    def _read(self, text: str) -> tuple[bool, str, list[str]]:
        """Return whether a message subscribes, to which channel, of which products."""
        try:
            message = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise Problem("failed to parse message") from None
        kind, channel, product_ids = message.get("type"), message.get("channel"), message.get("product_ids") or []
        token = message.get("jwt")
        if token is None and not self._front.limits.message(self._socket.peer):
            raise Problem("rate limit exceeded")
        if kind not in ("subscribe", "unsubscribe"):
            raise Problem("invalid type")
        if not isinstance(product_ids, list) or len(product_ids) > PRODUCTS_MAX:
            raise Problem("invalid product_ids")
        if any(not isinstance(one, str) or one not in self._channels.boards for one in product_ids):
            raise Problem("invalid product_ids")
        if not isinstance(channel, str) or not self._knows(channel):
            raise Problem(NO_TOKEN)
        if channel == USER:
            self._sign_in(token)
        elif token is not None and self._front.doorman.admit_stream(token) is None:
            raise Problem(NO_TOKEN)
        return kind == "subscribe", channel, list(dict.fromkeys(product_ids))

    def _knows(self, channel: str) -> bool:
        return channel in (USER, HEARTBEATS) or (self._has_markets and channel in CHANNELS)

    def _sign_in(self, token: object) -> None:
        key = self._front.doorman.admit_stream(token)
        if key is None or self._account not in ("", key.account):
            raise Problem(NO_TOKEN)
        self._account = key.account
        self._socket.kind = "private"

    def _change(self, wants: bool, channel: str, product_ids: list[str]) -> None:
        if not wants:
            self._leave(channel, product_ids)
        elif channel == USER:
            self._follow_user(product_ids)
        elif channel == HEARTBEATS:
            self._held.setdefault(HEARTBEATS, {})
            if self._heart is None:
                self._beat()
        else:
            self._watch_markets(channel, product_ids)
        self._acknowledge()

    def _watch_markets(self, channel: str, product_ids: list[str]) -> None:
        held = self._held.setdefault(channel, {})
        for product_id in product_ids or list(self._channels.boards):
            if product_id not in held:
                held[product_id] = None
                self.tell(self._channels.boards[product_id].snapshot(channel))
                self._channels.watch(channel, product_id, self)

    def _follow_user(self, product_ids: list[str]) -> None:
        held_all = USER in self._held and not self._held[USER]  # no product is every product
        held = self._held.setdefault(USER, {})
        held.update(dict.fromkeys(product_ids))
        if held_all or not product_ids:
            held.clear()
        for events in self._user.snapshots(self._account, product_ids):
            self._say(USER, events)
        if self._end_user is None:
            self._end_user = self._user.subscribe(self._account, self._hear_user)

    def _hear_user(self, product_id: str, events: str) -> None:
        wanted = self._held.get(USER, {})
        if not wanted or product_id in wanted:
            self._say(USER, events)

    def _leave(self, channel: str, product_ids: list[str]) -> None:
        held = self._held.get(channel, {})
        for product_id in product_ids or list(held):
            if held.pop(product_id, product_id) is None and channel in CHANNELS:
                self._channels.leave(channel, product_id, self)
        if held:
            return
        self._held.pop(channel, None)
        if channel == USER and self._end_user is not None:
            self._end_user()
            self._end_user = None
        if channel == HEARTBEATS and self._heart is not None:
            self._heart.cancel()
            self._heart = None

    def _acknowledge(self) -> None:
        """Tell all that is subscribed to, as the answer to every change."""
        held = {name: list(products) or [self._unnamed(name)] for name, products in self._held.items()}
        self._say("subscriptions", msgspec.json.encode({"subscriptions": held}).decode())

    def _unnamed(self, channel: str) -> str:
        return "heartbeats" if channel == HEARTBEATS else ids.named("user", self._account)

    def _say(self, channel: str, events: str) -> None:
        self.tell(Message(channel, self._front.timeline.wall_ns(), events))

    # -- what time does

    def _beat(self) -> None:
        now_ns = self._front.timeline.wall_ns()
        said = f'{{"current_time":"{_spoken(now_ns)}","heartbeat_counter":{self._beats}}}'
        self._beats += 1
        self._say(HEARTBEATS, said)
        self._heart = self._front.timeline.call_later(self._front.settings.heartbeat_ns, self._beat)

    def _look_after(self, wait_ns: int, look: Callable[[], None]) -> None:
        self._watch = self._front.timeline.call_later(wait_ns, look)

    def _look_for_subscription(self) -> None:
        if not self._held:
            self._give_up(POLICY_VIOLATION, "no subscription")
            return
        self._look_for_silence()

    def _look_for_silence(self) -> None:
        quiet_ns = self._front.timeline.now_ns() - self._told_ns
        left_ns = self._front.settings.idle_close_ns - quiet_ns
        if left_ns <= 0:
            self._give_up(GOING_AWAY, "")
            return
        self._look_after(left_ns, self._look_for_silence)

    def _give_up(self, code: int, reason: str) -> None:
        self._watch = None
        self._socket.close(code, reason)


def _spoken(at_ns: int) -> str:
    """Return a time as the heartbeats tell it."""
    return rfc3339(at_ns).replace("T", " ").replace("Z", "000 +0000 UTC")
