"""What a Coinbase request says: a query in which a name may stand several times, or a JSON body.

What it does not know it passes over; what it knows must have the right form, or the request is refused with 400.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from simulator.dialects.coinbase.clock import parsed
from simulator.dialects.coinbase.errors import invalid

TEXT_MAX = 128
NUMBER_TEXT_MAX = 64
NUMBER_MAX = Decimal(10) ** 15
FIELDS_MAX = 500
INT32_MAX = 2**31 - 1


class Query:
    """The arguments behind the question mark."""

    __slots__ = ("_values",)

    def __init__(self, text: str) -> None:
        """Read a query.

        Raises:
            Refused: it has more arguments than anybody needs.
        """
        self._values: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=FIELDS_MAX)
        except ValueError:
            raise invalid("too many arguments") from None
        for name, value in pairs:
            if value:
                self._values.setdefault(name, []).append(value)

    def all(self, *names: str) -> list[str]:
        """Return every value of arguments of these names."""
        return [value for name in names for value in self._values.get(name, ())]

    def text(self, name: str) -> str | None:
        """Return an argument, None if it was not sent, or empty."""
        return self._values.get(name, [None])[0]

    def whole(self, name: str) -> int | None:
        """Return a whole number that is not negative."""
        value = self.text(name)
        if value is None:
            return None
        if len(value) > NUMBER_TEXT_MAX or not (value.isascii() and value.isdecimal()) or int(value) > INT32_MAX:
            raise invalid(f"{name} is invalid")
        return int(value)

    def seconds(self, name: str) -> int | None:
        """Return a time in Unix seconds."""
        value = self.text(name)
        if value is None:
            return None
        if len(value) > 12 or not (value.isascii() and value.isdecimal()):
            raise invalid(f"{name} is invalid")
        return int(value)

    def moment(self, name: str) -> int | None:
        """Return an RFC 3339 time in Unix nanoseconds."""
        value = self.text(name)
        if value is None:
            return None
        at_ns = parsed(value) if len(value) <= NUMBER_TEXT_MAX else None
        if at_ns is None:
            raise invalid(f"{name} is invalid")
        return at_ns


class Fields:
    """An object of a JSON body."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    @classmethod
    def of(cls, body: bytes) -> Fields:
        """Read a body; an empty one is an empty object.

        Raises:
            Refused: it is not a JSON object.
        """
        try:
            return cls(msgspec.json.decode(body, type=dict[str, Any]) if body else {})
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise invalid("request body is not valid") from None

    def names(self) -> list[str]:
        """Return the names of what is there."""
        return [name for name, value in self._values.items() if value is not None]

    def raw(self, name: str) -> Any:
        """Return what was sent, as it was."""
        return self._values.get(name)

    def text(self, name: str) -> str:
        """Return a text, empty if it was not sent."""
        value = self._values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > TEXT_MAX:
            raise invalid(f"{name} is invalid")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, empty if it was not sent."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, str) and len(one) <= TEXT_MAX for one in value):
            raise invalid(f"{name} is invalid")
        return list(value)

    def number(self, name: str) -> Decimal | None:
        """Return a positive decimal number that came as text."""
        value = self.text(name)
        if not value:
            return None
        if len(value) > NUMBER_TEXT_MAX or not value.isascii() or not set(value) <= set("0123456789."):
            raise invalid(f"{name} is invalid")
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise invalid(f"{name} is invalid") from None
        if not 0 < number < NUMBER_MAX:
            raise invalid(f"{name} is invalid")
        return number

    def flag(self, name: str) -> bool:
        """Return a truth value, false if it was not sent."""
        value = self._values.get(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise invalid(f"{name} is invalid")
        return value

    def moment(self, name: str) -> int | None:
        """Return an RFC 3339 time in Unix nanoseconds."""
        value = self.text(name)
        at_ns = parsed(value) if value else None
        if value and at_ns is None:
            raise invalid(f"{name} is invalid")
        return at_ns

    def object(self, name: str) -> Fields | None:
        """Return an object in this one."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise invalid(f"{name} is invalid")
        return Fields(value)
