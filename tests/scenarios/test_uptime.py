"""Uptime of the four components, in slices of ten seconds, on stories told by hand."""

from __future__ import annotations

import pytest

from scenarios.schema import Expect
from scenarios.slices import Slice, Uptime
from scenarios.uptime import COMPONENTS, execution, ingestion, monitoring, signal
from tests.scenarios.stories import BTC, EPOCH_S, EXPECT, Story, ns

RAIN = "RAIN:YES/USDC"


def judged(component: str, story: Story, expect: Expect = EXPECT) -> Uptime:
    """Return the uptime of one component."""
    return COMPONENTS[component](story.record(), expect)


def priced(
    ends_s: float, *, gap: tuple[float, float] = (0, 0), venues: tuple[str, ...] = ("binance",), instrument: str = BTC
) -> Story:
    """A story with a price every five seconds, but for a gap."""
    story = Story(ends_s=ends_s)
    for at in range(0, int(ends_s), 5):
        if not gap[0] <= at < gap[1]:
            for venue in venues:
                story.price(at, venue, age_s=0, instrument=instrument)
    return story


def test_fresh_prices_are_up() -> None:
    """Every slice is judged, and none is down."""
    uptime = judged("ingestion", priced(100))

    assert (uptime.measured, uptime.judged_s, uptime.down_s) == (1.0, 100.0, 0.0)


def test_a_stop_of_d_seconds_spoils_every_slice_it_touches() -> None:
    """Prices stop at 100 s; from 115 s on the last one is too old, until 140 s: four slices."""
    uptime = judged("ingestion", priced(300, gap=(101, 140)))

    down = sorted(number for number, found in uptime.slices.items() if found is Slice.DOWN)
    assert down == [11, 12, 13]
    assert uptime.down_s == 30.0
    assert uptime.measured == pytest.approx(0.9)


def test_an_old_price_that_arrives_now_is_not_fresh() -> None:
    """Age counts from when the venue says it was true."""
    story = priced(300, gap=(101, 200))
    for at in range(101, 200, 5):
        story.price(at, age_s=at - 100)

    assert judged("ingestion", story).down_s > 70


def test_each_traded_instrument_needs_a_price() -> None:
    """One dark instrument is a dark component."""
    story = priced(100)
    story.instruments = ("BTC/USDT", "ETH/USDT")

    assert judged("ingestion", story).measured == 0.0


def test_another_venue_carries_on() -> None:
    """A venue that is gone spoils nothing while the other gives prices."""
    story = priced(300)
    story.fault("outage", "kraken", 100, 100, "rest", "stream")

    assert judged("ingestion", story).measured == 1.0


def test_time_in_which_no_venue_could_serve_is_told_beside() -> None:
    """Nobody is to blame for it, and nobody is praised."""
    story = priced(300, gap=(100, 200))
    story.fault("outage", "kraken", 100, 100, "rest", "stream")
    story.fault("outage", "binance", 100, 100, "rest", "stream")

    uptime = judged("ingestion", story)

    assert uptime.down_s == 0
    assert uptime.venue_down_s == 120.0  # the outage, and the freshness bound after it
    assert uptime.judged_s == 180.0


def test_a_venue_without_streams_can_still_give_prices_by_rest() -> None:
    """No excuse: this is what the fallback is for."""
    story = priced(300, gap=(100, 200))
    story.fault("socket_drop", "kraken", 100, 100, "stream")
    story.fault("socket_drop", "binance", 100, 100, "stream")

    assert judged("ingestion", story).down_s > 0


def test_nothing_is_due_before_the_warm_up_is_over() -> None:
    """A bot that starts is not a bot that fails."""
    expect = Expect.model_validate({"warm_up": "50s"})

    assert judged("ingestion", priced(100), expect).judged_s == 50.0


def signalled(ends_s: float = 600, *, late_s: float = 2, missing: int = -1) -> Story:
    """A story with a decision at every minute of the wall clock."""
    story = priced(ends_s)
    for number, at in enumerate(range(-EPOCH_S % 60, int(ends_s) - 10, 60)):
        if number != missing:
            story.decided(at + late_s, str(EPOCH_S + at))
    return story


def test_decisions_published_by_their_deadline_are_up() -> None:
    """Only slices in which one was due are judged."""
    uptime = judged("signal", signalled())

    assert uptime.measured == 1.0
    assert uptime.judged_s == 10 * len(uptime.slices) <= 100


@pytest.mark.parametrize("late_s", [11, 40])
def test_a_decision_after_its_deadline_is_down(late_s: float) -> None:
    """Late is not published."""
    assert judged("signal", signalled(late_s=late_s)).measured == 0.0


def test_a_missing_decision_is_down() -> None:
    """One of them never came."""
    assert judged("signal", signalled(missing=3)).down_s == 10.0


def test_a_signal_without_any_venue_to_see_is_excused() -> None:
    """Deciding blind would be worse."""
    story = signalled(missing=3)
    for venue in ("binance", "kraken"):
        story.fault("outage", venue, 150, 120, "rest", "stream")

    uptime = judged("signal", story)

    assert uptime.down_s == 0
    assert uptime.venue_down_s == 10.0


