"""The truth of one venue: accounts, orders, books and trades, changed only here and all at once.

A request is checked, held against the balance, matched and written down before `submit` returns; nobody can see
the moment in between. What clients see, and how late, is left to the views.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum

from simulator.exchange.events import EventStream
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import OrderRecord, OrderRequest, Side
from simulator.exchange.picture import Picture
from simulator.exchange.timeline import Timeline

HOUSE = "house"  # the account of the background ladder: the rest of the world, whose balances may be negative


class TradingMode(Enum):
    """What a venue lets its clients do; after an incident it reopens step by step."""

    FULL = "full"
    POST_ONLY = "post-only"
    CANCEL_ONLY = "cancel-only"
    HALTED = "halted"


class Exchange:
    """One spot exchange."""

    name: str
    events: EventStream
    truth: Picture  # every read of what is, without lag
    mode: TradingMode
    silent_reject: Callable[[OrderRequest], bool] | None  # accepted, then rejected in matching
    matching_delay_ns: int

    def __init__(
        self,
        name: str,
        instruments: Iterable[Instrument],
        timeline: Timeline,
        *,
        fees: FeeSchedule,
        random: random.Random,
        matching_delay_ns: int = 50_000_000,
        open_orders_max: int = 200,
    ) -> None:
        raise NotImplementedError

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """The instruments by symbol, in the order given."""
        raise NotImplementedError

    def instrument(self, symbol: str) -> Instrument:
        """Return the instrument of `symbol`.

        Raises:
            UnknownSymbol: it is not traded here.
        """
        raise NotImplementedError

    def open_account(self, account: str, balances: Mapping[str, Decimal]) -> None:
        """Open an account with these amounts per asset."""
        raise NotImplementedError

    def submit(self, request: OrderRequest) -> OrderRecord:
        """Accept an order, match it, and return the record after matching.

        Raises:
            Rejected: `code` says why; nothing has changed.
            UnknownAccount: no such account.
        """
        raise NotImplementedError

    def cancel(
        self,
        account: str,
        *,
        order_id: int | None = None,
        client_order_id: str | None = None,
        symbol: str | None = None,
    ) -> OrderRecord:
        """Cancel an open order, named by either id, and return its last record.

        Raises:
            UnknownOrder: none that is open has this id (and symbol, where one is given).
        """
        raise NotImplementedError

    def quote(self, symbol: str, bids: Sequence[tuple[int, int]], asks: Sequence[tuple[int, int]]) -> None:
        """Replace the house's orders by this ladder of (price in ticks, lots), best first on each side.

        House orders trade with anybody they meet; they have no records, no holds and no fees.
        """
        raise NotImplementedError

    def print_trade(self, symbol: str, side: Side, price_ticks: int, quantity_lots: int) -> None:
        """Put a trade between strangers on the tape: it moves the last price and the statistics, and no money."""
        raise NotImplementedError

    @property
    def fees_collected(self) -> Mapping[str, Decimal]:
        """What the exchange has earned, per asset."""
        raise NotImplementedError
