"""Faults of what a venue remembers, refuses and tells: each bends one thing, and its undo takes back exactly that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import apsw
import pytest

from chaos.bus import BusRedelivery, BusSlow
from chaos.endpoint import CorruptBody, SpuriousRateLimit
from chaos.fault import Fault
from chaos.host import PowerCut, Reboot, RegionOutage, Slow
from chaos.market import MessageBurst, PartialFill
from chaos.records import CancelLag, ClockSkew, HistoryLimit, WrongBalance, WrongStatus
from chaos.refusal import FilterChange, Reject
from chaos.storage import DiskFailing
from chaos.stream import Duplicate, ForcedDisconnect, ListenKeyExpiry, Reorder
from chaos.units import NS
from simulator.dialects.gate import StreamKind
from simulator.exchange.events import BookChanged, OrderChanged
from simulator.exchange.rejections import Rejected, UnknownOrder
from tests.chaos.ground import BTC, SmallWorld


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


@dataclass(eq=False)
class Socket:
    """The venue's end of a stream that leads nowhere, and remembers that it was cut."""

    kind: StreamKind
    deaf: bool = False
    aborted: int = 0

    def abort(self) -> None:
        """Be cut."""
        self.aborted += 1


def wait(small: SmallWorld, seconds: float) -> None:
    """Let virtual time pass."""
    small.world.run(small.world.now_ns() + round(seconds * NS))


@pytest.mark.parametrize(("status", "told"), [("open", "NEW"), ("unfilled", "CANCELED")])
def test_a_finished_order_is_told_wrongly_and_its_trades_are_not(small: SmallWorld, status: str, told: str) -> None:
    small.stop_below(50_000)  # an entry that fills at once, and a stop
    picture = small.doors.rest.picture
    before = picture.order("main", client_order_id="entry")

    heal = fault(WrongStatus, status=status, probability=1.0).inject(small.ground)
    seen = picture.order("main", client_order_id="entry")
    assert seen.status.value == ("PARTIALLY_FILLED" if status == "open" else told)
    assert (seen.filled_lots == 0) == (status == "unfilled")
    assert picture.order("main", client_order_id="stop").is_open
    assert picture.trades_of(before)

    heal()
    assert picture.order("main", client_order_id="entry") == before


def test_balances_are_told_as_half_of_what_they_are(small: SmallWorld) -> None:
    true = small.doors.rest.picture.balances("main")["USDT"].free
    heal = fault(WrongBalance).inject(small.ground)
    assert small.doors.rest.picture.balances("main")["USDT"].free == true / 2
    assert small.exchange.truth.balances("main")["USDT"].free == true

    heal()
    assert small.doors.rest.picture.balances("main")["USDT"].free == true


def test_what_is_old_is_served_no_more_and_what_is_open_is(small: SmallWorld) -> None:
    small.stop_below(50_000)
    heal = fault(HistoryLimit, age=10 * NS).inject(small.ground)
    picture = small.doors.rest.picture
    assert picture.trades("main")
    wait(small, 20)
    assert picture.trades("main") == []
    assert picture.closed_orders("main") == []
    assert [one.client_order_id for one in picture.orders("main")] == ["stop"]
    with pytest.raises(UnknownOrder):
        picture.order("main", client_order_id="entry")

    heal()
    assert picture.trades("main")
    assert picture.order("main", client_order_id="entry")


def test_a_cancel_is_done_late(small: SmallWorld) -> None:
    small.order("resting")
    heal = fault(CancelLag, lag=3 * NS).inject(small.ground)
    assert small.exchange.cancel("main", client_order_id="resting").is_open
    wait(small, 2)
    assert small.exchange.truth.open_orders("main")
    wait(small, 2)
    assert small.exchange.truth.open_orders("main") == []

    heal()
    small.order("other")
    assert not small.exchange.cancel("main", client_order_id="other").is_open


def test_a_venues_clock_is_off_until_the_heal(small: SmallWorld) -> None:
    heal = fault(ClockSkew, by=NS, back=1).inject(small.ground)
    assert small.world.hosts["binance"].wall_ns() == small.world.wall_ns() - NS

    heal()
    assert small.world.hosts["binance"].wall_ns() == small.world.wall_ns()


