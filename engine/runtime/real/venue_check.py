"""Whether a venue would let a bot trade as it is configured: clock, keys, sizes, balance; nothing is sent or changed.

Every key that is on this machine is asked about by itself: those of the nodes, and that of the kill, which nobody else
would miss before the day it is needed.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal

from engine.domain.errors import VenueTrouble
from engine.domain.instrument import is_contract
from engine.domain.trouble import TroubleKind
from engine.ports.venue import Balance, KeyPermissions, Venue
from engine.runtime.config import BotConfig
from engine.runtime.kit import make_kit
from engine.runtime.real.findings import Finding, fail, ok, warn
from engine.runtime.real.keys import Secrets
from engine.runtime.risk_parts import shares_at, wanted_terms
from engine.runtime.surroundings import Surroundings
from engine.runtime.venue_access import venue_for
from engine.services.duty import NS
from engine.services.start_check import QUOTES_MAX, of_the_key, of_the_terms, too_small

OFFSET_NS_WANTED = NS

Keyring = Mapping[str, Secrets]
"""The secrets of each who has a key here: nodes, and the kill."""


async def venue(config: BotConfig, name: str, keyring: Keyring, around: Surroundings) -> AsyncIterator[Finding]:
    """Look at one venue, with every key to it that is on this machine."""
    groups = _same_key(config, name, keyring)
    if not groups:
        remedy = f"set {config.venues[name].key_env} in a file of keys, the environment, or the system's keyring"
        yield (warn if config.mode == "paper" else fail)(f"{name} key", "no key to it is on this machine", remedy)
        async for finding in _looked_at(config, name, None, around):
            yield finding
        return
    if len(groups) == 1 and len(keyring) > 1:
        said = f"{', '.join(groups[0])} share one key: to fence one off by revoking it stops all"
        yield warn(f"{name} key", said, "give each node and the kill a key of its own, as in KEY__KILL=…")
    for number, owners in enumerate(groups):
        secrets = keyring[owners[0]]
        async for finding in _looked_at(config, name, secrets, around, owners=owners, whole=number == 0):
            yield finding


def _same_key(config: BotConfig, name: str, keyring: Keyring) -> list[list[str]]:
    """Return who has the same key to a venue, group by group."""
    keys = config.venues[name]
    names = [one for one in (keys.key_env, keys.secret_env, keys.passphrase_env) if one is not None]
    groups: dict[tuple[str, ...], list[str]] = {}
    for who, secrets in keyring.items():
        if all(secrets.get(one) for one in names):
            groups.setdefault(tuple(secrets[one] for one in names), []).append(who)
    return list(groups.values())


async def _looked_at(
    config: BotConfig,
    name: str,
    secrets: Secrets | None,
    around: Surroundings,
    *,
    owners: list[str] | None = None,
    whole: bool = True,
) -> AsyncIterator[Finding]:
    """Look at a venue with one key, or without: its clock and sizes once, the key by itself."""
    async with AsyncExitStack() as stack:
        kit = make_kit(config, replace(around, secrets=secrets or {}))
        there = venue_for(kit, name, stack, trading=secrets is not None)
        try:
            await there.open()
            if whole:
                async for finding in _terms_of_trade(config, name, there):
                    yield finding
            if secrets is not None:
                async for finding in _key(config, name, there, owners or [], whole=whole):
                    yield finding
        except VenueTrouble as problem:
            yield _refused(config, name, problem, owners or [])


def _refused(config: BotConfig, name: str, problem: VenueTrouble, owners: list[str]) -> Finding:
    if problem.trouble.kind is not TroubleKind.AUTH:
        return fail(name, f"it does not serve this: {problem}", "see its status page, and the network from here")
    remedy = (
        f"it has expired, was revoked, or is misspelt: make one that may trade, and set {config.venues[name].key_env}"
    )
    return fail(f"{name} key of {', '.join(owners)}", f"the venue refuses it: {problem}", remedy)


async def _terms_of_trade(config: BotConfig, name: str, there: Venue) -> AsyncIterator[Finding]:
    offset_ns = await there.measure_clock()
    yield _clock(name, offset_ns, bound_ns=config.alerts.clock_off_max_ns)
    flaws = []
    for number, (symbol, share) in enumerate(shares_at(config, name).items()):
        try:
            instrument = there.instrument(symbol)
        except KeyError:
            yield fail(f"{name} sizes", f"it does not trade {symbol}", f"take {symbol} out of its instruments")
            continue
        if share:
            price = (await there.quote(symbol)).last if number < QUOTES_MAX else None
            flaws += too_small(name, instrument, share, price)
    for flaw in flaws:
        yield fail(f"{name} sizes", f"{'.'.join(flaw.path)}: {flaw.problem}", flaw.remedy)
    if not flaws:
        yield ok(f"{name} sizes", f"every share is above its minimum: {', '.join(shares_at(config, name))}")


def _clock(name: str, offset_ns: int, *, bound_ns: int) -> Finding:
    said = f"this machine's clock is {-offset_ns / 1e6:+.0f} ms off its"
    remedy = "keep this machine's clock by NTP or chrony; signed requests and leases go by it"
    if abs(offset_ns) > bound_ns:
        return fail(f"{name} clock", said, remedy)
    return (warn(f"{name} clock", said, remedy)) if abs(offset_ns) > OFFSET_NS_WANTED else ok(f"{name} clock", said)


async def _key(config: BotConfig, name: str, there: Venue, owners: list[str], *, whole: bool) -> AsyncIterator[Finding]:
    check = f"{name} key of {', '.join(owners)}"
    for finding in _permissions(name, check, await there.permissions()):
        yield finding
    balances = await there.balances()
    if not whole:
        yield ok(check, "it reads the account")
        return
    async for finding in _balance(config, name, there, balances):
        yield finding
    wanted = wanted_terms(config, name)
    for symbol in filter(is_contract, config.traded_at(name) if wanted is not None else ()):
        assert wanted is not None
        for flaw in of_the_terms(name, symbol, wanted.terms, await there.position_terms(symbol)):
            grade = warn if wanted.set else fail
            yield grade(f"{name} positions", flaw.problem, "the bot sets it" if wanted.set else flaw.remedy)


def _permissions(name: str, check: str, may: KeyPermissions | None) -> Iterator[Finding]:
    flaws = of_the_key(name, may)
    for flaw in flaws:
        yield fail(check, flaw.problem, flaw.remedy)
    if may is None:
        yield warn(check, "the venue does not tell what it may do", "see there that it may trade, and not withdraw")
    elif not flaws:
        yield ok(check, "it may trade, and may not withdraw")


async def _balance(
    config: BotConfig, name: str, there: Venue, balances: Mapping[str, Balance]
) -> AsyncIterator[Finding]:
    """Compare what every full position would cost with what the account has to pay with."""
    needed: dict[str, Decimal] = {}
    for number, (symbol, share) in enumerate(shares_at(config, name).items()):
        try:
            instrument = there.instrument(symbol)
        except KeyError:
            continue  # which was told
        if share and number < QUOTES_MAX:
            price = (await there.quote(symbol)).last
            positions = config.venues[name].positions
            cost = share.value * price.value / (positions.leverage if positions is not None else 1)
            asset = instrument.settle or instrument.quote
            needed[asset] = needed.get(asset, Decimal(0)) + cost
    for asset, cost in needed.items():
        have = balances[asset].free if asset in balances else Decimal(0)
        said = f"{have.normalize():f} {asset} are free, and full positions take about {cost:.2f}"
        if have < cost:
            yield warn(f"{name} balance", said, f"bring {asset} there, or lower size or share")
        else:
            yield ok(f"{name} balance", said)
