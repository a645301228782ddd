"""The feed: prices by stream, by REST while there is none, and back; and a person is told of what lasts."""

from collections.abc import Iterator

import pytest

from engine.domain.messages import AlertRaised, AlertResolved, Heartbeat, PriceSeen, PriceSource, Status
from simulator.dialects.gate import Rule
from simulator.kernel import NS
from tests.engine.runtime.trading_stage import TradingStage


@pytest.fixture
def stage() -> Iterator[TradingStage]:
    stage = TradingStage()
    stage.boot("feed-a")
    stage.run(30)
    yield stage
    stage.world.close()


def sources(stage: TradingStage, *, since_s: float) -> list[PriceSource]:
    """Return how prices came since a time."""
    return [said.source for at_ns, said in stage.said if isinstance(said, PriceSeen) and at_ns > since_s * NS]


def longest_gap_s(stage: TradingStage, *, since_s: float) -> float:
    """Return the longest time without a price."""
    times = [at_ns for at_ns, said in stage.said if isinstance(said, PriceSeen) and at_ns > since_s * NS]
    ends = [*times[1:], stage.world.now_ns()]
    return max(end - start for start, end in zip(times, ends, strict=True)) / NS


def drop_streams(stage: TradingStage, seconds: float) -> None:
    stage.gate.streams_refused = True
    stage.gate.drop_streams()
    stage.world.call_later(int(seconds * NS), lambda: setattr(stage.gate, "streams_refused", False))


def test_prices_come_by_stream_and_nothing_is_polled_meanwhile(stage: TradingStage) -> None:
    stage.requests.clear()
    stage.run(300)

    assert set(sources(stage, since_s=30)) == {PriceSource.STREAM}
    assert longest_gap_s(stage, since_s=30) < 6
    assert [seen for seen in stage.requests if seen.endpoint == "public"] == []


def test_a_dropped_stream_is_replaced_by_rest_at_a_reduced_rate_and_taken_up_again(stage: TradingStage) -> None:
    stage.requests.clear()
    drop_streams(stage, seconds=60)
    stage.run(60)
    assert set(sources(stage, since_s=31)) == {PriceSource.REST}
    assert longest_gap_s(stage, since_s=28) < 7
    polls = [seen for seen in stage.requests if seen.endpoint == "public"]
    assert len(polls) <= 14

    stage.run(60)
    assert set(sources(stage, since_s=105)) == {PriceSource.STREAM}


def test_a_stream_that_is_silent_is_given_up_and_rest_is_asked(stage: TradingStage) -> None:
    stage.quoting = False
    stage.run(60)

    assert PriceSource.REST in sources(stage, since_s=45)
    assert longest_gap_s(stage, since_s=25) < 17


def test_a_stream_that_stays_lost_is_told_and_so_is_its_return(stage: TradingStage) -> None:
    drop_streams(stage, seconds=50)
    stage.run(100)

    raised = [at_ns for at_ns, said in stage.said if isinstance(said, AlertRaised)]  # and announced again every minute
    assert 30 <= raised[0] / NS - 30 < 36
    assert {alert.key for alert in stage.heard(AlertRaised)} == {"stream/binance/lost"}
    assert [alert.key for alert in stage.heard(AlertResolved)] == ["stream/binance/lost"]


def test_a_blink_of_the_stream_is_nobodys_business(stage: TradingStage) -> None:
    stage.gate.drop_streams()
    stage.run(60)

    assert stage.heard(AlertRaised) == []
    assert longest_gap_s(stage, since_s=25) < 6


def test_a_venue_that_is_gone_is_one_page_and_the_feed_comes_back_by_itself(
    stage: TradingStage,
) -> None:
    stage.inject(Rule(kind="hang"), seconds=120)
    drop_streams(stage, seconds=120)
    stage.run(60)
    assert {alert.key for alert in stage.heard(AlertRaised)} == {"venue/binance/unreachable"}

    stage.run(60)
    assert stage.heard(Heartbeat)[-1].status is Status.DEGRADED
    stage.run(60)
    assert stage.heard(Heartbeat)[-1].status is Status.OK
    assert {alert.key for alert in stage.heard(AlertResolved)} == {"venue/binance/unreachable"}
    assert set(sources(stage, since_s=190)) == {PriceSource.STREAM}


def test_a_venue_that_is_down_at_the_start_is_opened_when_it_is_back() -> None:
    stage = TradingStage()
    stage.inject(Rule(kind="error"), seconds=40)
    stage.boot("feed-a")
    stage.run(80)

    assert set(sources(stage, since_s=65)) == {PriceSource.STREAM}
    stage.world.close()


def test_prices_go_on_after_the_bus_was_away(stage: TradingStage) -> None:
    stage.world.crash("bus")
    stage.run(20)
    stage.world.reboot("bus")
    stage.run(20)

    assert longest_gap_s(stage, since_s=55) < 6


@pytest.fixture
def doubled() -> Iterator[TradingStage]:
    stage = TradingStage(feed={"connections": 2})
    stage.boot("feed-a")
    stage.run(30)
    yield stage
    stage.world.close()


def test_two_connections_tell_everything_once(doubled: TradingStage) -> None:
    doubled.run(100)

    assert doubled.gate.open_streams() == 2
    told = [said for at_ns, said in doubled.said if isinstance(said, PriceSeen) and at_ns > 30 * NS]
    single = TradingStage()
    single.boot("feed-a")
    single.run(130)
    alone = [said for at_ns, said in single.said if isinstance(said, PriceSeen) and at_ns > 30 * NS]
    single.world.close()
    assert len(told) == len(alone)


@pytest.mark.parametrize("how", ["cut", "zombie"])
def test_one_of_two_connections_dies_and_nobody_notices(doubled: TradingStage, how: str) -> None:
    """Neither a socket that is cut nor one that answers pings and brings nothing costs a price or a request."""
    doubled.requests.clear()
    first = next(iter(doubled.gate._streams))
    if how == "cut":
        first.abort()
    else:
        first.deaf = True
    doubled.run(120)

    assert set(sources(doubled, since_s=30)) == {PriceSource.STREAM}
    assert longest_gap_s(doubled, since_s=25) < 7
    assert {seen.path for seen in doubled.requests if seen.endpoint == "public"} <= {"/api/v3/time"}
    assert doubled.gate.open_streams() == 2
    assert doubled.heard(AlertRaised) == []


def test_a_stream_that_blinks_does_not_switch_the_fallback_off_and_on(stage: TradingStage) -> None:
    """It brings prices between its ends; REST goes on at its own pace until it has been steady."""
    stage.requests.clear()

    def drop() -> None:
        stage.gate.drop_streams()

    for second in range(0, 60, 4):
        stage.world.call_later(second * NS, drop)
    stage.run(60)

    polled = [seen.at_ns for seen in stage.requests if seen.endpoint == "public"]
    assert 10 <= len(polled) <= 14
    assert longest_gap_s(stage, since_s=25) < 6
    stage.requests.clear()
    stage.run(60)
    assert len([seen for seen in stage.requests if seen.endpoint == "public"]) <= 4


def test_a_book_lends_a_bid_and_an_offer(stage: TradingStage) -> None:
    del stage
    with_books = TradingStage(feed={"books": True})
    with_books.boot("feed-a")
    with_books.run(60)

    assert with_books.gate.open_streams() == 2
    told = with_books.heard(PriceSeen)
    assert all(said.bid < said.last < said.ask for said in told[3:] if said.bid)
    with_books.world.close()
