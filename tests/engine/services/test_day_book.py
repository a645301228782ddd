"""The day's memory: whoever takes over, on the same disk or on another, goes on with the same day."""

from pathlib import Path

import pytest

from engine.domain.money import Money, Price
from engine.ports.store import Store
from engine.runtime.logs import node_log
from engine.runtime.sqlite import SqliteStore
from engine.services.day_book import Day, DayBook
from simulator.kernel import Host
from tests.engine.runtime.stage import Stage

KEPT = Day(day=20_514, openings={"binance|BTC/USDT": Price(60_000)}, accepted={"USDT": Money("312.5")})


def book(stage: Stage, host: Host, path: Path) -> DayBook:
    store = SqliteStore(str(path))

    async def open_store() -> Store:
        return store

    return DayBook("test-bot", open_store=open_store, bus=stage.bus(host), log=node_log(host.name, host, None))


@pytest.mark.parametrize("lost", ["the disk", "the bus", "nothing"])
def test_a_day_is_recalled_from_whatever_is_left(tmp_path: Path, lost: str) -> None:
    stage = Stage()
    told: list[Day] = []

    async def keep(host: Host) -> None:
        await book(stage, host, tmp_path / "first.sqlite").keep(KEPT)

    async def recall(host: Host) -> None:
        path = tmp_path / ("second.sqlite" if lost == "the disk" else "first.sqlite")
        told.append(await book(stage, host, path).recall(KEPT.day))

    stage.world.host("exec-a", keep)
    stage.run(5)
    if lost == "the bus":
        stage.world.crash(stage.broker.host.name)
    stage.world.host("exec-b", recall)
    stage.run(30)
    stage.world.close()

    assert told == [KEPT]


def test_yesterday_is_not_today(tmp_path: Path) -> None:
    stage = Stage()
    told: list[Day] = []

    async def story(host: Host) -> None:
        kept = book(stage, host, tmp_path / "first.sqlite")
        await kept.keep(KEPT)
        told.append(await kept.recall(KEPT.day + 1))

    stage.world.host("exec-a", story)
    stage.run(10)
    stage.world.close()

    assert told == [Day(day=KEPT.day + 1)]
