"""What the bot owns at each venue: what was there before it, and every fill since, counted once.

A total is never copied from the venue; it is the baseline plus our own fills, so that the two can be compared and a
difference means something. Fills come from several views, late, twice and out of order: they are told apart by the
venue's trade id. One that the venue takes back is followed by its opposite. What an order is known to have filled
without the trades being known yet counts as well, at the cost the venue told, until they are.

A position account is kept in the same way (`engine.domain.instrument.asset_of`): a purchase adds contracts and takes
what they cost, though the venue moves no money for it. Its wallet, less what its open positions have cost, is the same
sum: what was there before, and every fill's cost, fee and realised profit. Funding is a payment without a fill.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import islice

import msgspec
from msgspec.structs import replace

from engine.domain.evidence import Trade
from engine.domain.instrument import Side, asset_of
from engine.domain.money import EXACT, ZERO, Money, Quantity
from engine.domain.order import Order
from engine.domain.profit import Flow, day_of

TRADE_IDS_MAX = 5_000
"""Trade ids remembered in memory, more than a snapshot names; an older trade is recognised by the journal."""

Market = tuple[str, str]
"""Venue and instrument."""
TradeKey = tuple[str, str, str]
"""Venue, instrument and the venue's trade id."""


def trade_key(venue: str, trade: Trade) -> TradeKey:
    """Return by what a fill, or its opposite, is known."""
    return (venue, trade.instrument, f"{trade.trade_id} taken back" if trade.taken_back else trade.trade_id)


def entries_of(trade: Trade) -> tuple[Trade, ...]:
    """Return what is counted of a fill: itself, and once it is taken back its opposite as well.

    Nothing that was counted is ever struck out; so both may be told in any order, and the fill may never have counted.
    """
    return (replace(trade, taken_back=False), trade) if trade.taken_back else (trade,)


def assets_of(instrument: str) -> tuple[str, str]:
    """Return what a purchase adds to (the base asset, or the contract) and what it is paid with."""
    return asset_of(instrument), instrument.partition("/")[2].partition(":")[0]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What fills have changed of one asset in one market, in all and in the latest day."""

    venue: str
    instrument: str
    asset: str
    total: Decimal
    today: Decimal


class LedgerState(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger without the fills that it was made of, so that they need not be read again."""

    day: int
    lines: tuple[Line, ...]
    unnamed_ns: int = 0
    """Up to when, on the venues' clocks, fills may be counted in these sums that nobody can name any more."""


