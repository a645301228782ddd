"""The kill and the re-arming that need no engine, put together for whoever runs them: a person's machine, or a script.

They are given the same configuration and the same kind of surroundings as a node, and its keys. The surroundings' disk
may be a machine's own, or that of a dead node: then the books are found there.
"""

from contextlib import AsyncExitStack

from engine.domain.control import Control, Verb
from engine.recovery.kill import Kill, KillBounds, KillReport
from engine.recovery.seizure import Seizure
from engine.runtime.config import BotConfig
from engine.runtime.desk_parts import build_account, build_books, build_order_desk, build_reconciler
from engine.runtime.kit import Kit, make_kit
from engine.runtime.node import check_secrets
from engine.runtime.risk_parts import risk_desk, start_check
from engine.runtime.safety_parts import build_flattener, build_latch_keeper, build_safety
from engine.runtime.surroundings import Surroundings
from engine.services.account import Account
from engine.services.control import ENDED_BY
from engine.services.duty import NS
from engine.services.latches import LatchBook
from engine.services.lead import Lead

QUIET_MARGIN_NS = 5 * NS
"""How much longer than a request may live and a view may lag everything must have been flat."""
LOOK_EVERY_NS = NS // 2


async def kill(
    config: BotConfig, surroundings: Surroundings, *, by: str, reason: str, give_up_after_ns: int | None = None
) -> KillReport:
    """Kill a bot whose engine may be dead, hung or alive; return what came of it.

    Args:
        give_up_after_ns: how long to try; what the configuration says when None.

    Raises:
        ConfigRefused: the surroundings lack a key that it needs.
    """
    check_secrets(("execution",), config, surroundings)
    async with AsyncExitStack() as stack:
        kit = make_kit(config, surroundings)
        patience_ns = give_up_after_ns or config.kill.give_up_after_ns
        return await (await _build(kit, stack, by=by, reason=reason, give_up_after_ns=patience_ns)).run()


async def rearm(config: BotConfig, surroundings: Surroundings, *, by: str, reason: str) -> bool:
    """End what only a person ends, whether an engine runs or not; False when the bus could not be told."""
    kit = make_kit(config, surroundings)
    safety = build_safety(kit)
    keeper = build_latch_keeper(kit, safety, LatchBook(await kit.store("kill.sqlite")))
    await keeper.open()
    order = Control(bot=config.bot, verb=Verb.REARM, by=by, reason=reason, at_ns=kit.clock.wall_ns())
    safety.rearm(ENDED_BY[Verb.REARM])
    return await keeper.keep() and keeper.on_bus and await _told(kit, order)


async def _told(kit: Kit, order: Control) -> bool:
    """Tell a live engine, too: it looks at the bus when it is told something."""
    from engine.domain.messages import encode, message_id_of, subject_of
    from engine.ports.bus import BusUnavailable

    try:
        await kit.bus.enqueue(subject_of(order), encode(order), message_id=message_id_of(order))
    except BusUnavailable:
        return False
    return True


async def _build(kit: Kit, stack: AsyncExitStack, *, by: str, reason: str, give_up_after_ns: int) -> Kill:
    books = await build_books(kit)
    safety = build_safety(kit)
    check = start_check(kit, books)
    accounts = {name: build_account(kit, name, stack, check) for name in kit.config.venues}
    desk = build_order_desk(kit, accounts, books, safety, Lead(None, accounts, books, rivals=False))
    prices = risk_desk(kit, accounts, books).prices
    config = kit.config
    return Kill(
        config.bot,
        by=by,
        reason=reason,
        accounts=accounts,
        books=books,
        desk=desk,
        flattener=build_flattener(kit, accounts, desk, books=books, safety=safety, prices=prices),
        reconcilers=[build_reconciler(kit, account, desk, books, safety) for account in accounts.values()],
        safety=safety,
        latches=build_latch_keeper(kit, safety, LatchBook(await kit.store("kill.sqlite"))),
        seizure=Seizure(
            config.bot,
            f"kill-{kit.node}",
            bus=kit.bus,
            log=kit.log,
            ttl_ns=config.kill.lease_ttl_ns,
            retry_every_ns=config.bus.retry_every_ns,
        ),
        limits=kit.limits,
        outbox=kit.outbox,
        clock=kit.clock,
        log=kit.log,
        bounds=KillBounds(give_up_after_ns=give_up_after_ns, quiet_ns=_quiet_ns(accounts), look_every_ns=LOOK_EVERY_NS),
    )


def _quiet_ns(accounts: dict[str, Account]) -> int:
    """Return how long a request that somebody else sent last may still come to something that we see."""
    facts = [account.venue.facts for account in accounts.values()]
    return max(each.request_window_ns + each.view_lag_ns for each in facts) + QUIET_MARGIN_NS
