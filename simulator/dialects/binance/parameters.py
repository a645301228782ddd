"""What a Binance request says: parameters of query and body, each read strictly or refused in Binance's words.

Binance refuses what it does not know as loudly as what is wrong, and a bot that is tried against something more
lenient learns that in production.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from urllib.parse import unquote_plus

from simulator.dialects.binance.refusals import Refused, illegal, invalid, missing

SYMBOL = "^[A-Z0-9-_.]{1,20}$"
DECIMAL = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"
LONG = "^[0-9]{1,20}$"
CLIENT_ORDER_ID = "^[a-zA-Z0-9-_]{1,36}$"

PATTERNS = {pattern: re.compile(pattern.replace("$", r"\Z")) for pattern in (SYMBOL, DECIMAL, LONG, CLIENT_ORDER_ID)}

LONG_MAX = 2**63 - 1
SIGNING = frozenset({"timestamp", "recvWindow", "signature"})


class Parameters:
    """The parameters of one request; of one sent in query and body, the query's counts."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @classmethod
    def of(cls, query: str, body: bytes) -> "Parameters":
        """Read the parameters of a query string and a form body.

        Raises:
            Refused: one of the two sends a parameter twice.
        """
        values = pairs(body.decode("utf-8", "replace")) if body else {}
        if query:
            values.update(pairs(query))
        return cls(values)

    def __contains__(self, name: str) -> bool:
        """Say whether a parameter was sent, be it empty."""
        return name in self._values

    def expect_only(self, known: Iterable[str]) -> None:
        """Refuse parameters that the endpoint does not read."""
        unknown = [name for name in self._values if name not in known]
        if unknown:
            sent = len(self._values)
            text = "Not all sent parameters were read; "
            raise Refused(-1104, f"{text}read '{sent - len(unknown)}' parameter(s) but was sent '{sent}'.")

    def text(self, name: str) -> str | None:
        """Return a parameter as it was sent, None if it was not, or empty."""
        return self._values.get(name) or None

    def matching(self, name: str, pattern: str) -> str | None:
        """Return a parameter that matches one of this module's patterns."""
        value = self._values.get(name)
        if value is None:
            return None
        if not PATTERNS[pattern].match(value):
            raise illegal(name, pattern)
        return value

    def required(self, name: str, pattern: str) -> str:
        """Return a parameter that must be there, and match."""
        if not self._values.get(name):
            raise missing(name)
        return self.matching(name, pattern) or ""

    def long(self, name: str) -> int | None:
        """Return a whole number of 64 bits."""
        value = self.matching(name, LONG)
        if value is None:
            return None
        number = int(value)
        if number > LONG_MAX:
            raise Refused(-1108, f"Parameter '{name}' overflowed.")
        return number

    def decimal(self, name: str) -> Decimal | None:
        """Return a number that is not negative."""
        value = self.matching(name, DECIMAL)
        return None if value is None else Decimal(value)

    def limit(self, default: int, most: int) -> int:
        """Return `limit`; more than `most` counts as `most`."""
        value = self.long("limit")
        if value is None:
            return default
        if value == 0:
            raise invalid("limit")
        return min(value, most)

    def choice(self, name: str, values: Iterable[str], refusal: tuple[int, str]) -> str | None:
        """Return one of `values`, or refuse in the words given."""
        value = self.text(name)
        if value is not None and value not in values:
            raise Refused(*refusal)
        return value


def pairs(text: str) -> dict[str, str]:
    """Return the `name=value` pairs of a query or form, decoded.

    Raises:
        Refused: a name comes twice.
    """
    values: dict[str, str] = {}
    for piece in text.split("&"):
        if not piece:
            continue
        name, _, value = piece.partition("=")
        if "%" in piece or "+" in piece:
            name, value = unquote_plus(name), unquote_plus(value)
        if name in values:
            raise Refused(-1101, "Duplicate values for a parameter detected.")
        values[name] = value
    return values
