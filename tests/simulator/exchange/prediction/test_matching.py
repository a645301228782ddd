"""Orders for either token meet in one book, at prices that are each other's rest."""

from decimal import Decimal

import pytest

from simulator.exchange.orders import OrderRequest, OrderStatus, OrderType, SelfTrade, Side, TimeInForce
from simulator.exchange.prediction.exchange import HOUSE, VAULT
from simulator.exchange.prediction.market import PredictionMarket
from simulator.exchange.rejections import RejectCode, Rejected
from tests.simulator.exchange.prediction.floor import FUNDS, Floor

BUY, SELL = Side.BUY, Side.SELL


def test_two_buyers_of_different_tokens_have_a_pair_minted() -> None:
    floor = Floor()
    maker = floor.order("ann", BUY, "snow-no", "0.400", "50")

    taker = floor.order("ben", BUY, "snow-yes", "0.650", "50")
    floor.settle()

    assert floor.again(maker).status is taker.status is OrderStatus.FILLED
    assert floor.total("ann", "USDC") == FUNDS - 20
    assert floor.total("ben", "USDC") == FUNDS - 30, "the taker gets the maker's price"
    assert floor.total("ann", "snow-no") == floor.total("ben", "snow-yes") == floor.total(VAULT, "USDC") == 50


def test_two_sellers_of_different_tokens_have_a_pair_merged() -> None:
    floor = Floor()
    for client in ("ann", "ben"):
        floor.exchange.split(client, "snow", Decimal(100))
    floor.order("ann", SELL, "snow-yes", "0.3", "40")

    floor.order("ben", SELL, "snow-no", "0.6", "40")
    floor.settle()

    assert floor.total("ann", "USDC") == FUNDS - 100 + 12
    assert floor.total("ben", "USDC") == FUNDS - 100 + 28
    assert floor.total(VAULT, "USDC") == 160
    assert floor.total("ann", "snow-yes") == floor.total("ben", "snow-no") == 60


def test_a_buyer_and_a_seller_of_one_token_swap() -> None:
    floor = Floor()
    floor.exchange.split("ann", "snow", Decimal(100))
    floor.order("ann", SELL, "snow-no", "0.3", "40")

    taker = floor.order("ben", BUY, "snow-no", "0.35", "100")
    floor.settle()

    assert floor.again(taker).filled_lots == 4_000
    assert floor.total("ben", "snow-no") == 40
    assert floor.total("ann", "USDC") == FUNDS - 100 + 12
    assert floor.total(VAULT, "USDC") == 100


def test_either_kind_of_counterpart_is_met_in_the_order_of_price_and_time() -> None:
    floor = Floor()
    floor.exchange.split("ann", "snow", Decimal(100))
    first = floor.order("ann", SELL, "snow-yes", "0.6", "10")
    second = floor.order("ben", BUY, "snow-no", "0.4", "10")
    best = floor.order("ben", BUY, "snow-no", "0.41", "10")

    floor.order("cat", BUY, "snow-yes", "0.6", "20")

    assert floor.again(best).status is floor.again(first).status is OrderStatus.FILLED
    assert floor.again(second).status is OrderStatus.NEW


def test_the_books_of_the_two_tokens_are_mirror_images() -> None:
    floor = Floor()
    floor.order("ann", BUY, "snow-yes", "0.25", "10")
    floor.order("ben", BUY, "snow-no", "0.7", "20")

    yes, no = floor.exchange.truth.book("snow-yes"), floor.exchange.truth.book("snow-no")

    assert (yes.bids, yes.asks) == (((250, 1_000),), ((300, 2_000),))
    assert (no.bids, no.asks) == (((700, 2_000),), ((750, 1_000),))
    assert floor.exchange.truth.ticker("snow-no").ask_ticks == 750


def test_terms_that_look_at_the_book_look_at_the_mirror_too() -> None:
    floor = Floor()
    floor.order("ann", BUY, "snow-yes", "0.4", "10")

    with pytest.raises(Rejected) as refused:
        floor.order("ben", BUY, "snow-no", "0.6", "10", post_only=True)
    killed = floor.order("ben", BUY, "snow-no", "0.6", "11", time_in_force=TimeInForce.FOK)
    filled = floor.order("ben", BUY, "snow-no", "0.6", "10", time_in_force=TimeInForce.FOK)

    assert refused.value.code is RejectCode.POST_ONLY_WOULD_MATCH
    assert (killed.status, filled.status) == (OrderStatus.EXPIRED, OrderStatus.FILLED)