def test_only_the_venues_that_list_an_instrument_could_give_its_price() -> None:
    """Nobody else answers the question while the one that asks it is gone."""
    story = priced(300, venues=("polymarket",), gap=(101, 190), instrument=RAIN)
    story.venues, story.instruments = ("binance", "polymarket"), (RAIN,)
    down = judged("ingestion", story).down_s
    story.fault("outage", "binance", 100, 100, "rest", "stream")
    assert judged("ingestion", story).down_s == down > 0

    story.fault("outage", "polymarket", 100, 100, "rest", "stream")

    assert judged("ingestion", story).down_s == 0


def test_orders_acknowledged_by_their_deadline_are_up() -> None:
    """The venue's truth is the acknowledgement, whatever the bot was told."""
    story = Story()
    story.whole_life(10)

    uptime = judged("execution", story)

    assert (uptime.measured, uptime.judged_s) == (1.0, 10.0)


def test_a_decision_with_nothing_to_do_is_up_once_it_is_handled() -> None:
    """Doing nothing in time is an answer."""
    story = Story()
    story.decided(10)
    story.handled(11)

    assert judged("execution", story).measured == 1.0


def test_a_decision_handled_too_late_is_down() -> None:
    """The executor was away."""
    story = Story()
    story.decided(10)
    story.handled(31)

    assert judged("execution", story).measured == 0.0


def test_an_order_that_does_not_reach_its_venue_is_down() -> None:
    """Handled is not sent."""
    story = Story()
    story.decided(10)
    story.handled(11, legs=("binance",))
    story.reported(11, "intended")

    assert judged("execution", story).measured == 0.0


def test_a_leg_whose_venue_is_shut_is_excused_and_the_others_are_not() -> None:
    """Kraken is open: its leg must arrive."""
    story = Story()
    story.fault("outage", "binance", 5, 60, "rest")
    story.decided(10)
    story.handled(11, legs=("binance", "kraken"))
    assert judged("execution", story).measured == 0.0

    story.at_venue(12, "NEW", venue="kraken")
    assert judged("execution", story).measured == 1.0


@pytest.mark.parametrize(
    ("reason", "up"),
    [
        ("limit: binance would make the position 0.06, and 0.05 is allowed", True),
        ("working: orders the other way have not ended at binance", True),
        ("late: it came 9.0 s after its not-after", False),
        ("price: binance has no fresh one", False),
        ("limit: binance would make the position 0.06; hold: BTC/USDT at kraken: books differ", False),
        ("price: kraken has no fresh one", True),
        ("hold: venue: kraken answers nothing (BTC/USDT at kraken)", True),
        ("hold: data: no fresh price at kraken; protection: no stop works (BTC/USDT at kraken)", True),
        ("hold: data: no fresh price at binance; protection: no stop works (BTC/USDT at binance)", False),
        ("hold: venue: binance answers nothing (BTC/USDT at binance)", False),
        ("hold: drift: books differ (BTC/USDT at kraken)", False),
        ("flatten: kraken is being closed", True),
        ("flatten: binance is being closed", False),
    ],
)
def test_a_refusal_is_up_only_where_it_is_no_failure_of_our_own(reason: str, up: bool) -> None:
    """Too much is refused rightly, and so is a venue that is shut; late, blind and held are down."""
    story = Story()
    story.fault("outage", "kraken", 5, 60, "rest")
    story.decided(10)
    story.handled(11, outcome="refused", reason=reason)

    assert judged("execution", story).measured == float(up)


def test_execution_without_any_venue_is_told_beside() -> None:
    """Both doors are shut, and it cannot even be handled."""
    story = Story()
    for venue in ("binance", "kraken"):
        story.fault("outage", venue, 5, 60, "rest")
    story.decided(10)

    uptime = judged("execution", story)

    assert uptime.measured is None
    assert uptime.venue_down_s == 10.0


def test_a_failure_that_rings_within_a_minute_is_monitored() -> None:
    """Judged from the failure to the page."""
    story = Story()
    story.fault("crash", "exec-a", 100, 60, "component")
    story.paged(131, "heartbeat/execution/exec-a")

    uptime = judged("monitoring", story)

    assert (uptime.measured, uptime.judged_s) == (1.0, 40.0)


def test_a_failure_that_rings_nobody_is_down_after_its_minute() -> None:
    """The first minute was allowed."""
    story = Story()
    story.fault("outage", "binance", 100, 120, "rest")

    uptime = judged("monitoring", story)

    assert (uptime.judged_s, uptime.down_s) == (120.0, 60.0)


def test_a_quiet_run_proves_nothing_about_monitoring() -> None:
    """Nothing was due."""
    assert judged("monitoring", priced(100)).measured is None


def test_runs_of_down_slices_end_with_the_next_finding_of_another_kind() -> None:
    """Idle slices between two misses do not end a run: nobody saw it up."""
    down, up = Slice.DOWN, Slice.UP
    uptime = Uptime(component="signal", slices={0: up, 6: down, 12: down, 18: up, 24: down})

    assert uptime.down_runs() == [(ns(60), ns(130)), (ns(240), ns(250))]


def test_the_four_components_are_judged_by_name() -> None:
    """The names are fixed."""
    assert list(COMPONENTS.values()) == [ingestion, signal, execution, monitoring]
