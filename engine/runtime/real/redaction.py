"""What takes secrets out of everything that is written: each known value in every spelling, and what signs a request.

A value may be told as it is, in an address, in JSON, in a `repr`, or in base64, and a private key line by line; so each
of these is looked for. What is derived from a secret (signatures, tokens of a session) is nobody's constant: it is
known by the name that stands before it. A person reads which secret stood there, since that is what must be replaced.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO, cast
from urllib.parse import quote, quote_plus, urlsplit

PART_CHARS_MIN = 16
"""A line of a private key, or the path of a secret address, is looked for by itself from this length on."""

_NAMED = re.compile(
    r"""(?ix) (?P<name> \b [\w-]* (?: signature | api[-_]?key | api[-_]?sign | access[-_](?:key|sign|passphrase)
      | bapi[-_]sign | poly[-_](?:signature|passphrase) | listen[-_]?key | token | secret | passphrase | password
      | authorization ) ["']? \s* [=:] \s* ["']? (?: bearer \s+ | basic \s+ )? )
      (?P<value> [^\s&"',;)}\]\\]{8,} )"""
)
_UNNAMED = "[redacted]"


class Redactor:
    """Knows the secrets of a process, and takes them out of text."""

    def __init__(self) -> None:
        self._spelled: dict[str, str] = {}
        self._names: dict[str, None] = {}
        self._known: re.Pattern[str] | None = None

    def learn(self, name: str, value: str) -> None:
        """Take out a value from now on; where it stood, `[name]` is written."""
        self._names[name] = None
        for spelling in _spellings(value):
            self._spelled.setdefault(spelling, name)
        longest_first = sorted(self._spelled, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        """Return a text without secrets."""
        if self._known is not None:
            text = self._known.sub(lambda found: f"[{self._spelled[found[0]]}]", text)
        return _NAMED.sub(lambda found: found["name"] + self._told_of(found["value"]), text)

    def _told_of(self, value: str) -> str:
        """Return what stands for a value with a telling name before it; the name of a secret is none itself."""
        return value if value.startswith("[") or value.partition("__")[0] in self._names else _UNNAMED

    def guard(self, write: Callable[[str], None]) -> Callable[[str], None]:
        """Return a way to write lines that lets no secret through."""
        return lambda line: write(self(line))

    def guard_stream(self, stream: TextIO) -> TextIO:
        """Return a stream that lets no secret through, not even in a traceback that kills the process."""
        return cast(TextIO, _GuardedStream(stream, self))


class _GuardedStream:
    """A text stream that is looked at line by line, for what is written in pieces could hide a secret between them."""

    def __init__(self, stream: TextIO, redactor: Redactor) -> None:
        self._stream = stream
        self._redact = redactor
        self._begun = ""

    def write(self, text: str) -> int:
        """Write the lines that are complete, and keep the rest until they are, or until it is flushed."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._stream.write(self._redact(line) + "\n")
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write what there is of a line, and let the stream write it out."""
        begun, self._begun = self._begun, ""
        if begun:
            self._stream.write(self._redact(begun))
        self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _spellings(value: str) -> Iterator[str]:
    """Yield every way in which a value may be written."""
    raw = value.encode()
    yield value
    yield quote(value)
    yield quote(value, safe="")
    yield quote_plus(value)
    yield json.dumps(value)[1:-1]
    yield json.dumps(json.dumps(value))[3:-3]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield repr(value)[1:-1]
    yield base64.b64encode(raw).decode().rstrip("=")
    yield base64.urlsafe_b64encode(raw).decode().rstrip("=")
    parts = value.splitlines()[1:-1] if "\n" in value else []
    if "://" in value:
        address = urlsplit(value)
        parts = [address.netloc.rpartition("@")[0], address.path, address.query]
    yield from (part for part in parts if len(part) >= PART_CHARS_MIN)
