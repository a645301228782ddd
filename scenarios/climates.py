"""The climate of a scenario's markets: calm and storms, as they will come.

Storms are drawn from a stream of their own, tick by tick, by the markets as they go. Drawn ahead from the same stream,
they are known before the run begins; so faults that are likelier in a storm can still be drawn up front.
"""

from __future__ import annotations

from chaos.timing import Window
from scenarios.schema import World
from simulator.kernel import Randomness
from simulator.market.climate import Climate


def climate_of(world: World, randomness: Randomness) -> Climate:
    """Return what the markets share: a factor, and storms where the scenario has them."""
    chance, plan = randomness.stream("climate"), world.climate
    if plan is None:
        return Climate(random=chance, tick_ns=world.tick_ns)
    return Climate(
        random=chance,
        tick_ns=world.tick_ns,
        storm_every_ns=plan.storm_every_ns,
        storm_lasts_ns=plan.storm_lasts_ns,
        storm_volatility=float(plan.storm_volatility),
        storm_jumps=float(plan.storm_jumps),
    )


def storms_of(world: World, seed: int) -> tuple[Window, ...]:
    """Return when storms will rage in the act under fire of a run with this seed."""
    if world.climate is None:
        return ()
    climate, storms, began_ns = climate_of(world, Randomness(seed)), list[Window](), -1
    for tick in range(world.duration_ns // world.tick_ns + 1):
        at_ns, stormy = tick * world.tick_ns, climate.is_stormy(tick)
        if stormy and began_ns < 0:
            began_ns = at_ns
        elif not stormy and began_ns >= 0:
            storms.append(Window(from_ns=began_ns, until_ns=at_ns))
            began_ns = -1
    return (*storms, Window(from_ns=began_ns, until_ns=world.duration_ns + 1)) if began_ns >= 0 else tuple(storms)
