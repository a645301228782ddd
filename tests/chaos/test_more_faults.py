"""The faults beyond the first six: each does its damage, and its undo takes back exactly that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any, cast

import apsw
import pytest

from chaos.answers import FalseReject, FlakyList, NotFoundAfterCreate, ReadLag, RequestLost, SlowAck
from chaos.bus import BusOutage
from chaos.closed import AuthFailure, Ban, ForcedCancel, Maintenance, RestrictedReopening, StopNotTriggered
from chaos.fault import Fault
from chaos.host import ClockDrift, ClockStep, Pause, ZoneOutage
from chaos.market import FlashCrash, Jump, LiquidityVanishes, StuckPrice, VenueDivergence
from chaos.model import SignalCrash, SignalDisagreement, SignalGarbage, SignalHang
from chaos.network import Partition
from chaos.service import PagerDown
from chaos.storage import DatabaseLocked, DiskFull, SlowSync
from chaos.stream import Gap, Silence, Stale, ZombieSubscription
from chaos.units import NS
from chaos.venue import PartialOutage, SettlementFails
from simulator.exchange.events import BookChanged
from simulator.exchange.exchange import TradingMode
from simulator.exchange.orders import OrderRequest, OrderType, Side
from simulator.exchange.prediction.exchange import PredictionExchange
from simulator.exchange.prediction.market import PredictionMarket
from simulator.exchange.rejections import Rejected, UnknownOrder
from simulator.services.model import ModelSickness
from tests.chaos.ground import BTC, SmallVenue, SmallWorld

RAIN = PredictionMarket(condition="Will it rain?", yes="rain/yes", no="rain/no")


@pytest.fixture
def small() -> Iterator[SmallWorld]:
    """Give a world with one venue, and bury it afterwards."""
    small = SmallWorld()
    small.world.run(NS)
    yield small
    small.world.close()


def fault(kind: type[Fault], on: str = "binance", **parameters: Any) -> Any:
    """Return a fault of a kind that lasts a minute."""
    return kind(id="x", on=on, at_ns=0, for_ns=60 * NS, seed=11, **parameters)


def wait(small: SmallWorld, seconds: float) -> None:
    """Let virtual time pass."""
    small.world.run(small.world.now_ns() + round(seconds * NS))


def test_a_paused_machine_does_nothing_and_then_goes_on_where_it_was(small: SmallWorld) -> None:
    heal = fault(Pause, on="exec-a").inject(small.ground)
    beats = len(small.beats)
    wait(small, 30)
    assert len(small.beats) == beats

    heal()
    wait(small, 10)

    assert len(small.beats) >= beats + 10
    assert small.world.hosts["exec-a"].boots == 1


def test_a_zone_goes_dark_with_all_that_stands_in_it(small: SmallWorld) -> None:
    heal = fault(ZoneOutage, on="a").inject(small.ground)
    assert not small.world.hosts["exec-a"].alive
    assert small.world.hosts["client"].alive

    heal()
    assert small.world.hosts["exec-a"].alive


def test_a_clock_steps_and_is_set_right(small: SmallWorld) -> None:
    host = small.world.hosts["exec-a"]
    heal = fault(ClockStep, on="exec-a", by=NS, back=1).inject(small.ground)
    assert host.wall_ns() == small.world.wall_ns() - NS

    heal()
    assert host.wall_ns() == small.world.wall_ns()


def test_a_clock_drifts_and_is_set_right(small: SmallWorld) -> None:
    host = small.world.hosts["exec-a"]
    heal = fault(ClockDrift, on="exec-a", ppm=100_000).inject(small.ground)
    wait(small, 10)
    assert host.wall_ns() == small.world.wall_ns() + NS

    heal()
    wait(small, 10)
    assert host.wall_ns() == small.world.wall_ns()


def test_nothing_passes_a_partition_until_it_is_over(small: SmallWorld) -> None:
    heal = fault(Partition, on="client->binance").inject(small.ground)
    asking = small.client.spawn(small.asking())
    wait(small, 20)
    assert not asking.done()

    heal()
    assert small.world.complete(asking) == "hello"


@pytest.mark.parametrize("kind", [PagerDown, BusOutage])
def test_a_service_and_the_bus_refuse_everybody_until_the_heal(small: SmallWorld, kind: type[Fault]) -> None:
    parameters = {"mode": "refuse"} if kind is BusOutage else {}
    heal = fault(kind, on="bus" if kind is BusOutage else "pager", **parameters).inject(small.ground)
    assert small.ask() == "ClientConnectorError"

    heal()
    assert small.ask() == "hello"


def test_a_bus_that_crashes_boots_again(small: SmallWorld) -> None:
    heal = fault(BusOutage, on="bus").inject(small.ground)
    assert not small.world.hosts["binance"].alive

    heal()
    assert small.ask() == "hello"


def test_a_full_disk_takes_nothing_and_keeps_what_it_has(small: SmallWorld) -> None:
    database = small.open_database()
    database.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1)")

    heal = fault(DiskFull, on="exec-a").inject(small.ground)
    with pytest.raises(apsw.FullError):
        database.execute("INSERT INTO t VALUES (2)")
    assert list(database.execute("SELECT x FROM t")) == [(1,)]

    heal()
    database.execute("INSERT INTO t VALUES (3)")


def test_a_locked_database_cannot_be_written_nor_opened(small: SmallWorld) -> None:
    database = small.open_database()
    database.execute("CREATE TABLE t (x)")

    heal = fault(DatabaseLocked, on="exec-a").inject(small.ground)
    with pytest.raises(apsw.BusyError):
        database.execute("INSERT INTO t VALUES (2)")
    with pytest.raises(apsw.BusyError):
        small.open_database().execute("SELECT x FROM t")

    heal()
    database.execute("INSERT INTO t VALUES (3)")


def test_a_slow_disk_is_as_fast_as_before_when_it_is_healed(small: SmallWorld) -> None:
    before = small.disk.sync_ns
    heal = fault(SlowSync, on="exec-a", takes=NS).inject(small.ground)
    assert small.disk.sync_ns == NS

    heal()
    assert small.disk.sync_ns == before


@pytest.mark.parametrize("mode", ["error", "hang"])
def test_one_class_of_requests_fails_and_the_others_go_on(small: SmallWorld, mode: str) -> None:
    heal = fault(PartialOutage, endpoints="account", mode=mode).inject(small.ground)
    met = small.gate.decide("account", "peer")
    assert met is not None
    assert met.kind == mode
    assert small.gate.decide("orders", "peer") is None

    heal()
    assert small.gate.decide("account", "peer") is None


def test_requests_for_orders_are_lost_late_or_denied_at_the_door(small: SmallWorld) -> None:
    kinds: dict[type[Fault], str] = {RequestLost: "request_lost", SlowAck: "slow", FalseReject: "error"}
    for kind, does in kinds.items():
        heal = fault(kind, probability=1.0).inject(small.ground)
        met = small.gate.decide("orders", "peer")
        assert met is not None
        assert met.kind == does
        assert met.rule is not None
        assert met.rule.executes == (kind is FalseReject)
        assert small.gate.decide("account", "peer") is None
        heal()
        assert small.gate.decide("orders", "peer") is None


def test_a_new_order_is_not_found_and_lists_lack_rows_until_the_heal(small: SmallWorld) -> None:
    view = small.doors.rest
    hides = fault(NotFoundAfterCreate, probability=1.0, hidden=30 * NS).inject(small.ground)
    misses = fault(FlakyList, probability=1.0).inject(small.ground)
    small.order("new")
    with pytest.raises(UnknownOrder):
        view.picture.order("main", client_order_id="new")
    assert view.picture.open_orders("main") == []

    hides()
    misses()
    assert view.picture.order("main", client_order_id="new")
    assert len(view.picture.open_orders("main")) == 1


def test_a_view_trails_and_catches_up_and_the_later_of_two_faults_decides(small: SmallWorld) -> None:
    first = fault(ReadLag, view="rest", lag=30 * NS).inject(small.ground)
    second = fault(ReadLag, view="rest", lag=10 * NS).inject(small.ground)
    stale = fault(Stale, lag=10 * NS).inject(small.ground)
    small.order("new")
    assert small.doors.rest.picture.open_orders("main") == []
    assert small.doors.public.lag_ns == 10 * NS

    first()
    assert small.doors.rest.lag_ns == 10 * NS
    second()
    stale()
    assert small.doors.rest.lag_ns == 0
    assert small.doors.public.lag_ns == 0
    assert len(small.doors.rest.picture.open_orders("main")) == 1


def test_a_silent_stream_brings_nothing_on_any_socket_until_the_last_heal(small: SmallWorld) -> None:
    old, new = small.socket(), small.socket()
    small.gate.opened(old)
    first = fault(Silence, streams="public").inject(small.ground)
    second = fault(Silence, streams="both").inject(small.ground)
    small.gate.opened(new)
    assert [old.deaf, new.deaf] == [True, True]

    first()
    assert [old.deaf, new.deaf] == [True, True]
    second()
    assert [old.deaf, new.deaf] == [False, False]


def test_a_gap_leaves_changes_out(small: SmallWorld) -> None:
    told: list[object] = []
    small.doors.public.subscribe(told.append)
    gap = fault(Gap, streams="public", probability=1.0).inject(small.ground)
    wait(small, 20)
    assert told
    assert not any(isinstance(one, BookChanged) for one in told)

    gap()
    wait(small, 20)
    assert any(isinstance(one, BookChanged) for one in told)


def test_a_zombie_is_deaf_until_it_is_healed_and_a_new_socket_is_not(small: SmallWorld) -> None:
    old, new = small.socket(), small.socket()
    small.gate.opened(old)

    heal = fault(ZombieSubscription).inject(small.ground)
    small.gate.opened(new)

    assert old.deaf
    assert not new.deaf
    heal()
    assert not old.deaf


@pytest.mark.parametrize(
    ("kind", "parameters", "mode"),
    [
        (Maintenance, {}, TradingMode.HALTED),
        (RestrictedReopening, {"mode": "cancel_only"}, TradingMode.CANCEL_ONLY),
        (RestrictedReopening, {"mode": "post_only"}, TradingMode.POST_ONLY),
    ],
)
def test_a_venue_narrows_its_doors_and_opens_them(
    small: SmallWorld, kind: type[Fault], parameters: dict[str, str], mode: TradingMode
) -> None:
    heal = fault(kind, **parameters).inject(small.ground)
    assert small.exchange.mode is mode
    with pytest.raises(Rejected):
        small.order("refused")

    heal()
    assert small.order("taken") == "NEW"


def test_keys_are_unknown_until_the_heal(small: SmallWorld) -> None:
    heal = fault(AuthFailure).inject(small.ground)
    assert small.doors.key("key") is None

    heal()
    assert small.doors.key("key") is not None


def test_every_machine_of_the_bot_is_banned_and_nobody_else(small: SmallWorld) -> None:
    heal = fault(Ban).inject(small.ground)
    met = small.gate.decide("account", "exec-a")
    assert met is not None
    assert met.kind == "ban"
    assert small.gate.decide("account", "somebody") is None

    heal()
    assert small.gate.decide("account", "exec-a") is None


def test_resting_orders_are_cancelled_by_the_venue(small: SmallWorld) -> None:
    small.order("resting")

    fault(ForcedCancel).inject(small.ground)()

    assert small.exchange.truth.open_orders("main") == []


def test_stops_sleep_until_the_heal(small: SmallWorld) -> None:
    small.stop_below(59_000)
    heal = fault(StopNotTriggered).inject(small.ground)
    fall = fault(Jump, on=BTC.symbol, size=-0.1).inject(small.ground)
    wait(small, 20)
    assert [one.triggered_ns for one in small.exchange.truth.open_orders("main")] == [None]

    heal()
    wait(small, 20)
    assert small.exchange.truth.closed_orders("main")
    fall()


def price(small: SmallWorld) -> float:
    """Return the last price at the venue."""
    wait(small, 10)
    bids = small.exchange.truth.book(BTC.symbol, 1).bids
    return bids[0][0] / 100


def test_prices_fall_jump_and_drift_and_come_back(small: SmallWorld) -> None:
    usual = price(small)
    assert usual == pytest.approx(60_000, rel=0.01)

    crash = fault(FlashCrash, on=BTC.symbol, depth=0.3, fall=5 * NS, bottom=60 * NS).inject(small.ground)
    assert price(small) == pytest.approx(42_000, rel=0.01)
    crash()
    jump = fault(Jump, on=f"{BTC.symbol}@binance", size=0.05).inject(small.ground)
    assert price(small) == pytest.approx(63_000, rel=0.01)
    jump()
    drift = fault(VenueDivergence, on=f"{BTC.symbol}@binance", per_hour=10.0).inject(small.ground)
    assert price(small) > 61_000
    drift()

    assert price(small) == pytest.approx(60_000, rel=0.01)


def test_a_side_of_the_book_empties_and_fills_and_a_price_stands_still(small: SmallWorld) -> None:
    heal = fault(LiquidityVanishes, on=BTC.symbol).inject(small.ground)
    wait(small, 10)
    assert small.exchange.truth.book(BTC.symbol, 1).bids == ()
    heal()
    wait(small, 10)
    assert small.exchange.truth.book(BTC.symbol, 1).bids

    heal = fault(StuckPrice, on=BTC.symbol).inject(small.ground)
    before = small.exchange.truth.book(BTC.symbol).update_id
    wait(small, 30)
    assert small.exchange.truth.book(BTC.symbol).update_id == before
    heal()
    wait(small, 30)
    assert small.exchange.truth.book(BTC.symbol).update_id > before


def test_a_model_dies_hangs_raves_and_disagrees_until_the_heal(small: SmallWorld) -> None:
    model = small.ground.models["exec-a"]
    kinds: tuple[tuple[type[Fault], dict[str, Any]], ...] = (
        (SignalCrash, {}),
        (SignalHang, {}),
        (SignalGarbage, {"answer": "absurd"}),
        (SignalDisagreement, {"by": 2.0}),
    )
    heals = [fault(kind, on="exec-a", **parameters).inject(small.ground) for kind, parameters in kinds]
    assert model.garbage is not None
    assert model.garbage(0.0) == 1e12
    assert (model.crashes, model.hangs, model.shift) == (True, True, 2.0)

    for heal in heals:
        heal()
    assert model == ModelSickness()


def test_a_match_is_taken_back_where_matches_are_settled_later(small: SmallWorld) -> None:
    """Where a match is final at once there is nothing to take back."""
    fault(SettlementFails, probability=1.0).inject(small.ground)()
    asked = PredictionExchange("asked", [RAIN], small.world, random=Random(1))
    for account in ("main", "other"):
        asked.open_account(account, {"USDC": Decimal(1_000)})
    ground = replace(
        small.ground, venues={"binance": replace(cast(SmallVenue, small.ground.venues["binance"]), exchange=asked)}
    )

    def filled() -> Decimal:
        asked.quote(RAIN.yes, [(49, 10_000)], [(51, 10_000)])
        request = OrderRequest(
            account="main",
            symbol=RAIN.yes,
            side=Side.BUY,
            type=OrderType.LIMIT,
            price=Decimal("0.51"),
            quantity=Decimal(10),
        )
        order = asked.submit(request)
        wait(small, 60)
        record = asked.truth.order("main", order_id=order.order_id)
        return asked.instrument(RAIN.yes).quantity(record.filled_lots)

    for before, late in ((1.0, 0.0), (0.0, 1.0)):
        heal = fault(SettlementFails, probability=before, late=late).inject(ground)
        assert filled() == 0

        heal()
        assert filled() == 10
