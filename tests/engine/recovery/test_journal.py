"""The journal lets go of what ended long ago, and of nothing that somebody may still ask for."""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from engine.domain.messages import DecisionHandled, OrderState, Outcome
from engine.domain.order import Order
from engine.recovery import checkpoint
from engine.recovery.journal import FILLS_WHOLE_MAX, Journal
from engine.runtime.sqlite import SqliteStore
from tests.engine.recovery.test_ledger import order, trade

HOUR_NS = 3_600_000_000_000


def named(name: str, venue: str, changed_ns: int, *, settled: bool = True) -> Order:
    """Return an order under a name of its own."""
    whole = trade(1, quantity="0.03")
    ended = replace(order(whole, filled="0.03", cost=None), state=OrderState.FILLED)
    return replace(
        ended if settled else order(filled="0", cost=None), client_order_id=name, venue=venue, changed_ns=changed_ns
    )


def concluded(at_ns: int) -> DecisionHandled:
    """Return what became of a decision, which is named after its time."""
    return DecisionHandled(
        strategy="s",
        instrument="BTC/USDT",
        decision=str(at_ns),
        outcome=Outcome.INTENTS,
        reason="",
        intents=(),
        at_ns=at_ns,
    )


def test_what_ended_long_ago_goes_and_what_may_be_asked_for_stays(tmp_path: Path) -> None:
    async def story() -> None:
        journal = Journal(SqliteStore(str(tmp_path / "journal.sqlite")))
        await journal.open()
        old, new = HOUR_NS, 9 * HOUR_NS
        orders = [
            named("old", "binance", old),
            named("resting", "binance", old, settled=False),
            named("new", "binance", new),
            named("the last at kraken", "kraken", old),
        ]
        await journal.write(orders=orders)
        for at_ns in (old, new):
            await journal.write(handled=concluded(at_ns))

        await journal.forget(before_ns=5 * HOUR_NS)

        kept = [one.client_order_id for one in await journal.orders(changed_after_ns=0)]
        assert kept == ["resting", "the last at kraken", "new"]
        assert [one.at_ns for one in await journal.decisions(after_ns=0)] == [new]
        assert await journal.last_change_ns("kraken") == old

    asyncio.run(story())


def test_every_fill_stays_known_by_name_and_counts_as_before(tmp_path: Path) -> None:
    async def story() -> None:
        store = SqliteStore(str(tmp_path / "journal.sqlite"))
        journal = Journal(store)
        await journal.open()
        fills = [trade(number) for number in range(1, FILLS_WHOLE_MAX + checkpoint.FOLD_FROM + 11)]
        await journal.write(fills=[("binance", each) for each in fills[:-10]])
        expected = await checkpoint.ledger_of(journal)
        await journal.write(fills=[("binance", each) for each in fills[-10:]])
        for each in fills[-10:]:
            expected.count("binance", each)

        await journal.forget(before_ns=0)

        assert (await checkpoint.ledger_of(journal)).state() == expected.state()
        assert await journal.has_fill("binance", fills[0])
        ((whole,),) = await store.read("SELECT count(*) FROM fills WHERE body <> x''")
        assert whole == FILLS_WHOLE_MAX

    asyncio.run(story())


def test_a_journal_of_which_no_checkpoint_was_made_keeps_its_fills_whole(tmp_path: Path) -> None:
    async def story() -> None:
        store = SqliteStore(str(tmp_path / "journal.sqlite"))
        journal = Journal(store)
        await journal.open()
        await journal.write(fills=[("binance", trade(number)) for number in range(FILLS_WHOLE_MAX + 10)])

        await journal.forget(before_ns=0)

        assert await store.read("SELECT 1 FROM fills WHERE body = x''") == []

    asyncio.run(story())
