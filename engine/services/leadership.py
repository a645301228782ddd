"""Who leads a bot: one executor at a time holds its lease, and nothing that it sends outlives that lease.

The lease is a value on the bus that is compared before it is replaced (`engine.domain.lease`), so that of two who want
it one gets it. A venue cannot read a fencing token, and a leader may stand still between looking at its lease and
sending; so the look gives a window, and each request carries an expiry within it, counted from the look. A leader that
sleeps there for an hour and then sends is refused by the venue. Where a venue knows no expiry, a new leader waits
until nothing of the old one can be executed any more (`VenueFacts.zombie_ns`) before it sends for the first time.

A leader whose lease ran out because the bus is away is not deposed by that: nobody can be elected without the bus. It
enters nothing, keeps to the safe set, and finds out when the bus is back: either the lease is still as it was written,
and it leads on, or somebody else has it, and it has to go.
"""

from collections.abc import Callable

from engine.domain.codec import to_json
from engine.domain.errors import BusUnavailable, EngineError, RevisionStale
from engine.domain.lease import Lease, LeaseBounds, LeaseWatch, counts_until_ns, read_lease
from engine.ports.bus import Bus, Entry
from engine.ports.clock import Clock
from engine.services.duty import pause
from engine.services.log import Log


class Deposed(EngineError):
    """Somebody else leads, or is to lead: whatever this leader did not finish is its successor's."""


def lease_name(bot: str) -> str:
    """Return the key of a bot's lease."""
    return f"lease/{bot}"


