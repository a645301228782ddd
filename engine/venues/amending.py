"""How a venue is asked to make an order smaller where it stands, under the same name.

Kraken's `AmendOrder` keeps the transaction id, the client order id and the place in the queue, and so does Bybit's
`order/amend`. Binance has the same for orders in its book only (`order/amend/keepPriority`), and for all others cancels
one and places another, which is another order; OKX amends algo orders of derivatives only. There a stop is ended and
placed anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from engine.domain.money import Quantity
from engine.domain.ticket import OrderRef
from engine.venues.kraken import rfc3339
from engine.venues.unified import MS, member, text

Amender = Callable[[Any, OrderRef, Quantity, int], Awaitable[None]]


async def _kraken(ex: Any, order: OrderRef, quantity: Quantity, expires_ns: int) -> None:
    named = {"txid": order.venue_order_id} if order.venue_order_id else {"cl_ord_id": order.client_order_id}
    answer = await ex.privatePostAmendOrder({**named, "order_qty": str(quantity), "deadline": rfc3339(expires_ns)})
    text(member(answer, "result", "amend_id"))


async def _bybit(ex: Any, order: OrderRef, quantity: Quantity, expires_ns: int) -> None:
    named = {"orderId": order.venue_order_id} if order.venue_order_id else {"orderLinkId": order.client_order_id}
    window = str(max(0, expires_ns // MS - ex.milliseconds()))
    terms = {"category": "spot", "symbol": ex.market_id(order.instrument), "qty": str(quantity), "recvWindow": window}
    answer = await ex.privatePostV5OrderAmend({**named, **terms})
    text(member(answer, "result", "orderId"))


AMENDERS: Mapping[str, Amender] = MappingProxyType({"bybit": _bybit, "kraken": _kraken})
