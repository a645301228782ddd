"""Spreading a target: entries of a lost venue move, exits never do, and coming back trades nothing by itself."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.money import ZERO, Quantity
from engine.services.shares import Part, spread


def part(share: str, most: str = "0", least: str | None = None, *, lost: bool = False) -> Part:
    return Part(share=Decimal(share), most=Quantity(most), least=Quantity(least or most), lost=lost)


def wanted(target: str, *parts: Part, failover: bool = True) -> list[str]:
    return [f"{each.value.normalize() + 0:f}" for each in spread(Quantity(target), parts, failover=failover)]


def test_without_a_loss_each_venue_gets_its_share() -> None:
    assert wanted("1", part("0.6"), part("0.4")) == ["0.6", "0.4"]
    assert wanted("-1", part("0.6"), part("0.4")) == ["-0.6", "-0.4"]


def test_what_a_lost_venue_lacks_goes_to_the_others_by_their_shares() -> None:
    assert wanted("1", part("0.5", lost=True), part("0.3"), part("0.2")) == ["0", "0.6", "0.4"]
    assert wanted("-1", part("0.5", lost=True), part("0.3"), part("0.2")) == ["0", "-0.6", "-0.4"]


def test_what_a_lost_venue_holds_or_may_yet_fill_counts_as_held() -> None:
    assert wanted("1", part("0.5", "0.3", "0", lost=True), part("0.5")) == ["0.3", "0.7"]


def test_an_exit_never_moves() -> None:
    assert wanted("0", part("0.5", "0.5", lost=True), part("0.5", "0.5")) == ["0", "0"]
    assert wanted("0.4", part("0.5", "0.5", lost=True), part("0.5", "0.5")) == ["0.2", "0.2"]


def test_who_took_over_keeps_it_when_the_lost_venue_is_back_until_the_target_shrinks() -> None:
    assert wanted("1", part("0.5"), part("0.5", "1")) == ["0", "1"]
    assert wanted("0.8", part("0.5"), part("0.5", "1")) == ["0", "0.8"]
    assert wanted("1.2", part("0.5"), part("0.5", "1")) == ["0.2", "1"]


def test_without_failover_shares_are_shares() -> None:
    assert wanted("1", part("0.5", lost=True), part("0.5"), failover=False) == ["0.5", "0.5"]


AMOUNTS = st.integers(-1000, 1000).map(lambda number: Quantity(Decimal(number) / 1000))


@given(st.data(), st.sampled_from([1, 2, 4]), AMOUNTS)
def test_the_whole_is_never_more_than_the_target_and_nothing_lost_is_entered(
    data: st.DataObject, count: int, target: Quantity
) -> None:
    parts = []
    for _ in range(count):
        held, may_buy = data.draw(st.integers(-500, 500)), data.draw(st.integers(0, 200))
        most, least = Decimal(held + may_buy) / 1000, Decimal(held) / 1000
        lost = data.draw(st.booleans())
        parts.append(Part(share=Decimal(1) / count, most=Quantity(most), least=Quantity(least), lost=lost))

    found = spread(target, parts, failover=True)

    assert abs(sum(found, ZERO)) <= abs(target)
    for got, one in zip(found, parts, strict=True):
        if one.lost and any(not other.lost for other in parts):
            assert not (target > ZERO and got > max(one.most, ZERO))
            assert not (target < ZERO and got < min(one.least, ZERO))
