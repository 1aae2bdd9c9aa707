"""Examples made from the schemas of an OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

_OF_TYPE = {"string": "text", "integer": 0, "number": 0, "boolean": False, "null": None}


@dataclass(frozen=True)
class Refs:
    """Follows `$ref` within a document."""

    document: Mapping[str, Any]

    def found(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """The node, or what it refers to."""
        if "$ref" not in node:
            return node
        steps = node["$ref"].removeprefix("#/").split("/")
        target: Mapping[str, Any] = reduce(lambda inner, step: inner[step], steps, self.document)
        return self.found(target)


def sample(schema: Mapping[str, Any], refs: Refs) -> Any:
    """A value that the schema allows, as plain as can be; of an object what it needs or presets."""
    schema = refs.found(schema)
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "anyOf" in schema and "type" not in schema:
        return sample(schema["anyOf"][0], refs)
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return _object(schema, refs)
    if kind == "array":
        return [sample(schema.get("items", {}), refs)]
    return schema.get("minimum", _OF_TYPE[kind])


def _object(schema: Mapping[str, Any], refs: Refs) -> dict[str, Any]:
    needed = schema.get("required", ())
    return {
        name: sample(each, refs)
        for name, each in schema.get("properties", {}).items()
        if name in needed or "default" in each
    }
