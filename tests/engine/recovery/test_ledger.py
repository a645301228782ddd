"""The ledger: every fill once, from whichever view, and the order's own word until its trades are known."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.domain.evidence import Trade
from engine.domain.identity import Identity
from engine.domain.instrument import Side
from engine.domain.messages import OrderState
from engine.domain.money import Money, Price, Quantity
from engine.domain.order import Order, intend
from engine.recovery.ledger import TRADE_IDS_MAX, Ledger, entries_of


def trade(
    number: int, side: Side = Side.BUY, quantity: str = "0.01", *, price: str = "50000", fee: str = "0.5"
) -> Trade:
    return Trade(
        trade_id=str(number),
        venue_order_id="7",
        client_order_id=None,
        instrument="BTC/USDT",
        side=side,
        price=Price(price),
        quantity=Quantity(quantity),
        fee=Decimal(fee),
        fee_asset="USDT",
        at_ns=number,
    )


def order(*trades: Trade, filled: str, cost: str | None, side: Side = Side.BUY) -> Order:
    identity = Identity(bot="b", strategy="s", instrument="BTC/USDT", decision="1", leg="binance")
    new = intend(
        identity,
        venue="binance",
        side=side,
        quantity=Quantity("0.03"),
        price=Price(50000),
        now_ns=0,
        not_after_ns=10,
    )
    known_cost = None if cost is None else Money(cost)
    return replace(new, state=OrderState.OPEN, filled=Quantity(filled), cost=known_cost, trades=trades)


def begun() -> Ledger:
    ledger = Ledger()
    ledger.set_baseline("binance", {"USDT": Decimal(1000), "BTC": Decimal("0.5")})
    return ledger


def test_a_total_is_the_baseline_and_every_fill_with_its_fee() -> None:
    ledger = begun()
    ledger.count("binance", trade(1))
    ledger.count("binance", trade(2, Side.SELL, "0.004", price="60000", fee="0.2"))

    assert ledger.believed("binance", []) == {"BTC": Decimal("0.506"), "USDT": Decimal("739.3")}
    assert ledger.position("binance", "BTC/USDT", []) == Quantity("0.006")


def test_a_fee_in_the_bought_asset_makes_the_position_smaller() -> None:
    ledger = begun()

    ledger.count("binance", replace(trade(1), fee=Decimal("0.00001"), fee_asset="BTC"))

    assert ledger.position("binance", "BTC/USDT", []) == Quantity("0.00999")


def test_what_an_order_has_filled_counts_before_its_trades_are_known_and_once_when_they_are() -> None:
    ledger = begun()
    untold = order(filled="0.02", cost="1000")

    assert ledger.position("binance", "BTC/USDT", [untold]) == Quantity("0.02")
    assert ledger.believed("binance", [untold])["USDT"] == Decimal(0)

    ledger.count("binance", trade(1))
    half_told = order(trade(1), filled="0.02", cost="1000")
    assert ledger.position("binance", "BTC/USDT", [half_told]) == Quantity("0.02")
    assert ledger.believed("binance", [half_told])["USDT"] == Decimal("-0.5")


def test_without_a_baseline_nothing_is_believed_and_the_position_is_still_counted() -> None:
    ledger = Ledger()
    ledger.count("binance", trade(1))

    assert ledger.believed("binance", []) == {}
    assert ledger.position("binance", "BTC/USDT", []) == Quantity("0.01")


@given(st.permutations([trade(n, Side.BUY if n % 3 else Side.SELL) for n in range(8)]), st.data())
def test_the_order_and_the_repetition_of_facts_change_nothing(trades: list[Trade], data: st.DataObject) -> None:
    straight, shuffled = begun(), begun()
    for fact in sorted(trades, key=lambda fact: fact.at_ns):
        straight.count("binance", fact)

    for fact in trades:
        shuffled.count("binance", fact)
        shuffled.count("binance", data.draw(st.sampled_from(trades)))

    assert shuffled.believed("binance", []) == straight.believed("binance", [])


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=20), st.sampled_from(Side))
def test_a_fill_that_is_taken_back_leaves_nothing_in_whichever_order_it_is_told(
    told: list[tuple[int, bool]], side: Side
) -> None:
    ledger, gone = begun(), {number for number, taken_back in told if taken_back}
    for number, taken_back in told:
        for entry in entries_of(replace(trade(number, side), taken_back=taken_back)):
            ledger.count("binance", entry)

    expected = begun()
    for number in {number for number, _ in told} - gone:
        expected.count("binance", trade(number, side))
    assert ledger.believed("binance", []) == expected.believed("binance", []) | dict.fromkeys(
        ledger.believed("binance", []).keys() - expected.believed("binance", []).keys(), Decimal(0)
    )
    assert ledger.position("binance", "BTC/USDT", []) == expected.position("binance", "BTC/USDT", [])


@given(st.lists(st.tuples(st.lists(st.integers(1, 50), max_size=8), st.integers(0, 6)), min_size=1, max_size=5))
def test_no_fill_is_counted_twice_over_any_number_of_successions(terms: list[tuple[list[int], int]]) -> None:
    """Each leader counts some fills, told in any order, and names a few of all that it knows by name to the next."""
    ledger, counted = Ledger(), list[Trade]()
    for times, named in terms:
        for at_ns in times:
            new = replace(trade(len(counted)), at_ns=at_ns)
            ledger.count("binance", new)
            counted.append(new)
        heir = Ledger()
        heir.restore(ledger.state(named=named))
        heir.remember((key, ledger.known_until_ns) for key in (ledger.known(named) if named else ()))
        ledger = heir

        assert all(ledger.knows("binance", one) or one.at_ns <= ledger.unnamed_ns() for one in counted)


def test_a_ledger_remembers_only_so_many_fills_by_name_and_all_of_them_in_its_sums() -> None:
    ledger = Ledger()

    for number in range(5_010):
        ledger.count("binance", trade(number, quantity="0.001"))
    ledger.mark("binance", [trade(number) for number in range(5_010, 5_030)])

    assert len(ledger.known(2 * TRADE_IDS_MAX)) == TRADE_IDS_MAX
    assert ledger.position("binance", "BTC/USDT", []) == Quantity("5.010")
