"""The watch over a venue: what is weather, and what is worth a page."""

import pytest

from engine.domain.trouble import Trouble, TroubleKind
from engine.services.alarms import Severity
from engine.services.venue_watch import QUIET_NS, VenueWatch

NS = 1_000_000_000


class Hand:
    """A clock that is moved by hand, and the alerts that stand."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.standing: dict[str, str] = {}

    def wall_ns(self) -> int:
        """The time of day; here it began with the run."""
        return self.now_ns

    def monotonic_ns(self) -> int:
        """The time since the start."""
        return self.now_ns

    def raise_alert(self, key: str, *, severity: Severity, summary: str, runbook: str) -> None:
        """Note that a trouble holds."""
        self.standing[key] = f"{severity}: {summary} ({runbook})"

    def resolve_alert(self, key: str) -> None:
        """Note that it does not."""
        self.standing.pop(key, None)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def watch(hand: Hand) -> VenueWatch:
    return VenueWatch("kraken", hand, hand, alert_after_ns=30 * NS)


def refused(kind: TroubleKind, hand: Hand, *, wait_s: float | None) -> Trouble:
    """The venue asks for patience, for so long if it says so."""
    until_ns = None if wait_s is None else hand.now_ns + round(wait_s * NS)
    return Trouble(kind=kind, venue="kraken", operation="place", status=429, until_ns=until_ns)


def test_one_short_wait_wakes_nobody(watch: VenueWatch, hand: Hand) -> None:
    """That is how a limit is met; a quiet time later it is as if it had never been."""
    watch.failed(refused(TroubleKind.THROTTLED, hand, wait_s=6), began_ns=0)
    assert hand.standing == {}

    hand.now_ns += 6 * NS + QUIET_NS + 1
    watch.check()
    assert watch.calm
    watch.failed(refused(TroubleKind.THROTTLED, hand, wait_s=6), began_ns=hand.now_ns)
    assert hand.standing == {}


def test_a_venue_that_has_to_say_it_twice_is_told_until_it_is_quiet(watch: VenueWatch, hand: Hand) -> None:
    """The next step is a ban."""
    watch.failed(refused(TroubleKind.THROTTLED, hand, wait_s=6), began_ns=0)
    hand.now_ns += 7 * NS
    watch.failed(refused(TroubleKind.THROTTLED, hand, wait_s=6), began_ns=hand.now_ns)
    assert list(hand.standing) == ["venue/kraken/throttled"]

    hand.now_ns += 6 * NS + QUIET_NS + 1
    watch.check()
    assert hand.standing == {}


@pytest.mark.parametrize(
    ("kind", "wait_s"), [(TroubleKind.THROTTLED, 11), (TroubleKind.BANNED, 1), (TroubleKind.BANNED, None)]
)
def test_a_long_wait_and_any_ban_are_told_at_once(
    kind: TroubleKind, wait_s: float | None, watch: VenueWatch, hand: Hand
) -> None:
    """They cannot be sat out within a breath."""
    watch.failed(refused(kind, hand, wait_s=wait_s), began_ns=0)

    assert list(hand.standing) == [f"venue/kraken/{kind.value}"]


def test_a_ban_stands_until_it_is_over(watch: VenueWatch, hand: Hand) -> None:
    """Nobody asks meanwhile, so nothing else could tell what happens there."""
    watch.failed(refused(TroubleKind.BANNED, hand, wait_s=900), began_ns=0)

    hand.now_ns += 899 * NS
    watch.check()
    assert list(hand.standing) == ["venue/kraken/banned"]
    hand.now_ns += NS + QUIET_NS + 1
    watch.check()
    assert hand.standing == {}
