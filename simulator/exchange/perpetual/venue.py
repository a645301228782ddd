"""A venue of perpetuals: one exchange, the views of it, and the keys that open its accounts."""

from typing import cast

from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.exchange.perpetual.picture import PerpetualPicture
from simulator.exchange.timeline import Timeline
from simulator.exchange.venue import Doors


class PerpetualVenue(Doors):
    """One exchange of perpetuals as its clients meet it."""

    def __init__(self, exchange: PerpetualExchange, timeline: Timeline, **lags_ns: int) -> None:
        """Open three doors to the exchange: `rest_lag_ns`, `public_lag_ns` and `private_lag_ns`, all settable later."""
        self.exchange = exchange
        super().__init__(exchange.name, exchange, timeline, **lags_ns)

    @property
    def seen(self) -> PerpetualPicture:
        """The exchange as the REST view shows it now."""
        return cast(PerpetualPicture, self.rest.picture)
