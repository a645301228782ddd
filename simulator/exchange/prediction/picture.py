"""What somebody who has seen a number of events knows of a prediction market: the spot picture, and more."""

from simulator.exchange.events import Event, FillReversed, MarketResolved, SettlementChanged
from simulator.exchange.orders import TradeRecord
from simulator.exchange.picture import Picture
from simulator.exchange.prediction.records import Resolution, Settlement

SETTLEMENTS_KEPT_MAX = 200_000  # halves of matches


class PredictionPicture(Picture):
    """How matches stand on chain, and which questions have been answered, beside what every picture has."""

    def __init__(self, *args: object, **bounds: int) -> None:
        super().__init__(*args, **bounds)  # type: ignore[arg-type]
        self._settlements: dict[tuple[int, int], Settlement] = {}  # by trade and order
        self._resolutions: dict[str, Resolution] = {}

    def copy(self, *, orders_max: int | None = None, trades_max: int | None = None) -> "PredictionPicture":
        """Return a picture of the same that goes its own way from here, with bounds of its own."""
        twin = super().copy(orders_max=orders_max, trades_max=trades_max)
        assert isinstance(twin, PredictionPicture)
        twin._settlements.update(self._settlements)
        twin._resolutions.update(self._resolutions)
        return twin

    def apply(self, event: Event) -> None:
        """See one more event."""
        match event:
            case SettlementChanged() | FillReversed():
                trade = event.settlement.trade
                self._settlements[trade.trade_id, trade.order_id] = event.settlement
                if len(self._settlements) > SETTLEMENTS_KEPT_MAX:
                    del self._settlements[next(iter(self._settlements))]
            case MarketResolved():
                self._resolutions[event.resolution.condition] = event.resolution
            case _:
                super().apply(event)

    def settlement(self, trade: TradeRecord) -> Settlement | None:
        """Return how a half of a match stands, None if this picture does not know it, or no longer."""
        return self._settlements.get((trade.trade_id, trade.order_id))

    def resolution(self, condition: str) -> Resolution | None:
        """Return the answer to a question, None while there is none."""
        return self._resolutions.get(condition)
