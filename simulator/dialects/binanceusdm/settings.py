"""The limits and windows of Binance's USD-M futures, where they are not those of its spot exchange."""

from dataclasses import dataclass

from simulator.dialects.binance.settings import NS, BinanceSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class BinanceUsdmSettings(BinanceSettings):
    """Defaults are those of the vendor's documents of late 2025."""

    weight_per_minute_max: int = 2_400
    orders_per_10s_max: int = 300
    orders_per_minute_max: int = 1_200
    ticker_interval_ns: int = 2 * NS
    depth_interval_ns: int = NS // 4
    mark_interval_ns: int = 3 * NS
    stream_messages_per_second_max: int = 10
    streams_per_connection_max: int = 1_024
    ping_interval_ns: int = 180 * NS
    pong_timeout_ns: int = 600 * NS
    listen_key_life_ns: int = 3_600 * NS
    open_orders_max: int = 200
    algo_orders_max: int = 200
    serves_api_host: bool = True
    """Whether `api.binance.com` with the few sapi routes that ccxt asks belongs to this venue, too."""
