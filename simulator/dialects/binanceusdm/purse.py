"""An account's money, positions and margin at one moment, counted from what the REST view shows."""

from collections.abc import Iterable
from decimal import Context, Decimal

from simulator.dialects.binance.listing import PLACES, Listed
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.figures import money, truncated
from simulator.exchange.orders import OrderRecord, Side
from simulator.exchange.perpetual.contract import Contract
from simulator.exchange.perpetual.margin import Health, Leg, health, zero_equity_ticks
from simulator.exchange.perpetual.records import Position

_EXACT = Context(prec=80)


class Purse:
    """An account's money, positions and margin, as the REST view shows them at one moment."""

    def __init__(self, front: Front, account: str) -> None:
        picture = front.doors.seen
        self.front = front
        self._unit = front.futures.amount(1)
        balance = picture.balances(account).get(front.futures.margin_asset)
        self.wallet = Decimal(0) if balance is None else balance.total
        orders = picture.open_orders(account)
        self.positions: dict[str, Position | None] = {}
        self.legs: dict[str, Leg] = {}
        for listed in front.listing:
            position = picture.position(account, listed.symbol)
            self.positions[listed.symbol] = position
            mark = front.mark(listed.symbol)
            ticks = 0 if mark is None else mark.mark_ticks
            mine = [one for one in orders if one.symbol == listed.symbol and not one.reduce_only]
            self.legs[listed.symbol] = self._leg(front.contract(listed.symbol), position, ticks, mine)
        self.health: Health = health(self._units(self.wallet), self.legs.values())

    def money(self, units: int) -> str:
        """Return smallest units as text."""
        return money(self.front.futures.amount(units), PLACES)

    def liquidation_price(self, listed: Listed) -> str:
        """Return about where the position would be taken away, 0 where it would not."""
        leg = self.legs[listed.symbol]
        if not leg.lots:
            return "0"
        ticks = zero_equity_ticks(leg, self.health.equity - self.health.maintenance)
        return "0" if ticks <= 1 else money(listed.instrument.price(ticks), PLACES)

    def most(self, listed: Listed) -> str:
        """Return what a position may be worth with the leverage chosen."""
        leg = self.legs[listed.symbol]
        return f"{leg.contract.value_max(leg.leverage):f}"

    def _units(self, amount: Decimal) -> int:
        return int(_EXACT.divide(amount, self._unit))

    def _leg(self, contract: Contract, position: Position | None, mark: int, orders: Iterable[OrderRecord]) -> Leg:
        bids = asks = 0
        for one in orders:
            value = (one.price_ticks or 0) * one.remaining_lots
            if one.side is Side.BUY:
                bids += value
            else:
                asks += value
        return Leg(
            contract=contract,
            unit=self._units(contract.cost(1, 1)),
            lots=0 if position is None else position.lots,
            cost=0 if position is None else self._units(position.cost),
            mark=mark,
            leverage=contract.leverage_default if position is None else position.leverage,
            bids=bids,
            asks=asks,
        )


def entry_price(position: Position | None, contract: Contract) -> str:
    """Return the mean price of a position, zero without one."""
    if position is None or not position.lots:
        return "0.0"
    price = _EXACT.divide(abs(position.cost), contract.quantity(abs(position.lots)))
    return f"{truncated(price, PLACES).normalize():f}"
