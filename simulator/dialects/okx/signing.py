"""Who sent an OKX request: key, passphrase, a timestamp of the last 30 seconds, and a signature over the raw bytes.

`OK-ACCESS-SIGN = base64(HMAC-SHA256(timestamp + method + path with query + body))`. A WebSocket login signs a fixed
path instead, with seconds for a timestamp.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from simulator.dialects.call import Call
from simulator.dialects.okx.errors import Refused
from simulator.exchange.timeline import Timeline
from simulator.exchange.venue import ApiKey

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z\Z", re.ASCII)
SECONDS = re.compile(r"\d{1,15}(\.\d{1,9})?\Z", re.ASCII)
KEY_SHAPE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
HEADERS = (
    ("OK-ACCESS-KEY", "50103"),
    ("OK-ACCESS-PASSPHRASE", "50104"),
    ("OK-ACCESS-SIGN", "50106"),
    ("OK-ACCESS-TIMESTAMP", "50107"),
)
LOGIN = "GET/users/self/verify"
NS = 1_000_000_000
MICROSECOND_NS = 1_000

Keys = Mapping[str, ApiKey]


def signature(secret: str, message: bytes) -> str:
    """Return the signature of a message."""
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def same(expected: str, given: str) -> bool:
    """Compare two secrets without telling how much of them agrees."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def moment(text: str) -> int | None:
    """Return a timestamp (ISO 8601 in UTC, or Unix seconds) in Unix nanoseconds, None if it is neither."""
    if SECONDS.match(text):
        whole, _, rest = text.partition(".")
        return int(whole) * NS + int(rest.ljust(9, "0") if rest else 0)
    if not ISO.match(text):
        return None
    try:
        at = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None
    rest = text[20:-1].ljust(9, "0") if "." in text else "0"
    return int(at.timestamp()) * NS + int(rest)


def unauthorized(code: str, message: str) -> Refused:
    """Return a refusal by the gateway."""
    return Refused(code, message, status=401, bare=True)


def admit(call: Call, key: ApiKey | None, timeline: Timeline, window_ns: int) -> ApiKey:
    """Return the key that signed a request.

    Raises:
        Refused: a header is missing or wrong.
    """
    for name, code in HEADERS:
        if not call.headers.get(name):
            raise unauthorized(code, f'Request header "{name}" cannot be empty')
    at_ns = moment(call.headers["OK-ACCESS-TIMESTAMP"])
    if at_ns is None:
        raise unauthorized("50112", "Invalid OK-ACCESS-TIMESTAMP")
    if abs(timeline.wall_ns() - at_ns) > window_ns:
        raise unauthorized("50102", "Timestamp request expired")
    if key is None:
        if KEY_SHAPE.match(call.headers["OK-ACCESS-KEY"]):
            raise unauthorized("50119", "API key doesn't exist")
        raise unauthorized("50111", "Invalid OK-ACCESS-KEY")
    if not same(key.passphrase, call.headers["OK-ACCESS-PASSPHRASE"]):
        raise unauthorized("50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect')
    path = f"{call.path}?{call.query}" if call.query else call.path
    message = (call.headers["OK-ACCESS-TIMESTAMP"] + call.method + path).encode("utf-8", "replace") + call.body
    if not same(signature(key.secret, message), call.headers["OK-ACCESS-SIGN"]):
        raise unauthorized("50113", "Invalid Sign")
    return key
