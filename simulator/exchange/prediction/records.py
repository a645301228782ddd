"""What a prediction market writes down beside orders and trades: how a match fares on chain, and who has won."""

from enum import Enum

import msgspec

from simulator.exchange.orders import TradeRecord


class SettlementState(Enum):
    """How far a match has come; the last two are final."""

    MATCHED = "MATCHED"  # sent to the chain; nothing has moved, what both sides give stays locked
    MINED = "MINED"  # on the chain: tokens and collateral have moved
    RETRYING = "RETRYING"  # did not go through, or was lost again; sent again
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"  # given up: the match is taken back


class Settlement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How one account's half of a match stands; `updated_ns` is the venue's Unix time."""

    trade: TradeRecord
    state: SettlementState
    updated_ns: int
    reason: str = ""


class Resolution(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A question that has been answered: each `winner` is worth one unit of collateral, each `loser` nothing."""

    condition: str
    winner: str
    loser: str
    resolved_ns: int
