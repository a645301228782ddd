"""One node of a bot: the parts that the configuration gives it, each kept running, each heard every ten seconds.

This coroutine is what a process awaits and what a simulated machine awaits; it ends when it is cancelled, as by a
crash, or in order when its surroundings ask it to leave. Its own small duties (the outbox, the repetition of alerts,
the heartbeats) are kept running like the parts themselves.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

from engine.domain.errors import EngineError
from engine.domain.messages import Component
from engine.ops.heartbeat import beat
from engine.runtime.config import BotConfig, Part
from engine.runtime.dependency_parts import build_analytics, build_history, build_sentiment
from engine.runtime.desk_parts import build_execution
from engine.runtime.kit import Kit, make_kit
from engine.runtime.mistakes import ConfigRefused, Mistake
from engine.runtime.parts import COMPONENTS, build_feed, build_monitor, build_signal
from engine.runtime.supervision import Build, Post, RestartBounds, first_cause, overall
from engine.runtime.surroundings import Surroundings
from engine.services.duty import together
from engine.services.start_check import StartRefused

Beside = Callable[[Kit, Sequence[Post]], Coroutine[Any, Any, None]]
"""Looks at a node from beside its parts, for as long as they run; it must neither end nor fail."""
Needed = tuple[tuple[str, ...], str]
"""A key of the configuration, and the variable that it names."""
OUTBOX_EMPTIED_NS = 3_000_000_000
"""How long a node that leaves waits for the bus to store what it still has to tell."""


async def run_node(
    name: str, config: BotConfig, surroundings: Surroundings, *, beside: tuple[Beside, ...] = ()
) -> None:
    """Run one node of a bot until cancelled, or until it was asked to leave and has done so.

    Args:
        beside: what watches it; ended with it.

    Raises:
        ConfigRefused: the configuration has no such node, the surroundings lack a secret that it needs, or the venues
            say that it could lose money.
    """
    check_node(name, config, surroundings)
    kit = make_kit(config, surroundings)
    posts = [post for part in config.nodes[name].runs for post in posts_of(part, kit)]
    components = tuple(dict.fromkeys(post.component for post in posts))
    speaks = any(component is not Component.SIGNAL for component in components)
    if speaks:
        await kit.limits.recall()
    kit.log.info("node_started", runs=list(config.nodes[name].runs))
    try:
        await together(
            kit.outbox.run(),
            *((kit.limits.run(),) if speaks else ()),
            *(kit.alarms[component].repeat() for component in components),
            *(kit.calls[component].report() for component in components if component in kit.calls),
            *(_beat(component, posts, kit) for component in components),
            *(post.run() for post in posts),
            *(look(kit, posts) for look in beside),
            *((_depart_when_asked(surroundings.leave, posts, kit),) if surroundings.leave is not None else ()),
        )
    except ExceptionGroup as problems:
        departed, others = problems.split(Departed)
        if others is not None or departed is None:
            raise refusal_in(problems) or problems from None


class Departed(EngineError):
    """The node was asked to leave, and has finished what it had begun."""


async def _depart_when_asked(leave: asyncio.Event, posts: list[Post], kit: Kit) -> None:
    """Finish in order: the parts first, each for itself, then what they have told."""
    await leave.wait()
    kit.log.info("node_departs")
    for post in posts:
        await post.depart()
    emptied = await kit.outbox.emptied(within_ns=OUTBOX_EMPTIED_NS)
    kit.log.info("node_departed", told_everything=emptied)
    raise Departed


def refusal_in(problems: ExceptionGroup[Exception]) -> ConfigRefused | None:
    """Return what a part that must not begin has said, as mistakes of the configuration."""
    refused = first_cause(problems)
    if not isinstance(refused, StartRefused):
        return None
    mistakes = (Mistake(path=flaw.path, problem=flaw.problem, remedy=flaw.remedy) for flaw in refused.flaws)
    return ConfigRefused(tuple(mistakes))


def check_node(name: str, config: BotConfig, surroundings: Surroundings) -> None:
    """Refuse to start a node that could not do its work; see `run_node`."""
    if name not in config.nodes:
        problem = f"there is no node {name!r}"
        raise ConfigRefused((Mistake(path=("nodes",), problem=problem, remedy=f"name one of {list(config.nodes)}"),))
    told = [] if config.health is None else [(("health", "token_env"), config.health.token_env)]
    check_secrets(config.nodes[name].runs, config, surroundings.secrets, also=told)


def check_secrets(
    runs: tuple[Part, ...], config: BotConfig, secrets: Mapping[str, str], *, also: Sequence[Needed] = ()
) -> None:
    """Refuse to start parts whose keys, or what is `also` needed, are not set; raise `ConfigRefused`."""
    mistakes = tuple(
        Mistake(path=path, problem=f"names {variable}, which is not set here", remedy="set it")
        for path, variable in (*_secrets_needed(runs, config), *also)
        if not secrets.get(variable)
    )
    if mistakes:
        raise ConfigRefused(mistakes)


def posts_of(part: Part, kit: Kit) -> list[Post]:
    """Return the posts of one part of a node; a feed has one for each venue, so that none can take the others along."""
    match part:
        case "feed":
            return [_post(kit, part, f"feed/{name}", partial(build_feed, kit, name)) for name in kit.config.venues]
        case "signal":
            return [_post(kit, part, part, partial(build_signal, kit))]
        case "execution":
            return [_post(kit, part, part, partial(build_execution, kit))]
        case "monitor":
            return [_post(kit, part, part, partial(build_monitor, kit))]
        case "sentiment":
            return [_post(kit, part, part, partial(build_sentiment, kit))]
        case "analytics":
            return [_post(kit, part, part, partial(build_analytics, kit))]
        case "history":
            return [_post(kit, part, part, partial(build_history, kit))]


def _post(kit: Kit, part: Part, name: str, build: Build) -> Post:
    restart = kit.config.restart
    bounds = RestartBounds(
        first_ns=restart.first_ns,
        most_ns=restart.most_ns,
        window_ns=restart.window_ns,
        restarts_max=restart.restarts_max,
    )
    return Post(name, COMPONENTS[part], build, clock=kit.clock, log=kit.log, bounds=bounds)


def _databases(runs: tuple[Part, ...], config: BotConfig) -> list[Needed]:
    """Return the variables with the addresses of databases that these parts write into."""
    history, analytics = config.dependencies.history, config.dependencies.analytics
    needed: list[Needed] = []
    if "history" in runs and history is not None and history.url_env is not None:
        needed.append((("dependencies", "history", "url_env"), history.url_env))
    if "analytics" in runs and analytics is not None and analytics.url_env is not None:
        needed.append((("dependencies", "analytics", "url_env"), analytics.url_env))
    return needed


def _secrets_needed(runs: tuple[Part, ...], config: BotConfig) -> list[Needed]:
    """Return the variables that these parts need, with the keys that name them."""
    needed = _databases(runs, config)
    if "execution" in runs:
        for name, venue in config.venues.items():
            needed.append((("venues", name, "key_env"), venue.key_env))
            needed.append((("venues", name, "secret_env"), venue.secret_env))
            if venue.passphrase_env is not None:
                needed.append((("venues", name, "passphrase_env"), venue.passphrase_env))
    if "monitor" in runs:
        keys = ("routing_key_env", "webhook_url_env", "bell_url_env")
        variables = ((key, getattr(config.pager, key)) for key in keys)
        needed += [(("pager", key), variable) for key, variable in variables if variable is not None]
    return needed


async def _beat(component: Component, posts: list[Post], kit: Kit) -> None:
    mine = [post for post in posts if post.component is component]
    await beat(
        component,
        partial(overall, mine),
        node=kit.node,
        bus=kit.bus,
        clock=kit.clock,
        log=kit.log,
        every_ns=kit.config.monitor.heartbeat_every_ns,
    )
