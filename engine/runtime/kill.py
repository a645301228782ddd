"""The kill and the re-arming that need no engine, put together for whoever runs them: a person's machine, or a script.

They are given the bot's configuration, read by `bot_config(..., plugins=False)` so that a strategy that does not load
cannot keep a position open, and the same kind of surroundings as a node, and its keys. The surroundings' disk
may be a machine's own, or that of a dead node: then the books are found there.
"""

from contextlib import AsyncExitStack
from functools import partial

from engine.domain.control import Control, Verb
from engine.domain.errors import BusUnavailable, SchemaUnknown, StoreUnavailable
from engine.domain.messages import encode, message_id_of, subject_of
from engine.recovery.inheritance import orders_behind
from engine.recovery.journal import Journal
from engine.recovery.kill import Kill, KillBounds, KillReport
from engine.recovery.succession import Succession
from engine.runtime.config import BotConfig
from engine.runtime.desk_parts import build_account, build_leadership, build_order_desk, build_reconciler
from engine.runtime.kit import Kit, make_kit
from engine.runtime.node import check_secrets
from engine.runtime.risk_parts import risk_desk
from engine.runtime.safety_parts import build_flattener, build_latch_keeper, build_safety
from engine.runtime.succession_parts import build_succession
from engine.runtime.surroundings import Surroundings
from engine.services.account import Account
from engine.services.control import ENDED_BY
from engine.services.duty import NS
from engine.services.latches import LatchBook
from engine.services.lead import Lead
from engine.services.leadership import Leadership

QUIET_MARGIN_NS = 5 * NS
"""How much longer than a request may live and a view may lag everything must have been flat."""
LOOK_EVERY_NS = NS // 2

SEQUENCE_MAX = (1 << 63) - 1
"""Behind this nothing is ever stored."""


async def kill(
    config: BotConfig, surroundings: Surroundings, *, by: str, reason: str, give_up_after_ns: int | None = None
) -> KillReport:
    """Kill a bot whose engine may be dead, hung or alive; return what came of it.

    Args:
        give_up_after_ns: how long to try; what the configuration says when None.

    Raises:
        ConfigRefused: the surroundings lack a key that it needs.
    """
    check_secrets(("execution",), config, surroundings.secrets)
    kit, stack = make_kit(config, surroundings), AsyncExitStack()
    patience_ns = give_up_after_ns or config.kill.give_up_after_ns
    try:
        report = await (await _build(kit, stack, by=by, reason=reason, give_up_after_ns=patience_ns)).run()
    except GeneratorExit:
        raise  # the loop is gone: nothing can be awaited any more
    except BaseException:
        await stack.aclose()
        raise
    await stack.aclose()
    return report


async def rearm(config: BotConfig, surroundings: Surroundings, *, by: str, reason: str) -> Control | None:
    """End what only a person ends, whether an engine runs or not, and return what a live one was told.

    None when the bus could not be told. Raises `StoreUnavailable` when this machine's disk takes nothing.
    """
    kit = make_kit(config, surroundings)
    safety = build_safety(kit)
    keeper = build_latch_keeper(kit, safety, LatchBook(await kit.store("kill.sqlite")))
    await keeper.open()
    order = Control(bot=config.bot, verb=Verb.REARM, by=by, reason=reason, at_ns=kit.clock.wall_ns())
    safety.rearm(ENDED_BY[Verb.REARM])
    ended = await keeper.keep() and keeper.on_bus
    return order if ended and await _told(kit, order) else None


async def _told(kit: Kit, order: Control) -> bool:
    """Tell a live engine, too: it looks at the bus when it is told something."""
    try:
        await kit.bus.enqueue(subject_of(order), encode(order), message_id=message_id_of(order))
    except BusUnavailable:
        return False
    return True


async def _build(kit: Kit, stack: AsyncExitStack, *, by: str, reason: str, give_up_after_ns: int) -> Kill:
    leadership = build_leadership(kit, f"kill-{kit.node}")
    fenced_ns = await _seize(leadership)
    succession = await _succession(kit, leadership)
    books, safety = succession.books, build_safety(kit)
    accounts = {name: build_account(kit, name, stack, None) for name in kit.config.venues}
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
        leadership=leadership,
        succession=succession,
        fenced_ns=fenced_ns,
        limits=kit.limits,
        outbox=kit.outbox,
        clock=kit.clock,
        log=kit.log,
        bounds=KillBounds(give_up_after_ns=give_up_after_ns, quiet_ns=_quiet_ns(accounts), look_every_ns=LOOK_EVERY_NS),
        late_orders=partial(
            orders_behind, config.bot, kit.bus, token=leadership.token, mark=succession.mark or SEQUENCE_MAX
        ),
    )


async def _seize(leadership: Leadership) -> int | None:
    """Take the lease from whoever has it; None when the bus does not answer."""
    try:
        return await leadership.seize()
    except BusUnavailable:
        return None


async def _succession(kit: Kit, leadership: Leadership) -> Succession:
    """Return the bot's books as the bus has them, or as this machine's disk has them where the bus cannot tell.

    A file that a hung engine beside us holds is left to it: the bus has all that is in it.
    """
    for file in ("execution.sqlite", "kill-books.sqlite"):
        try:
            await Journal(await kit.store(file)).open()
            return await build_succession(kit, leadership, rivals=False, file=file)
        except StoreUnavailable as problem:
            kit.log.warning("books_not_here", file=file, problem=str(problem))
        except (BusUnavailable, SchemaUnknown) as problem:
            kit.log.warning("books_not_on_bus", problem=str(problem))
            return await build_succession(kit, build_leadership(kit, "nobody"), rivals=False, file=file)
    raise StoreUnavailable("this machine's disk takes nothing: kill from another one")


def _quiet_ns(accounts: dict[str, Account]) -> int:
    """Return how long a request that somebody else sent last may still come to something that we see."""
    facts = [account.venue.facts for account in accounts.values()]
    return max(each.request_window_ns + each.view_lag_ns for each in facts) + QUIET_MARGIN_NS
