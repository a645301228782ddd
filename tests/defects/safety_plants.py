"""Mistakes about getting out: barred exits, kills half done, stops that are not there, losses that never were."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.evidence import Evidence, Seen, VenueStatus
from engine.domain.money import Quantity
from engine.domain.order_events import OrderEvent
from engine.domain.profit import Flow
from engine.domain.safety import Purpose, SafetyState
from engine.recovery import ledger
from engine.services import execution, listening, safety
from engine.services.execution import Executor
from engine.services.flatten import Flattener
from engine.services.latches import LatchKeeper
from engine.services.leadership import Leadership
from engine.services.order_driver import OrderDriver
from engine.services.protection import Guard
from engine.services.protection_intents import ProtectionIntents
from engine.services.protection_plan import Standing
from engine.services.signal import Need, Signal
from engine.venues import coinbase
from tests.defects.defect import Defect


def a_waiting_stop_is_taken_for_an_order_in_the_book(patch: pytest.MonkeyPatch) -> None:
    """Read the status of a stop, and not whether a price has set it off."""
    patch.setattr(coinbase, "_status", lambda row: coinbase.STATUSES[row["status"]])


def a_fill_of_unknown_cost_is_one_for_nothing(patch: pytest.MonkeyPatch) -> None:
    """Count what was sold, and what it brought once somebody tells it."""
    real = ledger._flow

    def flow(instrument: str, changes: dict[str, Decimal], **_known: bool) -> Flow:
        return real(instrument, changes, priced=True)

    patch.setattr(coinbase, "_value", lambda _row: None)
    patch.setattr(ledger, "_flow", flow)


def a_hold_bars_exits(patch: pytest.MonkeyPatch) -> None:
    """Send nothing at all while nothing may be entered."""

    def refusal(held: safety.Safety, _purpose: Purpose, venue: str, instrument: str) -> str | None:
        state = held.state(venue, instrument)
        return None if state is SafetyState.NORMAL else f"{state.value}: nothing is sent"

    patch.setattr(safety.Safety, "refusal", refusal)


def exits_wait_for_the_journal(patch: pytest.MonkeyPatch) -> None:
    """Send an exit only once it is written down, as an entry."""
    patch.setattr(Executor, "_exit_unwritten", lambda _executor, _decision, _orders: None)


def hard_failures_are_waited_out(patch: pytest.MonkeyPatch) -> None:
    """Keep every position until a person says otherwise."""
    real_state = Flattener._state

    def state(flattener: Flattener, market: Any) -> SafetyState:
        found = real_state(flattener, market)
        return SafetyState.EXIT_ONLY if found is SafetyState.FLATTEN else found

    patch.setattr(Flattener, "_state", state)


def the_stop_path_raises(patch: pytest.MonkeyPatch) -> None:
    """Call a method that does not exist on the way out."""

    async def close(flattener: Flattener, leaving: Any) -> None:
        flattener.close_everything(leaving)  # type: ignore[attr-defined]  # that is the mistake

    patch.setattr(Flattener, "_close", close)


def a_kill_bars_no_entries(patch: pytest.MonkeyPatch) -> None:
    """Close what is open at a kill, and go on entering."""
    real_leg = Executor._leg

    def leg(executor: Executor, name: str, decision: Any) -> Any:
        return replace(real_leg(executor, name, decision), closing=False, refusal=None)

    patch.setattr(Executor, "_leg", leg)
    patch.setattr(safety, "may", lambda _state, _purpose: True)


def a_kill_is_forgotten_by_a_restart(patch: pytest.MonkeyPatch) -> None:
    """Keep a kill in memory only."""

    async def keep_nothing(keeper: LatchKeeper) -> None:
        keeper.on_bus = keeper.in_file = True

    patch.setattr(LatchKeeper, "open", keep_nothing)
    patch.setattr(LatchKeeper, "_keep", keep_nothing)


def no_stop_is_placed(patch: pytest.MonkeyPatch) -> None:
    """Mean to place a stop, and never do."""

    async def stop(*_: Any) -> None:
        return None

    patch.setattr(ProtectionIntents, "stop", stop)


def a_stop_is_placed_and_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Take a stop that rested once for one that rests still."""
    real_happen = OrderDriver._happen

    async def happen(driver: OrderDriver, event: OrderEvent) -> None:
        rests = driver.order.purpose is Purpose.PROTECT and driver.order.venue_order_id is not None
        if not (rests and isinstance(event, Seen) and event.status is VenueStatus.CANCELLED):
            await real_happen(driver, event)

    async def look_up(driver: OrderDriver) -> tuple[Evidence, ...]:
        if driver.order.purpose is Purpose.PROTECT and driver.order.venue_order_id is not None:
            return ()
        return await real_look_up(driver)  # type: ignore[return-value]

    real_look_up = OrderDriver._look_up
    patch.setattr(OrderDriver, "_happen", happen)
    patch.setattr(OrderDriver, "_look_up", look_up)


