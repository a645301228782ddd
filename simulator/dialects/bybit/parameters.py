"""What a Bybit request says: a query string or a JSON object, each value read strictly or refused in Bybit's words."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from simulator.dialects.bybit.errors import ILLEGAL_CATEGORY, PARAMETER_ERROR, Refused, invalid, wrong

CATEGORIES = ("spot", "linear", "inverse", "option")
NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?\Z", re.ASCII)
WHOLE = re.compile(r"[0-9]{1,18}\Z", re.ASCII)
LINK_ID = re.compile(r"[A-Za-z0-9_-]{1,36}\Z")


class Parameters:
    """The parameters of one request."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    @classmethod
    def of_query(cls, query: str) -> "Parameters":
        """Read a query string; of a name that comes twice, the first counts."""
        values: dict[str, str] = {}
        for piece in query.encode("utf-8", "replace").decode().split("&"):
            name, separator, value = piece.partition("=")
            if separator and name:
                values.setdefault(unquote_plus(name), unquote_plus(value))
        return cls(values)

    @classmethod
    def of_body(cls, body: bytes) -> "Parameters":
        """Read a JSON object.

        Raises:
            Refused: it is none.
        """
        try:
            return cls(msgspec.json.decode(body, type=dict[str, Any]))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise Refused(*PARAMETER_ERROR) from None

    def has(self, name: str) -> bool:
        """Say whether something was sent under a name that is neither empty nor null."""
        return self._values.get(name) not in (None, "")

    def text(self, name: str) -> str | None:
        """Return a parameter that is text, None if it was not sent or is empty."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise wrong(name)
        return value

    def choice(self, name: str, values: Iterable[str], refusal: tuple[int, str]) -> str | None:
        """Return one of `values`, or refuse in the words given."""
        value = self.text(name)
        if value is not None and value not in values:
            raise Refused(*refusal)
        return value

    def category(self, default: str | None = None) -> str:
        """Return the kind of product that is asked about."""
        value = self.choice("category", CATEGORIES, ILLEGAL_CATEGORY) or default
        if value is None:
            raise Refused(*ILLEGAL_CATEGORY)
        return value

    def whole(self, name: str) -> int | None:
        """Return a whole number, sent as such or as text."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int | str) or not WHOLE.match(str(value)):
            raise wrong(name)
        return int(value)

    def limit(self, default: int, most: int) -> int:
        """Return how much a page may hold; out of bounds counts as the nearest bound."""
        value = self.whole("limit")
        return default if value is None else min(max(value, 1), most)

    def number(self, name: str) -> Decimal | None:
        """Return a number that was sent as text and is not negative."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str) or not NUMBER.match(value):
            raise invalid(name)
        return Decimal(value)

    def link_id(self) -> str | None:
        """Return the client's own id of an order."""
        value = self.text("orderLinkId")
        if value is not None and not LINK_ID.match(value):
            raise wrong("orderLinkId")
        return value

    def items(self, name: str) -> list[Mapping[str, Any]]:
        """Return a list of objects."""
        value = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise wrong(name)
        return value

    def peek(self, name: str) -> str | None:
        """Return a parameter for the access log, whatever it is."""
        value = self._values.get(name)
        return value if isinstance(value, str) and value else None