class Ledger:
    """Baselines and fills in memory; whoever calls it has them on disk."""

    def __init__(self) -> None:
        self._baselines: dict[str, dict[str, Decimal]] = {}
        self._changes: dict[str, dict[str, Decimal]] = {}
        self._flows: dict[Market, dict[str, Decimal]] = {}
        self._today: dict[Market, dict[str, Decimal]] = {}
        self._day = 0
        """The latest day of which a fill, or a question, was heard."""
        self._known: OrderedDict[TradeKey, int] = OrderedDict()
        """When each of them happened."""
        self._unnamed_ns = 0

    def set_baseline(self, venue: str, balances: Mapping[str, Decimal]) -> None:
        """Note what an account held before the bot's first order."""
        self._baselines[venue] = dict(balances)

    def has_baseline(self, venue: str) -> bool:
        """Tell whether it is known what an account held before the bot."""
        return venue in self._baselines

    def knows(self, venue: str, trade: Trade) -> bool:
        """Tell whether a fill is counted."""
        return trade_key(venue, trade) in self._known

    def count(self, venue: str, trade: Trade) -> bool:
        """Count a fill, or the opposite of one that was taken back; False when it is counted already."""
        key = trade_key(venue, trade)
        if key in self._known:
            return False
        self._name(key, trade.at_ns)
        changes = changes_of(trade)
        _add(self._changes.setdefault(venue, {}), changes)
        _add(self._flows.setdefault((venue, trade.instrument), {}), changes)
        self._begin_day(day_of(trade.at_ns))
        if day_of(trade.at_ns) == self._day:
            _add(self._today.setdefault((venue, trade.instrument), {}), changes)
        return True

    def remember(self, keys: Iterable[tuple[TradeKey, int]]) -> None:
        """Note by their names, and when they happened, fills that are counted already."""
        self._known = OrderedDict((*keys, *self._known.items()))

    def mark(self, venue: str, trades: Iterable[Trade]) -> None:
        """Note fills that are counted already, though this ledger did not see them: they come from the journal."""
        for entry in (entry for trade in trades for entry in entries_of(trade)):
            self._name(trade_key(venue, entry), entry.at_ns)

    def _name(self, key: TradeKey, at_ns: int) -> None:
        self._known[key] = at_ns
        while len(self._known) > TRADE_IDS_MAX:
            self._known.popitem(last=False)

    def known(self, most: int) -> tuple[TradeKey, ...]:
        """Return the latest fills that are counted, oldest first."""
        return tuple(self._known)[-most:]

    @property
    def known_until_ns(self) -> int:
        """Return when the last of the fills happened that are known by name."""
        return max(self._known.values(), default=0)

    def baselines(self) -> tuple[tuple[str, Mapping[str, Decimal]], ...]:
        """Return what each account held before the bot, by venue."""
        return tuple(sorted(self._baselines.items()))

    def unnamed_ns(self, most: int | None = None) -> int:
        """Return up to when fills may be counted that are not among the latest `most` that are known by name.

        Whoever finds an older fill of an order that it does not know must not count it: it is in the sums.
        """
        dropped = islice(self._known.values(), max(0, len(self._known) - most) if most is not None else 0)
        return max((self._unnamed_ns, *dropped))

    def state(self, *, named: int | None = None) -> LedgerState:
        """Return the sums, without baselines; with `named`, for somebody who is told that many fills by name."""
        lines = [
            Line(venue=venue, instrument=instrument, asset=asset, total=total, today=today)
            for (venue, instrument), changes in sorted(self._flows.items())
            for asset, total in sorted(changes.items())
            for today in (self._today.get((venue, instrument), {}).get(asset, Decimal(0)),)
        ]
        return LedgerState(day=self._day, lines=tuple(lines), unnamed_ns=self.unnamed_ns(named))

    def restore(self, state: LedgerState) -> None:
        """Begin with sums instead of with nothing; whoever does marks the fills that may be told again."""
        self._day = state.day
        self._unnamed_ns = state.unnamed_ns
        for line in state.lines:
            market = (line.venue, line.instrument)
            _add(self._changes.setdefault(line.venue, {}), {line.asset: line.total})
            _add(self._flows.setdefault(market, {}), {line.asset: line.total})
            if line.today:
                _add(self._today.setdefault(market, {}), {line.asset: line.today})

    def flows(self, venue: str, instrument: str, orders: Iterable[Order], *, day: int) -> tuple[Flow, Flow]:
        """Return what a market's fills have changed in all, and in a day that is not over."""
        self._begin_day(day)
        total = dict(self._flows.get((venue, instrument), {}))
        today = dict(self._today.get((venue, instrument), {}))
        priced = True
        for order in orders:
            if order.venue == venue and order.identity.instrument == instrument:
                _add(total, unexplained(order))
                _add(today, unexplained(order))
                priced = priced and (order.cost is not None or order.filled == order.traded)
        return _flow(instrument, total, priced=priced), _flow(instrument, today, priced=priced)

    def _begin_day(self, day: int) -> None:
        if day > self._day:
            self._day = day
            self._today.clear()

    def believed(self, venue: str, orders: Iterable[Order]) -> dict[str, Decimal]:
        """Return every asset's total, with what these orders have filled beyond their known trades."""
        if venue not in self._baselines:
            return {}
        totals = dict(self._baselines[venue])
        parts = [self._changes.get(venue, {})]
        parts += [unexplained(order) for order in orders if order.venue == venue]
        for part in parts:
            _add(totals, part)
        return dict(sorted(totals.items()))

    def changed_assets(self, venue: str) -> tuple[str, ...]:
        """Return the assets that fills, or their fees, have changed."""
        return tuple(self._changes.get(venue, ()))

    def position(self, venue: str, instrument: str, orders: Iterable[Order]) -> Quantity:
        """Return how much of the base asset the bot's own fills have left at a venue."""
        base, _ = assets_of(instrument)
        amount = self._changes.get(venue, {}).get(base, Decimal(0))
        more = (unexplained(order).get(base, Decimal(0)) for order in orders if order.venue == venue)
        return sum((Quantity(part) for part in more), Quantity(amount))


def changes_of(trade: Trade) -> dict[str, Decimal]:
    """Return what a fill changes, asset by asset, its fee included; one that was taken back, the other way."""
    base, quote = assets_of(trade.instrument)
    changes = _exchange(trade.side, base, quote, trade.quantity, (trade.price * trade.quantity).value)
    if trade.fee_asset:
        changes[trade.fee_asset] = EXACT.subtract(changes.get(trade.fee_asset, Decimal(0)), trade.fee)
    return {asset: -amount for asset, amount in changes.items()} if trade.taken_back else changes


def unexplained(order: Order) -> dict[str, Decimal]:
    """Return what an order has filled beyond its known trades, without the fees, which nobody has told yet."""
    quantity = order.filled - order.traded
    if not quantity > ZERO:
        return {}
    base, quote = assets_of(order.identity.instrument)
    known = sum(((trade.price * trade.quantity).value for trade in order.fills), Decimal(0))
    cost = order.cost.value - known if order.cost is not None else Decimal(0)
    return _exchange(order.side, base, quote, quantity, cost)


def _exchange(side: Side, base: str, quote: str, quantity: Quantity, cost: Decimal) -> dict[str, Decimal]:
    return {base: quantity.value * side.sign, quote: -cost * side.sign}


def _add(totals: dict[str, Decimal], changes: Mapping[str, Decimal]) -> None:
    for asset, amount in changes.items():
        totals[asset] = EXACT.add(totals.get(asset, Decimal(0)), amount)


def _flow(instrument: str, changes: dict[str, Decimal], *, priced: bool) -> Flow:
    base, quote = assets_of(instrument)
    position, cash = changes.pop(base, Decimal(0)), changes.pop(quote, Decimal(0))
    return Flow(position=Quantity(position), cash=Money(cash) if priced else None, elsewhere=changes)
