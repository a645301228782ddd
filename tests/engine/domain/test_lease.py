"""The law of the lease: whatever happens on the way, an observer never calls it dead while its holder counts on it."""

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.lease import Lease, LeaseBounds, LeaseWatch, counts_until_ns

S = 1_000_000_000
BOUNDS = LeaseBounds(ttl_ns=8 * S, renew_every_ns=2 * S, margin_ns=1 * S, skew_ns=S // 2)
LEASE = Lease(holder="a", node="exec-a", token=1, ttl_ns=BOUNDS.ttl_ns)
WAIT = st.integers(0, 20 * S)


@given(
    writings=st.lists(st.tuples(WAIT, st.integers(0, 5 * S)), min_size=1, max_size=20),
    looks=st.lists(st.tuples(WAIT, st.integers(0, 5 * S)), min_size=1, max_size=60),
    zero_ns=st.integers(0, 100 * S),
    gain_ppm=st.integers(-100, 100),
)
def test_nobody_calls_a_lease_dead_while_its_holder_counts_on_it(
    writings: list[tuple[int, int]], looks: list[tuple[int, int]], zero_ns: int, gain_ppm: int
) -> None:
    """The holder writes after pauses, each stored some time after it asked; the observer reads, each answer late."""
    stored: list[tuple[int, int]] = []  # (when it was stored, when it was asked for), in true time
    now_ns = 0
    for pause_ns, late_ns in writings:
        asked_ns = now_ns + pause_ns
        now_ns = asked_ns + late_ns
        stored.append((now_ns, asked_ns))
    watch, at_ns = LeaseWatch(BOUNDS), 0
    for pause_ns, late_ns in looks:
        read_ns = at_ns + pause_ns
        at_ns = read_ns + late_ns
        revision = sum(1 for when_ns, _ in stored if when_ns <= read_ns)
        if revision == 0:
            continue
        own_ns = zero_ns + at_ns + at_ns * gain_ppm // 1_000_000
        watch.note(revision, seen_ns=own_ns)
        if watch.dead_in_ns(LEASE, now_ns=own_ns) == 0:
            _, asked_ns = stored[revision - 1]
            assert at_ns > counts_until_ns(BOUNDS, asked_ns=asked_ns)


def test_a_lease_that_is_renewed_is_never_dead_and_one_that_is_not_dies_after_ttl_and_margin() -> None:
    watch = LeaseWatch(BOUNDS)
    for second in range(0, 60, 2):
        watch.note(second + 1, seen_ns=second * S)
        assert watch.dead_in_ns(LEASE, now_ns=second * S) == 9 * S

    assert watch.dead_in_ns(LEASE, now_ns=66 * S) == 1 * S
    assert watch.dead_in_ns(LEASE, now_ns=67 * S) == 0


def test_a_lease_that_was_laid_down_is_dead_at_once() -> None:
    watch = LeaseWatch(BOUNDS)
    watch.note(1, seen_ns=0)

    assert watch.dead_in_ns(Lease(holder="a", node="exec-a", token=1, ttl_ns=0), now_ns=0) == 0
