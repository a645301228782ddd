"""The rules of risk: each says no to what it is about, none says yes, and no sequence of answers passes a limit."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.domain.instrument import Side
from engine.domain.money import ZERO, Money, Price, Quantity
from engine.domain.risk import (
    Entry,
    Holding,
    MarketLimits,
    RiskLimits,
    Scene,
    breaches,
    exposures,
    loss_limit,
    refusal,
)

BTC, ETH = "BTC/USDT", "ETH/USDT"
NS = 1_000_000_000
LIMITS = RiskLimits(
    markets={
        BTC: MarketLimits(net=Quantity("0.05"), gross=Quantity("0.08"), order=Quantity("0.04")),
        ETH: MarketLimits(net=Quantity(2), gross=Quantity(3), order=Quantity(2)),
    },
    order_value=Money(2500),
    venue_gross=Money(3000),
    gross=Money(5000),
    net=Money(4000),
    entries_max=3,
    entries_window_ns=60 * NS,
    price_band=Decimal("0.05"),
    loss_per_day=Decimal("0.1"),
)
PRICES = {BTC: Price(60_000), ETH: Price(1000)}
EMPTY = Scene(holdings=(), entries_ns=(), now_ns=1000 * NS)


def an_entry(
    quantity: str = "0.01",
    *,
    instrument: str = BTC,
    side: Side = Side.BUY,
    price: str | None = None,
    venue: str = "binance",
    seen: Price | None = Price(60_000),  # noqa: B008  # frozen
) -> Entry:
    at = PRICES[instrument] if price is None else Price(price)
    known = PRICES[instrument] if seen is not None and instrument != BTC else seen
    return Entry(
        venue=venue,
        instrument=instrument,
        side=side,
        quantity=Quantity(quantity),
        price=at,
        seen=known,
        reference=PRICES[instrument],
    )


def held(most: str, least: str | None = None, *, venue: str = "binance", instrument: str = BTC) -> Holding:
    return Holding(
        venue=venue,
        instrument=instrument,
        most=Quantity(most),
        least=Quantity(most if least is None else least),
        price=PRICES[instrument],
    )


def scene(*holdings: Holding, entries_ns: tuple[int, ...] = (), lost: Mapping[str, Money] | None = None) -> Scene:
    return replace(EMPTY, holdings=holdings, entries_ns=entries_ns, lost=lost or {})


def test_an_entry_within_every_limit_passes() -> None:
    assert refusal(an_entry(), EMPTY, LIMITS) is None


@pytest.mark.parametrize(
    ("entry", "around", "begins"),
    [
        (an_entry("0.041"), EMPTY, "limit: an order of 0.041"),
        (an_entry("2", instrument=ETH, price="1251"), EMPTY, "limit: 1251 is more than 0.05 off the venue's"),
        (an_entry("0.04"), replace(EMPTY, holdings=(held("0.02"),)), "limit: the net position of BTC/USDT"),
        (an_entry("0.03", side=Side.SELL), scene(held("0", "-0.03")), "limit: the net position of BTC/USDT"),
        (
            an_entry("0.03", venue="kraken", side=Side.SELL),
            scene(held("0.05")),
            None,
        ),
        (
            an_entry("0.04", venue="kraken", side=Side.SELL),
            scene(held("0.05")),
            "limit: the gross position of BTC/USDT comes to 0.09 BTC",
        ),
        (an_entry(seen=None), EMPTY, "price: binance has no fresh one"),
        (an_entry(price="63001"), EMPTY, "limit: 63001 is more than 0.05 off the venue's price, 60000"),
        (an_entry(seen=Price(57_000)), EMPTY, "limit: 60000 is more than 0.05 off the venue's price, 57000"),
        (an_entry(), scene(entries_ns=(950 * NS, 960 * NS, 970 * NS)), "limit: 3 entries in 60 s"),
        (an_entry(), scene(entries_ns=(900 * NS, 960 * NS, 970 * NS)), None),
        (an_entry("2", instrument=ETH), scene(held("0.02")), "limit: the gross value of binance comes to 3200.00 USDT"),
        (
            an_entry("1", instrument=ETH, venue="kraken"),
            scene(held("0.04"), held("0.03", venue="bybit"), held("-0.03", venue="okx")),
            "limit: the gross value of everything comes to 7000.00 USDT",
        ),
        (an_entry(), scene(lost={"USDT": Money(500)}), "limit: 500 USDT were lost today, and 300"),
        (an_entry(), scene(lost={"USDC": Money(500)}), None),
        (an_entry(), scene(Holding(venue="kraken", instrument=ETH, most=Quantity(1), least=ZERO, price=None)), "price"),
    ],
)
def test_each_rule_says_no_to_what_it_is_about(entry: Entry, around: Scene, begins: str | None) -> None:
    around = replace(around, holdings=around.holdings or (held("0"),))

    said = refusal(entry, around, LIMITS)

    assert said is None if begins is None else (said or "").startswith(begins)


def test_what_has_no_limit_may_not_be_held() -> None:
    no_eth = replace(LIMITS, markets={BTC: LIMITS.markets[BTC]})

    assert refusal(an_entry(instrument=ETH), EMPTY, no_eth) == "limit: ETH/USDT has none, so nothing may be held of it"


def test_an_order_worth_too_much_is_refused_even_where_its_size_is_not() -> None:
    small = replace(LIMITS, order_value=Money(599))

    assert (refusal(an_entry(), EMPTY, small) or "").startswith("limit: an order worth 600.00 is above 599")


def test_a_limit_that_is_exceeded_elsewhere_stops_only_what_is_part_of_it() -> None:
    """A position that grew behind our back must not keep another instrument, at another venue, from trading."""
    loose = replace(LIMITS, gross=None, net=None)

    assert refusal(an_entry("1", instrument=ETH, venue="kraken"), scene(held("0.09")), loose) is None


def test_what_is_held_beyond_a_limit_is_a_breach() -> None:
    found = breaches(scene(held("0.06"), held("1", instrument=ETH)), LIMITS)

    assert [(each.name, each.instrument, each.venue) for each in found] == [
        ("the net position", BTC, None),
        ("the gross value", None, "binance"),
        ("the net value", None, None),
    ]


def test_the_day_s_loss_limit_is_a_share_of_all_that_may_be_held() -> None:
    around = scene(held("0"), held("0", instrument=ETH))

    assert loss_limit("USDT", around, LIMITS) == Money(500)
    assert loss_limit("USDT", EMPTY, LIMITS) is None


lots = st.integers(min_value=1, max_value=6)
STEPS = st.one_of(
    st.tuples(
        st.just("enter"),
        st.sampled_from(["binance", "kraken"]),
        st.sampled_from([BTC, ETH]),
        st.sampled_from(Side),
        lots,
    ),
    st.tuples(st.just("fill"), st.integers(0, 9), lots),
    st.tuples(st.just("end"), st.integers(0, 9)),
)


class Working:
    """One order whose fate is open: what is left of it may be filled, or not, at any time."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.left = entry.quantity