def test_a_market_order_takes_what_the_mirror_offers() -> None:
    floor = Floor()
    floor.order("ann", BUY, "snow-yes", "0.4", "10")
    floor.order("ann", BUY, "snow-yes", "0.3", "10")

    record = floor.exchange.submit(
        OrderRequest(account="ben", symbol="snow-no", side=BUY, type=OrderType.MARKET, quantity=Decimal(15))
    )
    floor.settle()

    assert record.quote_filled == Decimal("0.6") * 10 + Decimal("0.7") * 5
    assert floor.total("ben", "USDC") == FUNDS - record.quote_filled


def test_the_house_quotes_one_token_and_only_ever_buys() -> None:
    floor = Floor()
    floor.exchange.quote("snow-yes", [(400, 1_000)], [(600, 1_000)])

    floor.order("ann", BUY, "snow-yes", "0.6", "10")
    floor.order("ben", BUY, "snow-no", "0.6", "10")
    floor.settle()

    assert floor.total(HOUSE, "snow-yes") == floor.total(HOUSE, "snow-no") == 10
    assert floor.total(HOUSE, "USDC") == -8
    with pytest.raises(ValueError, match="snow-yes"):
        floor.exchange.quote("snow-no", [(400, 1_000)], [])


def test_the_taker_alone_pays_the_fee_out_of_what_he_gets() -> None:
    floor = Floor()
    floor.order("ann", BUY, "rain-no", "0.4", "100")
    floor.order("ben", BUY, "rain-yes", "0.6", "100")
    floor.settle()
    floor.order("cat", BUY, "rain-yes", "0.5", "50")
    floor.order("ben", SELL, "rain-yes", "0.5", "50")
    floor.settle()

    assert floor.total("ann", "rain-no") == 100
    assert floor.exchange.fees_collected["rain-yes"] == Decimal("2.8"), "0.07 * 100 * (1 - 0.6)"
    assert floor.exchange.fees_collected["USDC"] == Decimal("0.875"), "0.07 * 50 * 0.5 * (1 - 0.5)"
    assert floor.total("ben", "rain-yes") == Decimal("47.2")


@pytest.mark.parametrize(("price", "quantity", "code"), [
    ("0.0005", "10", RejectCode.PRICE_FILTER),
    ("0", "10", RejectCode.PRICE_FILTER),
    ("1", "10", RejectCode.PRICE_FILTER),
    ("0.5", "4.99", RejectCode.LOT_SIZE),
    ("0.5", "10.001", RejectCode.LOT_SIZE),
    ("0.5", "2001", RejectCode.INSUFFICIENT_BALANCE),
])  # fmt: skip
def test_what_is_off_the_grid_or_too_dear_is_refused(price: str, quantity: str, code: RejectCode) -> None:
    floor = Floor()

    with pytest.raises(Rejected) as refused:
        floor.order("ann", BUY, "snow-yes", price, quantity)

    assert refused.value.code is code
    assert floor.free("ann", "USDC") == FUNDS


def test_self_trade_prevention_is_not_to_be_had() -> None:
    floor = Floor()
    request = OrderRequest(
        account="ann", symbol="snow-yes", side=BUY, type=OrderType.MARKET, quantity=Decimal(10),
        self_trade=SelfTrade.EXPIRE_BOTH,
    )  # fmt: skip

    with pytest.raises(Rejected) as refused:
        floor.exchange.submit(request)

    assert refused.value.code is RejectCode.TERMS


@pytest.mark.parametrize("terms", [
    {"yes": "x", "no": "x"},
    {"tick_size": Decimal("0.03")},
    {"tick_size": Decimal(0)},
    {"lot_size": Decimal("0.00001")},
    {"fee_rate": Decimal(1)},
])  # fmt: skip
def test_a_question_that_makes_no_sense_is_not_asked(terms: dict[str, Decimal]) -> None:
    with pytest.raises(ValueError):
        PredictionMarket(**{"condition": "c", "yes": "y", "no": "n", **terms})  # type: ignore[arg-type]
