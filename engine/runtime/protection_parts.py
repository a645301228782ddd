"""How protection is put together: a guard for each market, where the configuration asks for any."""

from collections.abc import Mapping

from engine.runtime.kit import Kit
from engine.runtime.trading_sections import ProtectionConfig
from engine.services.account import Account
from engine.services.books import Books
from engine.services.dead_mans_switch import DeadMansSwitch
from engine.services.order_desk import OrderDesk
from engine.services.price_board import PriceBoard
from engine.services.protection import Guard, ProtectionBounds
from engine.services.protection_intents import ProtectionIntents
from engine.services.protection_teller import ProtectionTeller
from engine.services.safety import Safety


def guards(
    kit: Kit, accounts: Mapping[str, Account], desk: OrderDesk, books: Books, safety: Safety, prices: PriceBoard
) -> list[Guard | DeadMansSwitch]:
    """Return the guards of every market that the bot trades, and the switches of their accounts."""
    protection = kit.config.protection
    if protection is None:
        return []
    teller = ProtectionTeller(kit.bus, clock=kit.clock, log=kit.log, every_ns=protection.tell_every_ns)
    switches = {
        name: DeadMansSwitch(account, books=books, clock=kit.clock, log=kit.log, after_ns=protection.switch_ns)
        for name, account in accounts.items()
    }
    made = [
        Guard(
            account,
            symbol,
            desk,
            _intents(kit, protection, account, symbol, desk, books, prices),
            books=books,
            safety=safety,
            prices=prices,
            teller=teller,
            switch=switches[account.name],
            clock=kit.clock,
            log=kit.log,
            bounds=_bounds(protection),
        )
        for account in accounts.values()
        for symbol in account.instruments
    ]
    return [*made, *switches.values()]


def _intents(
    kit: Kit,
    protection: ProtectionConfig,
    account: Account,
    symbol: str,
    desk: OrderDesk,
    books: Books,
    prices: PriceBoard,
) -> ProtectionIntents:
    return ProtectionIntents(
        kit.config.bot,
        account,
        symbol,
        desk,
        books=books,
        prices=prices,
        outbox=kit.outbox,
        clock=kit.clock,
        log=kit.log,
        lives_ns=kit.config.execution.not_after_ns,
        collar=kit.config.execution.price_collar,
        slip=protection.slip,
    )


def _bounds(protection: ProtectionConfig) -> ProtectionBounds:
    return ProtectionBounds(
        distance=protection.stop,
        within_ns=protection.within_ns,
        grace_ns=protection.grace_ns,
        failures_max=protection.refusals_max,
        look_every_ns=protection.look_every_ns,
        calm_every_ns=protection.tell_every_ns,
        retry_first_ns=protection.retry_first_ns,
        retry_most_ns=protection.retry_most_ns,
    )
