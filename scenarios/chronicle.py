"""A chronicle: facts of one kind in the order in which they were seen, of which only the latest stay in memory.

A month in the life of a bot is some ten million facts, and what is watched must not outgrow the watched. Pages of them
go, packed, into a file without a name, which ends with the chronicle; whoever reads gets one page after the other.
Thinning them out instead was rejected: a promise must be judged by all that was seen. What the disk does not take, full
as it may be, stays packed in memory: an error here would end up with whoever was watched, and be taken for the weather.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Generic, TypeVar, overload
from weakref import finalize

import msgspec

PAGE_FACTS = 1_024
"""How many facts stay in memory before they are packed."""
PACKING = 1
"""zlib's quickest: facts of one kind repeat their words, and shrink to a fifth all the same."""

T = TypeVar("T", bound=msgspec.Struct)


class Chronicle(Sequence[T], Generic[T]):
    """Append facts, and read them all as often as wanted."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._pages: list[tuple[int, int] | bytes] = []
        """Where in the file each full page begins, and how long it is, in bytes; or the page that it did not take."""
        self._young: list[T] = []
        self._file: IO[bytes] | None = None
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(list[kind]).decode  # type: ignore[valid-type]

    def append(self, fact: T) -> None:
        """Note one more fact, the latest so far."""
        self._young.append(fact)
        if len(self._young) >= PAGE_FACTS:
            self._put_away()

    def changed(self, change: Callable[[T], T]) -> Chronicle[T]:
        """Return a chronicle of the same facts, each as `change` makes it."""
        twin = Chronicle(self._kind)
        for fact in self:
            twin.append(change(fact))
        return twin

    def __len__(self) -> int:
        return len(self._pages) * PAGE_FACTS + len(self._young)

    def __iter__(self) -> Iterator[T]:
        for number in range(len(self._pages)):
            yield from self._page(number)
        yield from self._young

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        number, place = divmod(range(len(self))[index], PAGE_FACTS)
        return self._page(number)[place] if number < len(self._pages) else self._young[place]

    def __reversed__(self) -> Iterator[T]:
        yield from reversed(self._young)
        for number in reversed(range(len(self._pages))):
            yield from reversed(self._page(number))

    def _put_away(self) -> None:
        packed = zlib.compress(self._encode(self._young), PACKING)
        self._pages.append(self._filed(packed) or packed)
        self._young.clear()

    def _filed(self, packed: bytes) -> tuple[int, int] | None:
        """Where the file has taken a page, if it has taken it whole; unbuffered, so that this is known at once."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  it lives as long as this does
                finalize(self, self._file.close)
            start = self._file.seek(0, 2)
            return (start, len(packed)) if self._file.write(packed) == len(packed) else None
        except OSError:
            return None

    def _page(self, number: int) -> list[T]:
        page = self._pages[number]
        if not isinstance(page, bytes):
            assert self._file is not None
            start, length = page
            self._file.seek(start)
            page = self._file.read(length)
        return self._decode(zlib.decompress(page))
