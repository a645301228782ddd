"""The strategies that see several venues: quotes lean against what is held, and a stock moves to where it is cheap."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.instrument import Side
from engine.domain.money import ZERO, Price, Quantity
from engine.ports.strategy import Bar, HoldAt, Quote, Sight, View
from engine.strategies.arbitrage import Arbitrage
from engine.strategies.market_maker import MarketMaker

SIZE = Quantity(1)


def sight(venue: str, bid: str, ask: str, held: str | None = "0") -> Sight:
    position = None if held is None else Quantity(held)
    return Sight(venue=venue, bid=Price(bid), ask=Price(ask), last=Price(bid), position=position)


def view(*sights: Sight) -> View:
    bar = Bar(instrument="BTC/USDT", end_ns=0, open=Price(1), high=Price(1), low=Price(1), close=Price(100))
    return View(instrument="BTC/USDT", size=SIZE, bars=(bar,), venues={each.venue: each for each in sights})


def sides(quote: Quote) -> dict[str, str]:
    return {each.leg: f"{each.price.value.normalize():f}" for each in quote.offers}


def test_a_maker_that_holds_nothing_bids_and_one_that_is_full_offers() -> None:
    maker = MarketMaker(spread=Decimal("0.02"), lean=ZERO.value)

    quote = maker.decide(view(sight("a", "99", "101"), sight("b", "99", "101", "0.5")))

    assert sides(quote) == {"a-buy": "99", "b-sell": "101"}
    assert {each.quantity for each in quote.offers} == {Quantity("0.25")}


def test_a_maker_leans_down_when_it_holds_much() -> None:
    maker = MarketMaker(spread=Decimal("0.02"), lean=Decimal("0.005"), part=Decimal(1))

    little, half, much = (maker.decide(view(sight("a", "99", "101", held))).offers for held in ("0.1", "0.5", "0.9"))

    assert [each[0].price < Price(99) for each in (little, half, much)] == [False, False, True]
    assert little[0].price > half[0].price > much[0].price
    assert little[1].price > half[1].price > much[1].price


@given(
    st.decimals("0.01", "1", places=2), st.decimals("0", "2", places=3), st.integers(10, 10_000), st.integers(0, 500)
)
def test_a_makers_bid_is_always_below_its_offer_and_it_never_wants_more_than_its_part(
    piece: Decimal, held: Decimal, bid: int, gap: int
) -> None:
    maker = MarketMaker(spread=Decimal("0.002"), lean=Decimal("0.0009"), part=Decimal(1), slice=piece)
    quote = maker.decide(view(sight("a", str(bid), str(bid + gap), str(held))))

    prices = {each.side: each.price for each in quote.offers}
    if len(prices) == 2:
        assert prices[Side.BUY] < prices[Side.SELL]
    for each in quote.offers:
        assert ZERO < each.quantity <= SIZE
        assert each.side is Side.BUY or each.quantity <= Quantity(held)
        assert each.side is Side.SELL or Quantity(held) + each.quantity <= SIZE


def test_a_maker_quotes_nothing_where_it_does_not_know_what_it_holds() -> None:
    assert MarketMaker().decide(view(sight("a", "99", "101", None))).offers == ()


def test_a_stock_is_bought_first_in_equal_parts() -> None:
    assert Arbitrage().decide(view(sight("a", "99", "101"), sight("b", "99", "101", "0.7"))) == HoldAt(
        {"a": Quantity("0.3"), "b": Quantity("0.7")}
    )


def test_a_stock_moves_to_where_it_is_cheaper_by_more_than_the_edge() -> None:
    arbitrage = Arbitrage(edge=Decimal("0.01"))
    agree = view(sight("a", "100", "101", "0.5"), sight("b", "101", "102", "0.5"))
    apart = view(sight("a", "100", "101", "0.5"), sight("b", "103", "104", "0.5"))

    assert arbitrage.decide(agree) is None
    assert arbitrage.decide(apart) == HoldAt({"a": Quantity(1), "b": ZERO})


def test_what_is_not_held_at_the_dear_venue_cannot_be_sold_there() -> None:
    apart = view(sight("a", "100", "101", "1"), sight("b", "103", "104", "0"))

    assert Arbitrage(edge=Decimal("0.01")).decide(apart) is None


def test_a_venue_that_is_not_known_is_no_side_of_a_trade() -> None:
    assert Arbitrage().decide(view(sight("a", "100", "101", "1"), sight("b", "110", "111", None))) is None


def test_a_maker_holds_no_more_at_one_venue_because_another_is_silent() -> None:
    maker = MarketMaker(spread=Decimal("0.02"))

    assert [each.side for each in maker.decide(view(sight("a", "99", "101", "0.5"))).offers] == [Side.SELL]
