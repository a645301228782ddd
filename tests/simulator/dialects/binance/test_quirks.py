"""What the venue fact sheet warns of at Binance, one test a quirk: each is a trap that a bot must know."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest

from simulator.dialects.binance.settings import NS, BinanceSettings
from simulator.dialects.gate import Rule
from simulator.exchange.orders import OrderStatus
from tests.simulator.dialects.stage import ACCOUNT, BTC, Stage, placed


@pytest.mark.parametrize(
    ("status", "code_of_500", "code", "error"),
    [
        (500, -1000, -1000, ccxt.OperationFailed),
        (500, -1001, -1001, ccxt.OperationFailed),
        (500, -1006, -1006, ccxt.OperationFailed),
        (503, -1000, -1008, ccxt.OperationFailed),
        (504, -1000, -1007, ccxt.RequestTimeout),
    ],
)
def test_a_5xx_says_nothing_about_the_order(
    status: int, code_of_500: int, code: int, error: type[ccxt.BaseError]
) -> None:
    """Section 2.6: status unknown, may have succeeded; 1.4: what ccxt makes of each."""
    stage = Stage("binance", BinanceSettings(code_of_500=code_of_500))
    rule = Rule(kind="error", endpoints=frozenset({"orders"}), status=status, executes=True)
    stage.gate.add(rule)

    async def story(exchange: Any) -> Any:
        with pytest.raises(error) as raised:
            await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000, {"clientOrderId": "mine"})
        stage.gate.remove(rule)
        return str(raised.value), await exchange.fetch_order(None, BTC, {"clientOrderId": "mine"})

    text, order = stage.tell(story)

    assert f'"code":{code}' in text
    assert order["status"] == "open"


def test_a_connection_lives_for_a_day() -> None:
    """Section 2.5. That it ends then is tried with a shorter life in `test_public_streams.py`."""
    assert BinanceSettings().stream_life_ns == 86_400 * NS


def test_there_is_no_dead_mans_switch() -> None:
    """Section 2.5."""

    async def story(exchange: Any) -> None:
        with pytest.raises(ccxt.NotSupported):
            await exchange.cancel_all_orders_after(60_000)

    Stage("binance").tell(story)


def test_open_orders_of_all_symbols_must_be_asked_for_on_purpose() -> None:
    """Section 1.2: ccxt raises unless a warning is switched off; then all symbols come."""

    async def story(exchange: Any) -> Any:
        await placed(exchange)
        with pytest.raises(ccxt.ExchangeError):
            await exchange.fetch_open_orders()
        exchange.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
        return await exchange.fetch_open_orders()

    assert len(Stage("binance").tell(story)) == 1


def test_an_edited_order_is_another_one_with_another_client_id() -> None:
    """Section 1.2: a bot that looks for its client id after an edit finds a cancelled order."""
    stage = Stage("binance")

    async def story(exchange: Any) -> Any:
        order = await placed(exchange, clientOrderId="mine")
        edited = await exchange.edit_order(order["id"], BTC, "limit", "buy", 0.02, 58_500)
        return edited, await exchange.fetch_order(None, BTC, {"clientOrderId": "mine"})

    edited, found = stage.tell(story)

    assert found["status"] == "canceled"
    assert edited["clientOrderId"] != "mine"


def test_what_dies_in_matching_was_acknowledged_as_new_and_says_rejected_later() -> None:
    """Section 2.4."""
    stage = Stage("binance")
    stage.exchange.silent_reject = lambda request: True

    async def story(exchange: Any) -> Any:
        return await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)

    assert stage.tell(story)["status"] == "open"
    assert [record.status for record in stage.exchange.truth.orders(ACCOUNT)] == [OrderStatus.REJECTED]


def test_a_late_request_is_refused_by_its_window_and_places_nothing() -> None:
    """Section 2.0: every submit carries its own expiry."""
    stage = Stage("binance")

    async def story(exchange: Any) -> None:
        exchange.options["timeDifference"] = 6_000  # its clock is six seconds slow
        with pytest.raises(ccxt.InvalidNonce):
            await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000, {"recvWindow": 5_000})

    stage.tell(story)

    assert stage.exchange.truth.orders(ACCOUNT) == []
