"""How risk is put together: its limits from the configuration, its facts from the books and from prices."""

from collections.abc import Mapping
from decimal import Decimal

from engine.domain.money import Money, Quantity
from engine.domain.risk import MarketLimits, RiskLimits
from engine.runtime.config import BotConfig
from engine.runtime.kit import Kit
from engine.services.account import Account
from engine.services.books import Books
from engine.services.price_board import PriceBoard
from engine.services.risk import RiskDesk


def risk_desk(kit: Kit, accounts: Mapping[str, Account], books: Books) -> RiskDesk:
    """Return what stands between decisions and orders."""
    fresh_for_ns = kit.config.execution.price_fresh_for_ns
    prices = PriceBoard(tuple(kit.config.instruments), kit.clock, fresh_for_ns=fresh_for_ns)
    return RiskDesk(risk_limits(kit.config), accounts, books=books, prices=prices)


def risk_limits(config: BotConfig) -> RiskLimits:
    """Return a configuration's limits as exact values."""
    risk = config.risk
    return RiskLimits(
        markets={
            symbol: MarketLimits(
                net=Quantity(instrument.limit), gross=Quantity(instrument.gross), order=Quantity(instrument.order)
            )
            for symbol, instrument in config.instruments.items()
        },
        order_value=_money(risk.order_value),
        venue_gross=_money(risk.venue_gross),
        gross=_money(risk.gross),
        net=_money(risk.net),
        entries_max=risk.entries_max,
        entries_window_ns=risk.entries_within_ns,
        price_band=risk.price_band,
        loss_per_day=risk.loss_per_day,
    )


def _money(value: Decimal | None) -> Money | None:
    return None if value is None else Money(value)