def a_stop_outlives_its_position(patch: pytest.MonkeyPatch) -> None:
    """Protect what was held once, though it is sold."""
    most: dict[str, Quantity] = {}
    real_standing = Guard._standing

    def standing(guard: Guard) -> Standing:
        found = real_standing(guard)
        key = f"{guard._account.name} {guard._symbol}"
        most[key] = max(found.position, most.get(key, found.position))
        return replace(found, position=most[key])

    patch.setattr(Guard, "_standing", standing)


def what_is_optional_is_needed(patch: pytest.MonkeyPatch) -> None:
    """Decide nothing while the source of sentiment is silent."""
    real_init = Signal.__init__

    def init(signal: Signal, *args: Any, **kwargs: Any) -> None:
        real_init(signal, *args, **{**kwargs, "sentiment": Need.HARD})

    patch.setattr(Signal, "__init__", init)


def nobody_asks_who_leads(patch: pytest.MonkeyPatch) -> None:
    """Let every executor believe that it leads, and read all decisions."""

    async def acquire(leadership: Leadership, *_: Any) -> None:
        await leadership.seize()

    async def keep(_leadership: Leadership, tell: Any) -> None:
        tell(True)
        await asyncio.Event().wait()

    def window(leadership: Leadership, now_ns: int, *, zombie_ns: int = 0) -> int:
        del zombie_ns
        return now_ns + leadership._bounds.ttl_ns

    real_take = listening.take

    def take(bus: Any, pattern: str, *, durable: str, **bounds: Any) -> Any:
        return real_take(bus, pattern, durable=f"{durable}-{bus._host.name}", **bounds)

    patch.setattr(Leadership, "acquire", acquire)
    patch.setattr(Leadership, "keep", keep)
    patch.setattr(Leadership, "run_out", keep)
    patch.setattr(Leadership, "held", True)
    patch.setattr(Leadership, "window", window)
    patch.setattr(execution, "take", take)


SAFETY_DEFECTS = (
    Defect(
        name="a hold bars exits as well",
        incident="freqtrade#10071",
        breaks="exits_stay_open",
        plant=a_hold_bars_exits,
        weather="person",
    ),
    Defect(
        name="an exit waits for the journal",
        incident="freqtrade#7184",
        breaks="exits_stay_open",
        plant=exits_wait_for_the_journal,
        weather="disks",
    ),
    Defect(
        name="a hard failure is waited out",
        incident="freqtrade#6353",
        breaks="hard_failure_flattens",
        plant=hard_failures_are_waited_out,
        weather="disks",
    ),
    Defect(
        name="the way out raises an attribute error",
        incident="hummingbot#2534",
        breaks="killed_means_flat",
        plant=the_stop_path_raises,
        weather="person",
    ),
    Defect(
        name="new orders are placed after a kill",
        incident="hummingbot#8075",
        breaks="killed_means_flat",
        plant=a_kill_bars_no_entries,
        weather="person",
    ),
    Defect(
        name="a kill is forgotten by a restart",
        incident="jesse#371",
        breaks="killed_means_flat",
        plant=a_kill_is_forgotten_by_a_restart,
        weather="person",
    ),
    Defect(
        name="no stop is placed",
        incident="hummingbot#3324",
        breaks="positions_protected",
        plant=no_stop_is_placed,
        weather="protected",
    ),
    Defect(
        name="a stop that the venue cancelled is not missed",
        incident="Kraken 2018-01",
        breaks="positions_protected",
        plant=a_stop_is_placed_and_forgotten,
        weather="protected",
    ),
    Defect(
        name="a stop that waits is taken for an order in the book",
        incident="freqtrade#12981",
        breaks="no_false_pages",
        plant=a_waiting_stop_is_taken_for_an_order_in_the_book,
        weather="stops_passed_over",
    ),
    Defect(
        name="a fill of unknown cost is one for nothing",
        incident="passivbot#839",
        breaks="no_false_pages",
        plant=a_fill_of_unknown_cost_is_one_for_nothing,
        weather="stops_passed_over",
    ),
    Defect(
        name="a stop outlives its position",
        incident="hummingbot#7055",
        breaks="nothing_left_when_flat",
        plant=a_stop_outlives_its_position,
        weather="protected",
    ),
    Defect(
        name="nothing is decided without an optional service",
        incident="hummingbot#2201",
        breaks="optional_services_optional",
        plant=what_is_optional_is_needed,
        weather="services",
    ),
    Defect(
        name="nobody asks who leads",
        incident="freqtrade#8945",
        breaks="one_active_executor",
        plant=nobody_asks_who_leads,
        weather="zone_lost",
    ),
)
