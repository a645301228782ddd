"""Merging latches: what was added anywhere is kept, what was ended anywhere is ended, from what both last agreed on."""

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.safety import Latch, Loss
from engine.services.latches import Latched, merged


def latched(*losses: Loss, obeyed: tuple[str, ...] = ()) -> Latched:
    latches = tuple(Latch(loss=loss, scope="bot", reason="r", at_ns=1) for loss in sorted(losses))
    return Latched(latches=latches, obeyed=obeyed)


def test_a_kill_on_the_bus_reaches_a_node_that_never_heard_of_it() -> None:
    assert merged(latched(), latched(), latched(Loss.KILL)) == latched(Loss.KILL)


def test_a_latch_made_while_the_bus_was_away_is_added() -> None:
    assert merged(latched(), latched(Loss.LIMIT), latched(Loss.KILL)) == latched(Loss.KILL, Loss.LIMIT)


def test_a_rearm_anywhere_ends_the_kill_everywhere() -> None:
    assert merged(latched(Loss.KILL), latched(), latched(Loss.KILL)) == latched()
    assert merged(latched(Loss.KILL), latched(Loss.KILL), latched()) == latched()


def test_orders_obeyed_anywhere_are_remembered() -> None:
    both = merged(latched(), latched(obeyed=("a", "b")), latched(obeyed=("c",)))
    assert both.obeyed == ("c", "a", "b")


SIDES = st.sets(st.sampled_from([Loss.KILL, Loss.LIMIT, Loss.PAUSE])).map(lambda losses: latched(*losses))


@given(SIDES, SIDES, SIDES)
def test_what_both_sides_came_to_merges_into_itself(base: Latched, mine: Latched, theirs: Latched) -> None:
    both = merged(base, mine, theirs)

    assert merged(both, both, both) == both
    assert merged(base, theirs, mine) == both
