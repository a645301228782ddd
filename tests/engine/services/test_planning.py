"""Planning: the worst way is counted, entries ask permission, exits do not, and dust is left alone."""

import dataclasses
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.domain.identity import Identity
from engine.domain.instrument import Instrument, Side
from engine.domain.messages import Decision, OrderState, PriceSeen, PriceSource
from engine.domain.money import ZERO, Money, Price, Quantity
from engine.domain.order import Order, intend
from engine.domain.risk import MarketLimits, RiskLimits
from engine.services.planning import Leg, Plan, Rules, plan

BTC = Instrument(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.00001"),
    quantity_min=Quantity("0.0001"),
    notional_min=Money(5),
)


def limits(net: str = "0.05") -> RiskLimits:
    market = MarketLimits(net=Quantity(net), gross=Quantity(2), order=Quantity(2))
    return RiskLimits(
        markets={"BTC/USDT": market},
        entries_max=100,
        entries_window_ns=60 * 10**9,
        price_band=Decimal("0.05"),
        loss_per_day=Decimal("0.1"),
    )


RULES = Rules(limits=limits(), price_collar=Decimal("0.002"), room=10)


def decision(target: str, at: str = "600") -> Decision:
    return Decision(
        strategy="momentum",
        instrument="BTC/USDT",
        decision=at,
        target=Quantity(target),
        not_after_ns=10**12,
        decided_at_ns=10**11,
        reference_price=Price(60000),
        node="signal-a",
    )


def price(last: str = "60000", venue: str = "binance") -> PriceSeen:
    return PriceSeen(
        venue=venue,
        instrument="BTC/USDT",
        bid=Price(last) - Price(1),
        ask=Price(last) + Price(1),
        last=Price(last),
        venue_time_ms=0,
        source=PriceSource.STREAM,
        node="feed-a",
    )


def leg(
    position: str = "0", *alive: Order, seen: PriceSeen | None = None, share: str = "1", venue: str = "binance"
) -> Leg:
    return Leg(
        venue=venue,
        share=Decimal(share),
        instrument=BTC,
        price=seen,
        position=Quantity(position),
        alive=alive,
        now_ns=10**11,
        not_after_ns=10**12,
    )


def replaced(before: Leg, **changes: Any) -> Leg:
    return dataclasses.replace(before, **changes)


def working(side: Side, quantity: str, *, filled: str = "0", state: OrderState = OrderState.UNKNOWN) -> Order:
    identity = Identity(
        bot="b", strategy="momentum", instrument="BTC/USDT", decision=f"{side}{quantity}", leg="binance"
    )
    order = intend(
        identity,
        venue="binance",
        side=side,
        quantity=Quantity(quantity),
        price=Price(60000),
        now_ns=0,
        not_after_ns=10**12,
    )
    return replace(order, state=state, filled=Quantity(filled))


def planned(target: str, *legs: Leg, rules: Rules = RULES) -> Plan:
    return plan(decision(target), "first-light", legs, rules)


def test_a_target_is_split_over_the_venues_by_their_shares() -> None:
    made = planned(
        "0.02", leg(share="0.25", seen=price()), leg(share="0.75", seen=price(venue="kraken"), venue="kraken")
    )

    assert [(order.venue, order.side, str(order.quantity)) for order in made.orders] == [
        ("binance", Side.BUY, "0.00500"),
        ("kraken", Side.BUY, "0.01500"),
    ]
    assert made.refusals == []


def test_an_unknown_purchase_counts_as_filled_when_more_is_wanted() -> None:
    made = planned("0.02", leg("0.005", working(Side.BUY, "0.015"), seen=price()))

    assert made.orders == []
    assert made.refusals == []


def test_an_unknown_sale_counts_as_filled_when_less_is_wanted() -> None:
    made = planned("0", leg("0.02", working(Side.SELL, "0.015"), seen=price()))

    assert [(order.side, str(order.quantity)) for order in made.orders] == [(Side.SELL, "0.00500")]


def test_what_a_partly_filled_order_has_filled_is_counted_once() -> None:
    """The filled part is in the position already; only the rest of the order may still come."""
    made = planned("0.03", leg("0.01", working(Side.BUY, "0.02", filled="0.01"), seen=price()))

    assert [str(order.quantity) for order in made.orders] == ["0.01000"]


def test_a_working_purchase_is_cancelled_when_less_is_wanted() -> None:
    purchase = working(Side.BUY, "0.02", state=OrderState.OPEN)

    made = planned("0", leg("0", purchase, seen=price()))

    assert made.cancels == [purchase.client_order_id]
    assert made.orders == []


