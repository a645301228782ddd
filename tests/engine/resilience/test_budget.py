"""A rate budget slows before the venue does, keeps a lane free for cancels, and honours bans to the second."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.resilience.budget import Lane, RateBudget
from engine.resilience.meters import LeakyMeter, WindowMeter
from tests.engine.resilience.hand_clock import NS, HandClock

MINUTE = 60 * NS


def a_window_budget(clock: HandClock, limit: float = 100) -> RateBudget:
    """One hundred weight a minute."""
    return RateBudget(clock, {"weight": WindowMeter(limit, MINUTE)})


def spend_all(budget: RateBudget, lane: Lane, cost: float = 1.0) -> int:
    """Send at once as many requests as pass without waiting; return how many."""
    sent = 0
    while budget.wait_ns(lane, {"weight": cost}) == 0:
        budget.spend({"weight": cost})
        sent += 1
    return sent


def test_queries_leave_room_for_entries_and_both_for_cancels() -> None:
    """A flood of polling never stands between us and a cancel."""
    budget = a_window_budget(HandClock())
    assert spend_all(budget, Lane.QUERIES) <= 60
    assert spend_all(budget, Lane.ENTRIES) > 0
    assert spend_all(budget, Lane.SAFE) >= 15


def test_polling_slows_before_the_limit_and_spreads_over_the_window() -> None:
    """What is left is not used up at once."""
    clock = HandClock()
    budget = a_window_budget(clock)
    sent = spend_all(budget, Lane.QUERIES)
    assert sent == 30
    times_s = []
    for _ in range(20):
        clock.pass_s(budget.wait_ns(Lane.QUERIES, {"weight": 1}) / NS)
        budget.spend({"weight": 1})
        times_s.append(clock.monotonic_ns() / NS)
    gaps = [later - sooner for sooner, later in pairwise(times_s)]
    assert all(1 < gap < 3 for gap in gaps)


def test_what_the_venue_tells_counts_if_it_is_more() -> None:
    """Another process may use the same address."""
    budget = a_window_budget(HandClock())
    budget.told("weight", 94)
    assert 0 < budget.wait_ns(Lane.QUERIES, {"weight": 1}) <= MINUTE
    budget.told("weight", 2)
    assert budget.wait_ns(Lane.QUERIES, {"weight": 1}) > 0
    budget.told("something else", 10**9)


def test_a_new_window_begins_with_the_minute() -> None:
    """Binance's windows are aligned to the clock."""
    clock = HandClock()
    budget = a_window_budget(clock)
    budget.spend({"weight": 100})
    wait_ns = budget.wait_ns(Lane.SAFE, {"weight": 1})
    assert wait_ns == MINUTE
    clock.pass_s(wait_ns / NS)
    assert budget.wait_ns(Lane.QUERIES, {"weight": 1}) == 0


def test_a_ban_stops_every_lane_to_the_second_whatever_the_wall_clock_does() -> None:
    """A request during a ban lengthens it."""
    clock = HandClock()
    budget = a_window_budget(clock)
    budget.hold(120 * NS)
    budget.hold(5 * NS)
    clock.step_s(3600)
    for lane in Lane:
        assert budget.wait_ns(lane, {"weight": 1}) == 120 * NS
    assert budget.wait_ns(Lane.SAFE, {}) == 120 * NS
    clock.pass_s(120)
    assert budget.wait_ns(Lane.SAFE, {"weight": 1}) == 0


def test_the_slowest_of_several_meters_decides() -> None:
    """A submit costs weight and an order."""
    clock = HandClock()
    budget = RateBudget(clock, {"weight": WindowMeter(1000, MINUTE), "orders": WindowMeter(10, 10 * NS)})
    for _ in range(8):
        budget.spend({"weight": 1, "orders": 1})
    assert budget.wait_ns(Lane.ENTRIES, {"weight": 1, "orders": 1}) > 0
    assert budget.wait_ns(Lane.ENTRIES, {"weight": 1}) == 0


def test_a_leaky_counter_lets_a_burst_pass_and_then_a_trickle() -> None:
    """Kraken: fifteen, decaying a third a second."""
    clock = HandClock()
    budget = RateBudget(clock, {"weight": LeakyMeter(15, 1 / 3)})
    assert spend_all(budget, Lane.QUERIES) == 9
    wait_ns = budget.wait_ns(Lane.QUERIES, {"weight": 1})
    assert 2.9 * NS < wait_ns < 3.1 * NS
    clock.pass_s(wait_ns / NS)
    assert budget.wait_ns(Lane.QUERIES, {"weight": 1}) == 0


@given(
    st.lists(st.tuples(st.sampled_from(Lane), st.sampled_from([1, 2, 5, 20]), st.floats(0, 5)), min_size=1, max_size=80)
)
def test_who_waits_as_told_never_passes_a_venues_limit(moves: list[tuple[Lane, int, float]]) -> None:
    """The venue counts with its own rule, and never refuses."""
    clock = HandClock()
    budget = RateBudget(clock, {"window": WindowMeter(100, MINUTE), "leaky": LeakyMeter(30, 1.0)})
    spent: list[tuple[int, int]] = []
    level, level_ns = 0.0, clock.wall_ns()
    for lane, cost, pause_s in moves:
        clock.pass_s(pause_s)
        costs = {"window": float(cost), "leaky": float(cost)}
        for _ in range(10):
            wait_ns = budget.wait_ns(lane, costs)
            if wait_ns == 0:
                break
            clock.pass_s(wait_ns / NS + 1e-6)
        assert budget.wait_ns(lane, costs) == 0
        budget.spend(costs)
        now_ns = clock.wall_ns()
        spent.append((now_ns // MINUTE, cost))
        level = max(0.0, level - (now_ns - level_ns) / NS) + cost
        level_ns = now_ns
        assert level <= 30
        assert sum(each for window, each in spent if window == now_ns // MINUTE) <= 100
