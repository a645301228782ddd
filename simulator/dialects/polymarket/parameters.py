"""What a Polymarket request says: a query in which a name may stand several times, or a JSON body.

What it does not know it passes over; what it knows must have the right form, or the request is refused in the words
of the endpoint.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from simulator.dialects.polymarket.errors import INVALID_PAYLOAD, Refused
from simulator.dialects.polymarket.wallets import Wallet

FIELDS_MAX = 1_000
DIGITS_MAX = 12
CURSOR_MAX = 32
LAST_PAGE = "LTE="
"""The cursor behind the last page: minus one in base64."""


class Query:
    """The arguments behind the question mark."""

    __slots__ = ("_values", "_wrong")

    def __init__(self, text: str, wrong: Refused) -> None:
        """Read a query; `wrong` is what is said of an argument of another form than it must have.

        Raises:
            Refused: it has more arguments than anybody needs.
        """
        self._wrong = wrong
        self._values: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=FIELDS_MAX)
        except ValueError:
            raise wrong from None
        for name, value in pairs:
            if value:
                self._values.setdefault(name, []).append(value)

    def all(self, *names: str) -> list[str]:
        """Return every value of arguments of these names; several may stand in one, with commas between them."""
        return [one for name in names for value in self._values.get(name, ()) for one in value.split(",") if one]

    def text(self, name: str) -> str | None:
        """Return an argument, None if it was not sent, or empty."""
        return self._values.get(name, [None])[0]

    def whole(self, name: str) -> int | None:
        """Return a whole number that is not negative."""
        value = self.text(name)
        if value is None:
            return None
        if len(value) > DIGITS_MAX or not (value.isascii() and value.isdecimal()):
            raise self._wrong
        return int(value)

    def flag(self, name: str) -> bool | None:
        """Return a truth value, None if it was not sent."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() not in ("true", "false"):
            raise self._wrong
        return value.lower() == "true"

    def cursor(self) -> int | None:
        """Return where a page begins, None behind the last one."""
        value = self.text("next_cursor")
        if value is None:
            return 0
        if value == LAST_PAGE:
            return None
        try:
            digits = base64.b64decode(value.encode(), validate=True).decode() if len(value) <= CURSOR_MAX else ""
        except (binascii.Error, ValueError):
            digits = ""
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > DIGITS_MAX:
            raise self._wrong
        return int(digits)


def cursor(position: int | None) -> str:
    """Return the cursor of the page that begins at a position; None behind the last."""
    return LAST_PAGE if position is None else base64.b64encode(str(position).encode()).decode()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says, and who says it, when its signature has been checked."""

    query: Query
    body: bytes
    named: str = ""
    """What stands in the path: an order, an event."""
    account: str = ""
    wallet: Wallet | None = None

    @property
    def signer(self) -> Wallet:
        """The wallet of whoever asks, where the endpoint is behind a key."""
        assert self.wallet is not None
        return self.wallet

    def value(self, wrong: Refused = INVALID_PAYLOAD) -> Any:
        """Return what the body says.

        Raises:
            Refused: `wrong`, where it is no JSON.
        """
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise wrong from None

    def fields(self, wrong: Refused = INVALID_PAYLOAD) -> dict[str, Any]:
        """Return what the body says, where it must be an object.

        Raises:
            Refused: `wrong`, where it is none.
        """
        value = self.value(wrong)
        if not isinstance(value, dict):
            raise wrong
        return value

    def body_list(self, wrong: Refused = INVALID_PAYLOAD) -> list[Any]:
        """Return what the body says, where it must be a list.

        Raises:
            Refused: `wrong`, where it is none.
        """
        value = self.value(wrong)
        if not isinstance(value, list):
            raise wrong
        return value
