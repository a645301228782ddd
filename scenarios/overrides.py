"""`--set key.path=value`: one value of a scenario replaced from the command line.

The value is read as YAML. A path given here is relative to the folder one stands in, whereas a path in the file is
relative to the file: each is read where it was written. Setting a market's `replay` takes the place of its model, and
setting its `model` takes the place of its replay, since a market has one source.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scenarios.document import Document, Key, scalar
from scenarios.problem import Problem, ScenarioInvalid

MODEL_KEYS = ("model", "price", "volatility", "jumps_per_day", "jump_size")
DEPTH_MAX = 12


def apply_override(document: Document, override: str, here: Path) -> None:
    """Lay one `key.path=value` over a document; raise `ScenarioInvalid` where it cannot be."""
    where = f"--set {override}"
    path, equals, text = override.partition("=")
    keys = tuple(path.strip().split("."))
    if not equals or not all(keys) or len(keys) > DEPTH_MAX:
        raise ScenarioInvalid(
            [Problem(where=where, what="this is not key.path=value", remedy="write it as world.duration=30m")]
        )
    value = scalar(text.strip())
    if _is_path(keys) and isinstance(value, str):
        value = str((here / value).resolve())
    _forget_rival(document.values, keys)
    _put(document, keys, value, where)


def _is_path(keys: tuple[str, ...]) -> bool:
    return keys == ("bot",) or _is_market(keys, "replay")


def _is_market(keys: tuple[str, ...], last: str) -> bool:
    return len(keys) == 4 and keys[:2] == ("world", "markets") and keys[3] == last


def _forget_rival(values: dict[str, Any], keys: tuple[str, ...]) -> None:
    rivals = MODEL_KEYS if _is_market(keys, "replay") else ("replay",) if _is_market(keys, "model") else ()
    market: Any = values
    for key in keys[:3]:
        market = market.get(key) if isinstance(market, dict) else None
    if isinstance(market, dict):
        for rival in rivals:
            market.pop(rival, None)


def _put(document: Document, keys: tuple[str, ...], value: Any, where: str) -> None:
    here: Any = document.values
    trail: tuple[Key, ...] = ()
    for key in keys[:-1]:
        step = _step(here, key, where)
        if isinstance(here, dict) and not isinstance(here.get(step), dict | list):
            here[step] = {}
            document.places[(*trail, step)] = where
        trail, here = (*trail, step), here[step]
    last = _step(here, keys[-1], where)
    here[last] = value
    _mark(document, (*trail, last), value, where)


def _step(here: Any, key: str, where: str) -> Key:
    if isinstance(here, dict):
        return key
    if isinstance(here, list) and key.isdecimal() and int(key) < len(here):
        return int(key)
    raise ScenarioInvalid(
        [Problem(where=where, what=f"there is no entry {key!r} to set", remedy="count the entries of a list from 0")]
    )


def _mark(document: Document, keys: tuple[Key, ...], value: Any, where: str) -> None:
    """Let later complaints about the new value point at the option that brought it."""
    for known in [one for one in document.places if one[: len(keys)] == keys]:
        del document.places[known]
    document.places[keys] = where
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            _mark(document, (*keys, key), inner, where)
