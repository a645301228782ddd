"""Which pages should be open, and which the pager knows of: two sets, and the difference is the work to do.

Levels instead of edges: whatever is lost, repeated or reordered on the way, the pager ends up with what holds. An
alert is open while at least one of those who announced it still does so; who falls silent for too long (it crashed,
and nobody will resolve for it) is taken to have nothing to say any more. Two monitors keep two switchboards; the
dedup key makes one page of their two triggers.

Not every alert is a page: what may pass by itself is told quietly first, and becomes a page when it still holds after
a while and nobody has acknowledged it (`engine.services.escalation`). What somebody has in hand stays in hand until it
is over, whoever forgets what meanwhile.
"""

from dataclasses import dataclass, field

from engine.domain.messages import AlertAcknowledged, AlertRaised, AlertResolved
from engine.services.escalation import Escalation, escalation_of


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a person is told; `key` is the pager's dedup key."""

    key: str
    severity: str
    summary: str
    source: str
    component: str
    runbook: str


@dataclass(slots=True)
class _Wanted:
    page: Page
    since_ns: int
    announced_ns: dict[str, int] = field(default_factory=dict)
    """When each announcer (component and node) last said so."""
    told_quietly: bool = False


class Switchboard:
    """The difference between the alerts that hold and the pages that are open.

    Args:
        told: keys that the pager was told of before this process started.
        in_hand: keys that somebody had acknowledged before.
        forget_after_ns: silence after which an announcement no longer counts.
        escalate_after_ns: how long an alert that may wait is waited for to be acknowledged.
        pages_max: alerts that can be open at once; above it new ones are refused.
    """

    def __init__(
        self,
        told: tuple[str, ...] = (),
        in_hand: tuple[str, ...] = (),
        *,
        now_ns: int,
        forget_after_ns: int,
        escalate_after_ns: int,
        pages_max: int,
    ) -> None:
        self._forget_after_ns = forget_after_ns
        self._escalate_after_ns = escalate_after_ns
        self._pages_max = pages_max
        self._wanted: dict[str, _Wanted] = {}
        self._said_ns: dict[tuple[str, str], int] = {}
        """When, by the announcer's own clock, it last said something about a key."""
        self._told: dict[str, int] = dict.fromkeys(told, now_ns + forget_after_ns)
        """Keys that are open at the pager, and the time before which each stays open."""
        self._in_hand = dict.fromkeys(in_hand, now_ns + forget_after_ns)
        """Keys that somebody has acknowledged: a page that waits for that is not sent. Each stays in hand until its
        alert is over, and one from before this process for as long as an announcement counts.
        """

    @property
    def told(self) -> tuple[str, ...]:
        """Return the keys that are open at the pager."""
        return tuple(self._told)

    @property
    def in_hand(self) -> tuple[str, ...]:
        """Return the keys that somebody has acknowledged and that are not over."""
        return tuple(self._in_hand)

    def announce(self, page: Page, *, by: str, now_ns: int) -> bool:
        """Note that an alert holds; False when there is no room for it."""
        wanted = self._wanted.get(page.key)
        if wanted is None:
            if len(self._wanted) >= self._pages_max:
                return False
            wanted = self._wanted[page.key] = _Wanted(page, now_ns)
        wanted.announced_ns[by] = now_ns
        return True

    def retract(self, key: str, *, by: str, now_ns: int) -> None:
        """Note that one announcer's alert is over; the page closes when it was the last."""
        wanted = self._wanted.get(key)
        if wanted is not None:
            wanted.announced_ns.pop(by, None)
            self._close_if_alone(key)
        else:
            self._in_hand.pop(key, None)
            if key in self._told:
                self._told[key] = now_ns

    def take(self, message: AlertRaised | AlertResolved | AlertAcknowledged, *, now_ns: int) -> bool:
        """Take an alert message of a component or a person; False when there is no room for it."""
        if isinstance(message, AlertAcknowledged):
            if message.key in self._wanted:
                self._in_hand[message.key] = now_ns
            return True
        by = f"{message.component}/{message.node}"
        if message.at_ns < self._said_ns.get((message.key, by), message.at_ns):
            return True  # delivered again after what came later
        self._said_ns[message.key, by] = message.at_ns
        while len(self._said_ns) > 4 * self._pages_max:
            del self._said_ns[next(iter(self._said_ns))]
        if isinstance(message, AlertResolved):
            self.retract(message.key, by=by, now_ns=now_ns)
            return True
        page = Page(
            key=message.key,
            severity=message.severity,
            summary=message.summary,
            source=message.node,
            component=message.component,
            runbook=message.runbook,
        )
        return self.announce(page, by=by, now_ns=now_ns)

    def forget(self, *, now_ns: int) -> None:
        """Drop announcements that nobody repeated in time."""
        for key, wanted in tuple(self._wanted.items()):
            for by, at_ns in tuple(wanted.announced_ns.items()):
                if now_ns - at_ns > self._forget_after_ns:
                    del wanted.announced_ns[by]
            self._close_if_alone(key)
        for key, until_ns in tuple(self._in_hand.items()):
            if key not in self._wanted and now_ns >= until_ns:
                del self._in_hand[key]

    def to_open(self, *, now_ns: int) -> tuple[Page, ...]:
        """Return the pages that are due and that the pager does not know of yet, oldest first."""
        untold = ((key, wanted) for key, wanted in self._wanted.items() if key not in self._told)
        return tuple(wanted.page for key, wanted in untold if self._due(key, wanted, now_ns))

    def to_tell_quietly(self) -> tuple[Page, ...]:
        """Return the alerts that are no pages yet and that nobody was told of, oldest first."""
        return tuple(
            wanted.page
            for key, wanted in self._wanted.items()
            if not wanted.told_quietly and escalation_of(key) is not Escalation.AT_ONCE
        )

    def told_quietly(self, key: str) -> None:
        """Note that the quiet channel has taken an alert."""
        if key in self._wanted:
            self._wanted[key].told_quietly = True

    def to_close(self, *, now_ns: int) -> tuple[str, ...]:
        """Return the keys that are open at the pager and hold no more.

        One from before our start closes only when nobody has announced it for as long as an announcement counts.
        """
        due = (key for key, not_before_ns in self._told.items() if now_ns >= not_before_ns)
        return tuple(key for key in due if key not in self._wanted)

    def opened(self, key: str) -> None:
        """Note that the pager has accepted a page."""
        self._told[key] = 0

    def closed(self, key: str) -> None:
        """Note that the pager has accepted the end of a page."""
        self._told.pop(key, None)

    def _due(self, key: str, wanted: _Wanted, now_ns: int) -> bool:
        """Tell whether an alert is a page by now."""
        match escalation_of(key):
            case Escalation.AT_ONCE:
                return True
            case Escalation.UNACKNOWLEDGED:
                return key not in self._in_hand and now_ns - wanted.since_ns >= self._escalate_after_ns
            case Escalation.NEVER:
                return False

    def _close_if_alone(self, key: str) -> None:
        if not self._wanted[key].announced_ns:
            del self._wanted[key]
            self._in_hand.pop(key, None)
