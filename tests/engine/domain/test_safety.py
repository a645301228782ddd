"""The safety table, cell by cell: what each loss leads to, what each state forbids, and where each loss may be told."""

import pytest

from engine.domain.messages import decode, encode, subject_of
from engine.domain.safety import (
    NS,
    SAFE_SET,
    TABLE,
    Loss,
    Purpose,
    Reach,
    SafetyChanged,
    SafetyState,
    Scope,
    market_scope,
    may,
    scope_of,
    venue_scope,
    worst,
)

NORMAL, HOLD, EXIT_ONLY = SafetyState.NORMAL, SafetyState.HOLD, SafetyState.EXIT_ONLY
FLATTEN, KILLED = SafetyState.FLATTEN, SafetyState.KILLED
CELLS = {
    # loss: reach, meanwhile, leads to, after seconds, readings, ended by a person
    Loss.LEASE: (Reach.BOT, HOLD, HOLD, 0, 1, False),
    Loss.BUS: (Reach.BOT, HOLD, HOLD, 0, 1, False),
    Loss.JOURNAL: (Reach.BOT, HOLD, FLATTEN, 60, 2, False),
    Loss.DATA: (Reach.MARKET, HOLD, FLATTEN, 300, 2, False),
    Loss.VENUE: (Reach.VENUE, HOLD, FLATTEN, 300, 2, False),
    Loss.CLOCK: (Reach.BOT, NORMAL, EXIT_ONLY, 0, 2, False),
    Loss.KEY: (Reach.VENUE, HOLD, HOLD, 30, 2, False),
    Loss.LIMIT: (Reach.BOT, EXIT_ONLY, FLATTEN, 0, 2, True),
    Loss.DRIFT: (Reach.MARKET, HOLD, HOLD, 0, 1, False),
    Loss.UNKNOWN: (Reach.MARKET, NORMAL, HOLD, 300, 1, False),
    Loss.LIQUIDATION: (Reach.VENUE, EXIT_ONLY, EXIT_ONLY, 0, 1, True),
    Loss.PROTECTION: (Reach.MARKET, HOLD, HOLD, 0, 1, False),
    Loss.DEPARTURE: (Reach.BOT, EXIT_ONLY, EXIT_ONLY, 0, 1, False),
    Loss.PAUSE: (Reach.BOT, HOLD, HOLD, 0, 1, True),
    Loss.KILL: (Reach.BOT, KILLED, KILLED, 0, 1, True),
}
ALLOWED = {
    NORMAL: {Purpose.ENTRY, Purpose.PROTECT, Purpose.EXIT, Purpose.CANCEL},
    HOLD: {Purpose.PROTECT, Purpose.EXIT, Purpose.CANCEL},
    EXIT_ONLY: {Purpose.PROTECT, Purpose.EXIT, Purpose.CANCEL},
    FLATTEN: {Purpose.EXIT, Purpose.CANCEL},
    KILLED: {Purpose.EXIT, Purpose.CANCEL},
}


@pytest.mark.parametrize("loss", Loss)
def test_each_line_of_the_table(loss: Loss) -> None:
    line = TABLE[loss]

    assert CELLS[loss] == (
        line.reach,
        line.meanwhile,
        line.leads_to,
        line.after_ns // NS,
        line.readings,
        line.by_a_person,
    )
    assert line.meanwhile.rank <= line.leads_to.rank
    assert line.runbook
    assert line.why


@pytest.mark.parametrize("loss", [loss for loss in Loss if TABLE[loss].leads_to is FLATTEN])
def test_nothing_is_sold_because_of_one_reading(loss: Loss) -> None:
    assert TABLE[loss].readings >= 2
    assert TABLE[loss].meanwhile.rank < FLATTEN.rank


@pytest.mark.parametrize("state", SafetyState)
@pytest.mark.parametrize("purpose", Purpose)
def test_what_each_state_allows(state: SafetyState, purpose: Purpose) -> None:
    assert may(state, purpose) is (purpose in ALLOWED[state])


@pytest.mark.parametrize("state", SafetyState)
def test_the_safe_set_passes_in_every_state(state: SafetyState) -> None:
    assert all(may(state, purpose) for purpose in SAFE_SET)


def test_the_states_are_in_the_order_of_their_severity() -> None:
    assert sorted(SafetyState, key=lambda state: state.rank) == [NORMAL, HOLD, EXIT_ONLY, FLATTEN, KILLED]
    assert worst([HOLD, FLATTEN, NORMAL]) is FLATTEN
    assert worst([]) is NORMAL


def test_a_scope_reads_back_as_it_was_written_and_covers_what_lies_in_it() -> None:
    bot, venue, market = scope_of("bot"), scope_of(venue_scope("kraken")), scope_of(market_scope("kraken", "BTC/USDT"))

    assert [str(scope) for scope in (bot, venue, market)] == ["bot", "venue/kraken", "market/kraken/BTC/USDT"]
    assert market == Scope(Reach.MARKET, "kraken", "BTC/USDT")
    assert [scope.covers("kraken", "ETH/USDT") for scope in (bot, venue, market)] == [True, True, False]
    assert [scope.covers("binance", "BTC/USDT") for scope in (bot, venue, market)] == [True, False, False]


@pytest.mark.parametrize("text", ["", "bots", "bot/binance", "venue", "venue/", "venue/a/b", "market/kraken"])
def test_text_that_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no scope"):
        scope_of(text)


def test_a_change_travels_on_a_subject_of_its_scope() -> None:
    said = SafetyChanged(
        scope="market/kraken/BTC/USDT", state=HOLD, losses=(Loss.DRIFT,), reason="r", node="exec-a", at_ns=1
    )

    assert subject_of(said) == "safety.market.kraken.BTC-USDT"
    assert decode(encode(said)) == said
