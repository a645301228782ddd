"""How frozen values become JSON and come back: exact amounts as decimal text, enumerations by value.

One codec for the bus and for the journal, so that what a person reads in either looks alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from engine.domain.errors import MessageMalformed, NotExact
from engine.domain.money import Money, Price, Quantity

T = TypeVar("T")
_AMOUNTS: tuple[type[Money | Price | Quantity], ...] = (Money, Price, Quantity)


def to_json(value: msgspec.Struct) -> bytes:
    """Encode a frozen value."""
    return _ENCODER.encode(value)


def reader(kind: type[T]) -> Callable[[bytes | str], T]:
    """Return the decoder of a kind of value, or of a union of kinds; make it once and keep it.

    It raises `MessageMalformed` when the bytes are something else. Unknown fields are ignored, so that two versions
    can talk during a rolling restart.
    """
    decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(kind, dec_hook=_amount_from_text)

    def read(data: bytes | str) -> T:
        try:
            return decoder.decode(data)
        except (msgspec.MsgspecError, ValueError) as problem:
            raise MessageMalformed(f"{data[:120]!r} is not {getattr(kind, '__name__', kind)}: {problem}") from problem

    return read


def from_json(data: bytes | str, kind: type[T]) -> T:
    """Decode one value; where there are many of a kind, keep its `reader` instead."""
    return reader(kind)(data)


def _amount_to_text(value: Any) -> str:
    if isinstance(value, _AMOUNTS):
        return format(value.value, "f")
    raise NotImplementedError(f"{type(value).__name__} has no place in a message")


def _amount_from_text(kind: type[Any], value: Any) -> Any:
    if kind in _AMOUNTS and isinstance(value, str):
        return kind(value)
    raise NotExact(f"{kind.__name__} is written as text, not as {value!r}")


_ENCODER = msgspec.json.Encoder(enc_hook=_amount_to_text, order="deterministic")
