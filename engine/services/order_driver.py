"""One order's life carried out: messages between the pure step function and the venue, and nothing decided here.

`engine.domain.order_step.step` says what is to be done; this does it, one thing after another, and reports what came
back. One task drives one order, so an order never sees two things at once. What a stream shows is evidence like any
other view's, and comes first: a look-up that takes its time is given up for it. But a stream may be silent, so an order
is polled as well, ever more slowly while nothing happens and afresh when something does.

What is to be sent waits until its record is durable: with a journal that takes nothing, an entry is reported as not
sent, and tried again. Cancels, look-ups and what the venue tells do not wait for the journal; it is written up as
soon as it is back.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from engine.domain.errors import InvariantBroken, StoreUnavailable
from engine.domain.evidence import Seen, ViewFailed
from engine.domain.money import Quantity
from engine.domain.order import Order
from engine.domain.order_events import (
    Amend,
    AmendAnswered,
    AmendAsked,
    Cancel,
    CancelAsked,
    Contradicted,
    Journal,
    LookUp,
    NotSent,
    OrderCommand,
    OrderEvent,
    Publish,
    RefusedByUs,
    Send,
    SendBegan,
    TimePassed,
)
from engine.domain.order_step import order_changed, step
from engine.domain.order_views import views_to_read
from engine.domain.safety import Purpose
from engine.domain.ticket import Accepted, CancelOutcome, PlaceOutcome, Refused, Unknown
from engine.ports.clock import Clock
from engine.services.account import Account
from engine.services.books import Books
from engine.services.duty import NS, heard, unless_heard
from engine.services.lead import Lead
from engine.services.log import Log
from engine.services.order_answers import cancel_event, outcome_event
from engine.services.outbox import Outbox
from engine.services.protection_plan import Way

HEARD_MAX = 100
"""Pieces of news of one order that wait to be taken in."""


@dataclass(frozen=True, kw_only=True)
class DriverBounds:
    """How often an order is looked at, and for how long; times in nanoseconds."""

    poll_first_ns: int
    poll_most_ns: int
    entry_ttl_ns: int
    settle_within_ns: int
    """How long after its end an order's missing fills are asked for; then the reconciler finds them, or a drift."""
    journal_retry_ns: int
    journal_wait_ns: int
    """How long an exit or a cancel waits for the journal."""


