"""python-binance against a served Binance: it places, queries, streams and cancels, and believes no answer unchecked.

Run by its own Python, with the ready line of `stormproof serve` on standard input; what it saw comes out as JSON. Only
the addresses are changed in the client, as its documentation says.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from binance import AsyncClient, BinanceSocketManager
from binance.client import Client
from binance.exceptions import BinanceAPIException

WAIT_S = 10
SYMBOL = "BTCUSDT"


def pointed(kind: Any, ready: Any) -> Any:
    """Return a client of this kind whose addresses are the local ones."""
    hosts, keys = ready["hosts"], ready["credentials"]
    kind.WS_API_URL = hosts["wss://ws-api.binance.com:443"] + "/ws-api/v3"
    options = {"ping": False} if kind is Client else {}
    client = kind(keys["apiKey"], keys["secret"], **options)
    client.API_URL = hosts["https://api.binance.com"] + "/api"
    client.MARGIN_API_URL = hosts["https://api.binance.com"] + "/sapi"
    client.FUTURES_URL = hosts["https://fapi.binance.com"] + "/fapi"
    return client


def refusal(call: Callable[..., Any], **parameters: object) -> int:
    """Return the code of the venue's refusal."""
    try:
        answer = call(**parameters)
    except BinanceAPIException as error:
        return int(error.code)
    raise AssertionError(f"not refused: {answer}")


