"""Who sent a Kraken request: API key, nonce that only rises, and a signature over path, nonce and body.

`API-Sign = base64(HMAC-SHA512(path + SHA256(nonce + body)))`, keyed with the decoded secret. A nonce that is not
above the last accepted one of its key is refused, so two requests that overtake each other cost one of them.
"""

import base64
import hashlib
import hmac

from simulator.dialects.call import Call
from simulator.dialects.kraken.errors import INVALID_KEY, INVALID_NONCE, INVALID_SIGNATURE, Refused
from simulator.dialects.kraken.parameters import Parameters
from simulator.exchange.venue import ApiKey, Venue

NONCE_MAX = 2**64 - 1


def signature(secret: str, path: str, nonce: str, body: bytes) -> str:
    """Return the signature of a request.

    Raises:
        binascii.Error: the secret, which is the venue's own, is not base64.
    """
    digest = hashlib.sha256(nonce.encode() + body).digest()
    return base64.b64encode(hmac.digest(base64.b64decode(secret), path.encode() + digest, "sha512")).decode()


class Doorman:
    """Checks who asks, and remembers the last nonce of every key."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._nonces: dict[str, int] = {}

    def admit(self, call: Call, parameters: Parameters) -> ApiKey:
        """Return the key that signed a request.

        Raises:
            Refused: key, signature or nonce is not good.
        """
        key = self._venue.key(call.headers.get("API-Key", ""))
        if key is None:
            raise Refused(INVALID_KEY)
        nonce = parameters.text("nonce") or ""
        if not (nonce.isascii() and nonce.isdecimal()) or len(nonce) > 20:
            raise Refused(INVALID_NONCE)
        number = int(nonce)
        if number > NONCE_MAX:
            raise Refused(INVALID_NONCE)
        expected = signature(key.secret, call.path, nonce, call.body)
        given = call.headers.get("API-Sign", "")
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            raise Refused(INVALID_SIGNATURE)
        if number <= self._nonces.get(key.key, -1):
            raise Refused(INVALID_NONCE)
        self._nonces[key.key] = number
        return key