@settings(max_examples=300, deadline=None)
@given(steps=st.lists(STEPS, max_size=40))
def test_no_sequence_of_entries_fills_and_unknowns_can_carry_anything_beyond_a_limit(
    steps: list[tuple[object, ...]],
) -> None:
    """Whatever is refused is refused; whatever passes may be filled at any time, in any part, in any order."""
    limits = replace(LIMITS, entries_max=10**6)
    positions: dict[tuple[str, str], Quantity] = {}
    working: list[Working] = []
    passed = 0

    def counted() -> Scene:
        return scene(
            *(_holding(venue, symbol, positions, working) for venue, symbol in sorted(_markets(positions, working)))
        )

    for step in steps:
        match step:
            case ("enter", str(venue), str(symbol), Side() as side, int(n)):
                unit = "0.01" if symbol == BTC else "0.5"
                entry = an_entry(str(n * Decimal(unit)), instrument=symbol, side=side, venue=venue)
                if refusal(entry, counted(), limits) is None:
                    working.append(Working(entry))
                    passed += 1
            case ("fill", int(which), int(n)) if working:
                order = working[which % len(working)]
                part = min(order.left, order.entry.quantity.scaled(Decimal(n) / 4))
                order.left -= part
                key = (order.entry.venue, order.entry.instrument)
                positions[key] = positions.get(key, ZERO) + part.scaled(order.entry.side.sign)
            case ("end", int(which)) if working:
                working.pop(which % len(working))
        held_now = scene(*(held_at(key, amount) for key, amount in sorted(positions.items())))
        assert breaches(held_now, limits) == ()
        assert breaches(counted(), limits) == ()


def held_at(key: tuple[str, str], amount: Quantity) -> Holding:
    return held(str(amount), venue=key[0], instrument=key[1])


def _markets(positions: dict[tuple[str, str], Quantity], working: list[Working]) -> set[tuple[str, str]]:
    return {*positions, *((order.entry.venue, order.entry.instrument) for order in working)}


def _holding(venue: str, symbol: str, positions: dict[tuple[str, str], Quantity], working: list[Working]) -> Holding:
    mine = [order for order in working if (order.entry.venue, order.entry.instrument) == (venue, symbol)]
    position = positions.get((venue, symbol), ZERO)
    buys = sum((order.left for order in mine if order.entry.side is Side.BUY), ZERO)
    sales = sum((order.left for order in mine if order.entry.side is Side.SELL), ZERO)
    return Holding(venue=venue, instrument=symbol, most=position + buys, least=position - sales, price=PRICES[symbol])


@given(quantity=lots, more=lots)
def test_more_of_anything_is_never_allowed_where_less_was_not(quantity: int, more: int) -> None:
    """No rule can say yes: from a refused entry no larger one of the same kind passes."""
    small, large = an_entry(str(quantity * Decimal("0.01"))), an_entry(str((quantity + more) * Decimal("0.01")))

    if refusal(small, EMPTY, LIMITS) is not None:
        assert refusal(large, EMPTY, LIMITS) is not None


def test_every_limit_is_measured() -> None:
    """A limit of the configuration that no measure reads comes to no limit."""
    names = {(each.name, each.instrument, each.venue) for each in exposures(scene(held("0.01")), LIMITS)}

    assert names == {
        ("the net position", BTC, None),
        ("the gross position", BTC, None),
        ("the net position", ETH, None),
        ("the gross position", ETH, None),
        ("the gross value", None, "binance"),
        ("the gross value", None, None),
        ("the net value", None, None),
    }
