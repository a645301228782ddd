"""What pydantic found wrong with a file, said in our own words: what, where, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from chaos.units import UnitInvalid
from scenarios.document import Document, Key

Model = TypeVar("Model", bound=BaseModel)

REMEDIES = {
    "market_source": "keep `model` or `replay`, not both and not neither",
    "market_price": "add `price`",
    "moment": "write it as 2026-03-01T00:00:00Z",
}


def tell_model(document: Document, model: type[Model]) -> Model | None:
    """Read a document by a model; where that fails, note every mistake at its place and return None."""
    try:
        return model.model_validate(document.values)
    except ValidationError as error:
        meant: set[tuple[Key, ...]] = set()
        for detail in sorted(error.errors(), key=lambda one: one["type"] == "missing"):
            keys = _keys(detail["loc"], document)
            if detail["type"] == "missing" and keys in meant:
                continue  # it is there, misspelt, and that has been told
            what, remedy = _said(detail, keys, model)
            document.complain(keys, what, remedy)
            if detail["type"] == "extra_forbidden":
                meant |= {(*keys[:-1], key) for key in _near(str(keys[-1]), _known(model, keys[:-1]))}
        return None


def suggestion(word: str, known: Iterable[str]) -> str:
    """Say what could have been meant by a word that is not known."""
    offered = tuple(known)
    near = _near(word, offered)
    return f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(offered)}"


def _near(word: str, known: Iterable[str]) -> list[str]:
    return get_close_matches(word, tuple(known), n=1)


def _keys(location: tuple[Key, ...], document: Document) -> tuple[Key, ...]:
    """The keys of the file in an error's location: pydantic also names the branch of a union it was in."""
    keys: list[Key] = []
    for part in location:
        if (*keys, part) in document.places or part is location[-1]:
            keys.append(part)
    return tuple(keys)


def _said(detail: Any, keys: tuple[Key, ...], model: type[BaseModel]) -> tuple[str, str]:
    key = str(keys[-1]) if keys else "the file"
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, UnitInvalid):
        return f"{key}: {cause.what}", cause.remedy
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key {key!r}", suggestion(key, _known(model, keys[:-1]))
        case "missing":
            return f"the key {key!r} is missing", "add it"
        case "literal_error":
            return f"{key}: {detail['input']!r} is not allowed here", f"use {detail['ctx']['expected']}"
        case "string_pattern_mismatch":
            return f"{detail['input']!r} is not allowed here", f"it must match {detail['ctx']['pattern']}"
        case kind if kind in REMEDIES:
            return detail["msg"], REMEDIES[kind]
        case _:
            return f"{key}: {_lower_first(detail['msg'])}, not {_brief(detail['input'])}", "correct it"


def _known(model: type[BaseModel], keys: tuple[Key, ...]) -> tuple[str, ...]:
    """The keys that are known at a place of the file, found in the model's own JSON Schema."""
    schema = model.model_json_schema()
    definitions, here = schema.get("$defs", {}), schema
    for key in keys:
        here = _resolved(here, definitions)
        if isinstance(key, int):
            here = here.get("items", {})
        else:
            patterned: Any = next(iter(here.get("patternProperties", {}).values()), {})
            here = here.get("properties", {}).get(key) or here.get("additionalProperties") or patterned
    return tuple(_resolved(here, definitions).get("properties", ()))


def _resolved(schema: Any, definitions: Any) -> Any:
    for one in (schema, *schema.get("anyOf", ())):
        if "$ref" in one:
            return definitions[one["$ref"].rpartition("/")[2]]
    return schema


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
