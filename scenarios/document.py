"""A YAML file read as plain values, with the line of every key, and with `--set` laid over it.

The file is composed into nodes and the values are made here, from what was written. The usual constructor would turn
timestamps into dates and drop the second of two equal keys; here a timestamp stays text, a repeated key is a mistake,
and each value remembers its place, so that any later complaint can say where to look.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scenarios.problem import Problem, ScenarioInvalid

Key = str | int
Keys = tuple[Key, ...]

FILE_SIZE_MAX = 4 * 1024 * 1024
"""Bytes; no scenario or bot is longer than this."""

DEPTH_MAX = 40
KEYS_MAX = 100_000
"""Deeper or larger than this is a YAML alias that contains itself, or one that was multiplied."""


@dataclass
class Document:
    """A mapping as written, the place of each key in it, and the problems met while reading."""

    path: Path
    shown: str
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[Keys, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def where(self, keys: Sequence[Key]) -> str:
        """Return the place of a key, or of the nearest one around it."""
        for length in range(len(keys), -1, -1):
            place = self.places.get(tuple(keys[:length]))
            if place is not None:
                return place
        return self.shown

    def complain(self, keys: Sequence[Key], what: str, remedy: str) -> None:
        """Note a mistake at a key."""
        self.problems.append(Problem(where=self.where(keys), what=what, remedy=remedy))


def read_document(path: Path) -> Document:
    """Read a YAML file whose top is a mapping; raise `ScenarioInvalid` where that fails."""
    shown = shown_path(path)
    document = Document(path=path, shown=shown)
    root = _compose(_text(path, shown), shown)
    if not isinstance(root, MappingNode):
        raise ScenarioInvalid(
            [Problem(where=f"{shown}:1", what="the file holds no keys", remedy="write `key: value` lines")]
        )
    document.values = _value(root, (), document)
    return document


def shown_path(path: Path) -> str:
    """Return a path as a person would type it here: relative where that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)


def scalar(text: str) -> Any:
    """Return what a piece of YAML written on the command line stands for; raise `ScenarioInvalid`."""
    root = _compose(text, "--set")
    return text if root is None else _value(root, (), Document(path=Path(), shown="--set"))


def _text(path: Path, shown: str) -> str:
    try:
        if path.is_file() and path.stat().st_size > FILE_SIZE_MAX:
            what, remedy = f"the file is larger than {FILE_SIZE_MAX} bytes", "name a scenario or bot file"
        else:
            return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        what, remedy = "there is no such file", "check the name; `stormproof list` shows what there is"
    except IsADirectoryError:
        what, remedy = "this is a folder", "name a file in it"
    except PermissionError:
        what, remedy = "the file may not be read", "change its permissions"
    except UnicodeDecodeError:
        what, remedy = "the file is not text in UTF-8", "save it as UTF-8"
    raise ScenarioInvalid([Problem(where=shown, what=what, remedy=remedy)])


def _compose(text: str, shown: str) -> Node | None:
    try:
        root: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{shown}:{mark.line + 1}" if mark is not None and shown != "--set" else shown
        what = f"the YAML cannot be read: {error.problem or error.context}"
        raise ScenarioInvalid([Problem(where=where, what=what, remedy="mend the syntax there")]) from error
    except YAMLError as error:
        raise ScenarioInvalid(
            [Problem(where=shown, what=f"the YAML cannot be read: {error}", remedy="mend the syntax")]
        ) from error
    return root


def _value(node: Node, keys: Keys, document: Document) -> Any:
    if len(keys) > DEPTH_MAX or len(document.places) > KEYS_MAX:
        where, what = _place(node, document), "the file unfolds into more than can be meant"
        raise ScenarioInvalid([Problem(where=where, what=what, remedy="write it without aliases (`&` and `*`)")])
    if isinstance(node, MappingNode):
        return _mapping(node, keys, document)
    if isinstance(node, SequenceNode):
        values = []
        for index, item in enumerate(node.value):
            document.places[(*keys, index)] = _place(item, document)
            values.append(_value(item, (*keys, index), document))
        return values
    return _scalar(node)


def _mapping(node: MappingNode, keys: Keys, document: Document) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in values:
            where = _place(key_node, document)
            document.problems.append(
                Problem(where=where, what=f"the key {key!r} is written twice", remedy="keep one of the two")
            )
        document.places[(*keys, key)] = _place(key_node, document)
        values[key] = _value(value_node, (*keys, key), document)
    return values


def _place(node: Node, document: Document) -> str:
    return f"{document.shown}:{node.start_mark.line + 1}"


def _scalar(node: Node) -> Any:
    text = str(node.value) if isinstance(node, ScalarNode) else ""
    match str(node.tag).rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return text.lower() in ("true", "yes", "on")
        case "int":
            return _number(text, int)
        case "float":
            return _number(text, float)
        case _:
            return text


def _number(text: str, kind: type[int] | type[float]) -> Any:
    """A number, or the text of one that Python spells otherwise (0o17, .inf): the models complain about those."""
    try:
        return kind(text)
    except ValueError:
        return text
