"""The stage: what a run needs of a world that has been set up, whoever set it up.

`scenarios.wiring` builds one in virtual time. The Protocols are the smallest shape that the runner, the storm and the
observer need, so that another world can be put under the same referee.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from chaos.ground import Place
from chaos.reach import VenueUnderFire
from simulator.exchange.exchange import Exchange
from simulator.kernel import World
from simulator.market.climate import Climate
from simulator.market.market import Market
from simulator.network import Internet
from simulator.services.broker import Broker
from simulator.services.model import ModelSickness
from simulator.services.pager import Pager
from simulator.storage import Disk


class VenueOnStage(VenueUnderFire, Protocol):
    """A venue as faults see it, with its whole truth, and which account is the bot's."""

    @property
    def account(self) -> str:
        """The bot's account at its exchange."""
        ...

    @property
    def exchange(self) -> Exchange:
        """Its truth."""
        ...


class Stage(Protocol):
    """A world with venues, a bus, a pager, and the bot's machines booted."""

    @property
    def world(self) -> World:
        """Time, machines, chance and trace."""
        ...

    @property
    def internet(self) -> Internet:
        """Names and links."""
        ...

    @property
    def venues(self) -> Mapping[str, VenueOnStage]:
        """The venues by name, in the order of the scenario."""
        ...

    @property
    def nodes(self) -> Sequence[str]:
        """The names of the bot's machines."""
        ...

    @property
    def broker(self) -> Broker:
        """The bus."""
        ...

    @property
    def pager(self) -> Pager:
        """The paging service."""
        ...

    @property
    def markets(self) -> Mapping[str, Market]:
        """What moves the prices, by symbol."""
        ...

    @property
    def climate(self) -> Climate:
        """What all markets share: calm, or a storm."""
        ...

    @property
    def disks(self) -> Mapping[str, Disk]:
        """The disks of the bot's machines."""
        ...

    @property
    def models(self) -> Mapping[str, ModelSickness]:
        """What is wrong with the model of each machine."""
        ...

    @property
    def services(self) -> Mapping[str, Place]:
        """What can be taken away besides venues and machines, and where it answers."""
        ...

    def close(self) -> None:
        """End the world."""
        ...