class Leadership:
    """One executor's claim to lead.

    Args:
        holder: which journal asks; who holds it again after a restart takes its own lease up at once, since nobody
            else can have it open.
    """

    def __init__(
        self, bot: str, holder: str, *, node: str, bus: Bus, clock: Clock, log: Log, bounds: LeaseBounds
    ) -> None:
        self._key = lease_name(bot)
        self._holder = holder
        self._node = node
        self._bus = bus
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._watch = LeaseWatch(bounds)
        self._revision = 0
        self._until_ns = 0
        self._began_ns: int | None = None
        """When this term began, if somebody led before it."""
        self._laid_down = False
        self.token = 0
        self.waited_ns = 0
        """How long the former leader's lease had stood unrenewed when it was taken, as far as was seen here."""

    @property
    def held(self) -> bool:
        """Tell whether nobody else can lead now."""
        return self._clock.monotonic_ns() < self._until_ns

    def window(self, now_ns: int, *, zombie_ns: int = 0) -> int | None:
        """Return until when a request that is looked at now may live; None when none may be sent.

        Args:
            now_ns: the venue's clock, in which the answer is as well.
            zombie_ns: how long after its lease a former leader's request may still be executed there.
        """
        clock_ns = self._clock.monotonic_ns()
        if self._began_ns is not None and clock_ns - self._began_ns < zombie_ns:
            return None
        left_ns = self._until_ns - clock_ns - self._bounds.skew_ns
        return now_ns + left_ns if left_ns > 0 else None

    async def acquire(
        self, answered: Callable[[], None] = lambda: None, could: Callable[[], bool] = lambda: True
    ) -> None:
        """Wait until this executor leads: until nobody does, or the lease is of its own journal.

        Args:
            answered: called each time that the bus has told who leads.
            could: tells whether a lease that is free should be taken.

        Raises:
            BusUnavailable: nobody can tell who leads.
        """
        while True:
            entry = await self._bus.get(self._key)
            seen_ns = self._clock.monotonic_ns()
            answered()
            lease = _lease(entry)
            if not could():
                await pause(self._bounds.renew_every_ns)
                continue
            if entry is None or lease is None:
                if await self._take(entry, token=self.token + 1):
                    return
                continue
            self._watch.note(entry.revision, seen_ns=seen_ns)
            wait_ns = 0 if lease.holder == self._holder else self._watch.dead_in_ns(lease, now_ns=seen_ns)
            if wait_ns == 0 and await self._take(entry, token=max(self.token, lease.token) + 1):
                self.waited_ns = seen_ns - self._watch.since_ns
                self._log.warning("lease_taken", token=self.token, after=lease.node)
                return
            await pause(min(wait_ns, self._bounds.renew_every_ns))

    async def seize(self) -> int:
        """Take the lease whoever holds it, and fence that one off by a higher token; return for how long it may still
        count on what it last wrote. Only a kill does not ask.

        Raises:
            BusUnavailable: nobody can tell who leads.
        """
        while True:
            entry = await self._bus.get(self._key)
            lease = _lease(entry)
            if await self._take(entry, token=max(self.token, lease.token if lease is not None else 0) + 1):
                after, ttl_ns = (lease.node, lease.ttl_ns) if lease is not None else ("nobody", 0)
                self._log.warning("lease_seized", token=self.token, after=after)
                return ttl_ns + self._bounds.margin_ns if ttl_ns else 0

    async def keep(self, tell: Callable[[bool], None]) -> None:
        """Renew the lease for ever, and tell after each try whether it is held.

        Raises:
            Deposed: somebody else leads, or was asked to.
        """
        while not self._laid_down:
            try:
                await (self._renew() if self.token else self._claim())
            except BusUnavailable as problem:
                self._log.warning("lease_not_renewed", token=self.token, problem=str(problem))
            tell(self.held)
            await pause(self._bounds.renew_every_ns)
        raise Deposed("the lease was laid down")

    async def run_out(self, tell: Callable[[bool], None]) -> None:
        """Tell the moment at which the lease ends because it was not renewed; until cancelled."""
        while True:
            left_ns = self._until_ns - self._clock.monotonic_ns()
            if left_ns <= 0:
                tell(False)  # the only thing it can be
            await pause(left_ns if left_ns > 0 else self._bounds.renew_every_ns)

    async def lay_down(self) -> None:
        """Let somebody else lead at once; raise `BusUnavailable` or `Deposed`. Nothing is sent from here on."""
        self._until_ns, self._laid_down = 0, True
        await self._write(Lease(holder=self._holder, node=self._node, token=self.token, ttl_ns=0), self._revision)

    # -- behind it

    async def _take(self, entry: Entry | None, *, token: int) -> bool:
        """Try to replace a lease that nobody counts on; tell whether that was possible."""
        asked_ns = self._clock.monotonic_ns()
        lease = Lease(holder=self._holder, node=self._node, token=token, ttl_ns=self._bounds.ttl_ns)
        try:
            self._revision = await self._bus.put(
                self._key, to_json(lease), revision=entry.revision if entry is not None else 0
            )
        except RevisionStale:
            return False
        self.token, self._laid_down = token, False
        self._until_ns = counts_until_ns(self._bounds, asked_ns=asked_ns)
        self._began_ns = self._clock.monotonic_ns() if entry is not None else None
        return True

    async def _claim(self) -> None:
        """Take the lease up after a start without the bus: if nobody else has led since this journal did."""
        entry = await self._bus.get(self._key)
        lease = _lease(entry)
        if lease is not None and lease.holder != self._holder:
            raise Deposed(f"{lease.node} has led since")
        await self._take(entry, token=lease.token + 1 if lease is not None else 1)

    async def _renew(self) -> None:
        asked_ns = self._clock.monotonic_ns()
        lease = Lease(holder=self._holder, node=self._node, token=self.token, ttl_ns=self._bounds.ttl_ns)
        await self._write(lease, self._revision)
        if not self._laid_down:
            self._until_ns = counts_until_ns(self._bounds, asked_ns=asked_ns)

    async def _write(self, lease: Lease, revision: int) -> None:
        """Replace our own lease, also when an earlier writing of ours was stored and its answer lost."""
        try:
            self._revision = await self._bus.put(self._key, to_json(lease), revision=revision)
        except RevisionStale:
            entry = await self._bus.get(self._key)
            there = _lease(entry)
            if self._laid_down and lease.ttl_ns:
                raise Deposed("the lease was laid down while it was being renewed") from None
            if entry is None or there is None or (there.holder, there.token) != (self._holder, self.token):
                self._until_ns = 0
                leads = there.node if there is not None else "nobody"
                raise Deposed(f"{leads} has the lease that was {self._node}'s") from None
            self._revision = await self._put_again(lease, entry)

    async def _put_again(self, lease: Lease, entry: Entry) -> int:
        try:
            return await self._bus.put(self._key, to_json(lease), revision=entry.revision)
        except RevisionStale as problem:
            raise Deposed(str(problem)) from None


def _lease(entry: Entry | None) -> Lease | None:
    return read_lease(entry.value) if entry is not None else None
