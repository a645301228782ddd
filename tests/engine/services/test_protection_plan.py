"""The laws of protection, over all positions, stops and exits that Hypothesis can think of."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.domain.identity import Identity
from engine.domain.instrument import Instrument, Side
from engine.domain.messages import OrderState
from engine.domain.money import ZERO, Money, Price, Quantity
from engine.domain.order import Order, intend
from engine.domain.safety import Purpose
from engine.domain.ticket import OrderType
from engine.services.protection_plan import (
    STOPS_MAX,
    Moves,
    Standing,
    Way,
    moves,
    nearer,
    overdue,
    passed,
    stop_price_of,
    tradeable,
    way_of,
)

BTC = Instrument(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.001"),
    quantity_min=Quantity("0.001"),
    notional_min=Money(5),
)
PRICE = Price(100)
LOTS = st.integers(1, 300).map(lambda n: Quantity(Decimal(n) * Decimal("0.001")))
POSITIONS = st.integers(-3000, 3000).map(lambda n: Quantity(Decimal(n) * Decimal("0.0001")))
STATES = st.sampled_from(
    [OrderState.INTENDED, OrderState.SUBMITTING, OrderState.UNKNOWN, OrderState.WAITING, OrderState.CANCELLING]
)


def an_order(number: int, purpose: Purpose, side: Side, quantity: Quantity, stop: int = 97) -> Order:
    """One order of the market that is guarded."""
    is_stop = purpose is Purpose.PROTECT
    return intend(
        Identity(bot="bot", strategy="protection", instrument="BTC/USDT", decision=f"7.{number}", leg="binance"),
        venue="binance",
        side=side,
        quantity=quantity,
        price=None if is_stop else PRICE,
        now_ns=0,
        not_after_ns=1,
        type=OrderType.STOP if is_stop else OrderType.LIMIT,
        stop_price=Price(stop) if is_stop else None,
        purpose=purpose,
    )


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    """Any position with anything alive, as far as what closes does not already come to more than is held."""
    position = draw(POSITIONS)
    side = Side.SELL if position >= ZERO else Side.BUY
    left, alive = abs(position), []
    for number in range(draw(st.integers(0, 4))):
        purpose = draw(st.sampled_from([Purpose.PROTECT, Purpose.EXIT, Purpose.ENTRY]))
        quantity = draw(LOTS)
        if purpose is not Purpose.ENTRY:
            quantity = BTC.quantity_within(min(quantity, left))
            left -= quantity
        if quantity:
            one = an_order(number, purpose, side.opposite if purpose is Purpose.ENTRY else side, quantity)
            state = draw(STATES)
            alive.append(replace(one, state=state, cancel_wanted=state is OrderState.CANCELLING))
    unsure = draw(st.sampled_from([ZERO, Quantity("0.0005")])) if not alive else ZERO
    return Standing(position=position, unsure=unsure, alive=tuple(alive), instrument=BTC)


def after(standing: Standing, made: Moves) -> tuple[Order, ...]:
    """What is alive when all that is asked to end has ended, and what is to be placed has been."""
    ended = {*made.cancels, *(stop.client_order_id for stop in standing.stops if stop.cancel_wanted)}
    alive = tuple(order for order in standing.alive if order.client_order_id not in ended)
    placed = (an_order(9, Purpose.PROTECT, standing.side, made.place),) if made.place else ()
    return alive + placed


@given(standings())
def test_what_closes_never_comes_to_more_than_is_held(standing: Standing) -> None:
    """Before anything has ended, and so in every order of answers: nobody's coins but ours can be sold."""
    made = moves(standing, Price(97))
    closing = [order for order in standing.alive if order.side is standing.side]

    assert sum((order.remaining for order in closing), made.place) <= abs(standing.position)


@given(standings())
def test_looking_again_ends_with_all_covered_but_dust_and_nothing_too_much(standing: Standing) -> None:
    """As answers come in, the stops come to what exits leave; then nothing more is to be done."""
    for _ in range(STOPS_MAX + 3):
        made = moves(standing, Price(97))
        standing = Standing(
            position=standing.position, unsure=ZERO, alive=after(standing, made), instrument=standing.instrument
        )

    assert moves(standing, Price(97)) == Moves(cancels=(), place=ZERO)
    assert standing.covered <= standing.wanted
    assert not tradeable(BTC, standing.wanted - standing.covered, Price(97))


@given(standings())
def test_a_stop_of_the_right_size_is_left_alone(standing: Standing) -> None:
    """What already protects is not ended to place the same again."""
    made = moves(standing, Price(97))
    if standing.covered <= standing.wanted and all(stop.side is standing.side for stop in standing.stops):
        assert not made.cancels or len(standing.stops) >= STOPS_MAX


