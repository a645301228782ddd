"""How risk is put together: its limits from the configuration, its facts from the books and from prices."""

from collections.abc import Mapping
from decimal import Decimal

from engine.domain.messages import Component
from engine.domain.money import Money, Quantity
from engine.domain.risk import MarketLimits, RiskLimits
from engine.ports.venue import PositionTerms
from engine.runtime.config import BotConfig
from engine.runtime.kit import Kit
from engine.services.account import Account
from engine.services.books import Books
from engine.services.day_book import DayBook
from engine.services.price_board import PriceBoard
from engine.services.profit import ProfitDesk
from engine.services.risk import RiskDesk
from engine.services.risk_watch import RiskWatch, WatchBounds
from engine.services.safety import Safety
from engine.services.start_check import StartCheck, WantedTerms


def risk_desk(kit: Kit, accounts: Mapping[str, Account], books: Books) -> RiskDesk:
    """Return what stands between decisions and orders."""
    fresh_for_ns = kit.config.execution.price_fresh_for_ns
    prices = PriceBoard(tuple(kit.config.instruments), kit.clock, fresh_for_ns=fresh_for_ns)
    return RiskDesk(risk_limits(kit.config), accounts, books=books, prices=prices)


def risk_watch(kit: Kit, risk: RiskDesk, accounts: Mapping[str, Account], books: Books, safety: Safety) -> RiskWatch:
    """Return what measures everything held against its limits."""
    bounds = kit.config.risk
    profits = ProfitDesk(
        accounts,
        books=books,
        prices=risk.prices,
        book=DayBook(kit.config.bot, open_store=lambda: kit.store("risk.sqlite"), bus=kit.bus, log=kit.log),
        clock=kit.clock,
        log=kit.log,
    )
    return RiskWatch(
        risk,
        profits,
        accounts,
        safety=safety,
        alarms=kit.alarms[Component.EXECUTION],
        bus=kit.bus,
        clock=kit.clock,
        log=kit.log,
        changed=books.listen(),
        bounds=WatchBounds(
            look_every_ns=bounds.look_every_ns,
            tell_every_ns=bounds.tell_every_ns,
            anomaly=bounds.anomaly,
            anomaly_within_ns=bounds.anomaly_within_ns,
        ),
    )


def start_check(kit: Kit, books: Books) -> StartCheck:
    """Return what asks the venues whether the configuration fits them."""
    config = kit.config

    def at_stake() -> bool:
        return bool(books.unsettled()) or any(books.position(*market) for market in config.markets)

    return StartCheck(
        {name: shares_at(config, name) for name in config.venues},
        {name: terms for name in config.venues if (terms := wanted_terms(config, name)) is not None},
        at_stake=at_stake,
        alarms=kit.alarms[Component.EXECUTION],
        log=kit.log,
    )


def shares_at(config: BotConfig, venue: str) -> dict[str, Quantity]:
    """Return what a venue is to hold of each instrument when a strategy is in."""
    share = config.venues[venue].share
    return {symbol: Quantity(config.instruments[symbol].size * share) for symbol in config.traded_at(venue)}


def wanted_terms(config: BotConfig, venue: str) -> WantedTerms | None:
    """Return how positions are to be held at a venue; None where coins are traded."""
    wanted = config.venues[venue].positions
    if wanted is None:
        return None
    return WantedTerms(PositionTerms(one_way=True, margin=wanted.margin, leverage=wanted.leverage), set=wanted.set)


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
