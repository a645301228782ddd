"""A day's result: exact, from fills and one price, with what was carried over valued when the day began."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.domain.evidence import Trade
from engine.domain.identity import Identity
from engine.domain.instrument import Side
from engine.domain.money import Money, Price, Quantity
from engine.domain.order import Order, intend
from engine.domain.profit import DAY_NS, Flow, day_of, result_of
from engine.recovery.ledger import Ledger

BTC = "BTC/USDT"


def flow(position: str, cash: str) -> Flow:
    return Flow(position=Quantity(position), cash=Money(cash))


def trade(number: int, side: Side, quantity: str, price: str, *, day: int, fee: str = "1") -> Trade:
    return Trade(
        trade_id=str(number),
        venue_order_id="7",
        client_order_id=None,
        instrument=BTC,
        side=side,
        price=Price(price),
        quantity=Quantity(quantity),
        fee=Decimal(fee),
        fee_asset="USDT",
        at_ns=day * DAY_NS + number,
    )


def order_of(side: Side, quantity: str, *, filled: str, cost: Money | None) -> Order:
    meant = intend(
        Identity(bot="bot", strategy="s", instrument=BTC, decision="1", leg="binance"),
        venue="binance",
        side=side,
        quantity=Quantity(quantity),
        price=Price(60_000),
        now_ns=0,
        not_after_ns=1,
    )
    return replace(meant, filled=Quantity(filled), cost=cost)


def test_a_round_trip_of_one_day_needs_no_price_but_its_own() -> None:
    done = flow("0", "150")

    assert result_of(done, done, price=Price(1), opening=None) == Money(150)


def test_what_is_held_counts_at_the_price_and_what_was_carried_over_at_the_opening() -> None:
    """Bought yesterday at 50,000, opened at 60,000, now 61,000: today brought 1,000, not 11,000."""
    total, today = flow("1", "-50000"), flow("0", "0")

    assert result_of(total, today, price=Price(61_000), opening=Price(60_000)) == Money(1000)


def test_without_the_opening_of_what_was_carried_over_there_is_no_result() -> None:
    assert result_of(flow("1", "-50000"), flow("0", "0"), price=Price(61_000), opening=None) is None


def test_a_fill_whose_cost_nobody_has_told_leaves_the_result_open() -> None:
    """Sold for 30,000, not for nothing: a view that tells quantities only must not look like a loss."""
    ledger = Ledger()
    ledger.count("binance", trade(1, Side.BUY, "0.5", "50000", day=10))
    sold = order_of(Side.SELL, "0.5", filled="0.5", cost=None)
    total, today = ledger.flows("binance", BTC, (sold,), day=10)
    assert total.position == Quantity(0)
    assert result_of(total, today, price=Price(60_000), opening=None) is None

    told = replace(sold, cost=Money(30_000))
    total, today = ledger.flows("binance", BTC, (told,), day=10)
    assert result_of(total, today, price=Price(60_000), opening=None) == Money(4_999)


def test_a_new_day_begins_with_nothing_won_or_lost() -> None:
    ledger = Ledger()
    ledger.count("binance", trade(1, Side.BUY, "0.5", "50000", day=10))
    total, today = ledger.flows("binance", BTC, (), day=10)
    assert (total, today) == (flow("0.5", "-25001"), flow("0.5", "-25001"))

    total, today = ledger.flows("binance", BTC, (), day=11)
    assert (total, today) == (flow("0.5", "-25001"), flow("0", "0"))

    ledger.count("binance", trade(2, Side.SELL, "0.5", "51000", day=10))  # yesterday's, told late
    total, today = ledger.flows("binance", BTC, (), day=11)
    assert (total, today) == (flow("0.0", "498"), flow("0", "0"))


steps = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 50), st.integers(40_000, 60_000), st.integers(0, 2)), max_size=12
)


@given(steps=steps, prices=st.tuples(*[st.integers(40_000, 60_000)] * 3))
def test_the_days_results_add_up_to_what_came_of_everything(
    steps: list[tuple[Side, int, int, int]], prices: tuple[int, int, int]
) -> None:
    """With the closing price of one day as the next one's opening, nothing is won or lost at midnight."""
    ledger, total_result, number = Ledger(), Money(0), 0
    opening: Price | None = None
    for day in range(3):
        for side, lots, price, its_day in steps:
            if its_day == day:
                number += 1
                quantity = str(lots * Decimal("0.01"))
                ledger.count("binance", trade(number, side, quantity, str(price), day=day + 100))
        total, today = ledger.flows("binance", BTC, (), day=day + 100)
        closing = Price(prices[day])
        result = result_of(total, today, price=closing, opening=opening)
        assert result is not None
        total_result, opening = total_result + result, closing

    assert total.cash is not None
    assert total_result == total.cash + Price(prices[2]) * total.position


def test_days_are_those_of_utc() -> None:
    assert day_of(1_772_323_199_999_999_999) + 1 == day_of(1_772_323_200_000_000_000)