def test_a_venue_refuses_what_it_is_told_to_refuse_and_nothing_else(small: SmallWorld) -> None:
    stops = fault(Reject, orders="stops").inject(small.ground)
    assert small.order("resting") == "NEW"
    with pytest.raises(Rejected, match="limits"):
        small.stop_below(50_000)
    entries = fault(Reject, orders="entries", reason="funds").inject(small.ground)
    with pytest.raises(Rejected, match="insufficient"):
        small.order("refused")

    stops()
    with pytest.raises(Rejected):
        small.order("still refused")
    entries()
    assert small.order("taken") == "NEW"


def test_the_smallest_order_grows_and_shrinks_again(small: SmallWorld) -> None:
    before = small.exchange.instrument(BTC.symbol)
    heal = fault(FilterChange, factor=20.0).inject(small.ground)
    assert small.exchange.instrument(BTC.symbol).min_notional == Decimal(100)
    assert small.exchange.instrument(BTC.symbol).min_quantity == Decimal("0.0002")
    with pytest.raises(Rejected, match="too small"):
        small.order("refused")  # 0.001 at 50,000

    heal()
    assert small.exchange.instrument(BTC.symbol) == before


def test_answers_of_one_class_cannot_be_read(small: SmallWorld) -> None:
    heal = fault(CorruptBody, on="orders@binance", probability=1.0).inject(small.ground)
    met = small.gate.decide("orders", "peer")
    assert met is not None
    assert met.rule is not None
    assert met.rule.mangle is not None
    assert met.rule.mangle(b"abcd") == b"ab"
    assert small.gate.decide("account", "peer") is None

    heal()
    assert small.gate.decide("orders", "peer") is None


def test_a_spurious_refusal_bans_nobody(small: SmallWorld) -> None:
    heal = fault(SpuriousRateLimit, on="public@binance", probability=1.0).inject(small.ground)
    met = [small.gate.decide("public", "peer") for _ in range(200)]
    assert {one.kind for one in met if one} == {"throttle"}
    assert {one.until_ns for one in met if one} == {small.world.now_ns()}

    heal()
    assert small.gate.decide("public", "peer") is None


def test_private_news_comes_twice_or_out_of_turn(small: SmallWorld) -> None:
    told: list[Any] = []
    small.doors.private.subscribe(lambda event: told.append(event) if isinstance(event, OrderChanged) else None)
    twice = fault(Duplicate, probability=1.0).inject(small.ground)
    small.order("one")
    assert [one.record.client_order_id for one in told] == ["one", "one"]

    twice()
    told.clear()
    late = fault(Reorder, probability=1.0, late=5 * NS).inject(small.ground)
    small.order("two")
    late()
    small.order("three")
    wait(small, 10)
    assert [one.record.client_order_id for one in told] == ["three", "two"]


def test_streams_are_closed_once_and_private_ones_bring_nothing_any_more(small: SmallWorld) -> None:
    public, private = Socket(kind="public"), Socket(kind="private")
    for one in (public, private):
        small.gate.opened(one)
    heal = fault(ListenKeyExpiry).inject(small.ground)
    new = Socket(kind="private")
    small.gate.opened(new)
    assert [(one.aborted, one.deaf) for one in (public, private, new)] == [(0, False), (1, True), (0, True)]
    heal()
    assert [one.deaf for one in (public, new)] == [False, False]

    fault(ForcedDisconnect).inject(small.ground)()
    assert (public.aborted, new.aborted) == (1, 1)
    assert not small.gate.streams_refused


def test_a_thin_book_fills_in_part(small: SmallWorld) -> None:
    def lots() -> int:
        wait(small, 10)
        return sum(size for _, size in small.exchange.truth.book(BTC.symbol).bids)

    usual = lots()
    heal = fault(PartialFill, on=BTC.symbol, share=0.001).inject(small.ground)
    assert lots() < usual / 100
    heal()
    assert lots() > usual / 10


