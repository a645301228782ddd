"""What positions are charged and paid without a trade: funding, and what a liquidation costs, as each venue lists it.

A payment is told like a fill of nothing, for a fee that is below zero where money came in. So it is counted once, by
its number, in the same books, and is part of the day's result.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from engine.domain.evidence import Trade
from engine.domain.instrument import Side
from engine.domain.money import ZERO, Price
from engine.venues.dialects import Ask
from engine.venues.unified import MS, number, rows, text

Reader: TypeAlias = Callable[[Any, Ask, str, int], Awaitable[list[Trade]]]
"""Takes the exchange, the way to ask, a market, and since when (on the venue's clock)."""
PAGE = 1000
INCOMES = ("FUNDING_FEE", "INSURANCE_CLEAR")


async def _binanceusdm(ex: Any, ask: Ask, instrument: str, since_ns: int) -> list[Trade]:
    found: list[Trade] = []
    for income in INCOMES:
        query = {"symbol": ex.market_id(instrument), "incomeType": income, "startTime": since_ns // MS, "limit": PAGE}

        async def request(query: dict[str, Any] = query) -> list[Trade]:
            told = rows(await ex.fapiPrivateGetIncome(query))
            if len(told) >= PAGE:
                raise ValueError("more payments since then than one page holds")
            return [_payment(ex, instrument, row) for row in told]

        found += await ask("payments", request)
    return sorted(found, key=lambda each: each.at_ns)


def _payment(ex: Any, instrument: str, row: Mapping[str, Any]) -> Trade:
    kind = text(row["incomeType"]).lower()
    return Trade(
        trade_id=f"{kind}-{text(str(row['tranId']))}",
        venue_order_id=kind,
        client_order_id=None,
        instrument=instrument,
        side=Side.BUY,
        price=Price(0),
        quantity=ZERO,
        fee=-number(row["income"]),
        fee_asset=text(ex.safe_currency_code(text(row["asset"]))),
        at_ns=int(row["time"]) * MS,
    )


READERS: Mapping[str, Reader] = MappingProxyType({"binanceusdm": _binanceusdm})