def test_an_entry_waits_until_orders_the_other_way_have_ended() -> None:
    sale = working(Side.SELL, "0.01")

    made = planned("0.02", leg("0.01", sale, seen=price()))

    assert made.cancels == [sale.client_order_id]
    assert made.orders == []
    assert made.refusals == ["working: orders the other way have not ended at binance"]


def test_an_exit_needs_no_price_no_room_and_no_release() -> None:
    rules = Rules(limits=limits("0.001"), price_collar=Decimal("0.002"), room=0)

    made = planned("0", replaced(leg("0.02"), refusal="hold: drift"), rules=rules)

    (order,) = made.orders
    assert order.safe
    assert order.side is Side.SELL
    assert order.price == Price("59880")


def test_an_entry_is_refused_without_a_fresh_price_on_hold_without_room_and_above_the_limit() -> None:
    fresh = leg(seen=price())
    assert planned("0.02", leg()).refusals == ["price: binance has no fresh one"]
    held = replaced(fresh, refusal="hold: drift")
    assert planned("0.02", held).refusals == ["hold: drift (BTC/USDT at binance)"]
    crowded = Rules(limits=limits("1"), price_collar=Decimal("0.002"), room=0)
    assert planned("0.02", fresh, rules=crowded).refusals == ["crowd: too many orders are alive to add one at binance"]
    assert planned("0.06", fresh).refusals[0].startswith("limit: ")


def test_a_market_that_is_being_closed_is_left_to_whoever_closes_it() -> None:
    made = planned("0", replaced(leg("0.02", seen=price()), closing=True))

    assert made.orders == []
    assert made.refusals == ["flatten: binance is being closed"]


def test_the_limit_counts_what_other_venues_hold_and_what_this_plan_adds() -> None:
    legs = (leg(share="0.5", seen=price()), leg("0.03", share="0.5", venue="kraken"))

    made = planned("0.06", *legs)

    assert made.orders == []
    assert made.refusals == ["limit: the net position of BTC/USDT comes to 0.06000 BTC, and 0.05 is allowed"]


def test_an_entry_never_chases_the_price_beyond_the_collar_around_what_was_decided_on() -> None:
    made = planned("0.02", leg(seen=price("61000")))

    assert made.orders[0].price == Price("60120")


def test_what_is_too_little_to_trade_is_left_alone() -> None:
    made = planned("0.02", leg("0.01998", seen=price()))

    assert made == Plan()


def test_a_venue_that_was_never_opened_refuses_its_leg_only() -> None:
    closed = Leg(
        venue="kraken",
        share=Decimal("0.5"),
        instrument=None,
        price=None,
        position=ZERO,
        alive=(),
        now_ns=0,
        not_after_ns=10**12,
    )

    made = planned("0.02", leg(share="0.5", seen=price()), closed)

    assert [order.venue for order in made.orders] == ["binance"]
    assert made.refusals == ["venue: kraken has not been opened yet"]


lots = st.integers(min_value=0, max_value=4000)


@given(target=lots, position=lots, working_lots=st.lists(st.tuples(st.sampled_from(Side), lots), max_size=4))
def test_whatever_becomes_of_the_working_orders_the_position_passes_neither_target_nor_limit(
    target: int, position: int, working_lots: list[tuple[Side, int]]
) -> None:
    lot = Decimal("0.00001")
    alive = tuple(working(side, str(n * lot)) for side, n in working_lots if n)
    here = leg(str(position * lot), *alive, seen=price())

    made = planned(str(target * lot), here)

    most, least = here.most, here.least
    for order in made.orders:
        if order.side is Side.BUY:
            assert most + order.quantity <= Quantity(target * lot)
            assert most + order.quantity <= RULES.limits.markets["BTC/USDT"].net
        else:
            assert least - order.quantity >= Quantity(target * lot)


def test_the_entry_of_a_lost_venue_goes_to_the_other_where_that_is_allowed() -> None:
    away = replaced(leg(share="0.5"), lost=True, refusal="hold: venue: gone")
    here = leg(share="0.5", venue="kraken", seen=price(venue="kraken"))
    stays = plan(decision("0.02"), "b", [away, here], RULES)
    moves = plan(decision("0.02"), "b", [away, here], dataclasses.replace(RULES, failover=True))

    assert [(order.venue, order.quantity) for order in stays.orders] == [("kraken", Quantity("0.01"))]
    assert [(order.venue, order.quantity) for order in moves.orders] == [("kraken", Quantity("0.02"))]
