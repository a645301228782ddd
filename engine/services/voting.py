"""Replicas that must agree: each says its opinion aloud, and any that has heard enough alike makes it the decision.

Nobody counts for the others, so nobody's death stops the counting; the bus stores a decision once, whoever was first.
Execution sees decisions only, and knows nothing of votes. This protects against a replica that is mad, not against
one that lies: the count is honest wherever it is made. An opinion that never finds enough company is no decision.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from decimal import Decimal

from engine.domain.messages import Decision
from engine.domain.money import ZERO, Price, Quantity

OPEN_MAX = 1000
"""Decisions that are voted on at once; of more, the oldest are forgotten."""

Key = tuple[str, str]
"""Instrument and decision."""


@dataclass
class _Ballot:
    votes: dict[str, Decision] = field(default_factory=dict)
    agreed: Decision | None = None


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How a vote ended: which replicas stood together, and which did not."""

    agreed: tuple[str, ...]
    others: tuple[str, ...]
    enough: bool

    @property
    def unanimous(self) -> bool:
        """Tell whether everybody who voted said the same, and they were enough."""
        return self.enough and not self.others


class Voting:
    """Counts opinions, decision by decision.

    Args:
        quorum: how many must be alike.
        tolerance: share by which their numbers may differ.
    """

    def __init__(self, *, quorum: int, tolerance: Decimal) -> None:
        self._quorum = quorum
        self._tolerance = tolerance
        self._ballots: OrderedDict[Key, _Ballot] = OrderedDict()

    def vote(self, opinion: Decision) -> Decision | None:
        """Count an opinion; return the decision when this is the one that made it."""
        ballot = self._ballots.setdefault((opinion.instrument, opinion.decision), _Ballot())
        ballot.votes.setdefault(opinion.node, opinion)  # a replica has one vote, and cannot change its mind
        if len(self._ballots) > OPEN_MAX:
            self._ballots.popitem(last=False)
        alike = self._largest(ballot)
        if ballot.agreed is not None or len(alike) < self._quorum:
            return None
        ballot.agreed = alike[0]
        return ballot.agreed

    def close(self, instrument: str, decision: str) -> Tally | None:
        """Stop counting and say how it ended; None where nobody voted."""
        ballot = self._ballots.pop((instrument, decision), None)
        if ballot is None:
            return None
        agreed = tuple(sorted(each.node for each in self._largest(ballot)))
        others = tuple(sorted(node for node in ballot.votes if node not in agreed))
        return Tally(agreed=agreed, others=others, enough=ballot.agreed is not None)

    def _largest(self, ballot: _Ballot) -> list[Decision]:
        """Return the largest set of opinions that are like one of them, by node; of equal ones the first."""
        votes = [ballot.votes[node] for node in sorted(ballot.votes)]
        circles = [[other for other in votes if alike(each, other, self._tolerance)] for each in votes]
        return max(circles, key=len)


def alike(one: Decision, other: Decision, tolerance: Decimal) -> bool:
    """Tell whether two opinions want the same, but for a small share of their numbers."""
    if (one.strategy, one.instrument, one.decision) != (other.strategy, other.instrument, other.decision):
        return False
    mine, theirs = _numbers(one), _numbers(other)
    return mine.keys() == theirs.keys() and all(_near(mine[name], theirs[name], tolerance) for name in mine)


def _numbers(opinion: Decision) -> dict[str, Decimal]:
    """Return everything in an opinion that must be alike, by a name for it."""
    by_target = opinion.at is None and opinion.offers is None
    numbers: dict[str, Price | Quantity] = {"target": opinion.target} if by_target else {}
    numbers |= {} if opinion.offers is None else {"makes a market": ZERO}
    if opinion.stop is not None:
        numbers["stop"] = opinion.stop
    for venue, quantity in (opinion.at or {}).items():
        numbers[f"at/{venue}"] = quantity
    for offer in opinion.offers or ():
        numbers |= {f"{offer.leg}/quantity": offer.quantity, f"{offer.leg}/price": offer.price}
    return {name: number.value for name, number in numbers.items()}


def _near(one: Decimal, other: Decimal, tolerance: Decimal) -> bool:
    return abs(one - other) <= tolerance * max(abs(one), abs(other))
