"""How frozen values become JSON and come back: exact amounts as decimal text, enumerations by value.

One codec for the bus and for the journal, so that what a person reads in either looks alike.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from engine.domain.errors import MessageMalformed, NotExact
from engine.domain.money import Money, Price, Quantity

T = TypeVar("T")
_AMOUNTS: tuple[type[Money | Price | Quantity], ...] = (Money, Price, Quantity)


def to_json(value: msgspec.Struct) -> bytes:
    """Encode a frozen value."""
    return msgspec.json.encode(value, enc_hook=_amount_to_text, order="deterministic")


def from_json(data: bytes | str, kind: type[T]) -> T:
    """Decode a value of a kind (or a union of kinds); raise `MessageMalformed` when the bytes are something else."""
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=_amount_from_text)
    except (msgspec.MsgspecError, NotExact, ValueError) as problem:
        raise MessageMalformed(f"{data[:120]!r} is not a {getattr(kind, '__name__', kind)}: {problem}") from problem


def _amount_to_text(value: Any) -> str:
    if isinstance(value, _AMOUNTS):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} has no place in a message")


def _amount_from_text(kind: type[Any], value: Any) -> Any:
    if kind in _AMOUNTS and isinstance(value, str):
        return kind(value)
    raise NotImplementedError(f"{kind.__name__} is written as text")
