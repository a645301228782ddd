"""Everything at an exchange of perpetuals but its clients' orders: accounts, marks, funding, the house, and the order
in which things become true.

After every change the exchange settles down: it sets off waiting orders, and takes away what has no margin left,
until nothing more is due.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Context, Decimal
from itertools import count
from types import MappingProxyType

from simulator.exchange.admission import TradingMode
from simulator.exchange.events import EventStream
from simulator.exchange.exchange import STAGES
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.ledger import Ledger
from simulator.exchange.listing import Listing
from simulator.exchange.orders import OrderRequest, Side
from simulator.exchange.perpetual.accounts import Market, Trader
from simulator.exchange.perpetual.admission import Gatekeeper, PositionTooLarge
from simulator.exchange.perpetual.contract import Contract
from simulator.exchange.perpetual.floor import Floor
from simulator.exchange.perpetual.funding import Clerk
from simulator.exchange.perpetual.liquidation import Liquidator
from simulator.exchange.perpetual.margin import Health
from simulator.exchange.perpetual.picture import PerpetualPicture
from simulator.exchange.perpetual.waiting import WaitingRoom
from simulator.exchange.rejections import ExchangeRefusal, RejectCode, Rejected, UnknownAccount, UnknownSymbol
from simulator.exchange.reopening import Reopening
from simulator.exchange.switches import DeadMansSwitches
from simulator.exchange.timeline import Timeline

_EXACT = Context(prec=80)


class ClearingHouse(ABC):
    """What stands behind an exchange of perpetuals; `PerpetualExchange` adds the clients' side of it."""

    def __init__(
        self,
        name: str,
        contracts: Iterable[Contract],
        timeline: Timeline,
        *,
        fees: FeeSchedule,
        random: random.Random,
        insurance: Decimal = Decimal(0),
        matching_delay_ns: int = 50_000_000,
        open_orders_max: int = 200,
    ) -> None:
        """Open with this much in the insurance; `random` only chooses where the order and trade ids begin.

        Raises:
            ValueError: there is no contract, or they do not share one margin asset.
        """
        self.name = name
        self.events = EventStream()
        self._mode = TradingMode.FULL
        self.silent_reject: Callable[[OrderRequest], bool] | None = None
        self.refuses: Callable[[OrderRequest], RejectCode | None] | None = None
        self.stops_asleep = False
        self.cancel_lag_ns = 0
        self.matching_delay_ns = matching_delay_ns
        self.fees = fees
        self._timeline = timeline
        self._contracts = {contract.symbol: contract for contract in contracts}
        assets = list(dict.fromkeys(contract.quote for contract in self._contracts.values()))
        if len(assets) != 1:
            raise ValueError(f"{name}: contracts must share one margin asset, not {assets}")
        ledger = Ledger(self._contracts.values())  # only for the size of its units
        self.margin_asset = assets[0]
        self._decimals = ledger.decimals[self.margin_asset]
        self._markets = {symbol: Market(one, Listing(one, ledger)) for symbol, one in self._contracts.items()}
        self._order_ids = count(random.randrange(10**9, 10**10))
        self._house_ids = count(-1, -1)
        trade_ids, waiting_ids = count(random.randrange(10**8, 10**9)), count(random.randrange(10**9, 10**10))
        self._floor = Floor(self.margin_asset, self._decimals, fees, timeline, trade_ids)
        self._gatekeeper = Gatekeeper(self._floor, self._markets, open_orders_max)
        self._liquidator = Liquidator(self._floor, self._markets, timeline, self._order_ids)
        self._clerk = Clerk(self._floor, self._markets, timeline)
        self._room = WaitingRoom(self._floor, self._markets, timeline, waiting_ids)
        self._switches = DeadMansSwitches(
            timeline, fire=self._fire_switch, is_halted=lambda: self._mode is TradingMode.HALTED
        )
        self._reopening = Reopening(timeline, self._enter)
        now_ns, wall_ns = timeline.now_ns(), timeline.wall_ns()
        self.truth = PerpetualPicture(market.listing.ticker(now_ns, wall_ns) for market in self._markets.values())
        self._floor.pay(self._floor.insurance, self._units(insurance))
        self._floor.pay(self._floor.house, 0)
        self._commit()
        for market in self._markets.values():
            self._wind(market)

    @property
    def mode(self) -> TradingMode:
        """What clients may do now; setting it ends a reopening that is under way."""
        return self._mode

    @mode.setter
    def mode(self, mode: TradingMode) -> None:
        self._reopening.end()
        self._enter(mode)

    def reopen(self, *, halted_ns: int = 0, cancel_only_ns: int = 0, post_only_ns: int = 0) -> Callable[[], None]:
        """Halt for so long, then accept cancels only, then post-only orders too, then trade in full.

        As on a spot exchange; in a halt nobody is liquidated and no waiting order is set off, and both follow it.

        Raises:
            ValueError: a stage lasts less than no time.
        """
        return self._reopening.begin(list(zip(STAGES, (halted_ns, cancel_only_ns, post_only_ns), strict=True)))

    @property
    def instruments(self) -> Mapping[str, Contract]:
        """The contracts by symbol, in the order given."""
        return MappingProxyType(self._contracts)

    @property
    def fees_collected(self) -> Mapping[str, Decimal]:
        """What the exchange has earned."""
        return {self.margin_asset: self._floor.amount(self._floor.fees_collected)}

    def instrument(self, symbol: str) -> Contract:
        """Return the contract of `symbol`.

        Raises:
            UnknownSymbol: it is not traded here.
        """
        return self._market(symbol).contract

    def open_account(self, account: str, balances: Mapping[str, Decimal]) -> None:
        """Open an account with this much of the margin asset.

        Raises:
            ValueError: the name is taken, an amount is in another asset, negative or too fine.
        """
        if account in self._floor.traders:
            raise ValueError(f"account {account!r} is already open")
        if any(asset != self.margin_asset for asset in balances):
            raise ValueError(f"only {self.margin_asset} is held here, not {', '.join(balances)}")
        trader = Trader(account, 0)
        self._floor.traders[account] = trader
        self._floor.pay(trader, self._units(balances.get(self.margin_asset, Decimal(0))))
        self._commit()

    def health(self, account: str) -> Health:
        """Return an account's margin now, in smallest units; `amount` makes money of them."""
        return self._liquidator.health(self._trader(account))

    def amount(self, units: int) -> Decimal:
        """Return smallest units as an amount of the margin asset."""
        return self._floor.amount(units)

    def set_leverage(self, account: str, symbol: str, leverage: int) -> None:
        """Choose the leverage of a position, open or to come.

        Raises:
            Rejected: LEVERAGE_TERMS (as TERMS) out of range; INSUFFICIENT_BALANCE: the position would lack margin.
            UnknownSymbol: it is not traded here.
        """
        market, trader = self._market(symbol), self._trader(account)
        if not 1 <= leverage <= market.contract.leverage_max:
            raise Rejected(RejectCode.TERMS, f"leverage from 1 to {market.contract.leverage_max}")
        holding = trader.holding(market.contract)
        before, holding.leverage = holding.leverage, leverage
        exposure = self._floor.amount(trader.leg(market).exposure)
        short = leverage < before and self._liquidator.health(trader).available < 0
        if exposure > market.contract.value_max(leverage):
            holding.leverage = before
            raise PositionTooLarge(f"{exposure} is too much for {leverage} times leverage")
        if short:
            holding.leverage = before
            raise Rejected(RejectCode.INSUFFICIENT_BALANCE, f"{exposure} is too much for {leverage} times leverage")
        self._floor.touch_position(trader, symbol)
        self._commit(market)

    def set_index(self, symbol: str, index: Decimal, mark: Decimal | None = None) -> None:
        """Tell the index, and the mark where it is not the index; both are rounded to ticks.

        Raises:
            UnknownSymbol: it is not traded here.
            ValueError: a price is not positive.
        """
        market = self._market(symbol)
        market.index = market.contract.nearest_ticks(index)
        market.mark = market.index if mark is None else market.contract.nearest_ticks(mark)
        self._clerk.see_premium(market)
        self._clerk.tell(market)
        self._settle_down(market, everybody=True)

    def set_funding_rate(self, symbol: str, rate: Decimal | None) -> None:
        """Dictate the rate of the next payments, or (None) let it follow the premium again."""
        market = self._market(symbol)
        if rate is None:
            self._clerk.fixed.pop(symbol, None)
        else:
            self._clerk.fixed[symbol] = rate
        self._clerk.tell(market)
        self._commit(market)

    def quote(self, symbol: str, bids: Sequence[tuple[int, int]], asks: Sequence[tuple[int, int]]) -> None:
        """Replace the house's orders by this ladder of (price in ticks, lots), best first on each side.

        Raises:
            UnknownSymbol: it is not traded here.
            ValueError: the ladder crosses itself.
        """
        market = self._market(symbol)
        if bids and asks and bids[0][0] >= asks[0][0]:
            raise ValueError(f"{symbol}: the house would trade with itself, bid {bids[0]} and ask {asks[0]}")
        if self._mode is not TradingMode.FULL:
            return
        self._floor.withdraw_house(market)
        for is_buy, ladder in ((True, bids), (False, asks)):
            for price, lots in ladder:
                self._floor.match_house(market, next(self._house_ids), is_buy, price, lots)
        self._settle_down(market)

    def print_trade(self, symbol: str, side: Side, price_ticks: int, quantity_lots: int) -> None:
        """Put a trade between strangers on the tape; it moves no money.

        Raises:
            UnknownSymbol: it is not traded here.
        """
        market = self._market(symbol)
        if self._mode is TradingMode.FULL:
            self._floor.print_trade(market, side, price_ticks, quantity_lots)
            self._settle_down(market)

    def _settle_down(self, market: Market, *, everybody: bool = False) -> None:
        """Make what has happened true, and then whatever follows from it, one thing after the other."""
        moved = list(self._floor.traders) if everybody else self._floor.moved_since_told()
        self._commit(market)
        if self._mode is TradingMode.HALTED:
            return
        while not self.stops_asleep and (waiting := self._room.next_reached()) is not None:
            trader = self._floor.traders[waiting.account]
            moved.append(waiting.account)
            try:
                order_id = self._place(self._room.request_of(waiting, trader))
                self._room.set_off(waiting, order_id)
            except ExchangeRefusal as refusal:
                self._room.set_off(waiting, None, str(refusal))
            self._commit()
        for name in moved:
            trader = self._floor.traders[name]
            if self._liquidator.is_due(trader):
                for touched in self._liquidator.liquidate(trader):
                    self._settle_down(touched)

    def _enter(self, mode: TradingMode) -> None:
        self._mode = mode
        if mode is not TradingMode.HALTED:
            self._switches.catch_up()
            for market in self._markets.values():
                self._settle_down(market, everybody=True)

    @abstractmethod
    def _fire_switch(self, account: str, symbol: str | None) -> None:
        """Cancel what a dead man's switch is about; how is the business of the clients' side."""

    @abstractmethod
    def _place(self, request: OrderRequest) -> int:
        """Place an order that has waited; how is the business of the clients' side."""

    def _commit(self, market: Market | None = None) -> None:
        """Make what has happened the truth, all at once, and then tell it."""
        happened = self._floor.drain(market)
        for event in happened:
            self.truth.apply(event)
        for event in happened:
            self.events.publish(event)

    def _wind(self, market: Market) -> None:
        self._timeline.call_later(self._clerk.due_in_ns(market), lambda: self._fund(market))

    def _fund(self, market: Market) -> None:
        self._clerk.settle(market)
        self._settle_down(market)
        self._wind(market)

    def _market(self, symbol: str) -> Market:
        try:
            return self._markets[symbol]
        except KeyError:
            raise UnknownSymbol(f"{self.name} does not trade {symbol}") from None

    def _trader(self, account: str) -> Trader:
        try:
            return self._floor.traders[account]
        except KeyError:
            raise UnknownAccount(f"no account {account!r}") from None

    def _units(self, amount: Decimal) -> int:
        units = amount.scaleb(self._decimals, _EXACT) if amount.is_finite() else Decimal(-1)
        if units < 0 or units != units.to_integral_value():
            raise ValueError(f"{amount} {self.margin_asset}: give an amount from 0 with {self._decimals} decimals")
        return int(units)