@given(standings(), LOTS, st.booleans())
def test_an_exit_is_sent_only_where_it_and_all_stops_together_sell_no_more_than_is_held(
    standing: Standing, quantity: Quantity, waited: bool
) -> None:
    """Otherwise it waits, or is given up because a stop was faster."""
    leaving = an_order(8, Purpose.EXIT, standing.side, quantity)
    way = way_of(leaving, standing.position, (*standing.alive, leaving), waited=waited)

    others = [order for order in standing.alive if order.side is standing.side]
    together = sum((order.remaining for order in others), quantity)
    if standing.stops:
        assert (way is Way.FREE) == (together <= abs(standing.position))
    elif waited:
        assert way is (Way.FREE if quantity <= abs(standing.position) else Way.GONE)
    else:
        assert way is Way.FREE


@given(st.integers(0, 6), st.sampled_from([Side.SELL, Side.BUY]))
def test_each_attempt_is_nearer_to_the_price_and_never_beyond_it(refusals: int, side: Side) -> None:
    """A stop beyond the price would sell at once."""
    far = stop_price_of(None, PRICE, side=side, distance=Decimal("0.03"))
    assert far is not None
    here, next_one = nearer(far, PRICE, refusals=refusals), nearer(far, PRICE, refusals=refusals + 1)

    assert abs(next_one.value - PRICE.value) < abs(here.value - PRICE.value)
    assert not passed(side, next_one, PRICE)


def test_the_decision_says_where_a_position_is_left_and_else_its_cost() -> None:
    """And where nobody remembers the cost, the price as it is."""
    entry = an_order(1, Purpose.ENTRY, Side.BUY, Quantity(1))
    filled = replace(entry, filled=Quantity(1), cost=Money(110))
    distance = Decimal("0.1")

    assert stop_price_of(replace(filled, leave_at=Price(105)), PRICE, side=Side.SELL, distance=distance) == Price(105)
    assert stop_price_of(filled, PRICE, side=Side.SELL, distance=distance) == Price(99)
    assert stop_price_of(None, PRICE, side=Side.SELL, distance=distance) == Price(90)
    assert stop_price_of(None, PRICE, side=Side.BUY, distance=distance) == Price(110)
    assert stop_price_of(None, None, side=Side.SELL, distance=distance) is None


def test_only_what_its_own_stop_should_have_closed_is_overdue() -> None:
    """Two entries, two stops: the price has passed the nearer one."""
    near = an_order(1, Purpose.PROTECT, Side.SELL, Quantity("0.1"), stop=97)
    far = an_order(2, Purpose.PROTECT, Side.SELL, Quantity("0.2"), stop=90)
    standing = Standing(position=Quantity("0.3"), unsure=ZERO, alive=(near, far), instrument=BTC)

    assert overdue(standing, None, Price(98)) == ZERO
    assert overdue(standing, None, Price(95)) == Quantity("0.1")
    assert overdue(standing, None, Price(89)) == Quantity("0.3")


def test_a_stop_that_is_being_cancelled_keeps_its_coins_until_it_has_ended() -> None:
    """It may still be set off: what takes its place waits."""
    stop = replace(an_order(1, Purpose.PROTECT, Side.SELL, Quantity("0.2")), cancel_wanted=True)
    standing = Standing(position=Quantity("0.2"), unsure=ZERO, alive=(stop,), instrument=BTC)

    assert moves(standing, Price(97)).place == ZERO
    assert moves(replace_alive(standing, ()), Price(97)).place == Quantity("0.2")


def replace_alive(standing: Standing, alive: tuple[Order, ...]) -> Standing:
    """Return the same position with other orders."""
    return Standing(position=standing.position, unsure=standing.unsure, alive=alive, instrument=standing.instrument)


@given(standings())
def test_where_the_venue_amends_no_more_is_left_bare_than_dust_while_a_stop_is_too_large(standing: Standing) -> None:
    """A stop is made smaller instead of replaced, to just what is to be covered."""
    made = moves(standing, Price(97), amends=True)
    sizes = {stop.client_order_id: stop.remaining for stop in standing.stops}
    for client_order_id, quantity in made.less:
        assert ZERO < quantity < sizes[client_order_id]
        assert client_order_id not in made.cancels
    kept = [stop.remaining for stop in standing.stops if stop.client_order_id not in (*made.cancels, *dict(made.less))]
    assert sum((*kept, *dict(made.less).values()), ZERO) <= max(standing.wanted, sum(kept, ZERO))
