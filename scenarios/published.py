"""The JSON Schema of a scenario file, made from the models and the faults, for editors and for checks elsewhere."""

from __future__ import annotations

from typing import Any

from chaos.fault import Fault
from chaos.parameter import parameters_of
from chaos.units import spoken
from chaos.vocabulary import KINDS
from scenarios.schema import ScenarioFile


def scenario_schema() -> dict[str, Any]:
    """Return the schema. Each kind of fault has a form of its own, with the parameters that it declares."""
    schema = ScenarioFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A stormproof scenario"
    line = schema["$defs"].pop("WrittenFault")
    forms = {f"fault_{name}": _form(line, kind) for name, kind in KINDS.items()}
    schema["$defs"].update(forms)
    schema["properties"]["faults"]["items"] = {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in forms]}
    return dict(_readable(schema))


def _readable(node: Any) -> Any:
    """Write defaults as a person would, and leave out what says nothing."""
    if isinstance(node, list):
        return [_readable(one) for one in node]
    if not isinstance(node, dict):
        return node
    told = {key: _readable(value) for key, value in node.items() if not _says_nothing(key, value)}
    default = told.get("default")
    if told.get("type") == "string" and isinstance(default, int):
        told["default"] = spoken(default)
    elif told.get("type") == "number" or "anyOf" in told:
        told |= {"default": float(default)} if isinstance(default, str) else {}
    return told


def _says_nothing(key: str, value: object) -> bool:
    return (key == "default" and value is None) or (key == "title" and isinstance(value, str) and value.istitle())


def _form(line: dict[str, Any], kind: type[Fault]) -> dict[str, Any]:
    parameters = {name: one.schema() for name, one in parameters_of(kind).items()}
    properties = {
        **line["properties"],
        "inject": {"const": kind.name, "description": kind.meaning},
        "with": {"type": "object", "properties": parameters, "additionalProperties": False},
    }
    return {**line, "title": kind.name, "properties": properties}
