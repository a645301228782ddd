"""python-kraken-sdk against a served Kraken: it places, queries, streams and cancels, and believes no answer unchecked.

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

from kraken import exceptions
from kraken.spot import Market, SpotWSClient, Trade, User

WAIT_S = 15
PAIR, SYMBOL = "XBTUSDT", "BTC/USDT"


def refusal(call: Callable[..., Any], **parameters: object) -> Any:
    """Return the venue's refusal: as the client names it, or in the venue's words where the client has no name."""
    try:
        answer = call(**parameters)
    except Exception as error:
        return type(error).__name__
    assert answer["error"], f"not refused: {answer}"
    return answer["error"]


def reads_the_market(url: str) -> dict[str, str]:
    """Ask for everything public."""
    market = Market(url=url)
    assert market.get_system_status()["status"] == "online"
    pair = market.get_asset_pairs(pair=PAIR)[PAIR]
    assert pair["status"] == "online"
    assert pair["altname"] == PAIR
    assert pair["wsname"] == "XBT/USDT"
    assert set(market.get_assets(assets=["XBT", "USDT"])) == {"XXBT", "USDT"}
    book = market.get_order_book(pair=PAIR, count=5)[PAIR]
    bid, ask = Decimal(book["bids"][0][0]), Decimal(book["asks"][0][0])
    assert 0 < bid < ask
    assert len(book["bids"]) == len(book["asks"]) == 5
    ticker = market.get_ticker(pair=PAIR)[PAIR]
    assert Decimal(ticker["b"][0]) < Decimal(ticker["a"][0])
    trades = market.get_recent_trades(pair=PAIR)
    assert trades[PAIR]
    assert int(trades["last"]) > 0
    tick = Decimal(pair["tick_size"])
    return {"price": str((bid * Decimal("0.9") // tick) * tick), "bid": str(bid), "ask": str(ask)}


def trades(url: str, keys: Any, price: str) -> dict[str, Any]:
    """Place, look up, cancel and fill; be refused what must be refused."""
    trade = Trade(key=keys["apiKey"], secret=keys["secret"], url=url)
    user = User(key=keys["apiKey"], secret=keys["secret"], url=url)
    before = Decimal(user.get_account_balance()["USDT"])
    limit = {"ordertype": "limit", "side": "buy", "pair": PAIR, "volume": "0.01", "price": price}
    order = trade.create_order(**limit, cl_ord_id="wire-1")
    (txid,) = order["txid"]
    assert "buy 0.01" in order["descr"]["order"]
    opened = settled(lambda: user.get_orders_info(txid=txid)[txid], "status", "open")
    assert opened["cl_ord_id"] == "wire-1"
    assert Decimal(opened["vol"]) == Decimal("0.01")
    assert list(user.get_open_orders()["open"]) == [txid]
    assert Decimal(user.get_balances()["USDT"]["hold_trade"]) >= Decimal("0.01") * Decimal(price)
    duplicate = refusal(trade.create_order, **limit, cl_ord_id="wire-1")
    assert trade.cancel_order(txid=txid)["count"] == 1
    settled(lambda: user.get_orders_info(txid=txid)[txid], "status", "canceled")
    assert user.get_open_orders()["open"] == {}
    assert txid in user.get_closed_orders()["closed"]
    assert Decimal(user.get_account_balance()["USDT"]) == before
    market = {"ordertype": "market", "side": "buy", "pair": PAIR, "volume": "0.01"}
    (filled,) = trade.create_order(**market)["txid"]
    closed = settled(lambda: user.get_orders_info(txid=filled, trades=True)[filled], "status", "closed")
    assert Decimal(closed["vol_exec"]) == Decimal("0.01")
    mine = user.get_trades_history()["trades"]
    assert sum(Decimal(one["vol"]) for one in mine.values() if one["ordertxid"] == filled) == Decimal("0.01")
    assert Decimal(user.get_account_balance()["USDT"]) == before - Decimal(closed["cost"]) - Decimal(closed["fee"])
    return {
        "filled": closed["vol_exec"],
        "only validated": sorted(trade.create_order(**limit, validate=True)),
        "duplicate": duplicate,
        "unknown to cancel": refusal(trade.cancel_order, txid="OAAAAA-AAAAA-AAAAAA"),
        "unknown pair": refusal(trade.create_order, **{**market, "pair": "NOSUCH"}),
        "too small": refusal(trade.create_order, **{**market, "volume": "0.00001"}),
        "too much": refusal(trade.create_order, **{**market, "volume": "1000"}),
        "bad key": refusal(User(key="nobody", secret=keys["secret"], url=url).get_account_balance),
        "bad signature": refusal(User(key=keys["apiKey"], secret="c2VjcmV0", url=url).get_account_balance),
    }


def settled(ask: Callable[[], Any], key: str, wanted: str) -> Any:
    """Ask until the answer says so: the venue's reads lag behind its matching, and may not know the order yet."""
    for _ in range(10):
        time.sleep(0.15)  # tidy: a real venue whose reads lag, and counts calls
        try:
            answer = ask()
        except (KeyError, exceptions.KrakenUnknownOrderError):
            continue
        if answer[key] == wanted:
            return answer
    raise AssertionError(f"{key} never became {wanted}: {answer}")


async def streams(hosts: Any, keys: Any, price: str) -> dict[str, Any]:
    """Watch the market and the account, and see there what is done over REST."""
    messages: asyncio.Queue[Any] = asyncio.Queue()
    client = SpotWSClient(
        key=keys["apiKey"],
        secret=keys["secret"],
        callback=messages.put,
        rest_url=hosts["https://api.kraken.com"],
        ws_url=hosts["wss://ws.kraken.com"],
        auth_ws_url=hosts["wss://ws-auth.kraken.com"],
    )
    trade = Trade(key=keys["apiKey"], secret=keys["secret"], url=hosts["https://api.kraken.com"])
    wanted = {"ticker", "trade", "book", "executions", "balances"}
    seen: dict[str, str] = {}
    reports: list[str] = []
    order = ""
    async with asyncio.timeout(2 * WAIT_S):
        await client.start()
        for channel in ("ticker", "trade", "book"):
            await client.subscribe(params={"channel": channel, "symbol": [SYMBOL]})
        for channel in ("executions", "balances"):
            await client.subscribe(params={"channel": channel})
        while wanted - set(seen) or "canceled" not in reports:
            message = await messages.get()
            assert message.get("success", True), message
            channel = message.get("channel")
            if channel not in wanted:
                continue
            seen.setdefault(channel, message["type"])
            if channel == "executions":
                reports += [one["exec_type"] for one in message["data"] if order and one["order_id"] == order]
            if not wanted - set(seen) and not order:
                order = touched(trade, price, cl_ord_id="wire-2")
        closing = asyncio.create_task(client.close())
        while not closing.done():  # it ends with the next message of each connection, or after ten seconds
            await asyncio.sleep(0.5)
            touched(trade, price)
    return {"channels": seen, "reports": reports}


def touched(trade: Any, price: str, **more: str) -> str:
    """Place an order, cancel it, and return its id."""
    (order,) = trade.create_order("limit", "buy", PAIR, "0.01", price, **more)["txid"]
    trade.cancel_order(txid=order)
    return str(order)


def main() -> None:
    """Tell the whole story, and print it."""
    ready = json.load(sys.stdin)["kraken"]
    hosts, keys = ready["hosts"], ready["credentials"]
    url = hosts["https://api.kraken.com"]
    market = reads_the_market(url)
    told = {"market": market, "trading": trades(url, keys, market["price"])}
    told["streams"] = asyncio.run(streams(hosts, keys, market["price"]))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
