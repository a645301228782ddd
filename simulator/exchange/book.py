"""The order book of one instrument: price first, then time, in whole ticks and lots.

Each side keeps its prices in a sorted list with the best one last, and for each price a dictionary from order to lots,
which remembers who came first: a cancel costs the same wherever the order stands, and there is no object for an order
at all. What a dictionary has lost at its front it must pass over to find its first order, so that one which has lost
more than it holds is made anew. Sorted lists of prices beat heaps (which must also skip dead prices) and arrays of
ticks (which need bounds); queues of order objects, with the cancelled ones left in as dead entries, took a fifth
longer, and a linked list through the orders left cycles for the garbage collector besides.

This is the hot loop of the simulated world: no checks of what the exchange has already checked, no properties,
and the two sides spelled out. Asks are held by negated price, so that the best is last there, too.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence

GONE_MAX = 32  # orders that a level may have lost before they are counted against those it has

Fill = tuple[int, int, int]  # order id of the maker, price in ticks, lots
NO_FILLS: Sequence[Fill] = ()


class Level:
    """The orders at one price: what each still wants, oldest first, and the sum; `gone` counts those that left."""

    __slots__ = ("gone", "is_buy", "key", "lots", "orders")

    def __init__(self, key: int, is_buy: bool, order_id: int, lots: int) -> None:
        self.key = key
        self.is_buy = is_buy
        self.lots = lots
        self.gone = 0
        self.orders = {order_id: lots}


class OrderBook:
    """Resting orders of one instrument."""

    __slots__ = ("_ask_keys", "_asks", "_bid_keys", "_bids", "_places")

    def __init__(self) -> None:
        self._bids: dict[int, Level] = {}  # by price
        self._asks: dict[int, Level] = {}  # by negated price
        self._bid_keys: list[int] = []  # ascending: the best last
        self._ask_keys: list[int] = []
        self._places: dict[int, Level] = {}  # by order

    def place(self, order_id: int, is_buy: bool, price: int, lots: int) -> Sequence[Fill]:
        """Match an order up to its price, rest what is left, and return the fills in the order they were made."""
        fills: Sequence[Fill] = NO_FILLS
        if is_buy:
            keys = self._ask_keys
            if keys and price >= -keys[-1]:
                fills, lots = self._match(self._asks, keys, -price, lots)
                if not lots:
                    return fills
            levels, keys, key = self._bids, self._bid_keys, price
        else:
            keys = self._bid_keys
            if keys and price <= keys[-1]:
                fills, lots = self._match(self._bids, keys, price, lots)
                if not lots:
                    return fills
            levels, keys, key = self._asks, self._ask_keys, -price
        level = levels.get(key)
        if level is None:
            levels[key] = level = Level(key, is_buy, order_id, lots)
            insort(keys, key)
        else:
            level.orders[order_id] = lots
            level.lots += lots
        self._places[order_id] = level
        return fills

    def take(self, is_buy: bool, price: int, lots: int) -> Sequence[Fill]:
        """Match an order up to its price, forget what is left, and return the fills."""
        if is_buy:
            return self._match(self._asks, self._ask_keys, -price, lots)[0]
        return self._match(self._bids, self._bid_keys, price, lots)[0]

    def _match(self, levels: dict[int, Level], keys: list[int], worst: int, lots: int) -> tuple[list[Fill], int]:
        fills: list[Fill] = []
        places = self._places
        while lots and keys and keys[-1] >= worst:
            key = keys[-1]
            level = levels[key]
            price = key if key > 0 else -key
            if level.lots > lots:
                _match_in_part(level, price, lots, fills, places)
                return fills, 0
            lots -= level.lots
            for order_id, wanted in level.orders.items():
                fills.append((order_id, price, wanted))
                del places[order_id]
            del levels[key]
            keys.pop()
        return fills, lots

    def cancel(self, order_id: int) -> int:
        """Take an order out and return the lots it still wanted, 0 if it is not in the book: a cancel may be late."""
        level = self._places.pop(order_id, None)
        if level is None:
            return 0
        lots = level.orders.pop(order_id)
        level.lots -= lots
        if level.lots:
            level.gone += 1
            if level.gone > GONE_MAX:
                _tidy(level)
            return lots
        if level.is_buy:
            del self._bids[level.key]
            keys = self._bid_keys
        else:
            del self._asks[level.key]
            keys = self._ask_keys
        if keys[-1] == level.key:
            keys.pop()
        else:
            del keys[bisect_left(keys, level.key)]
        return lots

    def reduce(self, order_id: int, lots: int) -> None:
        """Let an order want `lots` fewer, and keep its place; it must want more than that.

        Raises:
            KeyError: it is not in the book.
        """
        level = self._places[order_id]
        level.orders[order_id] -= lots
        level.lots -= lots

    def lots_before(self, order_id: int) -> int:
        """Return the lots that a taker gets before it comes to this order.

        Raises:
            KeyError: it is not in the book.
        """
        level = self._places[order_id]
        levels, keys = (self._bids, self._bid_keys) if level.is_buy else (self._asks, self._ask_keys)
        better = keys[bisect_right(keys, level.key) :]
        before = sum(levels[key].lots for key in better)
        for other_id, lots in level.orders.items():
            if other_id == order_id:
                break
            before += lots
        return before

    def __contains__(self, order_id: int) -> bool:
        """Tell whether the order rests here."""
        return order_id in self._places

    def __len__(self) -> int:
        """Count the resting orders."""
        return len(self._places)

    @property
    def best_bid(self) -> int | None:
        """The highest price somebody pays, in ticks."""
        return self._bid_keys[-1] if self._bid_keys else None

    @property
    def best_ask(self) -> int | None:
        """The lowest price somebody sells at, in ticks."""
        return -self._ask_keys[-1] if self._ask_keys else None

    def lots_at(self, is_buy: bool, price: int) -> int:
        """Return the lots that rest at a price of one side."""
        level = self._bids.get(price) if is_buy else self._asks.get(-price)
        return level.lots if level is not None else 0

    def levels(self, is_buy: bool) -> Iterator[tuple[int, int]]:
        """Yield (price, lots) of one side, best first."""
        if is_buy:
            yield from ((key, self._bids[key].lots) for key in reversed(self._bid_keys))
        else:
            yield from ((-key, self._asks[key].lots) for key in reversed(self._ask_keys))


def _match_in_part(level: Level, price: int, lots: int, fills: list[Fill], places: dict[int, Level]) -> None:
    """Match what is fewer lots than the level wants: some orders whole, oldest first, then one in part."""
    level.lots -= lots
    orders = level.orders
    whole = []
    for order_id, wanted in orders.items():
        if wanted > lots:
            break
        lots -= wanted
        whole.append(order_id)
        fills.append((order_id, price, wanted))
    for filled_id in whole:
        del orders[filled_id], places[filled_id]
    if lots:
        orders[order_id] -= lots
        fills.append((order_id, price, lots))
    level.gone += len(whole)
    if level.gone > GONE_MAX:
        _tidy(level)


def _tidy(level: Level) -> None:
    """Make a level's dictionary anew once it has lost more than it holds."""
    if level.gone > len(level.orders):
        level.orders = dict(level.orders)
        level.gone = 0
