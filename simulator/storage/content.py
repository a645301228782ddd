"""The bytes of one simulated file: in memory while they are few, in a file of the real disk when they are many.

A bot's journal grows for days before it lets go of anything, and a world of a month must not grow with it. What the
real disk does not take, full as it may be, stays in memory: an error would end up with the bot, and be taken for the
weather.
"""

from __future__ import annotations

import os
import tempfile
from typing import IO
from weakref import finalize

MEMORY_BYTES_MAX = 256 * 1024
"""A file with more than this goes to the real disk, for good."""
COPIED_BYTES_MAX = 64 * 1024
"""What is copied at once: memory that was taken for a moment is not given back by the C library."""


class Content:
    """Bytes that can be read, written over, made longer and cut off."""

    def __init__(self) -> None:
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._size = 0
        self._may_leave = True

    def __len__(self) -> int:
        return self._size

    def __bytes__(self) -> bytes:
        return self.read(self._size, 0)

    def read(self, amount: int, offset: int) -> bytes:
        """Return up to `amount` bytes; fewer at the end."""
        if self._file is None:
            return bytes(self._memory[offset : offset + amount])
        return os.pread(self._file.fileno(), amount, offset)

    def write(self, data: bytes, offset: int) -> None:
        """Write over what stands at an offset; a gap before it is filled with zeros."""
        if not data:
            return
        end = offset + len(data)
        if self._file is None and self._may_leave and end > MEMORY_BYTES_MAX:
            self._leave_memory()
        if self._file is not None and not _taken(self._file, data, offset):
            self._come_back()
        if self._file is None:
            self._memory.extend(bytes(max(0, offset - self._size)))
            self._memory[offset:end] = data
        self._size = max(self._size, end)

    def truncate(self, size: int) -> None:
        """Cut everything off from `size` on."""
        if size >= self._size:
            return
        if self._file is None:
            del self._memory[size:]
        else:
            os.ftruncate(self._file.fileno(), size)
        self._size = size

    def copy(self) -> Content:
        """Return the same bytes, which go their own way from here."""
        twin = Content()
        for offset in range(0, self._size, COPIED_BYTES_MAX):
            twin.write(self.read(COPIED_BYTES_MAX, offset), offset)
        return twin

    def _leave_memory(self) -> None:
        try:
            file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  it lives as long as this does
        except OSError:
            self._may_leave = False
            return
        finalize(self, file.close)
        if _taken(file, self._memory, 0):
            self._file, self._memory = file, bytearray()
        else:
            self._may_leave = False

    def _come_back(self) -> None:
        assert self._file is not None
        self._memory = bytearray(os.pread(self._file.fileno(), self._size, 0))
        self._file, self._may_leave = None, False


def _taken(file: IO[bytes], data: bytes | bytearray, offset: int) -> bool:
    """Write to the real disk, and tell whether it has taken all of it."""
    try:
        return os.pwrite(file.fileno(), data, offset) == len(data)
    except OSError:
        return False
