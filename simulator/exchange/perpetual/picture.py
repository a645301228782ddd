"""What somebody who has seen a number of events knows of an exchange of perpetuals: the spot picture, and more."""

from collections import deque
from itertools import islice

from simulator.exchange.events import Event, FundingPaid, MarkChanged, PositionChanged, WaitingOrderChanged
from simulator.exchange.perpetual.records import Funding, Mark, Position, WaitingOrder
from simulator.exchange.picture import Picture
from simulator.exchange.rejections import UnknownOrder, UnknownSymbol

FUNDINGS_KEPT_MAX = 10_000  # payments an account
SETTLED_KEPT_MAX = 1_000  # moments of funding a contract
WAITING_KEPT_MAX = 10_000  # waiting orders an account, finished ones included


class PerpetualPicture(Picture):
    """Positions, marks, funding and waiting orders beside what every picture has."""

    def __init__(self, *args: object, **bounds: int) -> None:
        super().__init__(*args, **bounds)  # type: ignore[arg-type]
        self._positions: dict[str, dict[str, Position]] = {}
        self._marks: dict[str, Mark] = {}
        self._settled: dict[str, deque[Mark]] = {}
        self._fundings: dict[str, deque[Funding]] = {}
        self._waiting: dict[str, dict[int, WaitingOrder]] = {}

    def copy(self, *, orders_max: int | None = None, trades_max: int | None = None) -> "PerpetualPicture":
        """Return a picture of the same that goes its own way from here, with bounds of its own."""
        twin = super().copy(orders_max=orders_max, trades_max=trades_max)
        assert isinstance(twin, PerpetualPicture)
        twin._positions = {account: dict(held) for account, held in self._positions.items()}
        twin._marks = dict(self._marks)
        twin._settled = {symbol: deque(marks, SETTLED_KEPT_MAX) for symbol, marks in self._settled.items()}
        twin._fundings = {account: deque(paid, FUNDINGS_KEPT_MAX) for account, paid in self._fundings.items()}
        twin._waiting = {account: dict(waiting) for account, waiting in self._waiting.items()}
        return twin

    def apply(self, event: Event) -> None:
        """See one more event."""
        match event:
            case PositionChanged():
                position = event.position
                self._positions.setdefault(position.account, {})[position.symbol] = position
            case MarkChanged():
                self._marks[event.mark.symbol] = event.mark
                if event.mark.settled_rate is not None:
                    self._settled.setdefault(event.mark.symbol, deque(maxlen=SETTLED_KEPT_MAX)).append(event.mark)
            case FundingPaid():
                paid = self._fundings.setdefault(event.funding.account, deque(maxlen=FUNDINGS_KEPT_MAX))
                paid.append(event.funding)
            case WaitingOrderChanged():
                waiting = self._waiting.setdefault(event.record.account, {})
                waiting[event.record.waiting_id] = event.record
                if len(waiting) > WAITING_KEPT_MAX:
                    del waiting[next(iter(waiting))]
            case _:
                super().apply(event)

    def positions(self, account: str) -> list[Position]:
        """Return every position that the account has or had, or has chosen a leverage for."""
        return list(self._positions.get(account, {}).values())

    def position(self, account: str, symbol: str) -> Position | None:
        """Return what the account holds of one contract, None if it never held any."""
        return self._positions.get(account, {}).get(symbol)

    def mark(self, symbol: str) -> Mark:
        """Return the mark of a contract.

        Raises:
            UnknownSymbol: it has none: it is not traded here, or no index has been given yet.
        """
        try:
            return self._marks[symbol]
        except KeyError:
            raise UnknownSymbol(f"{symbol} has no mark") from None

    def settled(self, symbol: str) -> list[Mark]:
        """Return the marks of the contract's last moments of funding, oldest first."""
        return list(self._settled.get(symbol, ()))

    def fundings(self, account: str, symbol: str | None = None, *, limit: int | None = None) -> list[Funding]:
        """Return the account's last payments of funding, oldest first."""
        wanted = (one for one in reversed(self._fundings.get(account, ())) if symbol in (None, one.symbol))
        found = list(islice(wanted, limit))
        found.reverse()
        return found

    def waiting_orders(self, account: str, symbol: str | None = None) -> list[WaitingOrder]:
        """Return the waiting orders, finished ones included, oldest first."""
        return [one for one in self._waiting.get(account, {}).values() if symbol in (None, one.request.symbol)]

    def waiting_order(
        self, account: str, *, waiting_id: int | None = None, client_id: str | None = None
    ) -> WaitingOrder:
        """Return a waiting order by either id; of several with one client id, the latest.

        Raises:
            UnknownOrder: this picture has none.
        """
        for one in reversed(self._waiting.get(account, {}).values()):
            if waiting_id in (None, one.waiting_id) and client_id in (None, one.client_id):
                if waiting_id is None and client_id is None:
                    break
                return one
        raise UnknownOrder(f"no waiting order {waiting_id or ''} {client_id or ''}".rstrip())
