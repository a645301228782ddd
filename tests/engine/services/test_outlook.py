"""Bars that another replica has left: in order, each end once, none from too long ago, and what is seen here counts."""

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.messages import PriceSeen, PriceSource
from engine.domain.money import Price, Quantity
from engine.ports.strategy import Bar
from engine.services.outlook import Outlook, Traded
from simulator.kernel import NS, World

BTC = "BTC/USDT"
BAR_NS = 60 * NS
LEFT, SEEN = Price(1), Price(2)
"""What a bar closes at that was left by another replica, and one that was seen here."""


def bar(end_ns: int) -> Bar:
    return Bar(instrument=BTC, end_ns=end_ns, open=LEFT, high=LEFT, low=LEFT, close=LEFT)


def seen_by(outlook: Outlook, at_ns: int) -> None:
    outlook.note_price(
        PriceSeen(
            venue="binance",
            instrument=BTC,
            bid=None,
            ask=None,
            last=SEEN,
            venue_time_ms=at_ns // 1_000_000,
            source=PriceSource.STREAM,
            node="feed-a",
        )
    )


@given(
    needed=st.integers(1, 6),
    left=st.sets(st.integers(-20, 3), max_size=20),
    own_first=st.integers(0, 3),
    own_after=st.integers(0, 3),
)
def test_what_is_recalled_stands_before_what_is_seen_and_is_not_old(
    needed: int, left: set[int], own_first: int, own_after: int
) -> None:
    """Ends are counted in bars from now; own bars end before the others' are taken in (now at the latest) and after."""
    world, own_first = World(1), min(own_first, needed)
    outlook = Outlook(
        {BTC: Traded(size=Quantity(1), bars=needed)},
        world.host("signal-a"),
        fresh_for_ns=10_000 * BAR_NS,
        positions_fresh_for_ns=NS,
        sentiment_fresh_for_ns=NS,
    )
    now_ns = world.wall_ns() // BAR_NS * BAR_NS
    seen_by(outlook, world.wall_ns())
    for back in reversed(range(own_first)):
        assert outlook.close_bar(BTC, now_ns - back * BAR_NS) is not None
    taken = outlook.recall(BTC, [bar(now_ns + n * BAR_NS) for n in sorted(left)], bar_ns=BAR_NS, now_ns=now_ns)
    for ahead in range(own_after):
        assert outlook.close_bar(BTC, now_ns + ahead * BAR_NS) is not None

    ends = [(one.end_ns - now_ns) // BAR_NS for one in outlook.bars(BTC)]
    usable = [n for n in left if -2 * needed < n <= 0 and (not own_first or n < 1 - own_first)]
    own = set(range(1 - own_first, 1)) if own_first else set()
    own |= set(range(own_after))
    assert taken == len(usable)
    assert ends == sorted({*usable, *own})[-needed:]
    assert all((one.close == SEEN) == ((one.end_ns - now_ns) // BAR_NS in own) for one in outlook.bars(BTC))
    world.close()
