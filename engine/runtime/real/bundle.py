"""What a person sends to somebody who helps: configuration, checks and the ends of the logs, without any secret."""

import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

LOG_BYTES_MAX = 4 * 1024 * 1024
"""Of each log, the end."""
LOGS = ("*/log.jsonl", "*/log.jsonl.1", "bus/server.log", "*.log")


def write_bundle(
    path: Path, *, texts: Mapping[str, str], data: Path, redact: Callable[[str], str], at_ns: int
) -> tuple[str, ...]:
    """Write a tar.gz that only its owner can read, and return the names of its files; raise `OSError`.

    Args:
        texts: what is put in besides the logs, by name.
        data: the bot's folder, whose logs are put in.
        redact: takes secrets out of a text.
        at_ns: the time of its files.
    """
    files = {**texts, **dict(_logs(data))}
    with (
        open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
        tarfile.open(fileobj=file, mode="w:gz") as bundle,
    ):
        for name, text in files.items():
            content = redact(text).encode("utf-8", "replace")
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(content), at_ns // 1_000_000_000, 0o600
            bundle.addfile(entry, io.BytesIO(content))
    return tuple(files)


def as_lines(findings: list[dict[str, object]]) -> str:
    """Return findings as lines of JSON."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in findings)


def _logs(data: Path) -> Iterator[tuple[str, str]]:
    for pattern in LOGS:
        for log in sorted(data.glob(pattern)):
            with log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - LOG_BYTES_MAX))
                if size > LOG_BYTES_MAX:
                    file.readline()  # the rest of a line, which might begin within a secret
                yield f"logs/{log.relative_to(data)}", file.read().decode("utf-8", "replace")
