"""The proof of a private stream: what it tells is held against what has happened."""

import asyncio

import pytest

from engine.services.news_proof import ORDERS_MAX, TOLD_WITHIN_NS, NewsProof


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_ns = 0

    def wall_ns(self) -> int:
        """The time of day; here it began with the run."""
        return self.now_ns

    def monotonic_ns(self) -> int:
        """The time since the start."""
        return self.now_ns


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def proof(hand: Hand) -> NewsProof:
    return NewsProof(hand)


def test_a_stream_that_has_told_nothing_is_not_believed(proof: NewsProof) -> None:
    assert not proof.stands


def test_an_end_that_it_told_proves_it_whoever_was_first(proof: NewsProof) -> None:
    proof.told("a")
    proof.ended("a")
    assert proof.stands


def test_an_end_that_it_tells_a_little_later_proves_it_too(proof: NewsProof) -> None:
    proof.ended("b")
    proof.told("b")
    assert proof.stands


def test_an_end_that_stays_untold_disproves_it_until_it_tells_another(hand: Hand, proof: NewsProof) -> None:
    proof.told("a")
    proof.ended("a")
    proof.ended("b")
    hand.now_ns += TOLD_WITHIN_NS + 1
    assert not proof.stands

    proof.told("c")
    assert not proof.stands
    proof.ended("c")
    assert proof.stands


def test_one_end_that_is_told_does_not_hide_another_that_is_not(hand: Hand, proof: NewsProof) -> None:
    proof.ended("a")
    proof.told("b")
    proof.ended("b")
    assert not proof.stands
    hand.now_ns += TOLD_WITHIN_NS + 1
    assert not proof.stands


def test_a_lost_stream_begins_without_trust_and_wakes_who_leans_on_it(proof: NewsProof) -> None:
    woken = asyncio.Event()
    proof.tell(woken)
    proof.told("a")
    proof.ended("a")
    proof.lost()

    assert not proof.stands
    assert woken.is_set()


def test_what_it_remembers_is_bounded(hand: Hand, proof: NewsProof) -> None:
    for number in range(2 * ORDERS_MAX):
        proof.told(f"told {number}")
        proof.ended(f"ended {number}")
    hand.now_ns += TOLD_WITHIN_NS + 1

    assert not proof.stands
    assert len(proof._told) <= ORDERS_MAX
    assert len(proof._untold_ns) <= ORDERS_MAX
