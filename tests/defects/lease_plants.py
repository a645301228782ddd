"""Mistakes about who leads, and about what is left to whoever leads next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from engine.recovery.inheritance import Heir, Inherited
from engine.recovery.replica import JournalWritten, Position
from engine.recovery.replicator import Replicator
from engine.recovery.snapshots import Snapshots
from engine.services import execution, listening
from engine.services.abdication import Abdication
from engine.services.leadership import Leadership
from engine.services.standby_disk import StandbyDisk
from tests.defects.defect import Defect


def everybody_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each executor take itself for the leader, with a queue of its own."""

    async def acquire(self: Leadership, *_: Any) -> None:
        self.token += 1
        self._until_ns = 1 << 62

    async def keep(self: Leadership, tell: Callable[[bool], None]) -> None:
        await asyncio.Event().wait()

    take = listening.take

    def take_all(bus: Any, pattern: str, *, durable: str, **rest: Any) -> Any:
        return take(bus, pattern, durable=f"{durable}-{bus._host.name}", **rest)

    monkeypatch.setattr(Leadership, "acquire", acquire)
    monkeypatch.setattr(Leadership, "keep", keep)
    monkeypatch.setattr(execution, "take", take_all)


def nothing_is_left_to_the_successor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the journal on the leader's own disk, and take it for granted that the bus has it."""

    def put(self: Replicator, entry: JournalWritten) -> None:
        """Tell nobody."""

    def deliver(self: Replicator, entry: JournalWritten) -> asyncio.Future[bool]:
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        stored.set_result(True)
        return stored

    async def take(self: Snapshots) -> bool:
        return True

    monkeypatch.setattr(Replicator, "put", put)
    monkeypatch.setattr(Replicator, "deliver", deliver)
    monkeypatch.setattr(Snapshots, "take", take)


def whoever_leads_next_trusts_its_own_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin a term on the own journal, even on an empty one, and read nothing of what the bus has."""

    async def inherit(self: Heir, token: int) -> Inherited:
        return Inherited(position=Position(token, (await self._position()).number))

    monkeypatch.setattr(Heir, "inherit", inherit)


def a_leader_whose_disk_is_full_leads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """See nobody who could lead instead."""
    monkeypatch.setattr(Abdication, "_heir", lambda self, since_ns, now_ns: None)


def a_standby_never_tries_its_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find out what a disk takes when it is needed."""

    async def look(self: StandbyDisk) -> None:
        """See nothing."""

    monkeypatch.setattr(StandbyDisk, "look", look)


LEASE_DEFECTS = (
    Defect(
        name="a leader whose disk is full leads on",
        incident="mission U9",
        breaks="recovered_in_time",
        plant=a_leader_whose_disk_is_full_leads_on,
        weather="disks_of_two",
    ),
    Defect(
        name="a standby never tries its disk",
        incident="mission U5",
        breaks="paged_in_time",
        plant=a_standby_never_tries_its_disk,
        weather="disks_of_two",
    ),
    Defect(
        name="whoever leads next trusts its own disk",
        incident="jesse#372",
        breaks="ledger_equals_venue",
        plant=whoever_leads_next_trusts_its_own_disk,
        weather="cold_standby",
    ),
    Defect(
        name="everybody leads",
        incident="tracequant#44",
        breaks="one_active_executor",
        plant=everybody_leads,
        weather="takeover",
    ),
    Defect(
        name="nothing is left to the successor",
        incident="AWS 2025-10-20",
        breaks="ledger_equals_venue",
        plant=nothing_is_left_to_the_successor,
        weather="takeover",
    ),
)