class OrderDriver:
    """Drives one order until its life is over and every fill of it is known."""

    def __init__(
        self,
        order: Order,
        account: Account,
        *,
        books: Books,
        outbox: Outbox,
        clock: Clock,
        log: Log,
        bounds: DriverBounds,
        contradicted: Callable[[Order, str], None],
        refusal: Callable[[Order], str | None],
        way: Callable[[Order, bool], Way],
        journal_failed: Callable[[StoreUnavailable], None],
        lead: Lead,
    ) -> None:
        self.order = order
        self._account = account
        self._books = books
        self._outbox = outbox
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._contradicted = contradicted
        self._refusal = refusal
        self._way = way
        self._waited = False
        self._journal_failed = journal_failed
        self._lead = lead
        self._wake = asyncio.Event()
        self._heard: deque[Seen] = deque(maxlen=HEARD_MAX)
        self._looked_ns = clock.monotonic_ns()
        self._missed = False
        self._cancel_reason: str | None = None
        self._less: Quantity | None = None
        self._unwritten = False

    def hear(self, seen: Seen) -> None:
        """Take in what was shown of the order; of too much, the oldest is left to polling."""
        self._heard.append(seen)
        self._wake.set()

    def show(self, seen: Seen) -> None:
        """Take in what a list of resting orders shows: where it tells nothing new, it has saved a look-up."""
        after, commands = step(self.order, seen, self._account.venue.facts)
        if self._rests and after == self.order and not commands:
            self._looked_ns = self._clock.monotonic_ns()
        else:
            self.hear(seen)

    def miss(self) -> None:
        """Look the order up now, for a list does not show it; that alone proves nothing."""
        if self._rests:
            self._missed = True
            self._wake.set()

    def wake(self) -> None:
        """Look at the order now instead of at the next poll."""
        self._wake.set()

    def ask_cancel(self, reason: str) -> None:
        """Have the order ended as soon as may be; asking again changes nothing."""
        if self._cancel_reason is None:
            self._cancel_reason = reason
            self._wake.set()

    def ask_less(self, quantity: Quantity) -> None:
        """Have the order be for less as soon as may be; the last wish counts, and asking again changes nothing."""
        if quantity not in (self._less, self.order.amend_to):
            self._less = quantity
            self._wake.set()

    async def run(self, *first: OrderEvent) -> None:
        """Drive the order from its first events to its end.

        Raises:
            InvariantBroken: a law of the order's life does not hold.
        """
        await self._account.ready.wait()
        for event in first:
            await self._happen(event)
        delay_ns = self._bounds.poll_first_ns
        while not self._done():
            before, retry_ns = self.order, self._retry_in_ns()
            woken = await heard(self._wake, within_ns=min(self._left_ns(delay_ns), retry_ns or delay_ns))
            if not (woken or retry_ns or self._outlived(self._account.venue.now_ns())) and self._left_ns(delay_ns):
                continue  # a list has shown it meanwhile
            if woken and not self._missed:
                delay_ns = self._bounds.poll_first_ns
            self._wake.clear()
            self._missed = False
            await self._look()
            changed = self.order.sequence != before.sequence
            delay_ns = self._bounds.poll_first_ns if changed else min(delay_ns * 2, self._bounds.poll_most_ns)

    @property
    def _rests(self) -> bool:
        """Tell whether all is known of the order, and nothing is to happen to it but by the market."""
        return self.order.state is self.order.at_rest and self.order.traded == self.order.filled

    def _left_ns(self, delay_ns: int) -> int:
        """Return how much of a delay is left since the order was last looked at."""
        return max(0, self._looked_ns + delay_ns - self._clock.monotonic_ns())

    async def _look(self) -> None:
        """Do what is due now."""
        if self._unwritten:
            await self._write()
        shown = bool(self._heard)
        while self._heard:
            await self._happen(self._heard.popleft())
        now_ns = self._account.venue.now_ns()
        if self._less is not None:
            less, self._less = self._less, None
            await self._happen(AmendAsked(at_ns=now_ns, quantity=less))
        if self._cancel_reason is not None and not self.order.cancel_wanted:
            await self._happen(CancelAsked(at_ns=now_ns, reason=self._cancel_reason))
        elif self._outlived(now_ns) and not self.order.cancel_wanted:
            await self._happen(CancelAsked(at_ns=now_ns, reason="its time to live is over"))
        elif shown and self._clock.monotonic_ns() - self._looked_ns < self._bounds.poll_first_ns:
            return  # it was just looked at, and what the stream has shown is newer
        self._looked_ns = self._clock.monotonic_ns()
        await self._happen(TimePassed(at_ns=self._account.venue.now_ns()))

    def _outlived(self, now_ns: int) -> bool:
        """Tell whether the order has rested for as long as it may, counted from its last request.

        One that was never sent has no such end; it is bounded by its not-after. A stop rests as long as its position.
        """
        if self.order.expires_ns is None or self.order.purpose is Purpose.PROTECT:
            return False
        sent_ns = self.order.expires_ns - self._account.venue.facts.request_window_ns
        return now_ns >= max(sent_ns, self.order.intended_ns) + self._bounds.entry_ttl_ns

    def _retry_in_ns(self) -> int:
        """Return how long until something that had to wait may be tried again; zero when nothing waits."""
        return 0 if self.order.final else max(0, self.order.retry_ns - self._account.venue.now_ns())

    def _done(self) -> bool:
        if not self.order.final or self._unwritten or self._heard:
            return False
        ended_ns = self._account.venue.now_ns() - self.order.changed_ns
        return self.order.settled or ended_ns > self._bounds.settle_within_ns

    async def _happen(self, event: OrderEvent) -> None:
        """Apply an event, carry out what follows, and apply what comes back, until nothing does."""
        events = deque([event])
        while events:
            self.order, commands = step(self.order, events.popleft(), self._account.venue.facts)
            for command in commands:
                events.extend(await self._carry_out(command))

    async def _carry_out(self, command: OrderCommand) -> tuple[OrderEvent, ...]:
        match command:
            case Journal():
                await self._write()
            case Publish():
                self._outbox.put(order_changed(self.order, at_ns=self._clock.wall_ns()))
            case Send():
                return await self._send_if_free()
            case LookUp():
                return await self._look_up()
            case Cancel():
                return (await self._cancel(),)
            case Amend():
                return (await self._amend(),)
            case Contradicted(detail=detail):
                self._contradicted(self.order, detail)
        return ()

    async def _write(self) -> None:
        """Write the order down; exits and cancels wait for a slow disk no longer than they must."""
        hurried = self.order.safe or self.order.cancel_wanted
        try:
            async with asyncio.timeout(self._bounds.journal_wait_ns / NS if hurried else None):
                await self._books.record(self.order)
        except TimeoutError:
            self._unwritten = True
            self._log.warning("order_not_journalled_yet", order=self.order.client_order_id)
        except StoreUnavailable as problem:
            self._unwritten = True
            self._journal_failed(problem)
            self._log.warning("order_not_journalled", order=self.order.client_order_id, problem=str(problem))
        else:
            self._unwritten = False

    async def _send_if_free(self) -> tuple[OrderEvent, ...]:
        """Send, unless a stop still holds what an exit would sell, or has sold it meanwhile."""
        match self._way(self.order, self._waited):
            case Way.FREE:
                return (await self._send(),)
            case Way.LOCKED:
                self._waited = True
                return ()
            case Way.GONE:
                reason = "a stop has closed what it was to close"
                return (RefusedByUs(at_ns=self._account.venue.now_ns(), reason=reason),)

    async def _send(self) -> OrderEvent:
        venue = self._account.venue
        now_ns = venue.now_ns()
        leads_until_ns = self._lead.window(now_ns, venue.facts)
        expires_ns = min(now_ns + venue.facts.request_window_ns, self.order.not_after_ns)
        if leads_until_ns is not None:
            expires_ns = min(expires_ns, leads_until_ns)
        await self._happen(SendBegan(at_ns=now_ns, expires_ns=expires_ns))
        refusal = self._refusal(self.order)
        if leads_until_ns is None and refusal is None:
            refusal = await self._lead.refusal(self.order)
        if self._unwritten and not self.order.safe:
            refusal = "the journal takes nothing"
        if refusal is not None:
            self._log.info("order_not_sent", order=self.order.client_order_id, reason=refusal)
            return NotSent(
                at_ns=venue.now_ns(), reason=refusal, retry_ns=venue.now_ns() + self._bounds.journal_retry_ns
            )
        began_ns = self._clock.monotonic_ns()
        outcome = await venue.place(self.order.ticket(expires_ns))
        self._watch(outcome, began_ns)
        self._log.info("order_sent", order=self.order.client_order_id, venue=self._account.name, outcome=str(outcome))
        return outcome_event(outcome, at_ns=venue.now_ns())

    async def _cancel(self) -> OrderEvent:
        venue = self._account.venue
        window_ns = venue.facts.cancel_window_ns or venue.facts.request_window_ns
        began_ns = self._clock.monotonic_ns()
        now_ns = venue.now_ns()
        expires_ns = min(now_ns + window_ns, self._lead.window(now_ns, venue.facts) or now_ns + window_ns)
        outcome = await venue.cancel(self.order.ref, expires_ns=expires_ns)
        self._watch(outcome, began_ns)
        return cancel_event(outcome, at_ns=venue.now_ns())

    async def _amend(self) -> OrderEvent:
        venue, less = self._account.venue, self.order.amend_to
        if less is None:
            raise InvariantBroken(f"{self.order.client_order_id} is to be for less, and nobody says how much")
        began_ns = self._clock.monotonic_ns()
        expires_ns = venue.now_ns() + venue.facts.request_window_ns
        outcome = await venue.amend(self.order.ref, less, expires_ns=expires_ns)
        self._watch(outcome, began_ns)
        self._log.info("order_amended", order=self.order.client_order_id, to=str(less), outcome=str(outcome))
        retry_ns = 0 if isinstance(outcome, Accepted) else outcome.trouble.until_ns or 0
        refused = isinstance(outcome, Refused) and outcome.final
        return AmendAnswered(at_ns=venue.now_ns(), refused=refused, retry_ns=retry_ns)

    async def _look_up(self) -> tuple[OrderEvent, ...]:
        views = views_to_read(self.order, self._account.venue.facts)
        if not views:
            return ()
        began_ns = self._clock.monotonic_ns()
        reading_all = self._account.venue.look_up(self.order.ref, views, urgent=self.order.awaited)
        evidence = await unless_heard(self._wake, reading_all, patience_ns=self._bounds.poll_first_ns)
        if evidence is None:
            self._log.info("look_up_given_up", order=self.order.client_order_id, venue=self._account.name)
            return ()
        for reading in evidence:
            if isinstance(reading, ViewFailed):
                self._account.watch.failed(reading.trouble, began_ns=began_ns)
            else:
                self._account.watch.answered()
        return tuple(evidence)

    def _watch(self, outcome: PlaceOutcome | CancelOutcome, began_ns: int) -> None:
        if isinstance(outcome, Refused | Unknown):
            self._account.watch.failed(outcome.trouble, began_ns=began_ns)
        else:
            self._account.watch.answered()
