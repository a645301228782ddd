"""All that safety does by itself, as one thing to open and run: patience, latches, a person's orders, ways out."""

from engine.services.control import Controls
from engine.services.duty import together
from engine.services.flatten import Flattener
from engine.services.latches import LatchKeeper
from engine.services.lookout import Lookout
from engine.services.safety import Safety


class SafetyDesk:
    """Runs the parts of safety on one node."""

    def __init__(
        self, safety: Safety, latches: LatchKeeper, controls: Controls, flattener: Flattener, lookout: Lookout
    ) -> None:
        self._safety = safety
        self._latches = latches
        self._controls = controls
        self._flattener = flattener
        self._lookout = lookout

    async def open(self) -> None:
        """Latch again what was latched; raise `StoreUnavailable` when it cannot be read."""
        await self._latches.open()

    async def run(self) -> None:
        """Work until cancelled."""
        await together(
            self._safety.run(), self._latches.run(), self._controls.run(), self._flattener.run(), self._lookout.run()
        )
