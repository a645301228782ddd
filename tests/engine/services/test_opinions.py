"""What replicas believe: nothing but sane answers, nothing but sane wishes, and each other when enough agree."""

from decimal import Decimal
from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.instrument import Side
from engine.domain.messages import Decision
from engine.domain.money import ZERO, Price, Quantity
from engine.ports.strategy import Bar, Hold, HoldAt, Offer, Quote, Sight, View
from engine.services.forecasts import ForecastBounds, Nonsense, Refusal, judged
from engine.services.voting import Voting, alike
from engine.services.wishes import Letterhead, WishBounds, decision_of
from engine.strategies.forecast import Forecast

BTC = "BTC/USDT"
HEAD = Letterhead(strategy="forecast", node="signal-a", decided_at_ns=0, not_after_ns=1)
BOUNDS = WishBounds(limit=Quantity(2), price_band=Decimal("0.05"))
CHANCE = ForecastBounds(low=0.0, high=1.0, within_ns=1)


def view(price: int = 100, **last: int) -> View:
    bar = Bar(instrument=BTC, end_ns=60 * 10**9, open=Price(1), high=Price(1), low=Price(1), close=Price(price))
    venues = {
        name: Sight(venue=name, bid=None, ask=None, last=Price(each), position=ZERO) for name, each in last.items()
    }
    return View(instrument=BTC, size=Quantity(1), bars=(bar, bar), venues=venues)


def made(wish: object) -> Decision | Refusal:
    return decision_of(wish, view(100, binance=100, kraken=101), BOUNDS, HEAD)


ANYTHING = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(),
    st.none(),
    st.booleans(),
    st.text(max_size=5),
    st.lists(st.floats(), max_size=2),
    st.decimals(),
)


@given(ANYTHING)
def test_garbage_from_a_model_never_becomes_a_decision(answer: Any) -> None:
    """Whatever it answers: only a finite number within its bounds is believed, and only the size or nothing wanted."""
    sane = isinstance(answer, int | float) and not isinstance(answer, bool) and isfinite(answer) and 0 <= answer <= 1

    forecast = judged(answer, CHANCE)

    assert isinstance(forecast, float) is sane
    if isinstance(forecast, float):
        wish = Forecast(lookback=1).decide(dataclass_with(view(), forecast))
        decision = None if wish is None else decision_of(wish, view(), BOUNDS, HEAD)
        assert decision is None or (isinstance(decision, Decision) and decision.target in (ZERO, Quantity(1)))


def dataclass_with(shown: View, forecast: float) -> View:
    return View(instrument=shown.instrument, size=shown.size, bars=shown.bars, forecast=forecast)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (float("nan"), Nonsense.NOT_FINITE),
        (float("-inf"), Nonsense.NOT_FINITE),
        (1.0001, Nonsense.ABSURD),
        (-1, Nonsense.ABSURD),
        ("0.5", Nonsense.MALFORMED),
        (True, Nonsense.MALFORMED),
        (None, Nonsense.MALFORMED),
    ],
)
def test_nonsense_is_told_apart(answer: object, why: Nonsense) -> None:
    refusal = judged(answer, CHANCE)

    assert isinstance(refusal, Refusal)
    assert refusal.why is why


OFFER = Offer(venue="binance", side=Side.BUY, quantity=Quantity(1), price=Price(99))


def offer(**changes: Any) -> Offer:
    return Offer(**{**{name: getattr(OFFER, name) for name in ("venue", "side", "quantity", "price")}, **changes})


@pytest.mark.parametrize(
    "wish",
    [
        Hold(Quantity(3)),
        Hold(Quantity(-3)),
        Hold(0.5),  # type: ignore[arg-type]
        Hold(Quantity(1), stop=Price(100)),
        Hold(Quantity(-1), stop=Price(99)),
        Hold(Quantity(1), stop=Price(0)),
        Hold(Quantity(1), stop=99),  # type: ignore[arg-type]
        HoldAt({"okx": Quantity(1)}),
        HoldAt({"binance": Quantity(3)}),
        HoldAt({"binance": Quantity("1.5"), "kraken": Quantity(1)}),
        Quote((offer(venue="okx"),)),
        Quote((offer(quantity=ZERO),)),
        Quote((offer(quantity=Quantity(3)),)),
        Quote((offer(price=Price(94)),)),
        Quote((offer(price=Price(106), side=Side.SELL),)),
        Quote((OFFER, OFFER)),
        Quote((OFFER, offer(side=Side.SELL))),
        "buy",
        7,
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(wish: object) -> None:
    assert isinstance(made(wish), Refusal)


def test_wishes_that_make_sense_become_decisions_of_their_form() -> None:
    held = made(Hold(Quantity(1), stop=Price(97)))
    placed = made(HoldAt({"binance": Quantity(1), "kraken": Quantity(-1)}))
    quoted = made(Quote((OFFER, offer(side=Side.SELL, price=Price(101)))))

    assert isinstance(held, Decision)
    assert (held.target, held.stop, held.decision) == (Quantity(1), Price(97), "60")
    assert isinstance(placed, Decision)
    assert (placed.target, placed.at) == (ZERO, {"binance": Quantity(1), "kraken": Quantity(-1)})
    assert isinstance(quoted, Decision)
    assert quoted.offers is not None
    assert [each.leg for each in quoted.offers] == ["binance-buy", "binance-sell"]


def opinion(node: str, target: str, **changes: Any) -> Decision:
    known: dict[str, Any] = {
        "strategy": "forecast",
        "instrument": BTC,
        "decision": "60",
        "target": Quantity(target),
        "not_after_ns": 1,
        "decided_at_ns": 0,
        "reference_price": Price(100),
        "node": node,
    }
    return Decision(**{**known, **changes})


def voting(quorum: int = 2) -> Voting:
    return Voting(quorum=quorum, tolerance=Decimal("0.01"))


def test_a_decision_is_made_once_by_the_vote_that_makes_the_quorum() -> None:
    votes = voting()

    assert votes.vote(opinion("a", "1")) is None
    assert votes.vote(opinion("b", "0")) is None
    assert votes.vote(opinion("c", "1")) == opinion("a", "1")
    assert votes.vote(opinion("d", "1")) is None
    tally = votes.close(BTC, "60")
    assert tally is not None
    assert (tally.agreed, tally.others, tally.enough) == (("a", "c", "d"), ("b",), True)


def test_a_replica_has_one_vote_and_cannot_make_a_quorum_alone() -> None:
    votes = voting()

    assert [votes.vote(opinion("a", target)) for target in ("1", "1", "0")] == [None, None, None]
    tally = votes.close(BTC, "60")
    assert tally is not None
    assert not tally.enough


def test_small_differences_are_no_disagreement_and_another_form_is() -> None:
    near = alike(opinion("a", "1", stop=Price(97)), opinion("b", "0.995", stop=Price("97.5")), Decimal("0.01"))
    far = alike(opinion("a", "1"), opinion("b", "0.9"), Decimal("0.01"))
    other = alike(opinion("a", "0"), opinion("b", "0", offers=(OFFER,)), Decimal("0.01"))

    assert (near, far, other) == (True, False, False)


@given(st.permutations([("a", "1"), ("b", "1"), ("c", "-1"), ("d", "0")]))
def test_the_order_in_which_votes_come_changes_nothing(votes: list[tuple[str, str]]) -> None:
    count = voting()
    decided = [made for node, target in votes if (made := count.vote(opinion(node, target))) is not None]

    assert [each.target for each in decided] == [Quantity(1)]
