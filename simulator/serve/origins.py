"""What the hosts of real venues are called in URLs: the scheme, and the port where it is not the usual one.

A dialect names its hosts; a client's configuration holds URLs. The table has the streams as ccxt writes them, so that a
client can be pointed here by replacing the beginnings of its URLs. What is not in it is REST over TLS.
"""

STREAMS = {
    "stream.binance.com": "wss://stream.binance.com:9443",
    "ws-api.binance.com": "wss://ws-api.binance.com:443",
    "fstream.binance.com": "wss://fstream.binance.com",
    "ws-fapi.binance.com": "wss://ws-fapi.binance.com",
    "ws.kraken.com": "wss://ws.kraken.com",
    "ws-auth.kraken.com": "wss://ws-auth.kraken.com",
    "ws.okx.com": "wss://ws.okx.com:443",
    "stream.bybit.com": "wss://stream.bybit.com",
    "advanced-trade-ws.coinbase.com": "wss://advanced-trade-ws.coinbase.com",
    "advanced-trade-ws-user.coinbase.com": "wss://advanced-trade-ws-user.coinbase.com",
    "ws-subscriptions-clob.polymarket.com": "wss://ws-subscriptions-clob.polymarket.com",
}
"""Hosts that speak WebSocket, and how their URLs begin."""


def origin_of(host: str) -> str:
    """Return how the URLs of a real host begin, such as `https://api.binance.com`."""
    return STREAMS.get(host, f"https://{host}")


def loopback_of(origin: str, port: int) -> str:
    """Return how the URLs of a real origin begin when it is served on a loopback port: TLS ends, nothing else does."""
    scheme = "ws" if origin.startswith("wss:") else "http"
    return f"{scheme}://127.0.0.1:{port}"
