"""The order book: price first, then time, and nothing lost on the way."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.bench.tape import write_tape
from simulator.exchange.book import GONE_MAX, Fill, OrderBook
from tests.simulator.exchange.tape import operations_per_second, play


def test_the_better_price_trades_first_and_at_its_own_price() -> None:
    book = OrderBook()
    book.place(1, False, 102, 5)
    book.place(2, False, 101, 5)

    fills = book.place(3, True, 105, 8)

    assert fills == [(2, 101, 5), (1, 102, 3)]


def test_at_one_price_the_older_order_trades_first() -> None:
    book = OrderBook()
    for order_id in (1, 2, 3):
        book.place(order_id, True, 100, 4)

    fills = book.place(4, False, 99, 6)

    assert fills == [(1, 100, 4), (2, 100, 2)]
    assert book.lots_at(True, 100) == 6


def test_a_cancelled_order_loses_its_place_and_the_others_keep_theirs() -> None:
    book = OrderBook()
    for order_id in (1, 2, 3):
        book.place(order_id, True, 100, 4)
    assert book.cancel(1) == 4
    book.place(1, True, 100, 4)

    fills = book.take(False, 100, 12)

    assert [order_id for order_id, _, _ in fills] == [2, 3, 1]


def test_what_does_not_trade_rests_and_what_is_taken_does_not() -> None:
    book = OrderBook()
    book.place(1, False, 101, 5)

    assert book.place(2, True, 101, 8) == [(1, 101, 5)]
    assert book.take(False, 100, 10) == [(2, 101, 3)]

    assert (book.best_bid, book.best_ask, len(book)) == (None, None, 0)


def test_a_cancel_of_what_is_not_there_finds_nothing() -> None:
    book = OrderBook()
    book.place(1, False, 101, 5)
    book.place(2, True, 101, 5)

    assert book.cancel(1) == 0
    assert book.cancel(3) == 0


def test_replacing_an_order_for_ever_behind_another_does_not_grow_the_book() -> None:
    book = OrderBook()
    book.place(0, True, 100, 1)

    for order_id in range(1, 10_000):
        book.place(order_id, True, 100, 1)
        book.cancel(order_id)

    (level,) = book._bids.values()
    assert level.gone <= GONE_MAX


def test_small_takers_and_cancels_at_the_front_of_a_long_queue_do_not_leave_it_full_of_holes() -> None:
    book = OrderBook()
    for order_id in range(4_000):
        book.place(order_id, True, 100, 2)

    for order_id in range(0, 3_800, 2):
        book.cancel(order_id)
        assert book.take(False, 100, 1) == [(order_id + 1, 100, 1)]
        assert book.take(False, 100, 1) == [(order_id + 1, 100, 1)]

    (level,) = book._bids.values()
    assert len(level.orders) == 200
    assert level.gone <= len(level.orders)


class SlowBook:
    """The rule of price and time in its plainest words."""

    def __init__(self) -> None:
        self.orders: list[list[int]] = []  # [id, is_buy, price, lots], oldest first

    def take(self, is_buy: bool, price: int, lots: int) -> tuple[list[Fill], int]:
        sign = 1 if is_buy else -1
        others = [order for order in self.orders if order[1] != is_buy and sign * order[2] <= sign * price]
        fills: list[Fill] = []
        for order in sorted(others, key=lambda order: sign * order[2]):  # stable: the older first
            filled = min(lots, order[3])
            if filled:
                fills.append((order[0], order[2], filled))
                order[3] -= filled
                lots -= filled
        self.orders = [order for order in self.orders if order[3]]
        return fills, lots

    def place(self, order_id: int, is_buy: bool, price: int, lots: int) -> list[Fill]:
        fills, left = self.take(is_buy, price, lots)
        if left:
            self.orders.append([order_id, is_buy, price, left])
        return fills

    def cancel(self, order_id: int) -> None:
        self.orders = [order for order in self.orders if order[0] != order_id]

    def levels(self, is_buy: bool) -> list[tuple[int, int]]:
        totals: dict[int, int] = {}
        for _, side, price, lots in self.orders:
            if side == is_buy:
                totals[price] = totals.get(price, 0) + lots
        return sorted(totals.items(), reverse=is_buy)


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["place", "place", "take", "cancel"]), st.booleans(), st.integers(1, 5), st.integers(1, 4)
    ),
    max_size=120,
)


@given(OPERATIONS)
def test_it_does_what_the_plainest_book_does(operations: list[tuple[str, bool, int, int]]) -> None:
    book, slow = OrderBook(), SlowBook()

    for order_id, (kind, is_buy, price, lots) in enumerate(operations, start=1):
        if kind == "place":
            assert list(book.place(order_id, is_buy, price, lots)) == slow.place(order_id, is_buy, price, lots)
        elif kind == "take":
            assert list(book.take(is_buy, price, lots)) == slow.take(is_buy, price, lots)[0]
        elif order_id - lots in book:
            book.cancel(order_id - lots)
            slow.cancel(order_id - lots)

        for side in (True, False):
            assert list(book.levels(side)) == slow.levels(side)
        assert len(book) == len(slow.orders)
        assert book.best_bid is None or book.best_ask is None or book.best_bid < book.best_ask


def test_a_long_tape_loses_no_lot() -> None:
    tape = write_tape(20_000, seed=1)

    book, traded = play(tape)

    placed = sum(lots for cancels, _, _, _, lots in tape if not cancels)
    resting = sum(lots for side in (True, False) for _, lots in book.levels(side))
    assert traded > 0
    assert placed - 2 * traded >= resting > 0


def test_the_hot_loop_has_not_become_an_order_of_magnitude_slower() -> None:
    tape = write_tape(50_000, seed=2)

    speed = max(operations_per_second(tape) for _ in range(3))

    assert speed > 150_000, f"{speed:,.0f} operations/s; a quiet core does well over a million"
