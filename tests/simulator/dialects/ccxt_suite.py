"""The functions of ccxt's own test suite, as its package ships them, on a stage.

They are imported and run as they are, with one exception: `test_create_order` was translated from JavaScript and
never run in Python. It prints in lines that add numbers to text, which Python cannot, and so are left out when it is
loaded; it misses imports, which are handed in; it calls methods by their JavaScript names and rounds upwards, which
the client it is given can.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import decimal
import importlib
import importlib.util
import math
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.simulator.dialects.stage import Stage

REST = "ccxt.test.exchange.async"
PRO = "ccxt.pro.test.Exchange"
SYNC = "ccxt.test.exchange.sync"
ROUND_UP = 2
MARKET_TYPES = ("spot", "swap", "future", "option", "index")


def function(package: str, name: str) -> Callable[..., Any]:
    """Return one of the suite's functions."""
    found: Callable[..., Any] = getattr(importlib.import_module(f"{package}.{name}"), name)
    return found


def skips(stage: Stage, name: str) -> dict[str, Any]:
    """Return what the suite may pass over at this venue: ccxt's own list of that is not in its package."""
    told = stage.row.ccxt_skips.get(name, {})
    if isinstance(told, str):
        pytest.skip(told)
    return dict(told)


@contextlib.contextmanager
def every_check_can_be_skipped() -> Iterator[None]:
    """Let the suite pass over an order's fee where it is told to: of all its checks that one does not ask."""
    shared: Any = importlib.import_module("ccxt.test.exchange.base.test_shared_methods")
    check = shared.assert_fee_structure

    def asking(exchange: Any, skipped: Any, method: Any, entry: Any, key: Any, *rest: Any) -> Any:
        return None if key in skipped else check(exchange, skipped, method, entry, key, *rest)

    shared.assert_fee_structure = asking
    try:
        yield
    finally:
        shared.assert_fee_structure = check


def lists_only_its_markets(exchange: Any) -> None:
    """Let ccxt say that it has the types of markets that are listed here: the suite looks for one of each."""
    listed = {market["type"] for market in exchange.markets.values()}
    for kind in MARKET_TYPES:
        exchange.has[kind] = kind in listed


def without_printing(name: str, milliseconds: Callable[[], int]) -> Callable[..., Any]:
    """Return a function of the synchronous suite without the lines that only print."""
    spec = importlib.util.find_spec(f"{SYNC}.{name}")
    assert spec is not None
    assert spec.origin is not None
    with open(spec.origin, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    module = ModuleType(name)
    module.__file__ = spec.origin
    clock = SimpleNamespace(time=lambda: milliseconds() / 1000)
    vars(module).update({"time": clock, "math": math, "Error": AssertionError})
    exec(compile(_Quiet().visit(tree), spec.origin, "exec"), vars(module))
    found: Callable[..., Any] = vars(module)[name]
    return found


class _Quiet(ast.NodeTransformer):
    """Takes the calls of `tco_debug` out."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        is_print = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "tco_debug"
        return ast.copy_location(ast.Pass(), node) if is_print else node


class Synchronous:
    """A ccxt client whose methods wait in virtual time, for the functions that do not."""

    def __init__(self, exchange: Any, run: Callable[[Any], Any]) -> None:
        self._exchange = exchange
        self._run = run

    def __getitem__(self, name: str) -> Any:
        return getattr(self, re.sub("(?=[A-Z])", "_", name).lower())

    def decimal_to_precision(self, number: float, rounding: int, precision: float, counting: int) -> str:
        """Round as ccxt does, or, as JavaScript's version also can, upwards to a multiple."""
        if rounding != ROUND_UP:
            return str(self._exchange.decimal_to_precision(number, rounding, precision, counting))
        step = Decimal(str(precision))
        return f"{(Decimal(str(number)) / step).to_integral_value(decimal.ROUND_UP) * step:f}"

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._exchange, name)
        if not asyncio.iscoroutinefunction(found):
            return found
        return lambda *values, **named: self._run(found(*values, **named))


def is_supported(exchange_has: Mapping[str, Any], method: str) -> bool:
    """Say whether ccxt has a method at a venue, itself or by others."""
    return exchange_has.get(method) not in (None, False)
