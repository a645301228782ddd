"""The floor of a prediction market: orders for either token meet in one book, and matches go off to be settled.

A buyer meets whoever sells him his token, or whoever buys the other one: then a pair of tokens is minted from what
the two pay. Two sellers of different tokens have a pair merged, and share the unit of collateral that comes free.
"""

from collections.abc import Iterator, Sequence

from simulator.exchange import reasons
from simulator.exchange.book import Fill
from simulator.exchange.events import Event, FillReversed, SettlementChanged, Traded
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.ledger import Account, Ledger
from simulator.exchange.listing import Listing
from simulator.exchange.matching import Floor
from simulator.exchange.orders import OrderStatus, Side, TradeRecord
from simulator.exchange.prediction.clearing import Clearing, Half, Match
from simulator.exchange.prediction.listing import OutcomeListing
from simulator.exchange.prediction.records import Settlement, SettlementState
from simulator.exchange.settlement import Charge
from simulator.exchange.timeline import Timeline
from simulator.exchange.working_order import WorkingOrder


class PredictionFloor(Floor):
    """Working orders in outcome tokens; `clearing` has what has been matched and not settled."""

    def __init__(self, ledger: Ledger, fees: FeeSchedule, timeline: Timeline, trade_ids: Iterator[int]) -> None:
        super().__init__(ledger, fees, timeline, trade_ids)
        self.clearing = Clearing(ledger, timeline, self._note_settlement)

    def note(self, event: Event) -> None:
        """Add to what has happened."""
        self._happened.append(event)

    def drain(self, listing: Listing | None) -> list[Event]:
        """Return what has happened since the last call; both tokens' books and tickers come last."""
        happened = super().drain(listing)
        if isinstance(listing, OutcomeListing):
            now_ns, wall_ns = self._timeline.now_ns(), self._timeline.wall_ns()
            happened.extend(listing.twin.drain_changes(now_ns, wall_ns))
        return happened

    def _trade(
        self, listing: Listing, fills: Sequence[Fill], taker: WorkingOrder | None, account: Account, buys: bool
    ) -> None:
        """Write down the fills of a taker (None: the house), and send them to be settled."""
        assert isinstance(listing, OutcomeListing)
        side = Side.BUY if buys else Side.SELL
        for maker_id, price, lots in fills:
            listing.touch(not buys, price)
            trade_id = next(self._trade_ids)
            maker = self.register.by_id(maker_id) if maker_id > 0 else None
            halves = (
                self._half(listing, taker, side, trade_id, price, lots, is_maker=False),
                self._half(listing, maker, side.opposite, trade_id, price, lots, is_maker=True),
            )
            self.print_trade(listing, trade_id, side, price, lots)
            self.clearing.send(Match(listing=listing, halves=halves))

    def _half(
        self,
        listing: OutcomeListing,
        order: WorkingOrder | None,
        side: Side,
        trade_id: int,
        price: int,
        lots: int,
        *,
        is_maker: bool,
    ) -> Half:
        """Fill an order, named here by its side in `listing`, and return its part of the match.

        What a party does in one token at a price it may have asked for in the other. The house only ever buys, so
        that it never owes a token.
        """
        whole = listing.market.whole
        if (order is None and side is Side.SELL) or (order is not None and order.listing is not listing):
            listing, side, price = listing.twin, side.opposite, whole - price
        gives, gets = listing.gives(side, price, lots), listing.gets(side, price, lots)
        if order is None:
            return Half(account=self._house, gives=gives, gets=gets, fee=0)
        fee = 0 if is_maker else listing.market.fee(gets[1], price)
        self._fill(order, trade_id, price, lots, Charge(units=fee, asset=gets[0]), is_maker=is_maker)
        return Half(account=order.account, gives=gives, gets=gets, fee=fee, order=order, trade=self._last_trade())

    def _last_trade(self) -> TradeRecord:
        event = self._happened[-1]
        assert isinstance(event, Traded)
        return event.trade

    def _note_settlement(self, match: Match, settlement: Settlement) -> None:
        now_ns = self._timeline.now_ns()
        if settlement.state is not SettlementState.FAILED:
            self.note(SettlementChanged(at_ns=now_ns, settlement=settlement))
            return
        for half in match.halves:
            if half.trade is settlement.trade and half.order is not None:
                self._take_back(half.order, half.trade)
        self.note(FillReversed(at_ns=now_ns, settlement=settlement))

    def _take_back(self, order: WorkingOrder, trade: TradeRecord) -> None:
        """Take a fill from an order; if it is open still, that ends it, for what failed once would fail again."""
        order.filled -= trade.quantity_lots
        order.quote_units -= trade.price_ticks * trade.quantity_lots * order.listing.quote_unit
        if self.register.has(order.order_id):
            self.withdraw(order)
            self.finish(order, OrderStatus.CANCELED, reasons.SETTLEMENT_FAILED)
        else:
            self._note(order, OrderStatus.CANCELED, reason=reasons.SETTLEMENT_FAILED)