def test_news_floods_until_the_heal(small: SmallWorld) -> None:
    heard: list[Any] = []
    small.doors.public.subscribe(lambda event: heard.append(event) if isinstance(event, BookChanged) else None)
    wait(small, 10)
    usual = len(heard)
    heal = fault(MessageBurst, on=BTC.symbol, per_second=10).inject(small.ground)
    wait(small, 10)
    assert len(heard) - usual > 90
    heal()
    heard.clear()
    wait(small, 10)
    assert len(heard) <= usual + 1


def test_a_slow_machine_does_less_and_then_as_much_as_before(small: SmallWorld) -> None:
    heal = fault(Slow, on="exec-a", share=0.9, moment=10 * NS).inject(small.ground)
    wait(small, 5)
    stood = len(small.beats)
    wait(small, 30)
    assert 0 < len(small.beats) - stood <= 12
    heal()
    went = len(small.beats)
    wait(small, 10)
    assert len(small.beats) - went >= 10


def test_a_region_is_lost_with_its_machines_and_its_venues(small: SmallWorld) -> None:
    def alive() -> bool:
        return small.world.hosts["exec-a"].alive

    heal = fault(RegionOutage, on="tokyo").inject(small.ground)
    assert small.ground.sites.places("tokyo") == ("exec-a", "binance")
    assert not alive()
    assert small.ask() == "ClientConnectorError"

    heal()
    assert alive()
    assert small.ask() == "hello"


def test_a_dying_disk_fails_and_is_mended(small: SmallWorld) -> None:
    database = small.open_database()
    database.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
    for act in ("write", "sync"):
        heal = fault(DiskFailing, on="exec-a", act=act).inject(small.ground)
        with pytest.raises(apsw.IOError):
            database.execute("INSERT INTO t VALUES (2)")
        heal()
    database.execute("INSERT INTO t VALUES (3)")
    assert list(database.execute("SELECT x FROM t")) == [(1,), (3,)]


@pytest.mark.parametrize("seed", range(40))
def test_sqlite_keeps_what_it_said_it_had_whatever_a_power_cut_tears(small: SmallWorld, seed: int) -> None:
    """Committed rows are there; of the one that was being written either all or nothing."""
    database = small.open_database()
    list(database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (x, y)"))
    for number in range(5):
        database.execute("INSERT INTO t VALUES (?, ?)", (number, "x" * 3_000))
    database.execute("PRAGMA synchronous=OFF")
    database.execute("INSERT INTO t VALUES (5, ?)", ("y" * 30_000,))

    cut = PowerCut(id="x", on="exec-a", at_ns=0, for_ns=60 * NS, seed=seed)
    cut.inject(small.ground)()

    again = small.open_database()
    rows = list(again.execute("SELECT x, y FROM t ORDER BY x"))
    assert [row[0] for row in rows][:5] == [0, 1, 2, 3, 4]
    assert rows[5:] in ([], [(5, "y" * 30_000)])
    assert list(again.execute("PRAGMA integrity_check")) == [("ok",)]


def test_an_orderly_reboot_loses_nothing(small: SmallWorld) -> None:
    database = small.open_database()
    database.execute("PRAGMA synchronous=OFF; CREATE TABLE t (x); INSERT INTO t VALUES (1)")

    fault(Reboot, on="exec-a").inject(small.ground)()

    assert list(small.open_database().execute("SELECT x FROM t")) == [(1,)]


def test_a_slow_bus_stores_late_and_is_as_fast_as_before_when_healed(small: SmallWorld) -> None:
    link = small.internet.link("exec-a", "binance")
    before = (small.ground.bus.sync_ns, link.speed)
    heal = fault(BusSlow, on="bus", late=NS, stores=NS).inject(small.ground)
    assert small.ground.bus.sync_ns == before[0] + NS
    assert link.speed.delay_ns == before[1].delay_ns + NS

    heal()
    assert (small.ground.bus.sync_ns, link.speed) == before


def test_a_bus_delivers_twice_as_often_as_said(small: SmallWorld) -> None:
    heal = fault(BusRedelivery, on="bus", probability=0.3).inject(small.ground)
    asked = small.ground.bus.delivers_twice
    assert asked is not None
    assert 200 < sum(asked() for _ in range(1000)) < 400

    heal()
    assert small.ground.bus.delivers_twice is None
