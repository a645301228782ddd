"""Exact money: a price, a quantity and a sum of money, three types that do not mix.

Each wraps one finite `Decimal`. Only what makes sense is defined: price times quantity is money, money over
quantity is a price, and a price plus a quantity is a type error, for mypy and at run time. Arithmetic happens in 60
digits of its own context and traps what would be inexact, so that nothing is ever rounded in passing (the ambient
context rounds at 28 digits, and ccxt changes it); who must round says where to (`Instrument`, `Price.average`).
Wrapping was chosen over `NewType` and over subclassing `Decimal`: both would let a price be added to a quantity in
silence.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Context, Decimal, DivisionByZero, Inexact, InvalidOperation
from typing import Self

from engine.domain.errors import NotExact

EXACT = Context(prec=60, traps=[InvalidOperation, Inexact, DivisionByZero])
_ROUNDED = Context(prec=60, rounding=ROUND_DOWN, traps=[InvalidOperation, DivisionByZero])
_EIGHTEEN_PLACES = Decimal("1e-18")
_new, _set, _add, _subtract = object.__new__, object.__setattr__, EXACT.add, EXACT.subtract


def exact(number: Decimal | int | str) -> Decimal:
    """Read a finite decimal number; raise `NotExact` for floats, NaN, infinities and other texts."""
    if type(number) is not str and isinstance(number, (bool, float)):
        raise NotExact(f"{number!r} is not exact: write it as text or as a Decimal")
    try:
        value = number if type(number) is Decimal else Decimal(number)
    except (InvalidOperation, TypeError, ValueError) as problem:
        raise NotExact(f"{number!r} is not a number") from problem
    if not value.is_finite():
        raise NotExact(f"{number!r} is not finite")
    return value


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """Round toward zero to a multiple of `step`."""
    return EXACT.multiply(_ROUNDED.divide_int(value, step), step)


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """Round away from zero to a multiple of `step`."""
    down = floor_to(value, step)
    return down if down == value else EXACT.add(down, step.copy_sign(value))


class _Amount:
    """A finite decimal of one kind; amounts of one kind add, subtract, scale and compare, with nothing else."""

    __slots__ = ("value",)
    value: Decimal

    def __init__(self, value: Decimal | int | str) -> None:
        _set(self, "value", exact(value))

    @classmethod
    def _made(cls, value: Decimal) -> Self:
        """Wrap what exact arithmetic has made of finite numbers: it needs no check, and is made a million times."""
        made = _new(cls)
        _set(made, "value", value)
        return made

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (str(self.value),)

    def __add__(self, other: Self) -> Self:
        kind = type(self)
        return kind._made(_add(self.value, other.value)) if type(other) is kind else NotImplemented

    def __sub__(self, other: Self) -> Self:
        kind = type(self)
        return kind._made(_subtract(self.value, other.value)) if type(other) is kind else NotImplemented

    def __neg__(self) -> Self:
        return self._made(self.value.copy_negate())

    def __abs__(self) -> Self:
        return self._made(self.value.copy_abs())

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return self.value == other.value if isinstance(other, type(self)) else NotImplemented

    def __lt__(self, other: Self) -> bool:
        return self.value < other.value if type(other) is type(self) else NotImplemented

    def __le__(self, other: Self) -> bool:
        return self.value <= other.value if type(other) is type(self) else NotImplemented

    def __gt__(self, other: Self) -> bool:
        return self.value > other.value if type(other) is type(self) else NotImplemented

    def __ge__(self, other: Self) -> bool:
        return self.value >= other.value if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.value))

    def __str__(self) -> str:
        return format(self.value, "f")

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{self}')"

    def scaled(self, factor: Decimal | int) -> Self:
        """Return this amount times an exact factor."""
        return self._made(EXACT.multiply(self.value, exact(factor)))


class Money(_Amount):
    """An amount of the quote asset."""


class Quantity(_Amount):
    """An amount of the base asset; negative where it is a short position or a change."""


class Price(_Amount):
    """Quote asset for one unit of base asset."""

    def __mul__(self, quantity: Quantity) -> Money:
        return (
            Money._made(EXACT.multiply(self.value, quantity.value))
            if isinstance(quantity, Quantity)
            else NotImplemented
        )

    @classmethod
    def average(cls, cost: Money, quantity: Quantity) -> Price:
        """Divide a cost by a quantity, rounded down after 18 places: for people and messages, never for a ledger."""
        return cls(_ROUNDED.divide(cost.value, quantity.value).quantize(_EIGHTEEN_PLACES, context=_ROUNDED))


ZERO = Quantity(0)
NOTHING = Money(0)
