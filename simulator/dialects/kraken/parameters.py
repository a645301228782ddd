"""What a Kraken request says: arguments of a query, a form or a JSON body.

Kraken passes over arguments that it does not know, unlike Binance: what a bot misspells has no effect.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl

import msgspec

from simulator.dialects.kraken.errors import INVALID_ARGUMENTS, Refused, invalid

TEXT_MAX = 64
NUMBER_MAX = Decimal(10) ** 20
INT32_MAX = 2**31 - 1
FIELDS_MAX = 200


class Parameters:
    """The arguments of one request; everything is text, as it would be in a form."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @classmethod
    def of(cls, query: str, body: bytes, content_type: str) -> "Parameters":
        """Read query and body.

        Raises:
            Refused: the body is not what its content type says.
        """
        values = _pairs(query) if query else {}
        if body and content_type.startswith("application/json"):
            values.update(_from_json(body))
        elif body:
            values.update(_pairs(body.decode("utf-8", "replace")))
        return cls(values)

    def text(self, name: str) -> str | None:
        """Return an argument, None if it was not sent, or empty."""
        return self._values.get(name) or None

    def required(self, name: str) -> str:
        """Return an argument that must be there."""
        value = self.text(name)
        if value is None:
            raise invalid(name)
        return value

    def number(self, name: str) -> Decimal | None:
        """Return a positive number."""
        value = self.text(name)
        if value is None:
            return None
        if len(value) > TEXT_MAX or not value.isascii() or not set(value) <= set("0123456789."):
            raise invalid(name)
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise invalid(name) from None
        if not 0 < number < NUMBER_MAX:
            raise invalid(name)
        return number

    def whole(self, name: str, most: int = INT32_MAX) -> int | None:
        """Return a whole number that is not negative."""
        value = self.text(name)
        if value is None:
            return None
        if len(value) > TEXT_MAX or not (value.isascii() and value.isdecimal()) or int(value) > most:
            raise invalid(name)
        return int(value)

    def userref(self) -> int | None:
        """Return the client's own number of 32 bits, which may be negative."""
        value = self.text("userref")
        if value is None:
            return None
        digits = value.removeprefix("-")
        if len(digits) > 10 or not (digits.isascii() and digits.isdecimal()) or abs(int(value)) > INT32_MAX:
            raise invalid("userref")
        return int(value)

    def flag(self, name: str) -> bool:
        """Return a truth value; what is not true in one of the accepted spellings is false."""
        return (self.text(name) or "").lower() in ("true", "1", "yes")

    def has(self, prefix: str) -> bool:
        """Say whether an argument of this name, or nested below it, was sent."""
        return any(name == prefix or name.startswith(prefix + "[") for name in self._values)


def _pairs(text: str) -> dict[str, str]:
    """Return the arguments of a query or form; of one that comes twice the last counts."""
    if "%" not in text and "+" not in text:
        pieces = [piece.partition("=") for piece in text.split("&")]
        if len(pieces) <= FIELDS_MAX and all(found for _, found, _ in pieces):
            return {name: value for name, _, value in pieces}
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=FIELDS_MAX))
    except ValueError:
        raise Refused(INVALID_ARGUMENTS) from None


def _from_json(body: bytes) -> dict[str, str]:
    try:
        values = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Refused(INVALID_ARGUMENTS) from None
    return {name: _as_text(value) for name, value in values.items()}


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_as_text(one) for one in value)
    return "" if value is None else str(value)
