"""A scenario written down as a person would: one line for each fault, each market and each machine.

What explores and shrinks has its scenarios as plain values. A file of the same values, one key to a line, would be
four times as long as what stands in the library, and nobody would read it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

WIDTH = 150
LINES_OF = ("faults", "actions", "markets", "nodes", "venues", "instruments")
"""Keys whose entries have a line each; every other mapping or list inside a section is one line itself."""


def scenario_text(values: Mapping[str, Any], *, comment: str = "") -> str:
    """Return a scenario, or a bot, as YAML in the manner of the library; `comment` is one line above it."""
    writer = YAML()
    writer.width = WIDTH
    stream = io.StringIO()
    writer.dump(_block(values), stream)
    return (f"# {comment}\n" if comment else "") + stream.getvalue()


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; raise OSError where the folder does not allow it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.part")
    half.write_text(text, encoding="utf-8")
    os.replace(half, path)


def _block(values: Mapping[str, Any], key: str = "") -> CommentedMap:
    made = CommentedMap()
    for name, value in values.items():
        made[name] = _entry(name, value, lines=key in LINES_OF)
    return made


def _entry(name: str, value: Any, *, lines: bool) -> Any:
    if isinstance(value, Mapping):
        roomy = not lines and (name in LINES_OF or name in ("world", "expect"))
        return _block(value, name) if roomy else _flow(value)
    if isinstance(value, list | tuple):
        if name in LINES_OF and value and isinstance(value[0], Mapping):
            return CommentedSeq([_flow(one) for one in value])
        return _flow(value)
    return value


def _flow(value: Any) -> Any:
    if isinstance(value, Mapping):
        made = CommentedMap((name, _flow(one)) for name, one in value.items())
        made.fa.set_flow_style()
        return made
    if isinstance(value, list | tuple):
        listed = CommentedSeq(_flow(one) for one in value)
        listed.fa.set_flow_style()
        return listed
    return value
