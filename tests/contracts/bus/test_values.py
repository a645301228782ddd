"""Values under keys: compared before they are replaced, so that of two who want a lease one gets it."""

from __future__ import annotations

import asyncio

import pytest

from engine.domain.lease import LeaseBounds
from engine.ports.bus import Bus, RevisionStale
from engine.services.duty import pause
from engine.services.leadership import Deposed, Leadership
from tests.contracts.bus.stage import Perform, Stage

NS = 1_000_000_000
LEASE = LeaseBounds(ttl_ns=1 * NS, renew_every_ns=NS // 4, margin_ns=NS // 4, skew_ns=NS // 10)


class Silent:
    """A log that nobody reads."""

    def info(self, event: str, **fields: object) -> None: ...
    def warning(self, event: str, **fields: object) -> None: ...
    def error(self, event: str, **fields: object) -> None: ...


async def value(bus: Bus, key: str = "lease/bot") -> tuple[bytes, int] | None:
    entry = await bus.get(key)
    return None if entry is None else (entry.value, entry.revision)


def claim(stage: Stage, bus: Bus, name: str) -> Leadership:
    return Leadership("bot", name, node=name, bus=bus, clock=stage.clock, log=Silent(), bounds=LEASE)


@pytest.mark.parametrize("key", ["lease/bot", "bars/bot/RAIN:YES-USDC/60", "ban.kraken", "A_b=c"])
def test_a_key_has_no_value_until_one_is_put_and_each_writing_has_a_higher_revision(perform: Perform, key: str) -> None:
    async def story(stage: Stage) -> None:
        ours, theirs = await stage.bus(), await stage.bus()
        assert await value(ours, key) is None
        first = await ours.put(key, b"one")
        other = await ours.put("another", b"")
        second = await theirs.put(key, b"two")
        assert second > first > 0
        assert await value(ours, key) == (b"two", second)
        assert await value(theirs, "another") == (b"", other)

    perform(story)


def test_a_value_is_replaced_only_where_it_still_has_the_revision_that_was_read(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        ours, theirs = await stage.bus(), await stage.bus()
        first = await ours.put("lease/bot", b"mine", revision=0)
        with pytest.raises(RevisionStale):
            await theirs.put("lease/bot", b"also mine", revision=0)
        second = await ours.put("lease/bot", b"still mine", revision=first)
        for late in (0, first, second + 1):
            with pytest.raises(RevisionStale):
                await theirs.put("lease/bot", b"late", revision=late)
        with pytest.raises(RevisionStale):
            await theirs.put("never/written", b"", revision=first)
        assert await value(theirs) == (b"still mine", second)

    perform(story)


def test_of_many_who_replace_the_same_revision_at_once_one_wins(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        buses = [await stage.bus() for _ in range(4)]
        revision = 0
        for _ in range(20):
            tries = (bus.put("lease/bot", b"%d" % n, revision=revision) for n, bus in enumerate(buses))
            told = await asyncio.gather(*tries, return_exceptions=True)
            won = [(n, answer) for n, answer in enumerate(told) if isinstance(answer, int)]
            assert len(won) == 1
            assert all(isinstance(answer, RevisionStale) for answer in told if not isinstance(answer, int))
            revision = won[0][1]
            assert await value(buses[0]) == (b"%d" % won[0][0], revision)

    perform(story)


def test_a_value_may_be_as_large_as_the_whole_books_of_a_leader(perform: Perform) -> None:
    body = b"0123456789abcdef" * (3 * 65_536)

    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        revision = await bus.put("snapshot/bot", body)
        assert await value(bus, "snapshot/bot") == (body, revision)

    perform(story)


def test_a_lease_that_is_not_renewed_runs_out_and_its_holder_learns_it_from_the_next_one(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        first, second = claim(stage, await stage.bus(), "a"), claim(stage, await stage.bus(), "b")
        await first.acquire()
        keeping = asyncio.create_task(first.keep(lambda held: None))
        taking = asyncio.create_task(second.acquire())
        await pause(3 * LEASE.ttl_ns)
        assert first.held
        assert not taking.done()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        stopped_ns = stage.clock.monotonic_ns()
        await taking
        taken_after_ns = stage.clock.monotonic_ns() - stopped_ns
        assert LEASE.ttl_ns - LEASE.renew_every_ns < taken_after_ns < LEASE.ttl_ns + LEASE.margin_ns + NS // 2
        assert (first.held, second.held) == (False, True)
        assert second.token > first.token
        with pytest.raises(Deposed):
            await first.keep(lambda held: None)
        assert second.held

    perform(story)