def reads_the_market(client: Any) -> dict[str, str]:
    """Ask for everything public."""
    assert client.ping() == {}
    assert abs(client.get_server_time()["serverTime"] / 1000 - time.time()) < 2  # tidy: a real venue, a real clock
    info = client.get_symbol_info(SYMBOL)
    assert info["status"] == "TRADING"
    assert {"LIMIT", "MARKET", "LIMIT_MAKER"} <= set(info["orderTypes"])
    filters = {one["filterType"]: one for one in info["filters"]}
    assert {"PRICE_FILTER", "LOT_SIZE", "NOTIONAL"} <= set(filters)
    book = client.get_order_book(symbol=SYMBOL, limit=5)
    bid, ask = Decimal(book["bids"][0][0]), Decimal(book["asks"][0][0])
    assert 0 < bid < ask
    assert len(book["bids"]) == len(book["asks"]) == 5
    assert book["lastUpdateId"] > 0
    best = client.get_orderbook_ticker(symbol=SYMBOL)
    assert Decimal(best["bidPrice"]) < Decimal(best["askPrice"])
    ticker = client.get_ticker(symbol=SYMBOL)
    assert ticker["symbol"] == SYMBOL
    assert Decimal(ticker["lastPrice"]) > 0
    assert Decimal(client.get_symbol_ticker(symbol=SYMBOL)["price"]) > 0
    assert {one["symbol"] for one in client.get_all_tickers()} >= {SYMBOL, "ETHUSDT"}
    trades = client.get_recent_trades(symbol=SYMBOL)
    assert trades
    assert {"id", "price", "qty", "quoteQty", "time", "isBuyerMaker", "isBestMatch"} <= set(trades[0])
    assert client.get_aggregate_trades(symbol=SYMBOL)
    tick = Decimal(filters["PRICE_FILTER"]["tickSize"])
    return {"price": str((bid * Decimal("0.9") // tick) * tick), "bid": str(bid), "ask": str(ask)}


def trades(client: Any, price: str) -> dict[str, Any]:
    """Place, look up, cancel and fill; be refused what must be refused."""
    free = Decimal(client.get_asset_balance("USDT")["free"])
    assert client.create_test_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.001") == {}
    order = client.order_limit_buy(symbol=SYMBOL, quantity="0.01", price=price, newClientOrderId="wire-1")
    assert order["status"] == "NEW"
    assert order["clientOrderId"] == "wire-1"
    assert order["fills"] == []
    again = {"symbol": SYMBOL, "quantity": "0.01", "price": price, "newClientOrderId": "wire-1"}
    assert refusal(client.order_limit_buy, **again) == -2010
    found = settled(lambda: client.get_order(symbol=SYMBOL, origClientOrderId="wire-1"), "status", "NEW")
    assert found["orderId"] == order["orderId"]
    assert Decimal(found["origQty"]) == Decimal("0.01")
    assert [one["orderId"] for one in client.get_open_orders(symbol=SYMBOL)] == [order["orderId"]]
    locked = Decimal(client.get_asset_balance("USDT")["locked"])
    assert locked >= Decimal("0.01") * Decimal(price)
    cancelled = client.cancel_order(symbol=SYMBOL, orderId=order["orderId"])
    assert cancelled["status"] == "CANCELED"
    assert cancelled["origClientOrderId"] == "wire-1"
    settled(lambda: client.get_order(symbol=SYMBOL, orderId=order["orderId"]), "status", "CANCELED")
    assert client.get_open_orders(symbol=SYMBOL) == []
    assert Decimal(client.get_asset_balance("USDT")["free"]) == free
    filled = client.order_market_buy(symbol=SYMBOL, quantity="0.01")
    assert filled["status"] == "FILLED"
    assert sum(Decimal(one["qty"]) for one in filled["fills"]) == Decimal("0.01")
    settled(lambda: client.get_order(symbol=SYMBOL, orderId=filled["orderId"]), "status", "FILLED")
    mine = client.get_my_trades(symbol=SYMBOL, orderId=filled["orderId"])
    assert sum(Decimal(one["quoteQty"]) for one in mine) == Decimal(filled["cummulativeQuoteQty"])
    assert [one["orderId"] for one in client.get_all_orders(symbol=SYMBOL)] == [order["orderId"], filled["orderId"]]
    return {
        "filled": filled["executedQty"],
        "unknown order": refusal(client.get_order, symbol=SYMBOL, origClientOrderId="nobody"),
        "unknown to cancel": refusal(client.cancel_order, symbol=SYMBOL, origClientOrderId="nobody"),
        "unknown symbol": refusal(client.order_market_buy, symbol="NOSUCH", quantity="1"),
        "too fine": refusal(client.order_limit_buy, symbol=SYMBOL, quantity="0.01", price="59000.001"),
        "too small": refusal(client.order_limit_buy, symbol=SYMBOL, quantity="0.00001", price="10000.00"),
        "too much": refusal(client.order_limit_sell, symbol=SYMBOL, quantity="100", price="90000.00"),
        "stale": stale(client),
    }


def stale(client: Any) -> int:
    """Return the code of the refusal of a request that was signed an hour ago."""
    client.timestamp_offset = -3_600_000
    try:
        return refusal(client.get_account)
    finally:
        client.timestamp_offset = 0


def settled(ask: Callable[[], Any], key: str, wanted: str) -> Any:
    """Ask until the answer says so: the venue's reads lag behind its matching, and may not know the order yet."""
    for _ in range(100):
        time.sleep(0.02)  # tidy: a real venue, whose reads lag
        try:
            answer = ask()
        except BinanceAPIException as error:
            if error.code != -2013:
                raise
            continue
        if answer[key] == wanted:
            return answer
    raise AssertionError(f"{key} never became {wanted}: {answer}")


async def streams(ready: Any, price: str) -> dict[str, Any]:
    """Watch the market and the account, and see there what is done over REST."""
    client = pointed(AsyncClient, ready)
    manager = BinanceSocketManager(client)
    manager.STREAM_URL = ready["hosts"]["wss://stream.binance.com:9443"] + "/"
    seen: dict[str, Any] = {}
    async with asyncio.timeout(2 * WAIT_S):
        async with manager.symbol_ticker_socket(SYMBOL) as stream:
            message = await stream.recv()
            assert (message["e"], message["s"]) == ("24hrTicker", SYMBOL), message
        wanted = {f"{SYMBOL.lower()}@{name}" for name in ("miniTicker", "bookTicker", "trade", "aggTrade", "depth")}
        async with manager.multiplex_socket(sorted(wanted)) as stream:
            while set(seen) != wanted:
                message = await stream.recv()
                assert message["data"]["s"] == SYMBOL, message
                seen[message["stream"]] = sorted(message["data"])
        async with manager.user_socket() as stream:
            order = await client.order_limit_buy(symbol=SYMBOL, quantity="0.01", price=price, newClientOrderId="wire-2")
            await client.cancel_order(symbol=SYMBOL, orderId=order["orderId"])
            reports: list[Any] = []
            while not reports or reports[-1]["X"] != "CANCELED":
                event = await stream.recv()
                if event["e"] == "executionReport":
                    assert event["i"] == order["orderId"], event
                    reports.append(event)
            seen["reports"] = [one["x"] for one in reports]
            seen["ids"] = [one["c"] if one["x"] == "NEW" else one["C"] for one in reports]
    await client.session.close()  # close_connection would wait ten seconds for one more message of the quiet account
    return seen


def main() -> None:
    """Tell the whole story, and print it."""
    ready = json.load(sys.stdin)["binance"]
    client = pointed(Client, ready)
    client.REQUEST_TIMEOUT = WAIT_S
    market = reads_the_market(client)
    told = {"market": market, "trading": trades(client, market["price"])}
    client.close_connection()
    told["streams"] = asyncio.run(streams(ready, market["price"]))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
