"""Every defect that is planted in the engine, one at a time; the world and the referee stay as they are."""

from __future__ import annotations

from tests.defects.answer_plants import ANSWER_DEFECTS
from tests.defects.lease_plants import LEASE_DEFECTS
from tests.defects.order_plants import ORDER_DEFECTS
from tests.defects.perpetual_plants import PERPETUAL_DEFECTS
from tests.defects.safety_plants import SAFETY_DEFECTS
from tests.defects.signal_plants import SIGNAL_DEFECTS
from tests.defects.stop_plants import STOP_DEFECTS
from tests.defects.venue_plants import VENUE_DEFECTS

DEFECTS = (
    *ORDER_DEFECTS,
    *VENUE_DEFECTS,
    *SAFETY_DEFECTS,
    *SIGNAL_DEFECTS,
    *LEASE_DEFECTS,
    *STOP_DEFECTS,
    *ANSWER_DEFECTS,
    *PERPETUAL_DEFECTS,
)
