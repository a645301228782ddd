"""Forms of decisions besides one target: what is wanted at each venue, and offers that rest, move and end."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.domain.instrument import Side
from engine.domain.money import ZERO, Price, Quantity
from engine.domain.order import Order
from engine.domain.safety import Purpose
from engine.domain.ticket import TimeInForce
from engine.domain.wish import Offer
from engine.services.planning import Leg, Plan, Rules, plan
from tests.engine.services.test_planning import RULES, decision, leg, limits, price, replaced

BINANCE = leg(seen=price())
KRAKEN = leg(seen=price(venue="kraken"), venue="kraken")


def at(**quantities: str) -> Plan:
    wanted = {venue: Quantity(each) for venue, each in quantities.items()}
    return plan(replace(decision("0"), at=wanted), "bot", [BINANCE, KRAKEN], RULES)


def offer(side: Side, quantity: str, at_price: str, venue: str = "binance") -> Offer:
    return Offer(venue=venue, side=side, quantity=Quantity(quantity), price=Price(at_price))


def quoted(*offers: Offer, on: Leg = BINANCE, name: str = "600", rules: Rules = RULES) -> Plan:
    return plan(replace(decision("0", name), offers=offers), "bot", [on], rules)


def resting(*offers: Offer, on: Leg = BINANCE) -> tuple[Order, ...]:
    return tuple(quoted(*offers, on=on).orders)


BID, ASK = offer(Side.BUY, "0.01", "59900"), offer(Side.SELL, "0.01", "60100")


def test_each_venue_is_led_to_what_is_wanted_there_and_others_are_left_alone() -> None:
    made = at(kraken="0.02")

    assert [(order.venue, str(order.quantity)) for order in made.orders] == [("kraken", "0.02000")]


def test_nothing_is_sold_short_where_there_are_no_shorts() -> None:
    """On spot the coins that would be sold are the owner's."""
    made = at(binance="-0.01", kraken="0.01")

    assert [order.venue for order in made.orders] == ["kraken"]
    assert made.refusals == ["short: binance has no short positions; what would be sold is not the bot's"]


def test_offers_rest_on_both_sides_as_makers_each_under_an_identity_of_its_own() -> None:
    made = quoted(BID, ASK, on=replaced(BINANCE, position=Quantity("0.02")))

    assert [(order.side, order.price, order.time_in_force) for order in made.orders] == [
        (Side.BUY, Price(59900), TimeInForce.POST_ONLY),
        (Side.SELL, Price(60100), TimeInForce.POST_ONLY),
    ]
    assert {order.purpose for order in made.orders} == {Purpose.ENTRY}
    assert len({order.client_order_id for order in made.orders}) == 2


def test_what_is_offered_already_stays_and_what_moved_is_replaced() -> None:
    on = replaced(BINANCE, position=Quantity("0.02"))
    on = replaced(on, alive=resting(BID, ASK, on=on))

    same = quoted(offer(Side.BUY, "0.01", "59901"), ASK, on=on, name="660")
    moved = quoted(offer(Side.BUY, "0.01", "59800"), ASK, on=on, name="660")
    gone = quoted(on=on, name="660")

    assert (same.orders, same.cancels) == ([], [])
    assert [order.price for order in moved.orders] == [Price(59800)]
    assert moved.cancels == [on.alive[0].client_order_id]
    assert gone.cancels == [order.client_order_id for order in on.alive]


def test_only_what_is_held_and_not_already_offered_can_be_offered() -> None:
    on = replaced(BINANCE, position=Quantity("0.015"))
    on = replaced(on, alive=resting(ASK, on=on))

    moved = quoted(offer(Side.SELL, "0.01", "61000"), on=on, name="660")

    assert moved.cancels == [on.alive[0].client_order_id]
    assert [str(order.quantity) for order in moved.orders] == ["0.00500"]


def test_both_sides_pass_every_limit_and_nothing_is_quoted_in_a_hold() -> None:
    full = quoted(BID, ASK, on=replaced(BINANCE, position=Quantity("0.05")))
    held = quoted(BID, on=replaced(BINANCE, refusal="hold: somebody said so"))
    blind = quoted(BID, on=replaced(BINANCE, price=None))
    crowded = quoted(BID, rules=Rules(limits=limits(), price_collar=Decimal("0.002"), room=0))

    assert [order.side for order in full.orders] == [Side.SELL]
    assert full.refusals[0].startswith("limit: ")
    assert [made.refusals[0].partition(":")[0] for made in (held, blind, crowded)] == ["hold", "price", "crowd"]


@given(st.lists(st.tuples(st.integers(590, 610), st.integers(590, 610)), max_size=12), st.integers(0, 50))
def test_however_quotes_move_no_more_rests_on_a_side_than_limit_and_holding_allow(
    moves: list[tuple[int, int]], held: int
) -> None:
    """Cancels may all be late: everything that was ever sent still rests."""
    on = replaced(BINANCE, position=Quantity(held).scaled(Decimal("0.001")))
    for number, (low, high) in enumerate(moves):
        bid, ask = offer(Side.BUY, "0.01", str(low * 100)), offer(Side.SELL, "0.01", str(high * 100))
        made = quoted(bid, ask, on=on, name=str(number))
        on = replaced(on, alive=(*on.alive, *made.orders))

    assert on.most <= Quantity("0.05")
    assert on.least >= ZERO
