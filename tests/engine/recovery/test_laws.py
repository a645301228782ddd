"""The laws of reconciliation: whatever happened behind our back, one pass ends it, and a second changes nothing."""

from dataclasses import dataclass
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.audit import AuditDone
from engine.domain.identity import namespace
from engine.domain.messages import OrderChanged
from simulator.exchange.orders import OrderStatus, Side
from tests.engine.runtime.trading_stage import TradingStage

LIVING = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """An order under our name that no book knows: at once filled, or resting far from the market."""

    side: Side
    hundredths: int
    rests: bool


Happening: TypeAlias = Hidden | str
happenings = st.lists(
    st.one_of(
        st.builds(Hidden, side=st.sampled_from(Side), hundredths=st.integers(1, 5), rests=st.booleans()),
        st.sampled_from(["crash", "streams cut", "decide"]),
    ),
    min_size=1,
    max_size=5,
)


def happen(stage: TradingStage, what: Happening, number: int) -> None:
    match what:
        case Hidden(side=side, hundredths=hundredths, rests=rests):
            far = "50000" if side is Side.BUY else "70000"
            cid = namespace("test-bot") + f"hidden{number:06d}"
            price = far if rests else None
            stage.own_order(side, f"{hundredths * 0.001:.3f}", price=price, client_order_id=cid)
        case "crash":
            stage.world.crash("exec-a")
            stage.world.reboot("exec-a")
        case "streams cut":
            stage.gate.drop_streams()
        case "decide":
            stage.decide(f"{0.001 * (number + 1):.3f}", 60 * (number + 1))


@settings(max_examples=12, deadline=None)
@given(what=happenings)
def test_one_pass_brings_the_books_to_the_truth_and_another_changes_nothing(what: list[Happening]) -> None:
    stage = TradingStage()
    try:
        stage.boot("exec-a", "feed-a")
        stage.run(20)
        for number, each in enumerate(what):
            happen(stage, each, number)
            stage.run(3)
        stage.run(120)

        assert stage.ledger() == stage.truth()
        ours = namespace("test-bot") + "hidden"
        assert not [o for o in stage.orders() if o.client_order_id.startswith(ours) and o.status in LIVING]

        orders, changes = len(stage.orders()), len(stage.heard(OrderChanged))
        stage.run(3700)

        assert (len(stage.orders()), len(stage.heard(OrderChanged))) == (orders, changes)
        assert stage.ledger() == stage.truth()
        last: AuditDone = stage.heard(AuditDone)[-1]
        assert (last.conclusive, last.fills_found, last.differences) == (True, 0, {})
    finally:
        stage.world.close()
