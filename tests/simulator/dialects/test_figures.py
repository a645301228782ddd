"""Exact numbers, forms and frames as text and bytes: the shortcuts say what the long way says."""

from __future__ import annotations

import asyncio
from decimal import Decimal, localcontext
from typing import cast
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.dialects.binance.signing import without_signature
from simulator.dialects.figures import Scale, decimals, money, truncated
from simulator.dialects.kraken.parameters import Parameters as KrakenParameters
from simulator.dialects.streams import PENDING_BYTES_MAX, PING, StreamSocket, frame

STEPS = [Decimal("0.01"), Decimal("0.00000001"), Decimal("0.5"), Decimal(1), Decimal("2.5"), Decimal("1E+2")]


@given(st.sampled_from(STEPS), st.integers(0, 10**15), st.integers(0, 4))
def test_steps_of_a_grid_are_written_as_decimal_would(step: Decimal, steps: int, more: int) -> None:
    places = decimals(step) + more

    text = Scale(step, places).text(steps)

    assert text == f"{step * steps:.{places}f}"
    assert Scale(step, places).signed(-steps).removeprefix("-") == text


def test_a_step_that_does_not_fit_its_decimals_is_refused() -> None:
    with pytest.raises(ValueError, match="needs more than 1 decimals"):
        Scale(Decimal("0.25"), 1)


@given(st.decimals(0, 10**9, allow_nan=False, places=12), st.integers(0, 8))
def test_money_is_cut_off_and_never_rounded_up(amount: Decimal, places: int) -> None:
    shown = Decimal(money(amount, places))

    assert shown == truncated(amount, places)
    assert shown <= amount < shown + Decimal(1).scaleb(-places)


FORM_TEXT = st.text(st.sampled_from("ab=&%+2é "), max_size=20)


@given(FORM_TEXT)
def test_a_krakens_form_is_read_as_the_library_reads_it(text: str) -> None:
    expected = dict(parse_qsl(text, keep_blank_values=True, errors="replace"))

    read = KrakenParameters.of("", text.encode(), "")

    assert read._values == expected


@given(st.lists(st.sampled_from(["a=1", "signature=x", "b=", "signature=", "xsignature=2", ""]), max_size=5))
def test_a_signature_covers_everything_but_itself_wherever_it_stands(pieces: list[str]) -> None:
    text = "&".join(pieces)

    expected = "&".join(piece for piece in text.split("&") if not piece.startswith("signature="))

    assert without_signature(text) == expected


@pytest.mark.parametrize("size", [0, 125, 126, 0xFFFF, 0x10000])
def test_a_frame_tells_its_length_in_the_shortest_form(size: int) -> None:
    payload = b"x" * size

    data = frame(payload, PING)

    assert data[0] == PING
    short = data[1]
    head, told = {126: (4, data[2:4]), 127: (10, data[2:10])}.get(short, (2, data[1:2]))
    assert int.from_bytes(told, "big") == size
    assert data[head:] == payload


class Wire:
    """A transport that keeps what it is given, as one does whose client does not read."""

    def __init__(self) -> None:
        self.unread = b""
        self.is_cut = False

    def is_closing(self) -> bool:
        return self.is_cut

    def get_write_buffer_size(self) -> int:
        return len(self.unread)

    def write(self, data: bytes) -> None:
        assert not self.is_cut
        self.unread += data

    def abort(self) -> None:
        self.is_cut = True


def test_a_client_that_does_not_read_is_cut_off_before_it_fills_the_memory() -> None:
    wire = Wire()
    socket = StreamSocket(cast("asyncio.Transport", wire), "public", "client")

    for _ in range(40):
        socket.send(b"x" * 60_000)

    assert wire.is_cut
    assert len(wire.unread) < PENDING_BYTES_MAX + 70_000


@given(
    st.decimals(min_value=0, max_value=10**15, places=14),
    st.integers(min_value=0, max_value=14),
    st.sampled_from([4, 18, 28]),
)
def test_an_amount_is_cut_off_exactly_in_any_ambient_context(amount: Decimal, places: int, precision: int) -> None:
    with localcontext() as ambient:
        ambient.prec = precision
        shown, text = truncated(amount, places), money(amount, places)

    assert 0 <= amount - shown < Decimal(1).scaleb(-places)
    assert Decimal(text) == shown
