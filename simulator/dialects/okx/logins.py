"""Logging a WebSocket connection in at OKX: the key, its passphrase, and a signature over a time in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.dialects.okx.front import Front
from simulator.dialects.okx.signing import LOGIN, moment, same, signature

Arg = Mapping[str, Any]


class Problem(Exception):
    """A request of a stream's client, or one topic of it, is refused."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


def admitted(front: Front, arg: Arg) -> str:
    """Return the account whose key signed a login.

    Raises:
        Problem: something about it is not good.
    """
    named = [arg.get(name) for name in ("apiKey", "passphrase", "timestamp", "sign")]
    key_name, passphrase, stamp, sign = (one if isinstance(one, str) else "" for one in named)
    key, at_ns = front.venue.key(key_name), moment(stamp)
    if at_ns is None:
        raise Problem("60004", "Invalid timestamp")
    if abs(front.timeline.wall_ns() - at_ns) > front.settings.window_ns:
        raise Problem("60006", "Timestamp request expired")
    if key is None:
        raise Problem("60005", "Invalid apiKey")
    if not same(key.passphrase, passphrase):
        raise Problem("60024", "Wrong passphrase")
    if not same(signature(key.secret, (stamp + LOGIN).encode("utf-8", "replace")), sign):
        raise Problem("60007", "Invalid sign")
    return key.account
