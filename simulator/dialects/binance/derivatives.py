"""The derivatives hosts that ccxt asks for their rules when it loads Binance's markets: they list nothing.

`load_markets` of ccxt's `binance` reads spot, USD-M and COIN-M unless told otherwise. Until those have dialects of
their own, their `exchangeInfo` is empty, so that an unmodified client can start.
"""

import msgspec

from simulator.dialects.binance.front import Front
from simulator.dialects.binance.rest import JSON, NOT_FOUND, BinanceRest
from simulator.dialects.call import Answer, Call

EMPTY_AT = ("/fapi/v1/exchangeInfo", "/dapi/v1/exchangeInfo")


class EmptyDerivatives(BinanceRest):
    """A host without markets; its errors and limits are Binance's."""

    def __init__(self, front: Front) -> None:
        super().__init__(front)
        self._clock = front

    def answer(self, call: Call) -> Answer:
        """Answer `exchangeInfo` with nothing."""
        if call.method != "GET" or call.path not in EMPTY_AT:
            return NOT_FOUND
        now_ms = self._clock.wall_ms()
        nothing = {"timezone": "UTC", "serverTime": now_ms, "rateLimits": [], "exchangeFilters": [], "symbols": []}
        return Answer(body=msgspec.json.encode(nothing), content_type=JSON)
