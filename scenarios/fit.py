"""Whether the parts of a scenario fit together, when each is right by itself."""

from __future__ import annotations

from collections.abc import Iterator

from engine.runtime.config import BotConfig
from scenarios.complaints import suggestion
from scenarios.document import Document, Keys
from scenarios.marks import marks_for
from scenarios.promises import PROMISES
from scenarios.schema import ScenarioFile
from scenarios.venue_profiles import PROFILES

VENUES_KNOWN = ("binance", "kraken", "okx", "bybit", "coinbase", "polymarket", "binanceusdm")
"""The venues that the engine speaks."""


def check_venues(document: Document) -> bool:
    """Note venues that do not exist, even where the rest of the file is wrong, and say whether all of them do."""
    world = document.values.get("world")
    venues = world.get("venues") if isinstance(world, dict) else None
    named = enumerate(venues if isinstance(venues, list) else [])
    unknown = [(index, name) for index, name in named if isinstance(name, str) and name not in VENUES_KNOWN]
    for index, name in unknown:
        document.complain(("world", "venues", index), f"there is no venue {name!r}", suggestion(name, VENUES_KNOWN))
    return not unknown


def check_fit(document: Document, written: ScenarioFile, bot: BotConfig) -> None:
    """Note where world, bot, bounds and marks contradict each other."""
    for found in (
        _duplicates(written),
        _bot_in_world(written, bot),
        _names_in_world(written, bot),
        _marks(written),
        _promises(written),
        _actions(written, bot),
    ):
        for keys, what, remedy in found:
            document.complain(keys, what, remedy)


Found = Iterator[tuple[Keys, str, str]]


def _duplicates(written: ScenarioFile) -> Found:
    for key, names in (("venues", written.world.venues), ("zones", written.world.zones)):
        if len(set(names)) < len(names):
            yield ("world", key), f"{key} are named twice", "name each once"


def _bot_in_world(written: ScenarioFile, bot: BotConfig) -> Found:
    world = written.world
    for venue in bot.venues:
        if venue not in world.venues:
            yield ("bot",), f"the bot trades on {venue!r}, which is not in this world", "add it to `world.venues`"
    for venue, symbol in bot.markets:
        if venue in world.venues and PROFILES[venue].market_of(symbol) is None:
            remedy = f"name what it trades in `venues.{venue}.instruments`"
            yield ("bot",), f"the bot trades {symbol!r} on {venue!r}, which has no such market", remedy
    for symbol in bot.instruments:
        followed = [PROFILES[venue].market_of(symbol) for venue, traded in bot.markets if traded == symbol]
        if not any(market in world.markets for market in (symbol, *followed)):
            yield ("bot",), f"the bot trades {symbol!r}, which has no market here", "add it to `world.markets`"
    for name, node in bot.nodes.items():
        if node.zone not in world.zones:
            yield ("bot",), f"node {name!r} stands in zone {node.zone!r}", "add that zone to `world.zones`"
        if name in world.venues:
            yield ("bot",), f"a node is called {name!r}, as is a venue", "rename the node"


def _names_in_world(written: ScenarioFile, bot: BotConfig) -> Found:
    world = written.world
    for region, parts in world.regions.items():
        for part in parts:
            if part not in (*world.zones, *world.venues):
                region_keys: Keys = ("world", "regions", region)
                yield region_keys, f"there is no zone or venue {part!r}", suggestion(part, world.zones + world.venues)
        if region in (*world.zones, *world.venues):
            yield ("world", "regions", region), f"{region!r} is a zone or venue as well", "rename the region"
    for symbol, market in world.markets.items():
        for venue in market.basis:
            if venue not in world.venues:
                keys: Keys = ("world", "markets", symbol, "basis", venue)
                yield keys, f"there is no venue {venue!r} in this world", suggestion(venue, world.venues)
    for symbol in written.expect.exposure:
        if symbol not in (*world.markets, *bot.instruments):
            keys = ("expect", "exposure", symbol)
            yield keys, f"there is no market {symbol!r}", suggestion(symbol, world.markets)
    if written.expect.warm_up_ns >= world.duration_ns:
        yield ("expect", "warm_up"), "the warm-up is as long as the act under fire", "shorten it"


def _marks(written: ScenarioFile) -> Found:
    venues = written.world.venues
    for index, name in enumerate(written.sometimes):
        if name not in marks_for(venues):
            yield ("sometimes", index), f"there is no mark {name!r}", suggestion(name, marks_for(venues))


def _promises(written: ScenarioFile) -> Found:
    for index, name in enumerate(written.expect.promises):
        if name not in PROMISES:
            yield ("expect", "promises", index), f"there is no promise {name!r}", suggestion(name, PROMISES)


def _actions(written: ScenarioFile, bot: BotConfig) -> Found:
    for index, one in enumerate(written.actions):
        keys: Keys = ("actions", index)
        if one.at_ns >= written.world.duration_ns:
            yield (*keys, "at"), "it comes after the act under fire", "move it, or lengthen `world.duration`"
        cold = tuple(name for name, node in bot.nodes.items() if node.cold)
        known = {"exit": tuple(bot.instruments), "standby": cold, "deploy": tuple(bot.nodes)}.get(one.do, ())
        if one.on is not None and one.on not in known and one.do != "acknowledge":
            yield (*keys, "on"), f"nothing to {one.do} is called {one.on!r}", suggestion(one.on, known)
