"""Messages travel as JSON that others can read."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from engine.domain.errors import MessageMalformed
from engine.domain.messages import (
    AlertRaised,
    AlertResolved,
    Component,
    Decision,
    DecisionHandled,
    Heartbeat,
    LedgerSnapshot,
    Message,
    Outcome,
    PriceSeen,
    PriceSource,
    Status,
    decode,
    encode,
    message_id_of,
    subject_of,
)
from engine.domain.money import Price, Quantity
from engine.domain.order_step import order_changed
from tests.engine.domain.orders import an_order

DECISION = Decision(
    strategy="momentum",
    instrument="BTC/USDT",
    decision="1772323260",
    target=Quantity("-0.02"),
    not_after_ns=2,
    decided_at_ns=1,
    reference_price=Price("60000.10"),
    node="signal-a",
)
MESSAGES: list[tuple[Message, str]] = [
    (
        PriceSeen(
            venue="binance",
            instrument="BTC/USDT",
            bid=Price("1e-8"),
            ask=None,
            last=Price(1),
            venue_time_ms=1,
            source=PriceSource.STREAM,
            node="feed-a",
        ),
        "price.binance.BTC-USDT",
    ),
    (
        Heartbeat(component=Component.INGESTION, node="feed-a", at_ns=1, status=Status.OK),
        "heartbeat.ingestion.feed-a",
    ),
    (DECISION, "decision.BTC-USDT"),
    (
        DecisionHandled(
            strategy="momentum",
            instrument="BTC/USDT",
            decision="1",
            outcome=Outcome.INTENTS,
            reason="",
            intents=("a", "b"),
            at_ns=1,
        ),
        "handled.BTC-USDT",
    ),
    (order_changed(an_order(), at_ns=3), "order.binance.BTC-USDT"),
    (
        LedgerSnapshot(
            venue="kraken", balances={"BTC": Decimal("0.1")}, open_orders=("a",), unknown_orders=(), at_ns=1
        ),
        "ledger.kraken",
    ),
    (
        AlertRaised(key="k", severity="critical", summary="s", component="execution", runbook="r", node="n", at_ns=1),
        "alert.execution",
    ),
    (AlertResolved(key="k", component="execution", node="n", at_ns=1), "alert.execution"),
]


@pytest.mark.parametrize(("message", "subject"), MESSAGES)
def test_a_message_comes_back_as_it_went_and_goes_where_it_belongs(message: Message, subject: str) -> None:
    """Encode, decode, subject."""
    assert decode(encode(message)) == message
    assert subject_of(message) == subject
    assert json.loads(encode(message))["type"] == type(message).__name__


def test_amounts_are_plain_decimal_text() -> None:
    """No exponent, no float, no lost zero."""
    told = json.loads(encode(DECISION))
    assert (told["target"], told["reference_price"]) == ("-0.02", "60000.10")
    assert json.loads(encode(MESSAGES[0][0]))["bid"] == "0.00000001"


def test_replicas_that_decide_the_same_say_it_once() -> None:
    """The id of a decision is what it is about, not who made it or when."""
    other = decode(
        encode(DECISION).replace(b"signal-a", b"signal-b").replace(b'"decided_at_ns":1', b'"decided_at_ns":9')
    )
    assert isinstance(other, Decision)
    assert message_id_of(other) == message_id_of(DECISION) == "momentum|BTC/USDT|1772323260"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"type":"Nonsense"}',
        encode(DECISION).replace(b'"-0.02"', b"-0.02"),
        encode(DECISION)[:-3],
    ],
)
def test_what_is_no_message_is_malformed(data: bytes) -> None:
    """A number where text is due, an unknown type, half a message."""
    with pytest.raises(MessageMalformed):
        decode(data)


def test_fields_of_a_newer_version_are_ignored() -> None:
    """Two versions talk during a rolling restart."""
    assert decode(encode(DECISION).replace(b'"node"', b'"mood":"good","node"')) == DECISION
