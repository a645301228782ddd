"""How feed, signal and monitor are put together: which pieces, with which bounds of the configuration.

A builder runs at every start of its part, so a part that failed begins with new pieces; only what the kit holds (the
stores, the outbox, the open alerts) is carried over.
"""

from contextlib import AsyncExitStack

from engine.domain.messages import Component
from engine.domain.money import Quantity
from engine.ops.outside import OutsideBell, Webhook
from engine.ops.pager import PagerDuty
from engine.ops.posting import Poster
from engine.ports.model import ModelSpec
from engine.resilience.breaker import BreakerSettings
from engine.runtime.config import Part
from engine.runtime.dependency_parts import breaker_for
from engine.runtime.kit import Kit
from engine.runtime.venue_access import venue_for
from engine.services.bar_shelf import BarShelf
from engine.services.feed import FeedBounds, VenueFeed
from engine.services.forecasts import ForecastBounds, Forecaster
from engine.services.monitor import Monitor, MonitorBounds
from engine.services.outlook import Outlook, Traded
from engine.services.paging import Paging, PagingBounds
from engine.services.signal import Desk, Signal, SignalBounds
from engine.services.signal_teller import SignalTeller
from engine.services.voting import Voting
from engine.services.wishes import WishBounds

COMPONENTS: dict[Part, Component] = {
    "feed": Component.INGESTION,
    "signal": Component.SIGNAL,
    "execution": Component.EXECUTION,
    "monitor": Component.MONITORING,
    "sentiment": Component.OPTIONAL,
    "analytics": Component.OPTIONAL,
    "history": Component.OPTIONAL,
}
"""By which name each part is heard and judged."""
PAGING = BreakerSettings(open_ns_max=10_000_000_000)
"""What tells people is tried again soon: a page must not wait for a breaker when the pager is back."""


async def build_feed(kit: Kit, venue: str, stack: AsyncExitStack) -> VenueFeed:
    """Return the feed of one venue."""
    feed, alerts = kit.config.feed, kit.config.alerts
    return VenueFeed(
        venue,
        venue_for(kit, venue, stack, trading=False),
        kit.config.traded_at(venue),
        connections=feed.connections,
        books=feed.books,
        node=kit.node,
        bus=kit.bus,
        clock=kit.clock,
        alarms=kit.alarms[Component.INGESTION],
        log=kit.log,
        bounds=FeedBounds(
            stale_after_ns=feed.stale_after_ns,
            poll_every_ns=feed.poll_every_ns,
            redial_first_ns=feed.redial_first_ns,
            redial_most_ns=feed.redial_most_ns,
            stream_lost_after_ns=alerts.stream_lost_after_ns,
            venue_unreachable_after_ns=alerts.venue_unreachable_after_ns,
            steady_ns=feed.steady_ns,
            speak_up_ns=feed.speak_up_ns,
        ),
    )


async def build_signal(kit: Kit, _stack: AsyncExitStack) -> Signal:
    """Return one replica of signal generation."""
    config = kit.config
    quorum, sentiment = config.signal.quorum, config.dependencies.sentiment
    desks = {symbol: _desk(kit, symbol) for symbol in config.instruments}
    outlook = Outlook(
        {symbol: _traded(kit, symbol, desk.strategy.bars_needed) for symbol, desk in desks.items()},
        kit.clock,
        fresh_for_ns=config.signal.fresh_for_ns,
        positions_fresh_for_ns=config.signal.positions_fresh_for_ns,
        sentiment_fresh_for_ns=0 if sentiment is None else sentiment.fresh_for_ns,
    )
    return Signal(
        config.strategy.name,
        desks,
        outlook,
        _shelf(kit, outlook),
        Voting(quorum=quorum, tolerance=config.signal.tolerance) if quorum > 1 else None,
        SignalTeller(
            config.strategy.name,
            quorum=quorum,
            node=kit.node,
            bus=kit.bus,
            alarms=kit.alarms[Component.SIGNAL],
            clock=kit.clock,
            log=kit.log,
        ),
        sentiment=None if sentiment is None else sentiment.needed,
        node=kit.node,
        bus=kit.bus,
        outbox=kit.outbox,
        clock=kit.clock,
        log=kit.log,
        bounds=SignalBounds(
            bar_ns=config.strategy.bar_ns,
            settle_ns=config.signal.settle_ns,
            gather_ns=config.signal.gather_ns,
            not_after_ns=config.execution.not_after_ns,
            pending_max=config.bus.pending_max,
            retry_every_ns=config.bus.retry_every_ns,
        ),
    )


