"""The log of a real node: lines of JSON in a file that begins anew when it is full, and in part on standard error.

A log that cannot be written must not stop who writes it: what the disk does not take is dropped, and the number of
dropped lines is told by the first one that it takes again.
"""

import json
from pathlib import Path
from typing import TextIO

FILE_BYTES_MAX = 64 * 1024 * 1024
"""Of this size the file is put aside, in place of the one before."""
LOUD = ('"level": "warning"', '"level": "error"')


class LogFile:
    """Takes the lines of one node.

    Args:
        path: the file; the one before it has `.1` behind its name.
        stream: where lines are shown as well; nowhere when it is None.
        terse: shows warnings and errors alone.
    """

    def __init__(self, path: Path, *, stream: TextIO | None = None, terse: bool = False) -> None:
        self._path = path
        self._stream = stream
        self._terse = terse
        self._file: TextIO | None = None
        self._size = 0
        self._dropped = 0

    def __call__(self, line: str) -> None:
        """Write one line, without its end."""
        if self._stream is not None and (not self._terse or any(loud in line for loud in LOUD)):
            try:
                self._stream.write(f"{line}\n")
                self._stream.flush()
            except (OSError, ValueError):
                self._stream = None  # nobody reads it any more
        try:
            self._write(line)
        except OSError:
            self._dropped += 1
            self.close()

    def close(self) -> None:
        """Let go of the file; the next line opens it again."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                return  # a full disk refuses the last lines a second time

    def _write(self, line: str) -> None:
        if self._file is None:
            self._file = self._path.open("a", encoding="utf-8", buffering=1)
            self._size = self._path.stat().st_size
        if self._dropped:
            told = {"event": "log_lines_dropped", "level": "warning", "lines": self._dropped}
            self._file.write(json.dumps(told) + "\n")
            self._dropped = 0
        self._file.write(f"{line}\n")
        self._size += len(line) + 1
        if self._size > FILE_BYTES_MAX:
            self.close()
            self._path.replace(self._path.with_suffix(self._path.suffix + ".1"))
