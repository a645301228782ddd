"""Taking the lease whoever holds it: the next token, renewed while it is needed, and given back.

A standby waits until a lease is dead; a kill does not ask. Whoever held it before is fenced off by the higher token,
and may go on for as long as the lease that it last renewed lasts: so what must not be done twice waits for that time.
"""

from engine.domain.codec import to_json
from engine.domain.errors import MessageMalformed
from engine.domain.lease import Lease, read_lease
from engine.ports.bus import Bus, BusUnavailable, Entry, RevisionStale
from engine.services.duty import pause
from engine.services.log import Log

RENEWALS_PER_TTL = 3


class Seizure:
    """Holds the lease of one bot for somebody who was not elected.

    Args:
        ttl_ns: how long each renewal lasts; also what a predecessor of unknown lease is given to stop.
    """

    def __init__(self, bot: str, holder: str, *, bus: Bus, log: Log, ttl_ns: int, retry_every_ns: int) -> None:
        self._key = f"lease/{bot}"
        self._holder = holder
        self._bus = bus
        self._log = log
        self._ttl_ns = ttl_ns
        self._retry_every_ns = retry_every_ns
        self._token = 0
        self._revision = 0
        self.taken = False

    async def take(self) -> int | None:
        """Take the lease; return how long its last holder may still go on, or None when the bus does not answer."""
        while True:
            try:
                entry = await self._bus.get(self._key)
                before = _read(entry)
                self._token = before.token + 1 if before is not None else 1
                self._revision = await self._put(self._lease(), 0 if entry is None else entry.revision)
            except RevisionStale:
                continue
            except BusUnavailable as problem:
                self._log.warning("lease_not_taken", problem=str(problem))
                return None
            self.taken = True
            self._log.warning("lease_taken", token=self._token, before=before.node if before is not None else "")
            return before.ttl_ns if before is not None else 0

    async def run(self) -> None:
        """Renew the lease, for ever; take it again from whoever took it."""
        while True:
            await pause(self._ttl_ns // RENEWALS_PER_TTL if self.taken else self._retry_every_ns)
            if not self.taken:
                await self.take()
                continue
            try:
                self._revision = await self._put(self._lease(), self._revision)
            except (RevisionStale, BusUnavailable) as problem:
                self._log.warning("lease_not_renewed", problem=str(problem))
                self.taken = False

    async def give_back(self) -> None:
        """Let whoever waits for the lease have it at once."""
        if self.taken:
            self.taken = False
            try:
                given_back = Lease(holder=self._holder, node=self._holder, token=self._token, ttl_ns=0)
                await self._put(given_back, self._revision)
            except (RevisionStale, BusUnavailable) as problem:
                self._log.warning("lease_not_given_back", problem=str(problem))

    def _lease(self) -> Lease:
        return Lease(holder=self._holder, node=self._holder, token=self._token, ttl_ns=self._ttl_ns)

    async def _put(self, lease: Lease, revision: int) -> int:
        return await self._bus.put(self._key, to_json(lease), revision=revision)


def _read(entry: Entry | None) -> Lease | None:
    try:
        return None if entry is None else read_lease(entry.value)
    except MessageMalformed:
        return None