def _shelf(kit: Kit, outlook: Outlook) -> BarShelf:
    config = kit.config
    return BarShelf(
        config.bot,
        tuple(config.instruments),
        outlook,
        bar_ns=config.strategy.bar_ns,
        bus=kit.bus,
        clock=kit.clock,
        log=kit.log,
        retry_every_ns=config.bus.retry_every_ns,
    )


def _desk(kit: Kit, symbol: str) -> Desk:
    """Return a strategy of its own for one instrument, with a model of its own where it asks one."""
    config = kit.config
    plugin = config.strategy.plugin
    if plugin is None:
        raise RuntimeError("the configuration was read without its strategy")
    limit = Quantity(config.instruments[symbol].limit)
    return Desk(
        strategy=plugin.make(),
        forecaster=_forecaster(kit) if plugin.is_modelled else None,
        bounds=WishBounds(limit=limit, price_band=config.risk.price_band),
    )


def _forecaster(kit: Kit) -> Forecaster | None:
    model, open_model = kit.config.model, kit.surroundings.open_model
    if model is None or model.plugin is None or open_model is None:
        return None
    spec = ModelSpec(
        use=model.plugin.use,
        arguments=model.parameters,
        folder=str(model.folder or ""),
        costs_ns=model.costs_ns,
    )
    bounds = ForecastBounds(low=float(model.low), high=float(model.high), within_ns=model.within_ns)
    return Forecaster(open_model(spec), bounds)


def _traded(kit: Kit, symbol: str, bars: int) -> Traded:
    instrument = kit.config.instruments[symbol]
    return Traded(size=Quantity(instrument.size), bars=bars)


async def build_monitor(kit: Kit, _stack: AsyncExitStack) -> Monitor:
    """Return one monitor, which expects every part of every node to be alive, of a cold one once it was heard."""
    config = kit.config
    beating = [(node.cold, (COMPONENTS[part], name)) for name, node in config.nodes.items() for part in node.runs]
    return Monitor(
        [one for cold, one in beating if not cold],
        later=[one for cold, one in beating if cold],
        node=kit.node,
        bus=kit.bus,
        paging=await _paging(kit),
        bell=_bell(kit),
        clock=kit.clock,
        log=kit.log,
        bounds=MonitorBounds(
            heartbeat_every_ns=config.monitor.heartbeat_every_ns,
            missed_after_ns=config.monitor.missed_after_ns,
            degraded_after_ns=config.monitor.degraded_after_ns,
            look_every_ns=config.monitor.look_every_ns,
            ring_every_ns=config.pager.ring_every_ns,
            pending_max=config.bus.pending_max,
            ack_wait_ns=config.bus.ack_wait_ns,
            retry_every_ns=config.bus.retry_every_ns,
        ),
    )


async def _paging(kit: Kit) -> Paging:
    pager, alerts = kit.config.pager, kit.config.alerts
    connectors, bot = kit.surroundings.connectors, kit.config.bot
    webhook = None
    if pager.webhook_url_env is not None:
        poster = Poster(
            "webhook", connectors, timeout_ns=pager.timeout_ns, log=kit.log, breaker=breaker_for(kit, "webhook", PAGING)
        )
        webhook = Webhook(poster, url=kit.secrets[pager.webhook_url_env], bot=bot)
    return Paging(
        await kit.store("monitor.sqlite"),
        PagerDuty(
            connectors,
            url=pager.url,
            routing_key=kit.secrets[pager.routing_key_env],
            bot=bot,
            timeout_ns=pager.timeout_ns,
            log=kit.log,
            breaker=breaker_for(kit, "pager", PAGING),
        ),
        webhook,
        clock=kit.clock,
        log=kit.log,
        bounds=PagingBounds(
            forget_alerts_after_ns=alerts.forget_after_ns,
            escalate_after_ns=alerts.unacknowledged_after_ns,
            retry_first_ns=pager.retry_first_ns,
            retry_most_ns=pager.retry_most_ns,
            second_after_ns=pager.second_after_ns,
            pages_max=kit.config.monitor.pages_max,
        ),
    )


def _bell(kit: Kit) -> OutsideBell | None:
    pager = kit.config.pager
    if pager.bell_url_env is None:
        return None
    poster = Poster(
        "bell",
        kit.surroundings.connectors,
        timeout_ns=pager.timeout_ns,
        log=kit.log,
        breaker=breaker_for(kit, "bell", PAGING),
    )
    return OutsideBell(poster, url=kit.secrets[pager.bell_url_env], node=kit.node)
