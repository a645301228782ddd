"""The book of one outcome token, seen in the book of the other: whoever buys this one at p sells that one at 1 - p.

The vendor runs one book a market in this way, and so an order meets either kind of counterpart in price-time order,
whichever token each of them named.
"""

from collections.abc import Iterator, Sequence

from simulator.exchange.book import Fill, OrderBook


class MirroredBook(OrderBook):
    """A book that keeps nothing of its own."""

    __slots__ = ("_book", "_whole")

    def __init__(self, book: OrderBook, whole: int) -> None:
        """Mirror `book`; `whole` is what the two tokens cost together, in ticks."""
        self._book = book
        self._whole = whole

    def place(self, order_id: int, is_buy: bool, price: int, lots: int) -> Sequence[Fill]:
        """Match an order up to its price, rest what is left, and return the fills at prices of this token."""
        return self._seen(self._book.place(order_id, not is_buy, self._whole - price, lots))

    def take(self, is_buy: bool, price: int, lots: int) -> Sequence[Fill]:
        """Match an order up to its price, forget what is left, and return the fills at prices of this token."""
        return self._seen(self._book.take(not is_buy, self._whole - price, lots))

    def cancel(self, order_id: int) -> int:
        """Take an order out and return the lots it still wanted, 0 if it is not in the book."""
        return self._book.cancel(order_id)

    def reduce(self, order_id: int, lots: int) -> None:
        """Let an order want `lots` fewer, and keep its place.

        Raises:
            KeyError: it is not in the book.
        """
        self._book.reduce(order_id, lots)

    def lots_before(self, order_id: int) -> int:
        """Return the lots that a taker gets before it comes to this order.

        Raises:
            KeyError: it is not in the book.
        """
        return self._book.lots_before(order_id)

    def __contains__(self, order_id: int) -> bool:
        """Tell whether the order rests here."""
        return order_id in self._book

    def __len__(self) -> int:
        """Count the resting orders, whichever token they name."""
        return len(self._book)

    @property
    def best_bid(self) -> int | None:
        """The highest price somebody pays for this token, in ticks."""
        ask = self._book.best_ask
        return None if ask is None else self._whole - ask

    @property
    def best_ask(self) -> int | None:
        """The lowest price somebody sells this token at, in ticks."""
        bid = self._book.best_bid
        return None if bid is None else self._whole - bid

    def lots_at(self, is_buy: bool, price: int) -> int:
        """Return the lots that rest at a price of one side."""
        return self._book.lots_at(not is_buy, self._whole - price)

    def levels(self, is_buy: bool) -> Iterator[tuple[int, int]]:
        """Yield (price, lots) of one side, best first."""
        yield from ((self._whole - price, lots) for price, lots in self._book.levels(not is_buy))

    def _seen(self, fills: Sequence[Fill]) -> Sequence[Fill]:
        return [(order_id, self._whole - price, lots) for order_id, price, lots in fills]
