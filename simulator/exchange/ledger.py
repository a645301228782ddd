"""Who owns what at an exchange, in whole smallest units of each asset.

Every movement is between two places in here (free, locked, another account, the fees), so the sum of an asset
changes only when an account is opened. An account that would go below zero stops the world: that is a defect of
the exchange, not an answer. The house alone may: it is the rest of the world.
"""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal

from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import Balance
from simulator.exchange.rejections import UnknownAccount

DECIMALS_MIN = 8  # an asset's smallest unit is 1e-8, or finer where a tick times a lot is
_EXACT = Context(prec=80)


class LedgerBroken(RuntimeError):
    """An account would have gone below zero: the exchange has miscounted."""


class Account:
    """What one account has, in smallest units by asset."""

    __slots__ = ("free", "locked", "name", "overdraft")

    def __init__(self, name: str, assets: Iterable[str], *, overdraft: bool) -> None:
        self.name = name
        self.overdraft = overdraft
        self.free = dict.fromkeys(assets, 0)
        self.locked = dict.fromkeys(self.free, 0)


class Ledger:
    """All accounts of one exchange, and the fees it has taken."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.decimals = _decimals(instruments)
        self.fees = dict.fromkeys(self.decimals, 0)
        self._accounts: dict[str, Account] = {}
        self._touched: dict[tuple[str, str], None] = {}

    def open(self, name: str, balances: Mapping[str, Decimal], *, overdraft: bool = False) -> None:
        """Open an account.

        Raises:
            ValueError: the name is taken, an asset is not traded here, or an amount is negative or too fine.
        """
        if name in self._accounts:
            raise ValueError(f"account {name!r} is already open")
        account = Account(name, self.decimals, overdraft=overdraft)
        for asset, amount in balances.items():
            account.free[asset] = self._units(asset, amount)
        self._accounts[name] = account
        self._touched.update(((name, asset), None) for asset in self.decimals)

    def account(self, name: str) -> Account:
        """Return the account.

        Raises:
            UnknownAccount: none of this name is open.
        """
        try:
            return self._accounts[name]
        except KeyError:
            raise UnknownAccount(f"no account {name!r}") from None

    def lock(self, account: Account, asset: str, units: int) -> None:
        """Set free money aside for an order."""
        if not units:
            return
        self._add(account, account.free, asset, -units)
        self._add(account, account.locked, asset, units)

    def release(self, account: Account, asset: str, units: int) -> None:
        """Set locked money free."""
        self.lock(account, asset, -units)

    def pay(self, payer: Account, payee: Account, asset: str, units: int, *, fee: int = 0) -> None:
        """Move money to the payee; `fee` stays with the exchange.

        An account pays from what its order has locked, the house from what it has.
        """
        self._add(payer, payer.free if payer.overdraft else payer.locked, asset, -units)
        self._add(payee, payee.free, asset, units - fee)
        self.fees[asset] += fee

    def charge(self, account: Account, asset: str, units: int) -> None:
        """Take a fee from what an order has locked for it."""
        self._add(account, account.locked, asset, -units)
        self.fees[asset] += units

    def drain_touched(self) -> list[tuple[str, Balance]]:
        """Return (account, balance) of everything that moved since the last call, each once."""
        touched = [(name, self._balance(self._accounts[name], asset)) for name, asset in self._touched]
        self._touched.clear()
        return touched

    def amount(self, asset: str, units: int) -> Decimal:
        """Return smallest units as an amount of the asset."""
        return Decimal(units).scaleb(-self.decimals[asset], _EXACT)

    def units(self, asset: str, amount: Decimal) -> int:
        """Return a finite amount in smallest units of the asset, rounded down."""
        return int(amount.scaleb(self.decimals[asset], _EXACT))

    def _balance(self, account: Account, asset: str) -> Balance:
        free, locked = account.free[asset], account.locked[asset]
        return Balance(asset=asset, free=self.amount(asset, free), locked=self.amount(asset, locked))

    def _add(self, account: Account, purse: dict[str, int], asset: str, units: int) -> None:
        purse[asset] += units
        self._touched[account.name, asset] = None
        if purse[asset] < 0 and not account.overdraft:
            raise LedgerBroken(f"{account.name} would have {purse[asset]} units of {asset}")

    def _units(self, asset: str, amount: Decimal) -> int:
        if asset not in self.decimals:
            raise ValueError(f"{asset!r} is not traded here; known are {', '.join(self.decimals)}")
        units = amount.scaleb(self.decimals[asset], _EXACT) if amount.is_finite() else Decimal(-1)
        if units < 0 or units != units.to_integral_value():
            raise ValueError(f"{amount} {asset}: give an amount of at least 0 with {self.decimals[asset]} decimals")
        return int(units)


def _decimals(instruments: Iterable[Instrument]) -> dict[str, int]:
    decimals: dict[str, int] = {}
    for instrument in instruments:
        for asset, step in ((instrument.base, instrument.lot_size), (instrument.quote, instrument.cost(1, 1))):
            exponent = step.normalize().as_tuple().exponent
            assert isinstance(exponent, int)
            decimals[asset] = max(decimals.get(asset, DECIMALS_MIN), -exponent)
    return decimals
