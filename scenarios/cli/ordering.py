"""`status`, `pause`, `resume`, `standby`, `rearm`: a person looks at a bot, or tells it something and sees it obeyed.

0  seen, or obeyed
3  nobody answers, or nobody has obeyed yet: an order waits on the bus for whoever leads next
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import msgspec

from engine.domain.control import Control, ControlDone, Verb
from engine.domain.errors import BusUnavailable, MessageMalformed, StoreUnavailable
from engine.domain.lease import read_lease
from engine.ops.status import BotStatus, Expected, look
from engine.runtime.commands import give, obeyed
from engine.runtime.config import BotConfig
from engine.runtime.kill import rearm
from engine.runtime.parts import COMPONENTS
from engine.services.duty import pause
from engine.services.leadership import lease_name
from scenarios.cli.bot_session import Session, Whereabouts, at_the_bot, operator_name, stated_reason

DONE, UNKNOWN = 0, 3
NS = 1_000_000_000
WHO = "operator"
OBEYED_WITHIN_NS = 20 * NS
"""How long an order is waited for: longer than a lease that changes hands takes by default."""
LOOK_EVERY_NS = NS // 2
HEAR_MARGIN_NS = 2 * NS


def status_and_tell(where: Whereabouts, *, as_json: bool) -> int:
    """Tell what a bot is doing; return 0, or 3 when nobody answers."""
    return asyncio.run(_status(where, as_json=as_json))


async def _status(where: Whereabouts, *, as_json: bool) -> int:
    async with at_the_bot(where, WHO) as session:
        bot, surroundings = session.bot, session.surroundings
        patience_ns = bot.monitor.heartbeat_every_ns + HEAR_MARGIN_NS
        try:
            told = await look(
                bot.bot, surroundings.bus, surroundings.clock, expected=expected_of(bot), patience_ns=patience_ns
            )
        except (BusUnavailable, MessageMalformed) as problem:
            answer = f"nobody answers: the bus of {bot.bot} cannot be read ({problem})"
            return _tell({"bot": bot.bot, "answered": False, "problem": str(problem)}, answer, UNKNOWN, as_json)
    if as_json:
        sys.stdout.write(json.dumps(_as_json(told), ensure_ascii=False) + "\n")
    else:
        from scenarios.cli.status_table import status_table
        from scenarios.report.summary import report_console

        report_console().print(status_table(told))
    return DONE if told.answered else UNKNOWN


def expected_of(bot: BotConfig) -> Expected:
    """Return who should speak in a bot."""
    beating = [(COMPONENTS[part], name) for name, node in bot.nodes.items() if not node.cold for part in node.runs]
    return Expected(
        beating=tuple(dict.fromkeys(beating)),
        venues=tuple(bot.venues),
        alert_forget_after_ns=bot.alerts.forget_after_ns,
    )


def order_and_tell(
    where: Whereabouts,
    verb: Verb,
    *,
    by: str | None,
    reason: str,
    as_json: bool,
    within_ns: int = OBEYED_WITHIN_NS,
) -> int:
    """Give an order, and tell whether it was obeyed in time; return 0, or 3 when nobody has."""
    told = _order(where, verb, operator_name(by), stated_reason(reason), within_ns=within_ns, as_json=as_json)
    return asyncio.run(told)


async def _order(where: Whereabouts, verb: Verb, by: str, reason: str, *, within_ns: int, as_json: bool) -> int:
    async with at_the_bot(where, WHO, start_bus=True) as session:
        order = session.order(verb, by=by, reason=reason)
        try:
            led = await _leader(session)
            done = await _give(session, order, within_ns)
            leads = await _next_leader(session, led, within_ns) if verb is Verb.STANDBY and done is not None else None
        except (BusUnavailable, StoreUnavailable, MessageMalformed) as problem:
            answer = f"it is not known whether {session.bot.bot} was told to {verb.value}: {problem}"
            return _tell(_answer(order, None, str(problem)), answer, UNKNOWN, as_json)
    if verb is Verb.STANDBY and done is not None:
        return _tell_standby(order, done, leads, as_json=as_json)
    return _tell_order(order, done, as_json=as_json)


async def _give(session: Session, order: Control, within_ns: int) -> ControlDone | None:
    """Give an order; a rearm changes what is latched on the bus by itself, for there may be no engine that could."""
    bus, clock = session.surroundings.bus, session.surroundings.clock
    if order.verb is not Verb.REARM:
        return await give(order, bus, clock, patience_ns=within_ns)
    told = await rearm(session.bot, session.surroundings, by=order.by, reason=order.reason)
    if told is None:
        raise BusUnavailable("what is latched there could not be ended")
    return await obeyed(told, bus, clock, patience_ns=within_ns)


def _tell_order(order: Control, done: ControlDone | None, *, as_json: bool) -> int:
    """Say what came of an order."""
    if done is not None:
        return _tell(_answer(order, done), f"{order.verb.value}: {done.node} has obeyed; {done.detail}", DONE, as_json)
    if order.verb is Verb.REARM:
        answer = "rearm: ended on the bus, where an engine finds it when it starts; none answers now"
        return _tell(_answer(order, None, answer), answer, DONE, as_json)
    waits = "nobody has obeyed yet; it waits on the bus for whoever leads next"
    return _tell(_answer(order, None, waits), f"{order.verb.value}: {waits}", UNKNOWN, as_json)


def _tell_standby(order: Control, done: ControlDone, leads: str | None, *, as_json: bool) -> int:
    """Say who leads after a lead was laid down."""
    if leads is None:
        answer = f"{done.node} has laid the lead down, and nobody has taken it; see `stormproof status`"
        return _tell(_answer(order, done, answer), f"standby: {answer}", UNKNOWN, as_json)
    return _tell(_answer(order, done, leads), f"standby: {done.node} has laid the lead down; {leads}", DONE, as_json)


async def _leader(session: Session) -> int:
    """Return the token of whoever leads; 0 when nobody ever did."""
    entry = await session.surroundings.bus.get(lease_name(session.bot.bot))
    return 0 if entry is None else read_lease(entry.value).token


async def _next_leader(session: Session, token: int, within_ns: int) -> str | None:
    """Wait until somebody leads with a higher token, and say who; None when nobody does in time."""
    clock = session.surroundings.clock
    until_ns = clock.monotonic_ns() + within_ns
    while clock.monotonic_ns() < until_ns:
        entry = await session.surroundings.bus.get(lease_name(session.bot.bot))
        lease = None if entry is None else read_lease(entry.value)
        if lease is not None and lease.token > token and lease.ttl_ns:
            return f"{lease.node} leads now (token {lease.token})"
        await pause(LOOK_EVERY_NS)
    return None


def _answer(order: Control, done: ControlDone | None, problem: str = "") -> dict[str, Any]:
    return {
        "bot": order.bot,
        "verb": order.verb.value,
        "by": order.by,
        "obeyed_by": None if done is None else done.node,
        "detail": problem if done is None or problem else done.detail,
    }


def _tell(answer: dict[str, Any], text: str, code: int, as_json: bool) -> int:
    sys.stdout.write((json.dumps(answer, ensure_ascii=False) if as_json else text) + "\n")
    return code


def _as_json(told: BotStatus) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(_ENCODER.encode(told))
    return values


_ENCODER = msgspec.json.Encoder(enc_hook=str)
"""Exact amounts as text."""
