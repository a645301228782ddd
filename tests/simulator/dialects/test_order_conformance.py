"""Unmodified ccxt against every dialect: an order's life over REST, whatever the venue."""

from __future__ import annotations

import contextlib
from typing import Any

import ccxt
import pytest

from tests.simulator.dialects.stage import Stage, placed, taken
from tests.simulator.dialects.table import each_venue


def naming(stage: Stage) -> dict[str, Any]:
    """Return the parameters that give an order the row's client id, or else make it the same as another."""
    if stage.row.names_orders is not None:
        return dict(stage.row.names_orders)
    return {stage.row.client_order_id_parameter: stage.row.client_order_id}


@each_venue()
def test_a_resting_order_can_be_found_and_cancelled_by_id(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await placed(exchange)
        found = await exchange.fetch_open_orders(stage.btc)
        await exchange.cancel_order(order["id"], stage.btc)
        cancelled = await exchange.fetch_order(order["id"], stage.btc)
        return order, found, cancelled, await exchange.fetch_open_orders(stage.btc)

    order, found, cancelled, left = stage.tell(story)

    figures = ("open", stage.row.price(59_000), stage.row.size(0.01), 0)
    assert (order["status"], order["price"], order["amount"], order["filled"]) == figures
    assert [one["id"] for one in found] == [order["id"]]
    assert cancelled["status"] == "canceled"
    assert left == []


@each_venue("client_order_id")
def test_an_order_can_be_looked_up_by_its_client_id_while_it_is_open(stage: Stage) -> None:
    find, cid = stage.row.find_open, stage.row.client_order_id

    async def story(exchange: Any) -> Any:
        await placed(exchange, **naming(stage))
        if find is None:  # nothing looks up by client id here: the list is paged and matched
            orders = await exchange.fetch_open_orders(stage.btc)
            return next(order for order in orders if order["clientOrderId"] == cid)
        return await find(exchange, stage.btc, cid)

    order = stage.tell(story)

    assert (order["clientOrderId"], order["status"]) == (cid, "open")


@each_venue("cancel_by_client_id")
def test_an_order_can_be_cancelled_and_then_found_by_its_client_id(stage: Stage) -> None:
    find, cancel, cid = stage.row.find_closed, stage.row.cancel_by_client_id, stage.row.client_order_id
    assert find is not None
    assert cancel is not None

    async def story(exchange: Any) -> Any:
        await placed(exchange, **naming(stage))
        await cancel(exchange, stage.btc, cid)
        return await find(exchange, stage.btc, cid)

    order = stage.tell(story)

    assert (order["clientOrderId"], order["status"]) == (cid, "canceled")


@each_venue("edit_order")
def test_an_order_can_be_amended(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await placed(exchange)
        edited = await exchange.edit_order(order["id"], stage.btc, "limit", "buy", 0.02, 58_500)
        found = await exchange.fetch_open_orders(stage.btc)
        return order["id"], edited["id"], found

    before, after, (found,) = stage.tell(story)

    assert (found["price"], found["amount"], found["status"]) == (58_500, 0.02, "open")
    assert found["id"] == (before if stage.row.edit == "no id" else after)
    assert (found["id"] == before) == (stage.row.edit != "new id")


@each_venue()
def test_a_market_order_fills_over_levels_and_its_fee_is_told(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await taken(exchange, "sell", 1.5)
        return await exchange.fetch_order(order["id"], stage.btc), await exchange.fetch_my_trades(stage.btc)

    order, trades = stage.tell(story)

    price, size = stage.row.price, stage.row.size
    assert (order["status"], order["filled"]) == ("closed", size(1.5))
    if stage.row.has("order_average"):
        assert order["average"] == pytest.approx(59_920)
    fills = sorted(((trade["price"], trade["amount"], trade["takerOrMaker"]) for trade in trades), reverse=True)
    assert fills == [(price(59_940), size(1), "taker"), (price(59_880), size(0.5), "taker")]
    assert {trade["order"] for trade in trades} == {order["id"]}
    if not stage.row.has("trade_fees"):
        return
    paid = sum(trade["fee"]["cost"] for trade in trades)
    assert paid == pytest.approx(89_880 * float(stage.exchange.fees.taker_bps) / 10_000)


@each_venue("trade_fees")
def test_the_fee_of_a_buy_is_charged_where_the_venue_charges_it(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.create_order(stage.btc, "limit", "buy", 0.5, 60_060)
        return await exchange.fetch_my_trades(stage.btc)

    (trade,) = stage.tell(story)

    charged = 0.5 if stage.row.fee_asset_of_a_buy == "base" else 30_030
    instrument = stage.row.instruments[0]
    assert trade["fee"]["currency"] == getattr(instrument, stage.row.fee_asset_of_a_buy)
    assert trade["fee"]["cost"] == pytest.approx(charged * float(stage.exchange.fees.taker_bps) / 10_000)


@each_venue("market_buy_with_cost")
def test_a_market_order_may_name_what_it_costs(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await exchange.create_market_buy_order_with_cost(stage.btc, 3_003)
        return await exchange.fetch_order(order["id"], stage.btc)

    order = stage.tell(story)

    assert (order["status"], order["filled"]) == ("closed", pytest.approx(0.05, abs=2e-4))


@each_venue()
def test_a_resting_order_fills_in_parts_as_maker(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await placed(exchange, price=59_970, amount=0.5)
        stage.quote(stage.core_btc, "59000", quantity="0.2", levels=1)
        stage.quote(stage.core_btc, "59910", quantity="0.2", levels=1)
        partly = await exchange.fetch_order(order["id"], stage.btc)
        return partly, await exchange.fetch_my_trades(stage.btc)

    partly, trades = stage.tell(story)

    assert partly["status"] == "open"
    assert 0 < partly["filled"] < stage.row.size(0.5)
    assert all(trade["takerOrMaker"] == "maker" for trade in trades)


@each_venue("fetch_closed_orders")
def test_closed_orders_hold_the_filled_ones(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(stage.btc, "market", "sell", 0.1)
        await placed(exchange)
        return order, await exchange.fetch_closed_orders(stage.btc)

    order, closed = stage.tell(story)

    assert [one["id"] for one in closed] == [order["id"]]


@each_venue("cancel_all_orders")
def test_all_open_orders_can_be_cancelled(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await placed(exchange)
        await placed(exchange, price=58_000)
        await exchange.cancel_all_orders(stage.btc)
        return await exchange.fetch_open_orders(stage.btc)

    assert stage.tell(story) == []


@each_venue("fetch_positions")
def test_a_position_follows_what_was_traded(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.create_order(stage.btc, "market", "buy", 0.5)
        return await exchange.fetch_positions([stage.btc])

    (position,) = stage.tell(story)

    assert (position["symbol"], position["side"], position["contracts"]) == (stage.btc, "long", 0.5)
    assert position["entryPrice"] == pytest.approx(60_060)


REFUSALS = [
    ("limit", "buy", 1_000, 59_000, {}, ccxt.BaseError),
    ("limit", "buy", 0.00006, 60, {}, ccxt.BaseError),
    ("limit", "buy", 0.01, 59_000, {"timeInForce": "XXX"}, ccxt.BaseError),
]


@each_venue()
@pytest.mark.parametrize(("kind", "side", "amount", "price", "params", "error"), REFUSALS)
def test_a_refused_order_raises_and_leaves_nothing(
    stage: Stage, kind: str, side: str, amount: float, price: float, params: dict[str, object], error: type[Exception]
) -> None:
    if "timeInForce" in params and stage.row.drops_time_in_force:
        pytest.skip("ccxt sends a plain order")

    async def story(exchange: Any) -> Any:
        with pytest.raises(error):
            await exchange.create_order(stage.btc, kind, side, stage.row.size(amount), stage.row.price(price), params)
        return await exchange.fetch_open_orders(stage.btc), await exchange.fetch_balance()

    orders, balance = stage.tell(story)

    assert orders == []
    assert not balance[stage.row.instruments[0].quote]["used"]


@each_venue("post_only")
def test_a_post_only_order_that_would_trade_does_not(stage: Stage) -> None:
    """Some venues refuse it, some accept and cancel it; nowhere does it trade or rest."""

    async def story(exchange: Any) -> Any:
        price, size = stage.row.price(61_000), stage.row.size(0.01)
        with contextlib.suppress(stage.row.refusal_error):
            await exchange.create_order(stage.btc, "limit", "buy", size, price, {"postOnly": True})
        return await exchange.fetch_open_orders(stage.btc), await exchange.fetch_my_trades(stage.btc)

    assert stage.tell(story) == ([], [])


@each_venue()
def test_a_client_id_that_an_open_order_has_makes_no_second_order(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        first = await placed(exchange, **naming(stage))
        if stage.row.duplicate == "refused":
            with pytest.raises(stage.row.refusal_error):
                await placed(exchange, **naming(stage))
        else:
            assert (await placed(exchange, **naming(stage)))["id"] == first["id"]
        return first["id"], await exchange.fetch_open_orders(stage.btc)

    first, (found,) = stage.tell(story)

    assert found["id"] == first


@each_venue()
def test_a_cancel_of_an_order_that_has_ended_raises(stage: Stage) -> None:
    async def story(exchange: Any) -> None:
        order = await placed(exchange)
        await exchange.cancel_order(order["id"], stage.btc)
        if stage.row.ended_order_error is None:
            assert (await exchange.cancel_order(order["id"], stage.btc))["status"] != "canceled"
            return
        with pytest.raises(stage.row.ended_order_error):
            await exchange.cancel_order(order["id"], stage.btc)

    stage.tell(story)
