"""What an OKX request says: a query, a JSON object, or a list of JSON objects.

OKX passes over parameters that it does not know: an `expTime` in the body, where it has no effect, is one of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import parse_qsl

import msgspec

from simulator.dialects.okx.errors import BAD_JSON, BODY_EMPTY, OrderRefused, Refused, bad_parameter, missing, parameter

NUMBER = re.compile(r"\d{1,20}(\.\d{1,20})?\Z", re.ASCII)
WHOLE = re.compile(r"\d{1,19}\Z", re.ASCII)
FIELDS_MAX = 200

Fields = Mapping[str, str]


def of_query(query: str) -> Fields:
    """Read a query.

    Raises:
        Refused: it has too many parameters.
    """
    try:
        return dict(parse_qsl(query, keep_blank_values=True, errors="replace", max_num_fields=FIELDS_MAX))
    except ValueError:
        raise Refused("50025", "Parameter query count exceeds the limit 200.") from None


def of_body(body: bytes) -> list[Fields] | Fields:
    """Read a body: an object, or a list of objects.

    Raises:
        Refused: it is empty or neither.
    """
    if not body:
        raise Refused(*BODY_EMPTY, status=400)
    try:
        value = msgspec.json.decode(body, type=list[dict[str, object]] | dict[str, object])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Refused(*BAD_JSON, status=400) from None
    if isinstance(value, list):
        return [_flat(one) for one in value]
    return _flat(value)


def required(fields: Fields, name: str) -> str:
    """Return a parameter that must be there.

    Raises:
        Refused: it is not.
    """
    value = fields.get(name)
    if not value:
        raise missing(name)
    return value


def whole(fields: Fields, name: str) -> int | None:
    """Return a whole number that is not negative, None where none was sent.

    Raises:
        Refused: it is something else.
    """
    value = fields.get(name)
    if not value:
        return None
    if not WHOLE.match(value):
        raise bad_parameter(name)
    return int(value)


def page(fields: Fields, most: int = 100, name: str = "limit") -> int:
    """Return how many results are wanted, never more than `most`.

    Raises:
        Refused: the number is none.
    """
    value = whole(fields, name)
    if value == 0:
        raise bad_parameter(name)
    return most if value is None else min(value, most)


def amount(fields: Fields, name: str) -> Decimal | None:
    """Return a positive number of an order, None where none was sent.

    Raises:
        OrderRefused: it is something else.
    """
    value = fields.get(name)
    if not value:
        return None
    if not NUMBER.match(value) or not Decimal(value):
        raise OrderRefused(parameter(name))
    return Decimal(value)


def _flat(value: dict[str, object]) -> Fields:
    return {name: _as_text(one) for name, one in value.items() if one is not None}


def _as_text(value: object) -> str:
    """Return a value as text; what is not plain becomes text that no parameter accepts, an empty list nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return "[]" if value else ""
