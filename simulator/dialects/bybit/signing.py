"""Who sent a Bybit request, and when: key, time and signature in headers.

`X-BAPI-SIGN = hex(HMAC-SHA256(secret, timestamp + key + recv_window + payload))`, where the payload is the query string
of a GET and the body of a POST, byte for byte. The receive window is a header, too: in a body it means nothing.
"""

import hashlib
import hmac

from simulator.dialects.bybit.errors import INVALID_KEY, Refused, wrong
from simulator.dialects.bybit.parameters import WHOLE
from simulator.dialects.bybit.settings import BybitSettings
from simulator.dialects.call import Call
from simulator.exchange.venue import ApiKey, Doors

KEY, TIME, WINDOW, SIGN = "X-BAPI-API-KEY", "X-BAPI-TIMESTAMP", "X-BAPI-RECV-WINDOW", "X-BAPI-SIGN"


def signature(secret: str, payload: bytes) -> str:
    """Return the signature of a payload."""
    return hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()


def matches(key: ApiKey, payload: bytes, given: str) -> bool:
    """Say whether a signature is the key's."""
    return hmac.compare_digest(signature(key.secret, payload).encode(), given.lower().encode("utf-8", "replace"))


def payload_of(call: Call) -> bytes:
    """Return what the signature of a request is over, after time, key and window."""
    return call.body if call.method == "POST" else call.query.encode("utf-8", "surrogateescape")


def authenticated(venue: Doors, call: Call, settings: BybitSettings, now_ms: int) -> ApiKey:
    """Return the key that signed a request.

    Raises:
        Refused: key, time or signature is not good.
    """
    key = venue.key(call.headers.get(KEY, ""))
    if key is None:
        raise Refused(*INVALID_KEY)
    timestamp = call.headers.get(TIME, "")
    window = call.headers.get(WINDOW, str(settings.recv_window_default_ms))
    if not WHOLE.match(timestamp) or not WHOLE.match(window):
        raise wrong(TIME.lower() if not WHOLE.match(timestamp) else WINDOW.lower())
    check_window(int(timestamp), int(window), settings, now_ms)
    origin = (timestamp + key.key + window).encode() + payload_of(call)
    if not matches(key, origin, call.headers.get(SIGN, "")):
        raise Refused(10004, f"error sign! origin_string[{origin.decode('utf-8', 'replace')}]")
    return key


def check_window(timestamp: int, window: int, settings: BybitSettings, now_ms: int) -> None:
    """Refuse a request that is too old, or from the future."""
    if now_ms - window <= timestamp < now_ms + settings.timestamp_ahead_max_ms:
        return
    text = "invalid request, please check your server timestamp or recv_window param. "
    text += f"req_timestamp[{timestamp}],server_timestamp[{now_ms}],recv_window[{window}]"
    raise Refused(10002, text)
