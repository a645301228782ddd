"""How positions are held at venues of perpetuals, as each tells it and lets it be changed: mode, margin and leverage.

What is declared is what the venue is asked for: wrong terms cost money without a single wrong order. In hedge mode no
order only reduces, with too much leverage a position ends at the venue's price, not at its stop.

Sources: Binance USD-M `accountConfig`, `symbolConfig`; `positionSide/dual`, `multiAssetsMargin`, `marginType` and
`leverage` to change them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from engine.ports.venue import PositionTerms
from engine.venues.unified import rows, text

Reader: TypeAlias = Callable[[Any, str], Awaitable[PositionTerms]]
Setter: TypeAlias = Callable[[Any, str, PositionTerms, PositionTerms], Awaitable[None]]
"""Takes the exchange, a market, what is wanted there, and what is."""
MARGINS: Mapping[str, str] = MappingProxyType({"CROSSED": "cross", "ISOLATED": "isolated"})


async def _binanceusdm(ex: Any, instrument: str) -> PositionTerms:
    account = await ex.fapiPrivateGetAccountConfig()
    (contract,) = rows(await ex.fapiPrivateGetSymbolConfig({"symbol": ex.market_id(instrument)}))
    return PositionTerms(
        one_way=not _flag(account["dualSidePosition"]),
        single_asset=not _flag(account["multiAssetsMargin"]),
        margin=MARGINS[text(contract["marginType"])],
        leverage=int(contract["leverage"]),
    )


async def _set_binanceusdm(ex: Any, instrument: str, wanted: PositionTerms, found: PositionTerms) -> None:
    contract = {"symbol": ex.market_id(instrument)}
    if wanted.single_asset != found.single_asset:
        await ex.fapiPrivatePostMultiAssetsMargin({"multiAssetsMargin": str(not wanted.single_asset).lower()})
    if wanted.one_way != found.one_way:
        await ex.fapiPrivatePostPositionSideDual({"dualSidePosition": str(not wanted.one_way).lower()})
    if wanted.margin != found.margin:
        words = {word: name for name, word in MARGINS.items()}
        await ex.fapiPrivatePostMarginType({**contract, "marginType": words[wanted.margin]})
    if wanted.leverage != found.leverage:
        await ex.fapiPrivatePostLeverage({**contract, "leverage": wanted.leverage})


READERS: Mapping[str, Reader] = MappingProxyType({"binanceusdm": _binanceusdm})
"""How each venue is asked."""
SETTERS: Mapping[str, Setter] = MappingProxyType({"binanceusdm": _set_binanceusdm})


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value
