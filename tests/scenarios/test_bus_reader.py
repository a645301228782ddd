"""What the bot says is read from the raw JSON by code of the referee's own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import get_args

from engine.domain.messages import DecisionHandled, Message, Outcome, encode
from scenarios.bus_reader import READERS, UNJUDGED, Heard
from tests.scenarios.stories import EPOCH_S, NS

EPOCH_NS = EPOCH_S * NS


def said(**fields: object) -> tuple[int, str, bytes]:
    """Return a message as the bus showed it."""
    return (5 * NS, "some.subject", json.dumps(fields).encode())


def heard_of(messages: Iterable[tuple[int, str, bytes]]) -> Heard:
    """Return what was heard when these messages came."""
    heard = Heard(EPOCH_NS)
    for message in messages:
        heard.hear(*message)
    return heard


def test_amounts_stay_exact_and_wall_time_becomes_virtual_time() -> None:
    """No float, no foreign clock."""
    decision = said(
        type="Decision",
        strategy="momentum",
        instrument="BTC/USDT",
        decision="1772323260",
        target="0.02",
        not_after_ns=EPOCH_NS + 65 * NS,
        decided_at_ns=EPOCH_NS + 5 * NS,
        reference_price="60000.10",
        node="signal-a",
    )
    ledger = said(
        type="LedgerSnapshot",
        venue="kraken",
        balances={"BTC": "0.10000000", "USDT": "99999.123456789"},
        open_orders=[],
        unknown_orders=["spx"],
        at_ns=EPOCH_NS,
    )

    heard = heard_of([decision, ledger])

    assert heard.decisions[0].not_after_ns == 65 * NS
    assert heard.decisions[0].target == Decimal("0.02")
    assert heard.beliefs[0].balances == {"BTC": Decimal("0.1"), "USDT": Decimal("99999.123456789")}
    assert heard.beliefs[0].unknown_orders == ("spx",)
    assert heard.unreadable == []


def test_what_the_engine_writes_can_be_read() -> None:
    """The two meet on the wire."""
    handled = DecisionHandled(
        strategy="momentum",
        instrument="BTC/USDT",
        decision="1772323260",
        outcome=Outcome.INTENTS,
        reason="",
        intents=("spabc",),
        at_ns=EPOCH_NS,
    )

    heard = heard_of([(NS, "handled.BTC-USDT", encode(handled))])

    assert heard.handled[0].identity == ("momentum", "BTC/USDT", "1772323260")
    assert heard.handled[0].intents == ("spabc",)


def test_what_cannot_be_read_is_kept_and_told() -> None:
    """Silence is not skipped."""
    messages = [
        (NS, "a", b"no json"),
        said(type="SomethingNew"),
        said(no="type"),
        said(type="Decision"),
        said(type="LedgerSnapshot", venue="x", balances={"BTC": "much"}, open_orders=[], unknown_orders=[]),
        (NS, "b", b"[1,2]"),
    ]

    heard = heard_of(messages)

    assert len(heard.unreadable) == len(messages)
    assert heard.unreadable[0].startswith("a at 1.000 s")


def test_every_message_of_the_engine_has_a_reader() -> None:
    """A new kind of message must be taught to the referee, or knowingly passed over, or nothing is held."""
    kinds = {message.__name__ for message in get_args(Message)}
    assert kinds == set(READERS) | UNJUDGED


def test_a_kind_that_is_read_is_not_passed_over_as_well() -> None:
    """Or it would be read by nobody, and a mark that waits for it would never come."""
    assert set(READERS) & UNJUDGED == set()
