"""What is wrong between the sections of a configuration that are each right by themselves."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.domain.instrument import is_contract
from engine.runtime.mistakes import Mistake
from engine.runtime.running_sections import Part
from engine.runtime.section import at
from engine.venues import TESTNETS

if TYPE_CHECKING:
    from engine.runtime.config import BotConfig


Refuse = Callable[[str, str, str], None]
"""Takes the path of a key, what is wrong there, and what to do."""


def contradictions(config: "BotConfig") -> list[Mistake]:
    """Return every mistake, each with the path of its key."""
    found: list[Mistake] = []

    def refuse(path: str, problem: str, remedy: str) -> None:
        found.append(at(path, problem, remedy))

    lease, protection = config.lease, config.protection
    if protection is not None and protection.switch_ns is not None and protection.switch_ns < 3 * lease.ttl_ns:
        refuse("protection.switch", "goes off before a successor could take over: below three leases", "raise it")
    _in_shares(config, refuse)
    _in_venues(config, refuse)
    _in_risk(config, refuse)
    _in_signal(config, refuse)
    _in_dependencies(config, refuse)
    _in_health(config, refuse)
    if config.bus.replicas > max(1, len(config.bus.url)):
        problem = f"{config.bus.replicas} servers are to keep each message, and bus.url names {len(config.bus.url)}"
        refuse("bus.replicas", problem, "name as many servers of one cluster, or lower it")
    return found


def _in_shares(config: "BotConfig", refuse: Refuse) -> None:
    for name, venue in config.venues.items():
        for symbol in venue.instruments or ():
            if symbol not in config.instruments:
                refuse(
                    f"venues.{name}.instruments", f"{symbol} is not among `instruments`", "add it there, or remove it"
                )
    for symbol in config.instruments:
        shares = _shares_of(config, symbol)
        if not shares:
            refuse("venues", f"{symbol} is traded at none", "name it at one, or remove it from `instruments`")
        elif sum(shares) != 1:
            refuse("venues", f"the shares for {symbol} add up to {sum(shares)}", "make them add up to 1")


def _shares_of(config: "BotConfig", symbol: str) -> list[Decimal]:
    """Return the share of every venue that trades an instrument."""
    return [venue.share for name, venue in config.venues.items() if symbol in config.traded_at(name)]


def _in_venues(config: "BotConfig", refuse: Refuse) -> None:
    for name in config.venues if config.mode == "testnet" else ():
        if name not in TESTNETS:
            refuse("mode", f"{name} has no test network", f"name only {', '.join(TESTNETS)}, or trade on paper")
    for name, venue in config.venues.items():
        contract = next((symbol for symbol in config.traded_at(name) if is_contract(symbol)), None)
        path = f"venues.{name}.positions"
        if contract is not None and venue.positions is None:
            refuse(path, f"is missing: {contract} is a position with margin", "declare margin mode and leverage")
        if contract is None and venue.positions is not None:
            refuse(path, "no contract is traded there", "remove it")


def _in_dependencies(config: "BotConfig", refuse: Refuse) -> None:
    optional: tuple[Part, ...] = ("sentiment", "analytics", "history")
    for part in optional:
        declared, able = getattr(config.dependencies, part) is not None, config.nodes_running(part, cold=True)
        if able and not declared:
            refuse(f"nodes.{able[0]}.runs", f"{part} is not among the dependencies", f"declare dependencies.{part}")
        if declared and not config.nodes_running(part):
            refuse(f"dependencies.{part}", f"no node runs {part}", f"add {part} to the runs of one")


def _in_health(config: "BotConfig", refuse: Refuse) -> None:
    if config.health is not None:
        for name in config.health.ports:
            if name not in config.nodes:
                refuse(f"health.ports.{name}", "there is no node of that name", f"name one of {list(config.nodes)}")


def _in_signal(config: "BotConfig", refuse: Refuse) -> None:
    signal, replicas = config.signal, len(config.nodes_running("signal"))
    if signal.quorum > replicas:
        refuse("signal.quorum", f"{signal.quorum} must agree, and {replicas} nodes run signal", "lower it")
    if signal.gather_ns >= config.execution.not_after_ns:
        refuse("signal.gather", "is not below execution.not_after: every decision would come too late", "lower it")
    if config.model is not None and config.model.within_ns >= config.strategy.bar_ns:
        refuse("model.within", "is not below strategy.bar: one answer would hold up the next", "lower it")
    plugin = config.strategy.plugin
    if plugin is not None and plugin.is_modelled and config.model is None:
        refuse("strategy", f"{plugin.cls.__name__} asks a model, and there is none", "add a section `model`")
    if plugin is not None and not plugin.is_modelled and config.model is not None:
        refuse("model", f"{plugin.cls.__name__} has no `features` and never asks a model", "remove the section")


def _in_risk(config: "BotConfig", refuse: Refuse) -> None:
    risk = config.risk
    if risk.price_band < config.execution.price_collar:
        refuse(
            "risk.price_band", "is below execution.price_collar: rightly priced entries would be refused", "raise it"
        )
    for symbol, instrument in config.instruments.items():
        dearest = max(_shares_of(config, symbol), default=Decimal(0))
        if instrument.order < instrument.size * dearest:
            problem = f"is below {instrument.size * dearest}, the largest venue's share of size: no entry could pass"
            refuse(f"instruments.{symbol}.order_limit", problem, "raise it")
