"""What an exchange of perpetuals writes down beside orders and trades: positions, marks, orders in waiting.

Records are immutable snapshots like those of `orders.py`, shared by the truth and by every view of it.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from simulator.exchange.orders import OrderRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """What an account holds of one contract; one way: long is positive, short is negative.

    `cost` is what the lots cost, signed as they are: the unrealised profit is their value at the mark less `cost`.
    """

    account: str
    symbol: str
    lots: int
    cost: Decimal
    realised: Decimal  # by all trades so far; fees and funding are not in it
    funding: Decimal  # all that was received so far, less all that was paid
    leverage: int
    updated_ns: int  # Unix ns


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """The prices that margin, funding and triggers go by; times are Unix ns."""

    symbol: str
    mark_ticks: int
    index_ticks: int
    funding_rate: Decimal  # what longs would pay shorts per unit of value, were it due now
    funding_ns: int  # when it is due next
    at_ns: int
    settled_rate: Decimal | None = None  # what was paid at this very moment, where it was one of funding


@dataclass(frozen=True, kw_only=True, slots=True)
class Funding:
    """One payment of funding: `amount` is what the account received, negative where it paid.

    Where `cleared` it is no funding but what a liquidation took for the insurance, or the insurance had to put in.
    """

    account: str
    symbol: str
    amount: Decimal
    rate: Decimal
    mark_ticks: int
    at_ns: int  # Unix ns
    cleared: bool = False


class WorkedBy(Enum):
    """The price that sets off a waiting order."""

    LAST = "last"
    MARK = "mark"


class WaitingStatus(Enum):
    """Where a waiting order stands; all but the first are final."""

    WAITING = "waiting"
    TRIGGERED = "triggered"
    CANCELED = "canceled"
    REJECTED = "rejected"  # it was set off, and what it then placed was refused


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingOrder:
    """An order that is placed when a price is reached; until then it holds nothing."""

    waiting_id: int
    client_id: str
    account: str
    request: OrderRequest
    trigger_ticks: int
    rising: bool  # set off by a price at or above the trigger; else at or below it
    worked_by: WorkedBy
    take_profit: bool  # what the client called it; it makes no difference here
    close_position: bool  # whatever the position is by then
    status: WaitingStatus
    created_ns: int
    updated_ns: int
    order_id: int | None = None  # of the order it became
    reason: str = ""
