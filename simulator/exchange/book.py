"""The order book of one instrument: price first, then time, in whole ticks and lots.

Each side keeps its prices in a sorted list with the best one last, and a queue of orders for each price. A
cancelled order stays in its queue as a dead entry of zero lots until it comes to the front or the dead outnumber
the living, so that a cancel costs the same wherever the order stands. Sorted lists of prices beat heaps (which
must also skip dead prices) and arrays of ticks (which need bounds); a linked list through the orders was slower
and left cycles for the garbage collector.

This is the hot loop of the simulated world: no checks of what the exchange has already checked, no properties,
and the two sides spelled out. Asks are held by negated price, so that the best is last there, too.
"""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterator, Sequence

DEAD_MAX = 32  # dead entries a queue may hold before they are counted against the living

Fill = tuple[int, int, int]  # order id of the maker, price in ticks, lots
NO_FILLS: Sequence[Fill] = ()


class Level:
    """The orders at one price, oldest first; `lots` is what the living ones still want."""

    __slots__ = ("dead", "key", "lots", "queue")

    def __init__(self, key: int, order: "RestingOrder") -> None:
        self.key = key
        self.lots = order.lots
        self.dead = 0
        self.queue = deque((order,))


class RestingOrder:
    """An order in the book; `lots` is what it still wants, 0 once it is dead.

    It is filled in field by field where it is made: the call of an `__init__` was a tenth of the book's time.
    """

    __slots__ = ("is_buy", "level", "lots", "order_id")

    order_id: int
    is_buy: bool
    lots: int
    level: Level


class OrderBook:
    """Resting orders of one instrument."""

    __slots__ = ("_ask_keys", "_asks", "_bid_keys", "_bids", "_orders")

    def __init__(self) -> None:
        self._bids: dict[int, Level] = {}  # by price
        self._asks: dict[int, Level] = {}  # by negated price
        self._bid_keys: list[int] = []  # ascending: the best last
        self._ask_keys: list[int] = []
        self._orders: dict[int, RestingOrder] = {}

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
        self._orders[order_id] = order = RestingOrder()
        order.order_id = order_id
        order.is_buy = is_buy
        order.lots = lots
        level = levels.get(key)
        if level is None:
            levels[key] = order.level = Level(key, order)
            insort(keys, key)
        else:
            order.level = level
            level.lots += lots
            level.queue.append(order)
        return fills

    def take(self, is_buy: bool, price: int, lots: int) -> Sequence[Fill]:
        """Match an order up to its price, forget what is left, and return the fills."""
        if is_buy:
            return self._match(self._asks, self._ask_keys, -price, lots)[0]
        return self._match(self._bids, self._bid_keys, price, lots)[0]

    def _match(self, levels: dict[int, Level], keys: list[int], worst: int, lots: int) -> tuple[list[Fill], int]:
        fills: list[Fill] = []
        orders = self._orders
        while lots and keys and keys[-1] >= worst:
            key = keys[-1]
            level = levels[key]
            price = key if key > 0 else -key
            queue = level.queue
            if level.lots <= lots:  # the level goes whole
                lots -= level.lots
                for order in queue:
                    if order.lots:
                        fills.append((order.order_id, price, order.lots))
                        del orders[order.order_id]
                del levels[key]
                keys.pop()
                continue
            level.lots -= lots
            while lots:
                order = queue[0]
                wanted = order.lots
                if wanted > lots:
                    order.lots = wanted - lots
                    fills.append((order.order_id, price, lots))
                    return fills, 0
                queue.popleft()
                if wanted:
                    fills.append((order.order_id, price, wanted))
                    del orders[order.order_id]
                    lots -= wanted
                else:
                    level.dead -= 1
        return fills, lots

    def cancel(self, order_id: int) -> int:
        """Take an order out and return the lots it still wanted.

        Raises:
            KeyError: it is not in the book.
        """
        order = self._orders.pop(order_id)
        lots = order.lots
        order.lots = 0
        level = order.level
        level.lots -= lots
        if not level.lots:
            if order.is_buy:
                del self._bids[level.key]
                keys = self._bid_keys
            else:
                del self._asks[level.key]
                keys = self._ask_keys
            if keys[-1] == level.key:
                keys.pop()
            else:
                del keys[bisect_left(keys, level.key)]
        else:
            level.dead += 1
            if level.dead > DEAD_MAX and level.dead * 2 > len(level.queue):
                level.queue = deque([order for order in level.queue if order.lots])
                level.dead = 0
        return lots

    def reduce(self, order_id: int, lots: int) -> None:
        """Let an order want `lots` fewer, and keep its place; it must want more than that.

        Raises:
            KeyError: it is not in the book.
        """
        order = self._orders[order_id]
        order.lots -= lots
        order.level.lots -= lots

    def lots_before(self, order_id: int) -> int:
        """Return the lots that a taker gets before it comes to this order.

        Raises:
            KeyError: it is not in the book.
        """
        order = self._orders[order_id]
        levels, keys = (self._bids, self._bid_keys) if order.is_buy else (self._asks, self._ask_keys)
        better = keys[bisect_right(keys, order.level.key) :]
        before = sum(levels[key].lots for key in better)
        for other in order.level.queue:
            if other is order:
                break
            before += other.lots
        return before

    def __contains__(self, order_id: int) -> bool:
        """Tell whether the order rests here."""
        return order_id in self._orders

    def __len__(self) -> int:
        """Count the resting orders."""
        return len(self._orders)

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
