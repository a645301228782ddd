"""What is sent along with an order: its own id, and its own expiry on the venue's clock."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.domain.instrument import Side
from engine.domain.money import Price, Quantity
from engine.domain.ticket import OrderRef, OrderType, Ticket, TimeInForce
from engine.domain.venue_facts import NS
from engine.venues.binance import Binance
from engine.venues.kraken import Kraken, rfc3339
from engine.venues.kraken_facts import cancel_cost

NOW = 1_772_323_200 * NS + 123_456_789
TICKET = Ticket(
    client_order_id="spaaaabbbbbbbbbbbb",
    instrument="BTC/USDT",
    side=Side.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    quantity=Quantity("0.01"),
    price=Price(60000),
    expires_ns=NOW + 5 * NS,
)
REF = OrderRef(client_order_id="spaaaabbbbbbbbbbbb", instrument="BTC/USDT", venue_order_id=None, since_ns=NOW)


def test_binance_is_told_the_stamp_and_the_window_that_is_left() -> None:
    """Stamp plus window is the expiry, and never a millisecond more."""
    params = Binance().submit_params(TICKET, NOW)
    assert params == {
        "newClientOrderId": "spaaaabbbbbbbbbbbb",
        "timestamp": 1_772_323_200_123,
        "recvWindow": 5000,
        "timeInForce": "GTC",
    }
    later = Binance().submit_params(TICKET, NOW + 3 * NS)
    assert later["timestamp"] + later["recvWindow"] == params["timestamp"] + params["recvWindow"]
    assert (params["timestamp"] + params["recvWindow"]) * 1_000_000 <= TICKET.expires_ns


def test_binance_takes_no_window_above_a_minute() -> None:
    """More is cut, never refused."""
    assert Binance().submit_params(replace(TICKET, expires_ns=NOW + 90 * NS), NOW)["recvWindow"] == 60_000


def test_kraken_is_told_a_deadline() -> None:
    """In milliseconds, rounded down: it dies too early rather than late."""
    params = Kraken().submit_params(TICKET, NOW)
    assert params == {
        "clientOrderId": "spaaaabbbbbbbbbbbb",
        "deadline": "2026-03-01T00:00:05.123Z",
        "timeInForce": "GTC",
    }
    assert rfc3339(NOW) == "2026-03-01T00:00:00.123Z"


@pytest.mark.parametrize("dialect", [Binance(), Kraken()])
def test_a_post_only_order_and_a_market_order_say_so(dialect: Binance | Kraken) -> None:
    """And nothing contradictory beside it."""
    maker = dialect.submit_params(replace(TICKET, time_in_force=TimeInForce.POST_ONLY), NOW)
    assert maker["postOnly"] is True
    assert "timeInForce" not in maker
    market = dialect.submit_params(replace(TICKET, price=None, type=OrderType.MARKET), NOW)
    assert "timeInForce" not in market
    assert "postOnly" not in market


def test_kraken_has_no_fill_or_kill() -> None:
    """So that nothing else is sent in its place."""
    with pytest.raises(ValueError, match="fill-or-kill"):
        Kraken().submit_params(replace(TICKET, time_in_force=TimeInForce.FOK), NOW)


def test_a_cancel_names_the_order_by_what_is_known_and_dies_where_the_venue_can_read_it() -> None:
    """Binance has a window for cancels, Kraken has none."""
    known = replace(REF, venue_order_id="7")
    window = {"timestamp": 1_772_323_200_123, "recvWindow": 4000}
    expires_ns = NOW + 4 * NS
    assert Binance().cancel_params(REF, expires_ns=expires_ns, now_ns=NOW) == {
        "origClientOrderId": REF.client_order_id,
        **window,
    }
    assert Binance().cancel_params(known, expires_ns=expires_ns, now_ns=NOW) == window
    assert Kraken().cancel_params(REF, expires_ns=expires_ns, now_ns=NOW) == {"clientOrderId": REF.client_order_id}
    assert Kraken().cancel_params(known, expires_ns=expires_ns, now_ns=NOW) == {}


def test_kraken_charges_for_cancelling_young_orders() -> None:
    """Eight below five seconds, nothing after five minutes."""
    assert [cancel_cost(age_s * NS) for age_s in (0, 5, 10, 15, 45, 90, 300)] == [8, 6, 5, 4, 2, 1, 0]


def test_headers_tell_what_is_used() -> None:
    """Whatever else they hold."""
    headers = {"x-mbx-used-weight-1m": "77", "x-mbx-order-count-10s": "3", "x-mbx-used-weight": "nonsense"}
    assert dict(Binance().used(headers)) == {"weight": 77.0, "orders": 3.0}
    assert dict(Binance().used({"x-mbx-used-weight-1m": "-1"})) == {}
    assert list(Kraken().used(headers)) == []
