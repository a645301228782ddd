"""How the parts that the bot can do without are put together; each part runs where the configuration says."""

from contextlib import AsyncExitStack

from engine.ops.dependencies import AnalyticsCollector, AnalyticsTable, SentimentSource
from engine.ops.posting import Poster
from engine.resilience.breaker import Breaker, BreakerSettings
from engine.runtime.dependency_sections import AnalyticsConfig
from engine.runtime.kit import Kit
from engine.services.analytics import Analytics, AnalyticsBounds, Collector
from engine.services.history import HistoryBounds, HistoryWriter
from engine.services.sentiment import SentimentBounds, SentimentReader


async def build_sentiment(kit: Kit, _stack: AsyncExitStack) -> SentimentReader:
    """Return the reader of sentiment."""
    config = kit.config.dependencies.sentiment
    assert config is not None
    source = SentimentSource(config.url, kit.surroundings.connectors, timeout_ns=config.timeout_ns, log=kit.log)
    return SentimentReader(
        source,
        tuple(kit.config.instruments),
        node=kit.node,
        bus=kit.bus,
        breaker=breaker_for(kit, "sentiment"),
        clock=kit.clock,
        log=kit.log,
        bounds=SentimentBounds(every_ns=config.every_ns, degraded_after_ns=config.fresh_for_ns),
    )


async def build_analytics(kit: Kit, _stack: AsyncExitStack) -> Analytics:
    """Return what hands events over for analysis."""
    config, bus = kit.config.dependencies.analytics, kit.config.bus
    assert config is not None
    return Analytics(
        kit.config.bot,
        await _collector(kit, config),
        bus=kit.bus,
        breaker=breaker_for(kit, "analytics"),
        clock=kit.clock,
        log=kit.log,
        bounds=AnalyticsBounds(
            every_ns=config.every_ns,
            batch_max=config.batch_max,
            buffer_max=config.buffer_max,
            degraded_after_ns=kit.config.monitor.degraded_after_ns,
            ack_wait_ns=bus.ack_wait_ns,
            retry_every_ns=bus.retry_every_ns,
        ),
    )


async def _collector(kit: Kit, config: AnalyticsConfig) -> Collector:
    """Return where events go for analysis."""
    if config.url_env is not None:
        store = await kit.shared_store(config.url_env, within_ns=config.timeout_ns)
        return AnalyticsTable(store, bot=kit.config.bot, rows_max=config.rows_max, log=kit.log)
    assert config.url is not None
    poster = Poster("analytics", kit.surroundings.connectors, timeout_ns=config.timeout_ns, log=kit.log)
    return AnalyticsCollector(poster, url=config.url, bot=kit.config.bot)


async def build_history(kit: Kit, _stack: AsyncExitStack) -> HistoryWriter:
    """Return the writer of the history; raise `StoreUnavailable` while there is no database."""
    config, bus = kit.config.dependencies.history, kit.config.bus
    assert config is not None
    if config.url_env is None:
        store = await kit.store("history.sqlite")
    else:
        store = await kit.shared_store(config.url_env, within_ns=config.timeout_ns)
    return HistoryWriter(
        kit.config.bot,
        store,
        bus=kit.bus,
        clock=kit.clock,
        log=kit.log,
        bounds=HistoryBounds(
            rows_max=config.rows_max,
            degraded_after_ns=kit.config.monitor.degraded_after_ns,
            ack_wait_ns=bus.ack_wait_ns,
            retry_every_ns=bus.retry_every_ns,
        ),
    )


def breaker_for(kit: Kit, name: str, settings: BreakerSettings | None = None) -> Breaker:
    """Return a breaker in front of a dependency; the bus is told of its states, as of a venue's."""
    return Breaker(f"{name}/service", kit.clock, settings, on_change=kit.limits.breaker_changed)
