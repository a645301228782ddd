"""What the answers of Binance's perpetuals mean: the words of its spot exchange, and those that only futures have.

Source: Binance USD-M futures API documentation, error codes. Most refusals of an order begin with -4; one of them says
that nobody may trade now (-4088), and one that the order is there already (-4116, among spot's words).
"""

from __future__ import annotations

from engine.domain.trouble import TroubleKind as Kind
from engine.venues.answers import Sign
from engine.venues.binance_signs import SIGNS as SPOT

SIGNS: tuple[Sign, ...] = (
    Sign(Kind.MAINTENANCE, codes=("-4088",)),
    *SPOT,
    Sign(Kind.REJECTED, codes=("-2018", "-2019", "-2020", "-2023", "-2024", "-2025", "-2027", "-2028")),
    Sign(Kind.REJECTED, codes=("-4*", "-5021", "-5022", "-5027"), statuses=(400,)),
)
