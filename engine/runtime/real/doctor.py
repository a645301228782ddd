"""The examination of a bot's ground before it trades, or when something is wrong: every check, side by side."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.domain.errors import StoreUnavailable
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.ports.store import Store
from engine.runtime.config import BotConfig
from engine.runtime.real.bus import open_bus
from engine.runtime.real.bus_check import bus
from engine.runtime.real.database_check import databases
from engine.runtime.real.findings import Finding, Grade, each, examined, fail, ok
from engine.runtime.real.keys import Secrets, secret_names
from engine.runtime.real.machine_check import disk, open_files, stores, versions
from engine.runtime.real.reach_check import pager
from engine.runtime.real.sockets import real_connectors
from engine.runtime.real.venue_check import venue
from engine.runtime.resolving import resolved
from engine.runtime.surroundings import Surroundings
from engine.services.duty import NS

MACHINE_WITHIN_NS = 20 * NS
OUTSIDE_WITHIN_NS = 45 * NS

NOWHERE = ("nats://127.0.0.1:1",)
"""Where no bus is: what a venue is asked needs none."""


@dataclass(frozen=True, kw_only=True)
class Patient:
    """A bot on this machine.

    Args:
        keyring: the secrets of each who has any here: the nodes, and the kill.
    """

    config: BotConfig
    data: Path
    keyring: Mapping[str, Secrets]

    @property
    def secrets(self) -> Secrets:
        """Return all secrets of this machine, for what needs no venue's key; all values of one name are taken out."""
        known: dict[str, str] = {}
        for secrets in reversed(list(self.keyring.values())):
            known |= secrets
        found = Secrets(known)
        for who, secrets in self.keyring.items():
            for name, value in secrets.items():
                found.redact.learn(f"{name} of {who}", value)
        return found


async def examine(patient: Patient, clock: Clock) -> list[Finding]:
    """Return everything that was found, in the order of the checks."""
    config, data = patient.config, patient.data
    connectors = real_connectors(resolved(config.resolve))
    secrets = patient.secrets
    async with open_bus(NOWHERE, token=None, name="doctor", space=config.bot, clock=clock) as nothing:
        around = _around(config, clock, nothing)
        checks: list[tuple[str, AsyncIterator[Finding], int]] = [
            ("versions", versions(config), MACHINE_WITHIN_NS),
            ("open files", each(open_files()), MACHINE_WITHIN_NS),
            ("disk", each(disk(data, clock)), MACHINE_WITHIN_NS),
            ("journals", each(stores(data)), MACHINE_WITHIN_NS),
            ("secrets", each(_secrets(patient)), MACHINE_WITHIN_NS),
            ("bus", bus(config, data, secrets, clock), MACHINE_WITHIN_NS),
            *((name, venue(config, name, patient.keyring, around), OUTSIDE_WITHIN_NS) for name in config.venues),
            ("databases", databases(config, secrets), MACHINE_WITHIN_NS),
            ("pager", pager(config, secrets, connectors), OUTSIDE_WITHIN_NS),
        ]
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(examined(name, findings, within_ns=within_ns)) for name, findings, within_ns in checks
            ]
        return [finding for task in running for finding in task.result()]


def worst_of(findings: list[Finding]) -> Grade:
    """Return how well it is with all of it together."""
    grades = dict.fromkeys(finding.grade for finding in findings)
    return next((grade for grade in (Grade.FAIL, Grade.WARN) if grade in grades), Grade.OK)


def _secrets(patient: Patient) -> Iterator[Finding]:
    """Tell where each secret was found, never what it is."""
    for name, key in secret_names(patient.config).items():
        places = {who: secrets.found[name] for who, secrets in patient.keyring.items() if name in secrets}
        said = ", ".join(dict.fromkeys(places.values()))
        if places:
            yield ok(f"secret {name}", said)
        elif not key.startswith("venues."):
            remedy = "set it in a file of keys, the environment, or the system's keyring"
            yield fail(f"secret {name}", f"{key} names it, and it is not set here", remedy)


def _around(config: BotConfig, clock: Clock, nothing: Bus) -> Surroundings:
    """Return what a venue is asked with: the real network, and nothing that is stored or said."""

    async def open_store(name: str) -> Store:
        raise StoreUnavailable(f"{name} is not opened by an examination")

    return Surroundings(
        clock=clock,
        connectors=real_connectors(resolved(config.resolve)),
        bus=nothing,
        open_store=open_store,
        random=random.Random(),
        secrets={},
        node="doctor",
    )
